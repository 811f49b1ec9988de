"""The form of the course's notebooks."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from .french import NBSP, faults

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECTIONS = ("00", "10", "11", "12", "13", "14", "15", "20", "21")
FORBIDDEN = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.With, ast.AsyncWith),
)
MAX_LINES = 8

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str | None = None) -> list[Any]:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    return [cell for cell in notebook.cells if kind in (None, cell.cell_type)]


def tagged(path: Path, tag: str) -> list[Any]:
    return [cell for cell in cells(path) if tag in cell.metadata.get("tags", [])]


def parse(source: str) -> ast.Module:
    """The Python of a cell, its magics turned into the calls they stand for."""
    return ast.parse(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]


def test_every_section_has_its_notebook() -> None:
    # Without this one, all the others would pass on an empty directory.
    assert [path.name[:2] for path in NOTEBOOKS][: len(SECTIONS)] == list(SECTIONS)


@each_notebook
def test_is_valid_and_alone(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor >= 5) == (4, True)
    assert re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name)
    assert [other.name for other in path.parent.iterdir() if other.stem == path.stem] == [path.name]


@each_notebook
def test_holds_no_result(path: Path) -> None:
    for cell in cells(path, "code"):
        assert cell.outputs == [], cell.source
        assert cell.execution_count is None, cell.source
        assert set(cell.metadata) <= {"tags"}, cell.metadata


@each_notebook
def test_has_one_id_per_cell(path: Path) -> None:
    # As they stand in the file: nbformat mends missing and double ids when it reads.
    ids = [cell["id"] for cell in json.loads(path.read_text("utf-8"))["cells"]]
    assert len(set(ids)) == len(ids)


@each_notebook
def test_has_the_fixed_kernel(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"
    # The exact version of the last Python that saved it would change at each save.
    assert "version" not in notebook.metadata.get("language_info", {})


@each_notebook
def test_begins_with_title_objectives_prerequisites_duration(path: Path) -> None:
    first = cells(path)[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    for word in ("Objectifs", "Prérequis", "Durée"):
        assert re.search(rf"\b{word}\b", first.source), word
    titles = [cell.source for cell in cells(path, "markdown") if re.search(r"^# ", cell.source, re.M)]
    assert titles == [first.source], "one title, all else under it"


@each_notebook
def test_imports_come_next_then_the_parameters(path: Path) -> None:
    code = cells(path, "code")
    assert all(isinstance(line, ast.Import | ast.ImportFrom) for line in parse(code[0].source).body)
    assert "parameters" in code[1].metadata.get("tags", [])
    later = [cell.source for cell in code[1:] if re.search(r"^(import|from) ", cell.source, re.M)]
    assert later == []


@each_notebook
def test_has_one_cell_of_parameters_typed_and_commented(path: Path) -> None:
    (cell,) = tagged(path, "parameters")
    assert cell.cell_type == "code"
    lines = parse(cell.source).body
    commented = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(cell.source).readline)
        if token.type == tokenize.COMMENT
    }
    assert lines != []
    for line in lines:
        assert isinstance(line, ast.AnnAssign), ast.unparse(line)
        assert line.value is not None
        ast.literal_eval(line.value)
        assert commented & {line.lineno - 1, line.end_lineno}, f"no comment: {ast.unparse(line)}"


@each_notebook
def test_ends_with_cleanup_and_what_to_remember(path: Path) -> None:
    *_, cleanup, last = cells(path)
    assert tagged(path, "cleanup") == [cleanup]
    assert cleanup.cell_type == "code"
    assert last.cell_type == "markdown"
    assert re.search(r"^#+ À retenir\b", last.source, re.M)


@each_notebook
def test_cells_are_thin(path: Path) -> None:
    for cell in cells(path, "code"):
        assert cell.source.strip(), "an empty cell"
        assert len(cell.source.splitlines()) <= MAX_LINES, cell.source
        found = [type(node).__name__ for node in ast.walk(parse(cell.source)) if isinstance(node, FORBIDDEN)]
        assert found == [], cell.source


@each_notebook
def test_french_spaces_in_prose_and_none_in_code(path: Path) -> None:
    wrong = {cell.id: found for cell in cells(path, "markdown") if (found := faults(cell.source))}
    assert wrong == {}
    for cell in cells(path, "code"):
        assert NBSP not in cell.source
        assert "\N{NARROW NO-BREAK SPACE}" not in cell.source
    for cell in cells(path, "markdown"):
        shown = re.findall(r"^```.*?^```|`[^`\n]+`", cell.source, re.S | re.M)
        assert [text for text in shown if NBSP in text] == []
