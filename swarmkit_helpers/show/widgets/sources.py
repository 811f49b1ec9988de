"""A menu of the containers that run, with a button that reads them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...topology.model import Topology
from ..french import natural
from .panel import LABEL_WIDTH, WIDE

__all__ = ["SourceMenu", "source_choices"]


class SourceMenu:
    """The choice of a container, by its name and its node.

    Parameters
    ----------
    refresh
        What its button does.
    """

    def __init__(self, refresh: Callable[[], None]) -> None:
        import ipywidgets

        self.dropdown = ipywidgets.Dropdown(
            description="Source", style={"description_width": LABEL_WIDTH}, layout=ipywidgets.Layout(width=WIDE)
        )
        self.button = ipywidgets.Button(
            description="Actualiser", icon="refresh", tooltip="Relire les conteneurs du swarm"
        )
        self.button.on_click(lambda _: refresh())

    @property
    def value(self) -> str:
        """The container that is chosen; empty when there is none."""
        return self.dropdown.value or ""

    @property
    def widgets(self) -> list[Any]:
        """The menu and its button, in their order."""
        return [self.dropdown, self.button]

    def fill(self, topology: Topology) -> None:
        """Offer the containers that run; the one that was chosen stays, even if it no longer runs."""
        chosen = self.value
        self.dropdown.options = source_choices(topology)
        if chosen:
            self.choose(chosen)

    def choose(self, source: str) -> None:
        """Choose a container, also one that does not run: the panel then says so."""
        if source not in [value for _, value in self.dropdown.options]:
            self.dropdown.options = [*self.dropdown.options, (f"{source} (ne tourne pas)", source)]
        self.dropdown.value = source


def source_choices(topology: Topology) -> tuple[tuple[str, str], ...]:
    """The containers that run, for a menu: what is shown, and the name or the id that means this one alone."""
    running = sorted((c for c in topology.containers if c.state == "running"), key=lambda c: natural(c.label))
    labels = [container.label for container in running]
    return tuple((f"{c.label} ({c.node})", c.label if labels.count(c.label) == 1 else c.id) for c in running)
