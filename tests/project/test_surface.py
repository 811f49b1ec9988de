"""The public surface of each module, and which module may import which."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest

from swarmkit_helpers import errors

ROOT = Path(__file__).parents[2]
PACKAGE = "swarmkit_helpers"
FILES = sorted((ROOT / PACKAGE).rglob("*.py"))
HEAVY = ("docker", "pandas", "matplotlib", "numpy", "papermill", "nbconvert", "nbclient", "IPython", "dpkt")
DRAWING = ("show.canvas", "show.drawings", "show.figure", "show.frame", "show.legend")
"""Modules that subclass what pandas and matplotlib give: the others import these inside functions only."""
TALKS_TO_ENGINES = ("lab", "actions", "probes", "topology.fetch")
FORBIDDEN_NAMES = {"utils", "util", "common", "base", "misc", "helpers"}
LAYERS = {
    "errors": {"lab", "actions", "probes", "topology", "show", "course", "cli", "waiting"},
    "waiting": {"lab", "actions", "probes", "topology", "show", "course", "cli"},
    "topology": {"actions", "probes", "show", "course", "cli"},
    "topology.model": {"lab", "actions", "probes", "show", "course", "cli"},
    "topology.diff": {"lab", "actions", "probes", "show", "course", "cli"},
    "show": {"lab", "actions", "course", "cli"},
    "lab": {"actions", "probes", "topology", "show", "course", "cli"},
    "actions": {"show", "course", "cli"},
    "probes": {"actions", "show", "course", "cli"},
    "course": {"cli"},
    "engine": {"errors", "lab", "actions", "probes", "topology", "show", "course", "cli", "compose"},
}
"""Module or package -> what it does not import, wherever the import stands."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}
each_module = pytest.mark.parametrize("module", MODULES)


def inside(module: str, group: str) -> bool:
    full = f"{PACKAGE}.{group}"
    return module == full or module.startswith(f"{full}.")


def imports(module: str) -> set[str]:
    """All that a module imports, anywhere in it, by absolute name."""
    path = MODULES[module]
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def public_definitions(path: Path) -> set[str]:
    """Functions and classes a module defines under a public name.

    Commands of the command line, the course's checks, and what answers a route of the embedded engine, are reached by
    what registers them.
    """
    body = ast.parse(path.read_text("utf-8")).body
    return {
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not any(re.search(r"\.(command|group)\b|^define\(", ast.unparse(mark)) for mark in node.decorator_list)
    } - routed(body)


def routed(body: list[ast.stmt]) -> set[str]:
    """Names in a module's ``ROUTES = (Route("GET", "/info", info), ...)``."""
    return {
        name.id
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROUTES"
        for name in ast.walk(node.value)
        if isinstance(name, ast.Name)
    }


def test_the_modules_are_found() -> None:
    # Without this one, all the others would pass on an empty directory.
    assert {f"{PACKAGE}.errors", f"{PACKAGE}.lab.node", f"{PACKAGE}.topology.model"} < set(MODULES)


@each_module
def test_all_names_exist_and_all_public_names_are_in_it(module: str) -> None:
    loaded = import_module(module)
    listed = list(getattr(loaded, "__all__", []))
    assert sorted(set(listed)) == sorted(listed), "a name twice"
    assert [name for name in listed if not hasattr(loaded, name)] == []
    assert [name for name in listed if name.startswith("_") and name != "__version__"] == []
    assert public_definitions(MODULES[module]) - set(listed) == set()


@each_module
def test_each_name_is_listed_where_it_is_defined(module: str) -> None:
    if MODULES[module].stem == "__init__":
        return  # a package gathers the names of its modules
    loaded = import_module(module)
    for name in getattr(loaded, "__all__", []):
        value = getattr(loaded, name)
        if not isinstance(value, type | FunctionType):
            continue
        defined_in = value.__module__
        assert not defined_in.startswith(PACKAGE) or defined_in == module, f"{name} is of {defined_in}"


@each_module
def test_is_named_for_what_it_holds(module: str) -> None:
    assert FORBIDDEN_NAMES.isdisjoint(module.removeprefix(PACKAGE).split("."))


@each_module
def test_only_the_edges_talk_to_engines(module: str) -> None:
    if any(inside(module, group) for group in TALKS_TO_ENGINES):
        return
    assert [name for name in imports(module) if name.split(".")[0] == "docker"] == []


@each_module
def test_imports_go_one_way(module: str) -> None:
    for group, closed in LAYERS.items():
        if inside(module, group):
            wrong = {name for name in imports(module) for other in closed if inside(name, other)}
            assert wrong == set(), f"{group} does not import these"


def test_nothing_heavy_is_imported_at_import_time() -> None:
    light = [m for m in MODULES if not any(inside(m, group) for group in DRAWING) and not m.endswith("__main__")]
    code = f"""
import importlib, json, sys
found = {{}}
for module in {light!r}:
    importlib.import_module(module)
    for name in {HEAVY!r}:
        if name in sys.modules:
            found.setdefault(name, module)
print(json.dumps(found))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {}, "heavy module -> the first of ours that brings it"


def tree() -> dict[str, str]:
    """The tree at the top of errors.py: class -> the class it stands under."""
    found, above = {}, {}
    for line in inspect.cleandoc(errors.__doc__ or "").splitlines():
        drawn = re.match(r"(?P<indent>[\s│├└─]*)(?P<name>[A-Z]\w+)(?:\s{2,}|$)", line)
        if drawn:
            depth = len(drawn["indent"])
            above[depth] = drawn["name"]
            found[drawn["name"]] = above[max((d for d in above if d < depth), default=depth)]
            above = {d: name for d, name in above.items() if d <= depth}
    return found


def test_the_tree_of_errors_is_the_one_that_is_drawn() -> None:
    classes = {
        name: kind
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == errors.__name__
    }
    drawn = tree()
    assert set(drawn) == set(classes) == set(errors.__all__)
    root = errors.SwarmLabError
    assert {name: kind.__mro__[1].__name__ for name, kind in classes.items() if kind is not root} == {
        name: parent for name, parent in drawn.items() if name != root.__name__
    }


def test_every_error_raised_on_purpose_is_of_the_tree() -> None:
    # The embedded engine knows nothing of the course: its refusals reach a learner as answers of an engine.
    strangers = {}
    for module, path in MODULES.items():
        if inside(module, "engine"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and module != errors.__name__:
                bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                if bases & {"Exception", "BaseException", "RuntimeError", "ValueError", "OSError"}:
                    strangers[node.name] = module
    assert strangers == {}
