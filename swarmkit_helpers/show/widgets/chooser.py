"""One choice among several: written in a field, or picked in a list of buttons.

A menu of the browser would need the arrows, which JupyterLab takes for itself outside text fields: there they leave the
panel, and the letter `a` inserts a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from html import escape
from typing import Any, Generic, TypeVar

from ..french import listing, typeset
from .panel import LABEL_WIDTH, WIDE

__all__ = ["Chooser"]

T = TypeVar("T", bound=Hashable)
MOST_BUTTONS = 60
"""Choices that the list shows; the field takes them all."""


class Chooser(Generic[T]):
    """A field whose text is one of the choices, and a button that shows them all.

    Parameters
    ----------
    label
        What is chosen.
    chosen
        Called each time that the choice becomes another one.
    placeholder
        What the field says when nothing is written in it.
    beside
        Widgets on the same line.
    """

    def __init__(
        self,
        label: str,
        *,
        chosen: Callable[[], None] = lambda: None,
        placeholder: str = "",
        width: str = WIDE,
        label_width: str = LABEL_WIDTH,
        beside: Sequence[Any] = (),
    ) -> None:
        import ipywidgets

        self._chosen = chosen
        self._options: tuple[tuple[str, T], ...] = ()
        self._index: int | None = None
        self._filling = False
        self.field = ipywidgets.Combobox(
            description=label,
            placeholder=placeholder,
            continuous_update=False,
            style={"description_width": label_width},
            layout=ipywidgets.Layout(width=width),
        )
        self.open_button = ipywidgets.ToggleButton(
            icon="caret-down", tooltip=typeset(f"{label} : tous les choix"), layout=ipywidgets.Layout(width="2.5em")
        )
        self.note = ipywidgets.HTML()
        self.list = ipywidgets.VBox(
            layout=ipywidgets.Layout(display="none", width=width, max_height="16em", overflow="auto", padding="2px")
        )
        self.list.add_class("swarm-choices")
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        self.view = ipywidgets.VBox(
            [ipywidgets.HBox([self.field, self.open_button, *beside], layout=row), self.note, self.list]
        )
        self.field.observe(lambda _: self._written(), "value")
        self.open_button.observe(lambda _: self._show_list(), "value")

    @property
    def options(self) -> tuple[tuple[str, T], ...]:
        """What is shown of each choice, and what it stands for."""
        return self._options

    @options.setter
    def options(self, options: Sequence[tuple[str, T]]) -> None:
        """Offer other choices: what is chosen stays so if it is among them, else it is the first one."""
        unknown, before = bool(self._index is None and self.text), self.value
        self._options = tuple(options)
        self.field.options = [label for label, value in self._options if value is not None]
        if unknown:
            self._written()
        else:
            kept = next((place for place, (_, value) in enumerate(self._options) if value == before), 0)
            self._take(kept if self._options else None, before)
        self._show_list()

    @property
    def value(self) -> T | None:
        """What is chosen; None when the field holds nothing that is offered."""
        return None if self._index is None else self._options[self._index][1]

    @value.setter
    def value(self, value: T) -> None:
        self._take([offered for _, offered in self._options].index(value), self.value)

    @property
    def text(self) -> str:
        """What is written in the field."""
        written: str = self.field.value
        return written

    def _take(self, index: int | None, before: T | None) -> None:
        """Choose by the place in the options, and say so."""
        self._index = index
        label, value = ("", None) if index is None else self._options[index]
        self._filling = True
        try:
            self.field.value = "" if value is None else label
        finally:
            self._filling = False
        self.note.value = ""
        if value != before:
            self._chosen()

    def _written(self) -> None:
        """Find which choice the text means; text that means none, or several, chooses nothing."""
        if self._filling:
            return
        before = self.value
        found = self._meant(self.text)
        if len(found) == 1:
            self._take(found[0], before)
            return
        self._index = None
        labels = [self._options[place][0] for place in found]
        why = f"désigne {listing(labels, 4)} : précisez" if found else "n'est pas dans la liste"
        said = f"« {self.text[:40]} » {why}." if self.text else "Choisissez dans la liste, ou écrivez un nom."
        self.note.value = f'<span role="alert" style="color: #a33d00">{escape(typeset(said))}</span>'
        if before is not None:
            self._chosen()

    def _meant(self, text: str) -> list[int]:
        """Places of the choices that a text means: the whole label, a word, what it stands for, a part."""
        wanted = _plain(text)
        if not wanted:
            return [place for place, (_, value) in enumerate(self._options) if value is None]
        rules: tuple[Callable[[str, T], bool], ...] = (
            lambda label, value: label == wanted,
            lambda label, value: label.split()[:1] == [wanted],
            lambda label, value: _plain(str(value)) == wanted,
            lambda label, value: wanted in label.split(),
            lambda label, value: wanted in label,
        )
        for rule in rules:
            found = [place for place, (label, value) in enumerate(self._options) if rule(_plain(label), value)]
            if found:
                return found
        return []

    def _show_list(self) -> None:
        """Show a button for each choice, or none of them."""
        import ipywidgets

        opened = self.open_button.value
        self.list.layout.display = "" if opened else "none"
        shown = self._options[:MOST_BUTTONS] if opened else ()
        lines = [self._line(place, label) for place, (label, _) in enumerate(shown)]
        more = len(self._options) - len(shown)
        rest = [ipywidgets.Label(typeset(f"et {more} de plus : écrivez-en le nom"))] if opened and more else []
        self.list.children = [*lines, *rest]

    def _line(self, place: int, label: str) -> Any:
        import ipywidgets

        line = ipywidgets.Button(
            description=label,
            icon="check" if place == self._index else "",
            style={"button_color": "white"},
            layout=ipywidgets.Layout(
                width="auto", flex="0 0 auto", display="flex", align_items="center", justify_content="flex-start"
            ),
        )
        line.on_click(lambda _: self._pick(place))
        return line

    def _pick(self, place: int) -> None:
        # The button that was pressed is about to leave the page: the keyboard goes on from the field.
        self.field.focus()
        self.open_button.value = False
        self._take(place, self.value)


def _plain(text: str) -> str:
    """A text without what does not count when two are compared."""
    return " ".join(text.split()).casefold()
