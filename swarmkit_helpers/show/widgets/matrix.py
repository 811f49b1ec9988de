"""The matrix panel: who answers whom on some networks, and for one pair the sentence that says why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ...errors import ProbeError
from ...topology.model import Topology
from ..figures import draw_matrix
from ..french import natural, typeset
from ..measurements import OUTCOMES, matrix_table
from ..noted import table_html
from .checklist import CheckList
from .chooser import Chooser
from .panel import Panel

if TYPE_CHECKING:
    from ...probes.matrix import PingMatrix

__all__ = ["MatrixMeans", "MatrixPanel", "network_choices"]


@dataclass(frozen=True, slots=True)
class MatrixMeans:
    """What the panel needs of a lab."""

    survey: Callable[[], Topology]
    """Gives a fresh snapshot."""
    measure: Callable[[Sequence[str]], PingMatrix]
    """Pings all pairs of containers of some networks."""


class MatrixPanel(Panel):
    """Choose overlay networks, ping all pairs of their containers, read why one pair answers or does not.

    Parameters
    ----------
    means
        What it needs of the lab.
    networks
        The networks chosen at first; all of them by default.
    """

    def __init__(self, means: MatrixMeans, *, networks: Sequence[str] = ()) -> None:
        import ipywidgets

        super().__init__("Mesurer")
        self._means = means
        self.topology = means.survey()
        self.matrix: PingMatrix | None = None
        self._filling = False
        self.networks = CheckList("Réseaux")
        self.refresh_button = ipywidgets.Button(
            description="Actualiser", icon="refresh", tooltip="Relire les réseaux du swarm"
        )
        self.refresh_button.on_click(lambda _: self._guard(self.refresh))
        self.source: Chooser[str] = Chooser("De", chosen=self._pair_chosen)
        self.target: Chooser[str] = Chooser("Vers", chosen=self._pair_chosen)
        self.measured = ipywidgets.HTML()
        self.why = ipywidgets.HTML()
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="0.2em 0.8em")
        top = ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="0.2em 0.8em")
        self.pair = ipywidgets.VBox([ipywidgets.HBox([self.source.view, self.target.view], layout=top), self.why])
        self._fill(networks or network_choices(self.topology))
        self._show_pairs()
        self._view = ipywidgets.VBox(
            [
                ipywidgets.HBox([self.networks.box, self.refresh_button], layout=row),
                # All is measured at once, in a few seconds: there is nothing to stop.
                ipywidgets.HBox([self.run_button, self.state_line], layout=row),
                self.message,
                self.measured,
                self.pair,
            ]
        )

    @property
    def view(self) -> Any:
        """The widget to show."""
        return self._view

    def refresh(self) -> None:
        """Read the swarm again, for the menu of networks."""
        self.topology = self._means.survey()
        self._fill(self.networks.value)

    def work(self, stop: threading.Event) -> None:
        """Measure the networks that are chosen."""
        chosen = tuple(self.networks.value)
        if not chosen:
            raise ProbeError("Aucun réseau n'est choisi.", remedy="cochez un réseau, puis « Mesurer »")
        self.matrix = self._means.measure(chosen)
        self.topology = self.matrix.topology
        self.measured.value = self._measured_html()
        self._show_pairs()

    def static_html(self) -> str:
        """What the panel says now, without a kernel."""
        if self.matrix is None:
            said = "Panneau de la matrice : il s'anime quand le notebook est exécuté dans JupyterLab."
            return f"<p>{escape(typeset(said))}</p>{self.message.value}"
        return f"{self.measured.value}{self.why.value}{self.message.value}"

    def _measured_html(self) -> str:
        """The figure, and the table of all pairs."""
        if self.matrix is None:
            return ""
        figure = draw_matrix(self.matrix)._repr_mimebundle_()[0]["text/html"]
        table = table_html(matrix_table(self.matrix))
        return (
            f"<p><strong>{escape(typeset(str(self.matrix)))}</strong></p>{figure}"
            f"<details><summary>le tableau</summary>{table}</details>"
        )

    def _show_pairs(self) -> None:
        """Offer the pairs, and choose the one that most needs a word: what failed, then what was expected to."""
        names = self.matrix.names if self.matrix is not None else ()
        kept = (self.source.value, self.target.value)
        self._filling = True
        self.source.options = self.target.options = [(name, name) for name in names]
        if self.matrix is not None and self.matrix.pairs:
            order = ("failed", "leaked", "not_run", "apart", "answered")
            worst = min(self.matrix.pairs, key=lambda pair: order.index(pair.outcome))
            # A pair that is half chosen while the measure runs stays as it is.
            if any(name not in names for name in kept):
                self.source.value, self.target.value = worst.source, worst.target
            else:
                self.source.value, self.target.value = map(str, kept)
        self._filling = False
        self.pair.layout.display = "" if len(names) > 1 else "none"
        self._show_why()

    def _pair_chosen(self) -> None:
        if not self._filling:
            self._guard(self._show_why)

    def _show_why(self) -> None:
        """What happened to the pair that is chosen, and the docker command that does the same."""
        source, target = self.source.value, self.target.value
        if self.matrix is None or source is None or target is None:
            self.why.value = ""
            return
        if source == target:
            self.why.value = f"<p>{escape(typeset('Choisissez deux conteneurs différents.'))}</p>"
            return
        pair = self.matrix.pair(source, target)
        command = self.matrix.command(source, target)
        typed = f"<code>{escape(command)}</code>" if command else "aucune commande"
        node = escape(typeset(f"sur {self.matrix.nodes[source]} :"))
        title = escape(typeset(f"{source} vers {target} : {OUTCOMES[pair.outcome]}."))
        said = f"<strong>{title}</strong> {escape(typeset(pair.reason))}<br>{node} {typed}"
        self.why.value = f'<p style="line-height: 1.5">{said}</p>'

    def _fill(self, chosen: Sequence[str]) -> None:
        """Offer the networks that are there; one that was chosen and has left is offered no more."""
        self.networks.fill(network_choices(self.topology), chosen)


def network_choices(topology: Topology) -> tuple[str, ...]:
    """The overlay networks whose containers can be asked: all but ingress."""
    overlays = {n.name for n in topology.networks if n.driver == "overlay" and n.scope == "swarm" and not n.ingress}
    return tuple(sorted(overlays, key=natural))
