"""The choice among the containers that run, with a button that reads them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...topology.model import Topology
from ..french import natural
from .chooser import Chooser

__all__ = ["SourceMenu", "name_choices", "source_choices"]


class SourceMenu:
    """The choice of a container, by its name and its node.

    Parameters
    ----------
    refresh
        What its button does.
    """

    def __init__(self, refresh: Callable[[], None]) -> None:
        import ipywidgets

        self.button = ipywidgets.Button(
            description="Actualiser", icon="refresh", tooltip="Relire les conteneurs du swarm"
        )
        self.button.on_click(lambda _: refresh())
        self.chooser: Chooser[str] = Chooser("Source", beside=[self.button])

    @property
    def value(self) -> str:
        """The container that is chosen, or what is written instead: the panel then says that there is none."""
        return self.chooser.value or self.chooser.text

    @property
    def view(self) -> Any:
        """The widget to show."""
        return self.chooser.view

    def fill(self, topology: Topology) -> None:
        """Offer the containers that run; the one that was chosen stays, even if it no longer runs."""
        choices, chosen = source_choices(topology), self.chooser.value
        self.chooser.options = choices if chosen is None else _with(choices, chosen)

    def choose(self, source: str) -> None:
        """Choose a container, also one that does not run: the panel then says so."""
        self.chooser.options = _with(self.chooser.options, source)
        self.chooser.value = source


def _with(choices: Sequence[tuple[str, str]], source: str) -> Sequence[tuple[str, str]]:
    """The choices, and one that is not among them."""
    known = source in [value for _, value in choices]
    return choices if known else [*choices, (f"{source} (ne tourne pas)", source)]


def source_choices(topology: Topology) -> tuple[tuple[str, str], ...]:
    """The containers that run, for a menu: what is shown, and the name or the id that means this one alone."""
    running = sorted((c for c in topology.containers if c.state == "running"), key=lambda c: natural(c.label))
    labels = [container.label for container in running]
    return tuple((f"{c.label} ({c.node})", c.label if labels.count(c.label) == 1 else c.id) for c in running)


def name_choices(topology: Topology) -> tuple[str, ...]:
    """Names that the DNS of a container may know: containers that run, services, the tasks of a service, machines.

    They are the same whoever asks: new choices, sent while a name is written in the field, would take it away.
    """
    alone = sorted((c.name for c in topology.containers if c.task is None and c.state == "running"), key=natural)
    services = sorted((service.name for service in topology.services), key=natural)
    names = (*alone, *services, *(f"tasks.{service}" for service in services))
    return tuple(dict.fromkeys([*names, *(node.hostname for node in topology.nodes)]))
