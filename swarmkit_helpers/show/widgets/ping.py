"""The ping panel: who pings whom, each answer as it comes, and what it all means."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ...simulation import simulated_html
from ...topology.model import Topology
from ..diagnosis import ping_steps, steps_html
from ..french import count, milliseconds, natural, typeset
from .panel import LABEL_WIDTH, WIDE, Panel, typed_html
from .plot import rtt_plot
from .sources import SourceMenu, name_choices

if TYPE_CHECKING:
    from ...probes.live import LivePing, Reply
    from ...probes.ping import PingResult

__all__ = ["PingMeans", "PingPanel", "PingRequest", "target_choices"]

USUAL_SIZE = 56
MOST_PACKETS, LARGEST = 100, 65_507
PACKETS = "columns: 16em; list-style: none; margin: 0.3em 0; padding: 0 0 0 1em; line-height: 1.5"


@dataclass(frozen=True, slots=True)
class PingRequest:
    """What the fields of the panel ask for."""

    source: str
    target: str
    count: int
    size: int | None
    """Bytes of data in each packet; None: as many as ping puts there by itself."""
    dont_fragment: bool


@dataclass(frozen=True, slots=True)
class PingMeans:
    """What the panel needs of a lab."""

    survey: Callable[[], Topology]
    """Gives a fresh snapshot."""
    send: Callable[[PingRequest, threading.Event], LivePing]
    """Prepares a ping, which the event stops."""
    ipvs: bool
    """Whether VIPs answer."""


class PingPanel(Panel):
    """Choose a source and a target, send a ping, see each answer as it comes, read what happened and why.

    Parameters
    ----------
    means
        What it needs of the lab.
    source, target, count, size, dont_fragment
        What its fields hold at first.
    """

    def __init__(
        self,
        means: PingMeans,
        *,
        source: str | None = None,
        target: str = "",
        count: int = 5,
        size: int = USUAL_SIZE,
        dont_fragment: bool = False,
    ) -> None:
        import ipywidgets

        super().__init__("Lancer le ping")
        self._means = means
        self.topology = means.survey()
        self.replies: list[Reply] = []
        self.result: PingResult | None = None
        self.node = self.command = ""
        """The docker command that does the same, and where it is typed."""
        labelled: dict[str, Any] = {"style": {"description_width": LABEL_WIDTH}}
        wide = {**labelled, "layout": ipywidgets.Layout(width=WIDE)}
        narrow = {**labelled, "layout": ipywidgets.Layout(width="15em")}
        self.source = SourceMenu(lambda: self._guard(self.refresh))
        self.target = ipywidgets.Combobox(
            description="Cible",
            continuous_update=False,
            placeholder="conteneur, service, VIP ou adresse",
            value=target,
            **wide,
        )
        self.count = ipywidgets.BoundedIntText(description="Paquets", min=1, max=MOST_PACKETS, value=count, **narrow)
        self.size = ipywidgets.BoundedIntText(description="Octets", min=0, max=LARGEST, value=size, **narrow)
        self.dont_fragment = ipywidgets.Checkbox(
            description="interdire la fragmentation (DF)", value=dont_fragment, indent=False
        )
        self.live = ipywidgets.HTML()
        self.account = ipywidgets.HTML()
        self.target.on_msg(self._entered)
        self._fill()
        if source is not None:
            self.source.choose(source)
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="0.2em 0.8em")
        self._view = ipywidgets.VBox(
            [
                self.source.view,
                self.target,
                ipywidgets.HBox([self.count, self.size, self.dont_fragment], layout=row),
                ipywidgets.HBox([self.run_button, self.stop_button, self.state_line], layout=row),
                self.message,
                self.live,
                self.account,
            ]
        )

    @property
    def view(self) -> Any:
        """The widget to show."""
        return self._view

    @property
    def request(self) -> PingRequest:
        """What the fields ask for now."""
        size = None if self.size.value == USUAL_SIZE else self.size.value
        return PingRequest(self.source.value, self.target.value, self.count.value, size, self.dont_fragment.value)

    def refresh(self) -> None:
        """Read the swarm again, for the menus."""
        self.topology = self._means.survey()
        self._fill()

    def work(self, stop: threading.Event) -> None:
        """Send the ping that the fields ask for."""
        request = self.request
        self.replies, self.result, self.node, self.command = [], None, "", ""
        self.live.value = self.account.value = ""
        with self._means.send(request, stop) as ping:
            self.node, self.command = ping.node, ping.command
            self.account.value = self._account_html()
            for reply in ping:
                self.replies.append(reply)
                self._show("running", f"{self._came_back} sur {request.count}")
                self.live.value = self._live_html(request.count)
            self.result = ping.result
        # What is known is told before the swarm is read again for the names of the addresses: that may fail.
        self.account.value = self._account_html()
        self._guard(self._name_again)

    def static_html(self) -> str:
        """What the panel says now, without a kernel."""
        request = self.request
        if not self.replies and self.result is None:
            asked = f"de {request.source} vers {request.target}" if request.source and request.target else "à lancer"
            said = f"Panneau de ping, {asked} : il s'anime quand le notebook est exécuté dans JupyterLab."
            return f"<p>{escape(typeset(said))}</p>{self.message.value}"
        return f"{self.live.value or self._live_html(request.count)}{self._account_html()}{self.message.value}"

    def _name_again(self) -> None:
        """Tell the account again with who holds which address now."""
        self.topology = self._means.survey()
        self.account.value = self._account_html()

    @property
    def _came_back(self) -> str:
        return count(sum(reply.came_back for reply in self.replies), "réponse", none="aucune")

    def _fill(self) -> None:
        """Put in the menus what the snapshot knows."""
        self.source.fill(self.topology)
        self.target.options = target_choices(self.topology)

    def _live_html(self, total: int) -> str:
        """The picture, and a line per packet."""
        lines = "".join(f"<li>paquet {reply.number}\N{NO-BREAK SPACE}: {_became(reply)}</li>" for reply in self.replies)
        shown = f'<ul style="{PACKETS}">{lines}</ul>' if lines else ""
        return f"{rtt_plot(self.replies, total)}{shown}" if self.replies else ""

    def _account_html(self) -> str:
        """What happened and why, with the docker command that does the same."""
        command = typed_html(self.node, self.command) if self.command else ""
        if self.result is None:
            return command
        steps = ping_steps(self.result, self.topology, ipvs=self._means.ipvs)
        raw = ""
        if self.result.output:
            raw = (
                "<details><summary>ce que ping a écrit</summary>"
                f'<pre style="font-family: monospace">{escape(self.result.output)}</pre></details>'
            )
        return f"{simulated_html(self.result.simulated)}{command}{steps_html(steps)}{raw}"


def _became(reply: Reply) -> str:
    """What became of a packet."""
    if reply.rtt_ms is not None:
        return f"revenu en {milliseconds(reply.rtt_ms)}"
    return "revenu, sans durée" if reply.came_back else "perdu"


def target_choices(topology: Topology) -> tuple[str, ...]:
    """Targets worth a ping: names, VIPs, addresses of tasks."""
    vips = sorted((vip.address for vip in topology.vips), key=natural)
    on_tasks = sorted(
        (end.address for end in topology.endpoints if end.kind == "container" and end.service and end.address),
        key=natural,
    )
    return tuple(dict.fromkeys([*name_choices(topology), *vips, *on_tasks]))
