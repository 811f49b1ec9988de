"""The name panel: ask the DNS of a container for a name, see which addresses come back and who holds them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ...topology.model import Topology
from ..figures import draw_names
from ..french import typeset
from ..measurements import names_table
from ..noted import table_html
from .panel import LABEL_WIDTH, WIDE, Panel, typed_html
from .sources import SourceMenu, name_choices

if TYPE_CHECKING:
    from ...probes.names import NameSurvey

__all__ = ["NameMeans", "NamePanel"]

MOST_NAMES = 8
"""Names that the drawing keeps, the last ones asked."""


@dataclass(frozen=True, slots=True)
class NameMeans:
    """What the panel needs of a lab."""

    survey: Callable[[], Topology]
    """Gives a fresh snapshot."""
    ask: Callable[[str, Sequence[str]], NameSurvey]
    """Asks names from inside a container."""


class NamePanel(Panel):
    """Choose a container, ask names one after the other, see what its DNS answers.

    Parameters
    ----------
    means
        What it needs of the lab.
    source, names
        Who asks, and what is asked at the first run.
    """

    def __init__(self, means: NameMeans, *, source: str | None = None, names: Sequence[str] = ()) -> None:
        import ipywidgets

        super().__init__("Demander au DNS")
        self._means = means
        self.topology = means.survey()
        self.survey: NameSurvey | None = None
        self._asked: list[str] = list(names)[:-1]
        wide: dict[str, Any] = {
            "style": {"description_width": LABEL_WIDTH},
            "layout": ipywidgets.Layout(width=WIDE),
        }
        self.source = SourceMenu(lambda: self._guard(self.refresh))
        self.name = ipywidgets.Combobox(
            description="Nom",
            continuous_update=False,
            placeholder="alpine1, web, tasks.web…",
            value=names[-1] if names else "",
            **wide,
        )
        self.answer = ipywidgets.HTML()
        self.name.on_msg(self._entered)
        self._fill()
        if source is not None:
            self.source.choose(source)
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="0.2em 0.8em")
        self._view = ipywidgets.VBox(
            [
                self.source.view,
                self.name,
                # One question is answered at once: there is nothing to stop.
                ipywidgets.HBox([self.run_button, self.state_line], layout=row),
                self.message,
                self.answer,
            ]
        )

    @property
    def view(self) -> Any:
        """The widget to show."""
        return self._view

    def refresh(self) -> None:
        """Read the swarm again, for the menus."""
        self.topology = self._means.survey()
        self._fill()

    def work(self, stop: threading.Event) -> None:
        """Ask the name in the field, and those asked before it by the same source."""
        source, name = self.source.value, self.name.value
        if self.survey is not None and self.survey.source != source:
            self._asked, self.survey = [], None
        before = [other for other in self._asked if other != name]
        survey = self._means.ask(source, [*before, name][-MOST_NAMES:])
        self._asked, self.survey = [*before, name][-MOST_NAMES:], survey
        self.answer.value = self._answer_html()

    def static_html(self) -> str:
        """What the panel says now, without a kernel."""
        if self.survey is None:
            said = "Panneau des noms : il s'anime quand le notebook est exécuté dans JupyterLab."
            return f"<p>{escape(typeset(said))}</p>{self.message.value}"
        return f"{self._answer_html()}{self.message.value}"

    def _answer_html(self) -> str:
        """What the last name gave, then the drawing and the table of all."""
        if self.survey is None:
            return ""
        last = self.survey.answers[-1]
        gave = ", ".join(last.addresses) or "aucune adresse"
        figure = draw_names(self.survey)._repr_mimebundle_()[0]["text/html"]
        table = table_html(names_table(self.survey))
        return (
            f"{typed_html(self.survey.node, last.command)}"
            f"<p><strong>{escape(last.name)} → {escape(gave)}</strong><br>{escape(typeset(last.reason))}</p>"
            f"{figure}<details><summary>le tableau</summary>{table}</details>"
        )

    def _fill(self) -> None:
        """Put in the menus what the snapshot knows."""
        self.source.fill(self.topology)
        self.name.options = name_choices(self.topology)
