"""What stands in the repository: its words, its commands, its settings."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from swarmkit_helpers import errors

from .french import NBSP, faults

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
IGNORED = [*(ROOT / ".gitignore").read_text("utf-8").replace("/\n", "\n").split(), ".git"]
# Written in parts, so that this file does not hold what it looks for.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        *(("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"), ("anaconda", "org")),
        *(("deb", "debian", "org"), ("archive", "ubuntu", "com"), ("crates", "io"), ("proxy", "golang", "org")),
    )
]
HOMES = re.compile(r"(?<![\w.$}])/(?:home|Users|root)/[\w.]")


def files() -> list[Path]:
    """All files of the checkout but those that git ignores."""

    def walk(directory: Path) -> list[Path]:
        kept = [path for path in directory.iterdir() if not any(fnmatch(path.name, name) for name in IGNORED)]
        return [found for path in kept for found in (walk(path) if path.is_dir() else [path])]

    return sorted(walk(ROOT))


TEXTS = {str(path.relative_to(ROOT)): path.read_text("utf-8", "replace") for path in files()}


def targets() -> set[str]:
    """What make knows, asked of make itself."""
    asked = ["make", "--no-print-directory", "--question", "--print-data-base", "help"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    (phony,) = re.findall(r"^\.PHONY: (.*)$", said, re.M)
    return set(phony.split())


def test_the_files_are_found() -> None:
    assert {"Makefile", "LICENSE", ".ci/run", "swarmkit_helpers/errors.py", "requirements.lock"} <= set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_holds_no_path_of_the_machine_where_it_was_made(name: str) -> None:
    assert str(ROOT) not in TEXTS[name]
    assert HOMES.findall(TEXTS[name]) == []


@pytest.mark.parametrize("name", TEXTS)
def test_names_no_package_registry(name: str) -> None:
    assert [host for host in REGISTRIES if host in TEXTS[name]] == []


def test_readme_starts_with_two_commands_that_exist() -> None:
    quick_start = re.search(r"```console\n(.*?)```", README, re.S)
    assert quick_start
    assert quick_start[1].splitlines() == ["make lab", "make test"]


def test_readme_and_makefile_have_the_same_commands() -> None:
    told = set(re.findall(r"^\| `make ([\w-]+)` \|", README, re.M))
    assert told == targets() - {"help", "engine"}
    mentioned = set(re.findall(r"`make ([\w-]+)`", README + TEXTS["CONTRIBUTING.md"] + TEXTS["CHANGELOG.md"]))
    assert mentioned <= targets()


def test_readme_lists_the_sections_of_the_course() -> None:
    told = re.findall(r"^\| (\d\d) \|", README, re.M)
    assert told == [path.name[:2] for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]


def test_readme_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links != []
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_version_is_told_in_the_changelog() -> None:
    first = re.search(r"^## (\S+)", TEXTS["CHANGELOG.md"], re.M)
    assert first
    assert first[1] == PROJECT["version"]


def test_licence() -> None:
    assert PROJECT["license"] == "MIT"
    assert TEXTS["LICENSE"].startswith("MIT License\n\nCopyright (c) 2026 the project's authors\n")


def test_french_pages_keep_their_spaces() -> None:
    french, _, english = README.partition("## In English")
    assert english
    assert faults(french.replace("*[In English](#in-english), below.*", "")) == []
    assert faults(TEXTS["CHANGELOG.md"]) == []


def _said(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    name = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
    return NBSP if name == "NBSP" else "x"


def words_for_learners() -> dict[str, list[str]]:
    """Each module -> its strings with a French letter, but docstrings; what an f-string computes is an x."""
    found: dict[str, list[str]] = {}
    for name, text in TEXTS.items():
        if not (name.startswith("swarmkit_helpers/") and name.endswith(".py")):
            continue
        tree = ast.parse(text)
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)} - {
            id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
        }
        strings = []
        for node in ast.walk(tree):
            if id(node) in docs or id(node) in inner:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                strings.append("".join(_said(part) for part in node.values))
        found[name] = [string for string in strings if re.search(r"[àâçéèêëîïôùûœ«]", string, re.I)]
    return found


WORDS = {name: strings for name, strings in words_for_learners().items() if strings and "/show/" not in name}
"""Tables and figures set their spaces themselves, once, with `show.french.typeset`: their own tests look at them."""


def test_french_strings_are_found() -> None:
    assert {"swarmkit_helpers/errors.py", "swarmkit_helpers/lab/packages.py"} <= set(WORDS)


@pytest.mark.parametrize("name", WORDS)
def test_french_strings_keep_their_spaces(name: str) -> None:
    assert [fault for string in WORDS[name] for fault in faults(string)] == []


def test_errors_are_told_in_french_with_their_spaces() -> None:
    shown = [
        errors.LabNotUp("essai"),
        errors.NodeUnknown("worker9", ["manager"]),
        errors.NotConverged("5 tâches", "2 tâches", "no such image", 30.0, "docker service ps my-nginx"),
        errors.ImageUnavailable("nginx", ["aucun registre"], "make lab"),
    ]
    assert [fault for error in shown for fault in faults(error.problem)] == []


def test_the_workflow_runs_the_course_and_pins_its_actions() -> None:
    (job,) = yaml.safe_load(TEXTS[".github/workflows/cours.yml"])["jobs"].values()
    assert [step for step in job["steps"] if step.get("run", "").endswith("make cours")] != []
    assert [step["uses"] for step in job["steps"] if "uses" in step and not re.search(r"@v\d+$", step["uses"])] == []


def test_pre_commit_and_ci_run_the_same_lint() -> None:
    (repository,) = yaml.safe_load(TEXTS[".pre-commit-config.yaml"])["repos"]
    assert "make lint" in [hook["entry"] for hook in repository["hooks"]]
    assert "make test" in TEXTS[".ci/run"].splitlines()
    assert re.search(r"^test:.*\n(?:\t.*\n)*\t.*\$\(MAKE\).* lint\n", TEXTS["Makefile"], re.M)


@pytest.mark.parametrize("name", [".ci/run", "scripts/setup.sh"])
def test_scripts_can_be_run_and_are_well_formed(name: str) -> None:
    path = ROOT / name
    assert path.stat().st_mode & 0o111
    assert TEXTS[name].startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in TEXTS[name]
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
