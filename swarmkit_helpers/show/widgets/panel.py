"""What all panels have: a button that starts one piece of work at a time, one that stops it, and a visible state."""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, Literal, Self

from ...errors import SwarmLabError
from ..french import typeset
from .interrupts import listen

__all__ = ["KEPT", "LABEL_WIDTH", "WIDE", "Panel", "State", "typed_html"]

State = Literal["ready", "running", "stopped", "done", "interrupted", "failed"]
STATES: dict[State, str] = {
    "ready": "○ prêt",
    "running": "▶ en cours",
    "stopped": "■ arrêté",
    "done": "✔ fini",
    "interrupted": "■ interrompu avec le noyau",
    "failed": "✘ en erreur",
}
DOUBLE_CLICK_S = 0.5
"""A second click that comes so soon after the first was not meant."""
BELOW = "Panneau interactif : ce qu'il a montré est ci-dessous."
KEPT = "swarm-kept"
"""The class of what stays of a panel without a kernel."""
KEPT_STYLE = f"""<style>
/* Where the panel itself is shown, what it leaves is not shown again;
   where its kernel is gone, what it left says more than "model not found". */
.jp-OutputArea-child:has(> .jp-OutputArea-output > .widget-box) + .jp-OutputArea-child:has(.{KEPT}),
.jp-OutputArea-child:has(> .jp-OutputArea-output.jupyter-widgets):has(+ .jp-OutputArea-child .{KEPT}) {{
  display: none;
}}
</style>"""
TEXT_S = 0.1
"""What the text of a field may take to follow the key that ends it."""
LABEL_WIDTH = "5em"
WIDE = "30em"
"""Widths of a field, its label and all."""


def typed_html(node: str, command: str) -> str:
    """A docker command and the node on which it is typed, as a line."""
    return f"<p>{escape(typeset(f'sur {node} :'))} <code>{escape(command)}</code></p>"


class Panel(ABC):
    """A shell around one piece of work: it runs in a thread of its own, so that the stop button is heard meanwhile.

    Only traits are set from that thread. What it raises is shown in the panel.
    """

    words: Mapping[State, str] = STATES
    """What each state is called."""

    def __init__(self, run_label: str) -> None:
        import ipywidgets

        self.state: State = "ready"
        whole = ipywidgets.Layout(width="auto")
        self.run_button = ipywidgets.Button(description=run_label, icon="play", button_style="primary", layout=whole)
        self.stop_button = ipywidgets.Button(description="Arrêter", icon="stop")
        self.state_line = ipywidgets.HTML()
        self.message = ipywidgets.HTML()
        self.run_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self._once = threading.Lock()
        self._stop = threading.Event()
        self._interrupted = False
        self._started = float("-inf")
        self._worker: threading.Thread | None = None
        self._kept: Any = None
        self._kept_html = ""
        self._show("ready")

    @property
    @abstractmethod
    def view(self) -> Any:
        """The widget to show."""

    @abstractmethod
    def work(self, stop: threading.Event) -> None:
        """What the button starts; it ends early once `stop` is set."""

    @abstractmethod
    def static_html(self) -> str:
        """What the panel says now, without a kernel: it goes into the saved notebook and its HTML export."""

    def start(self) -> None:
        """Start the work and return at once, as the button does; while it runs, or at a double click, nothing.

        An interrupt of the kernel while it executes no cell ends the work.
        """
        if self._claim(clicked=True):
            try:
                self._worker = threading.Thread(target=self._guarded, daemon=True)
                self._worker.start()
                listen(self._interrupt, self._worker.is_alive)
            except BaseException:
                # Whatever kept it from starting, the next click is to find the panel free.
                self.stop()
                self._show("failed")
                raise

    def run(self) -> Self:
        """Do the same work here and now, and return the panel once it has ended.

        An interrupt of the kernel ends the work, not the cell.
        """
        if self._claim(clicked=False):
            self._guarded()
        return self

    def stop(self) -> None:
        """Ask the work to end, as the stop button does."""
        self._stop.set()

    def _entered(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        """Enter in a text field starts the work, once the text has come: the page sends it right after the key."""
        if content.get("event") != "submit":
            return
        try:
            asyncio.get_running_loop().call_later(TEXT_S, self.start)
        except RuntimeError:
            self.start()

    def _interrupt(self) -> None:
        self._interrupted = True
        self.stop()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of what `start` began; True when nothing runs any more."""
        if self._worker is not None:
            self._worker.join(timeout_s)
        return self.state != "running"

    def _claim(self, *, clicked: bool) -> bool:
        """Take the panel for one piece of work; False when it is taken already. `_guarded` gives it back."""
        with self._once:
            now = time.monotonic()
            # After a refusal, which is immediate, the next click is meant.
            double = clicked and self.state != "failed" and now - self._started < DOUBLE_CLICK_S
            if self.state == "running" or double:
                return False
            self._started = now
            self._stop.clear()
            self._interrupted = False
            self.state = "running"
            return True

    def _guarded(self) -> None:
        """The work, with whatever it raises told in the panel."""
        try:
            self.message.value = ""
            self._show("running")
            self.work(self._stop)
            self._show("interrupted" if self._interrupted else "stopped" if self._stop.is_set() else "done")
        except SwarmLabError as err:
            self._tell(str(err))
            self._show("failed")
        except KeyboardInterrupt:
            self._show("interrupted")
        except Exception as err:
            self._tell(f"Erreur inattendue : {type(err).__name__} : {err}"[:1000])
            self._show("failed")
        finally:
            if self.state == "running":
                self._show("failed")
            self._keep()

    def _show(self, state: State, detail: str = "") -> None:
        self.state = state
        # Neither is ever disabled: a button that is loses the keyboard's focus, and its user their place in the page.
        running = state == "running"
        self.run_button.button_style, self.stop_button.button_style = ("", "warning") if running else ("primary", "")
        said = f"{self.words[state]}{f' : {detail}' if detail else ''}"
        self.state_line.value = f'<span role="status"><strong>{escape(typeset(said))}</strong></span>'

    def _tell(self, problem: str) -> None:
        """Show what went wrong, where a screen reader says it."""
        lines = "<br>".join(escape(line) for line in typeset(problem).splitlines())
        self.message.value = (
            f'<div role="alert" style="border-left: 4px solid #a33d00; padding: 0.2em 0.6em">✘ {lines}</div>'
        )

    def _guard(self, action: Callable[[], None]) -> None:
        """Do something short that a button asks for, with whatever it raises told in the panel."""
        try:
            self.message.value = ""
            action()
        except SwarmLabError as err:
            self._tell(str(err))
        except Exception as err:
            self._tell(f"Erreur inattendue : {type(err).__name__} : {err}"[:1000])
        finally:
            self._keep()

    def _ipython_display_(self) -> None:
        """Show the widget, and below it what stays of it in the saved notebook.

        These are two outputs: the second is written anew after each run, which in the first would cost the page the
        widget, and its user the keyboard's focus.
        """
        from IPython.display import display

        bundle = {**self.view._repr_mimebundle_(), "text/plain": typeset(BELOW)}
        display(bundle, raw=True)  # type: ignore[no-untyped-call]
        self._kept_html = self.static_html()
        display_id = self._kept.display_id if self._kept is not None else True
        self._kept = display(  # type: ignore[no-untyped-call]
            self._kept_bundle(), raw=True, display_id=display_id
        )

    def _keep(self) -> None:
        """Write what the panel says now where the saved notebook keeps it."""
        if self._kept is None:
            return
        html = self.static_html()
        if html != self._kept_html:
            self._kept_html = html
            self._kept.update(self._kept_bundle(), raw=True)

    def _kept_bundle(self) -> dict[str, str]:
        return {"text/html": f'<div class="{KEPT}">{KEPT_STYLE}{self._kept_html}</div>', "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}\N{NO-BREAK SPACE}: {self.words[self.state]}>"
