"""Several choices as boxes to check: with the keyboard, Tab goes to each and Space checks it.

A list with multiple selection would need the arrows, which JupyterLab takes for itself outside text fields.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["CheckList"]


class CheckList:
    """A box to check for each of some names.

    Parameters
    ----------
    label
        What they are.
    """

    def __init__(self, label: str) -> None:
        import ipywidgets

        self._label = ipywidgets.Label(label)
        self.box = ipywidgets.Box(
            [self._label], layout=ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="0 1em")
        )

    @property
    def options(self) -> tuple[str, ...]:
        """The names that are offered."""
        return tuple(check.description for check in self.box.children[1:])

    @property
    def value(self) -> tuple[str, ...]:
        """The names that are checked."""
        return tuple(check.description for check in self.box.children[1:] if check.value)

    def fill(self, names: Sequence[str], checked: Sequence[str]) -> None:
        """Offer these names, some of them checked."""
        import ipywidgets

        self.box.children = [
            self._label,
            *(
                ipywidgets.Checkbox(
                    description=name, value=name in checked, indent=False, layout=ipywidgets.Layout(width="auto")
                )
                for name in names
            ),
        ]

    def check(self, *names: str) -> None:
        """Check these names, and no other."""
        for check in self.box.children[1:]:
            check.value = check.description in names
