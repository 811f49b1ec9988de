"""A figure whose nodes and networks are buttons: transparent ones, laid over the picture where it shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..figure import Place

__all__ = ["HotPicture", "Target"]

Target = tuple[str, str]
"""``node`` or ``network``, and its name."""
MOST_SPOTS = 120
"""Buttons over one picture: what is drawn beyond has none."""
KINDS: Mapping[str, str] = {"node": "nœud", "network": "réseau"}
STYLE = """<style>
.swarm-map { position: relative; max-width: 100%; overflow: visible; }
.swarm-map > .widget-html, .swarm-map > .widget-html > .widget-html-content {
  display: block; width: 100%; height: auto; margin: 0; padding: 0; line-height: 0;
}
.swarm-map > .swarm-map-style { display: none; }
.swarm-map > .swarm-map-spot.jupyter-button {
  position: absolute; min-width: 0; margin: 0; padding: 0; box-sizing: border-box; cursor: pointer;
  background: transparent; border: 2px solid transparent; border-radius: 5px; box-shadow: none; outline: none;
  /* its name is for those who do not see the picture */
  font-size: 0; color: transparent;
}
.swarm-map > .swarm-map-spot.jupyter-button:hover { background: rgba(0, 114, 178, 0.12); border: 2px dashed #0072b2; }
.swarm-map > .swarm-map-spot.swarm-map-chosen.jupyter-button {
  background: rgba(213, 94, 0, 0.1); border: 3px solid #d55e00;
}
.swarm-map > .swarm-map-spot.jupyter-button:focus-visible { outline: 3px solid #1a1a1a; outline-offset: 1px; }
.swarm-map-tables table { margin-left: 0; }
</style>"""


class HotPicture:
    """A picture, and a button over each of its places.

    A button stays the same widget as long as its place is drawn: who stands on it with the keyboard stays there when
    the picture changes. A target that is drawn several times can be clicked everywhere, and is reached once by Tab.

    Parameters
    ----------
    choose
        What a click on a place does.
    """

    def __init__(self, choose: Callable[[Target], None]) -> None:
        import ipywidgets

        self._choose = choose
        self._style = ipywidgets.HTML(STYLE)
        self._style.add_class("swarm-map-style")
        self._picture = ipywidgets.HTML()
        self._spots: dict[tuple[str, str, int], Any] = {}
        self._spare: list[Any] = []
        self._meaning: dict[str, Target] = {}
        self.chosen: Target | None = None
        self.view = ipywidgets.Box([self._style, self._picture])
        self.view.add_class("swarm-map")

    @property
    def targets(self) -> tuple[Target, ...]:
        """What can be clicked now, in the order of Tab."""
        return tuple((kind, name) for kind, name, repeat in self._spots if not repeat)

    def spot(self, target: Target) -> Any:
        """The button of a target that is drawn."""
        return self._spots[(*target, 0)]

    def show(self, picture: str, width: int, places: Sequence[Place]) -> None:
        """Show a picture, an ``<img>``, at most `width` CSS pixels wide."""
        self.view.layout.width = f"{width}px"
        self._picture.value = picture
        seen: dict[Target, int] = {}
        wanted: dict[tuple[str, str, int], Place] = {}
        for place in places[:MOST_SPOTS]:
            repeat = seen.get((place.kind, place.name), 0)
            seen[(place.kind, place.name)] = repeat + 1
            wanted[(place.kind, place.name, repeat)] = place
        self._spare += [button for key, button in self._spots.items() if key not in wanted]
        kept = {key: button for key, button in self._spots.items() if key in wanted}
        self._spots = {}
        for key, place in wanted.items():
            self._spots[key] = kept.get(key) or (self._spare.pop() if self._spare else self._button())
            self._lay(self._spots[key], key, place)
        children = (self._style, self._picture, *self._spots.values())
        if children != self.view.children:
            self.view.children = children

    def choose(self, target: Target | None) -> None:
        """Mark what is chosen, everywhere it is drawn."""
        self.chosen = target
        for key, button in self._spots.items():
            self._name(button, key)

    def _button(self) -> Any:
        import ipywidgets

        button = ipywidgets.Button()
        button.add_class("swarm-map-spot")
        button.on_click(lambda clicked: self._choose(self._meaning[clicked.model_id]))
        return button

    def _lay(self, button: Any, key: tuple[str, str, int], place: Place) -> None:
        kind, name, repeat = key
        self._meaning[button.model_id] = (kind, name)
        lengths = {side: f"{100 * getattr(place, side):.2f}%" for side in ("left", "top", "width", "height")}
        # One message for all four.
        with button.layout.hold_sync():
            for side, length in lengths.items():
                setattr(button.layout, side, length)
        button.tabbable = False if repeat else None
        self._name(button, key)

    def _name(self, button: Any, key: tuple[str, str, int]) -> None:
        kind, name, _ = key
        chosen = (kind, name) == self.chosen
        button.description = button.tooltip = f"{KINDS[kind]} {name}{', choisi' if chosen else ''}"
        if chosen:
            button.add_class("swarm-map-chosen")
        else:
            button.remove_class("swarm-map-chosen")
