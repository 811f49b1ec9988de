"""A learner who reads one notebook of the course in JupyterLab: its menus in French, its cells, its panels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

__all__ = ["Reader"]

START_MS = 60_000
SECTION_MS = 240_000
PICTURES = Path(__file__).parents[2] / "build" / "widgets"
READY = "Python 3 (ipykernel) | Inactif"


class Reader:
    """One notebook, opened from the list of files.

    Parameters
    ----------
    page
        JupyterLab itself, just loaded.
    path
        The notebook, as it is on the disk.
    """

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.code_cells = [
            cell.source
            for cell in nbformat.read(path, as_version=nbformat.NO_CONVERT).cells  # type: ignore[no-untyped-call]
            if cell.cell_type == "code"
        ]
        page.locator(f'.jp-DirListing-item[title*="{path.name}"]').dblclick()
        self.notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        expect(self.notebook.locator(".jp-CodeCell")).to_have_count(len(self.code_cells), timeout=START_MS)
        expect(page.get_by_text(READY)).to_be_visible(timeout=START_MS)

    def menu(self, title: str, command: str) -> None:
        """Choose a command in the menu bar."""
        self.page.locator(".lm-MenuBar").get_by_text(title, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text(command, exact=True).click()

    def cell(self, code: str) -> Locator:
        """The only code cell that contains this."""
        return self.notebook.locator(".jp-CodeCell").nth(self._index(code))

    def _index(self, code: str) -> int:
        (index,) = [number for number, source in enumerate(self.code_cells) if code in source]
        return index

    def select(self, code: str) -> Locator:
        """Click beside a cell, so that it is the selected one."""
        cell = self.cell(code)
        cell.locator(".jp-InputPrompt").click()
        expect(cell).to_have_class(re.compile("jp-mod-active"))
        # A control of its output may have kept the focus.
        cell.focus()
        return cell

    def run_all(self) -> None:
        """Run all cells from the menu, and wait for the last one."""
        self.menu("Exécution", "Exécuter toutes les cellules")
        self.wait(self.code_cells[-1])

    def run_until(self, code: str) -> Locator:
        """Run all that stands above a cell from the menu, then the cell; wait for it, and return what it shows."""
        self.select(code)
        self.menu("Exécution", "Exécuter tout au-dessus de la cellule sélectionnée")
        self.select(code)
        self.menu("Exécution", "Exécuter la cellule sélectionnée sans passer à la suivante")
        return self.wait(code)

    def run_below(self, code: str, *, until: str = "") -> None:
        """Run all that stands below a cell from the menu, or cell by cell up to one, and wait for the last."""
        first = self._index(code) + 1
        if not until:
            self.select(self.code_cells[first])
            self.menu("Exécution", "Exécuter la cellule sélectionnée et toutes les suivantes")
            self.wait(self.code_cells[-1])
            return
        for source in self.code_cells[first : self._index(until) + 1]:
            self.select(source)
            self.menu("Exécution", "Exécuter la cellule sélectionnée sans passer à la suivante")
            self.wait(source)

    def shown(self, code: str) -> Locator:
        """What a cell shows."""
        return self.cell(code).locator(".jp-Cell-outputArea")

    def wait(self, code: str) -> Locator:
        """Wait until a cell has been run; what it shows."""
        cell = self.cell(code)
        expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=SECTION_MS)
        return self.shown(code)

    def panel(self, code: str) -> Locator:
        """The panel that a cell shows, without the static copy that the saved notebook keeps below it."""
        return self.cell(code).locator(".jp-OutputArea-child").filter(has=self.page.locator(".widget-box")).first

    def tab_to(self, control: Locator, *, most: int = 60) -> None:
        """Reach a control with the Tab key alone."""
        for _ in range(most):
            if control.evaluate("it => it === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {control}")

    def press(self, control: Locator, key: str = "Enter") -> None:
        """Press a button with the keyboard alone; the keyboard stays on it."""
        self.tab_to(control)
        self.page.keyboard.press(key)

    def write(self, field: Locator, text: str, *, end: str = "Tab") -> None:
        """Write in a field with the keyboard alone, in place of what is there."""
        self.tab_to(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
        self.page.keyboard.press(end)

    @contextmanager
    def by_keyboard(self, code: str) -> Iterator[None]:
        """Begin on a cell; in the end the notebook has as many cells as before, this one is still active."""
        self.select(code)
        before = self._standing()
        yield
        assert self._standing() == before

    def _standing(self) -> list[int]:
        """How many cells there are, and which one is active."""
        found: list[int] = self.notebook.locator(".jp-Cell").evaluate_all(
            "all => [all.length, all.findIndex(it => it.classList.contains('jp-mod-active'))]"
        )
        return found

    def picture_of(self, shown: Locator, name: str) -> None:
        """Leave a picture of a panel in build/widgets, to be looked at."""
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size({"width": size["width"], "height": 2400})
        shown.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
        self.page.set_viewport_size(size)

    def save(self) -> None:
        """Save the notebook with the keyboard, and wait until it is on the disk."""
        tab = self.page.locator(".lm-TabBar-tab.lm-mod-current.jp-mod-dirty")
        self.page.keyboard.press("Control+S")
        expect(tab).to_have_count(0)

    @property
    def errors(self) -> list[str]:
        """What stands in red in the notebook: tracebacks, and what was written to stderr."""
        red = self.notebook.locator(
            '.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"], '
            '.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]'
        )
        return red.all_inner_texts()

    @property
    def pictures(self) -> list[tuple[str, bool]]:
        """Alternative text of each picture, and whether it is really there."""
        found: list[list[object]] = self.notebook.locator(".jp-OutputArea-output img").evaluate_all(
            "all => all.map(it => [it.alt, it.complete && it.naturalWidth > 0])"
        )
        return [(str(alt), bool(shown)) for alt, shown in found]
