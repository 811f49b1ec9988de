"""Tests that need a swarm: skipped on a learner's machine without engine, failed in CI, left out on demand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARKED = """
import pytest

@pytest.mark.swarm
def test_swarm():
    pass

@pytest.mark.notebook
def test_notebook():
    pass

@pytest.mark.browser
def test_browser():
    pass

def test_plain():
    pass
"""
WITHOUT_ENGINE = """
import swarmkit_helpers.lab.packages as packages
packages.missing = lambda **asked: packages.NEEDS[:1]
"""
WITHOUT_BROWSER = """
import os
import swarmkit_helpers.lab.packages as packages
packages.missing = lambda **asked: tuple(need for need in packages.NEEDS if need.package == "chromium")
os.geteuid = lambda: 0
"""
WITH_ENGINE = """
import os
import swarmkit_helpers.lab.packages as packages
packages.missing = lambda **asked: ()
os.geteuid = lambda: 0
"""


def run(directory: Path, machine: str, *options: str, ci: str | None = None) -> subprocess.CompletedProcess[str]:
    (directory / "machine.py").write_text(machine, "utf-8")
    (directory / "test_marked.py").write_text(MARKED, "utf-8")
    shutil.copy(ROOT / "tests/conftest.py", directory)
    environment = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": os.pathsep.join([str(directory), str(ROOT)])} | ({"CI": ci} if ci else {})
    words = ["-m", "pytest", "-p", "machine", "-p", "no:cacheprovider", "--rootdir", str(directory)]
    words += ["--config-file", str(ROOT / "pyproject.toml"), *options, str(directory)]
    return subprocess.run([sys.executable, *words], env=environment, cwd=directory, capture_output=True, text=True)


def test_a_learner_without_engine_sees_skips(tmp_path: Path) -> None:
    done = run(tmp_path, WITHOUT_ENGINE)
    assert "1 passed, 3 skipped" in done.stdout
    assert "docker.io is missing" in done.stdout
    assert done.returncode == 0


def test_in_ci_a_missing_engine_fails(tmp_path: Path) -> None:
    done = run(tmp_path, WITHOUT_ENGINE, ci="true")
    assert "1 passed, 3 errors" in done.stdout
    assert "docker.io is missing" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize("ci", [None, "true"])
def test_with_an_engine_all_run(tmp_path: Path, ci: str | None) -> None:
    done = run(tmp_path, WITH_ENGINE, ci=ci)
    assert "4 passed" in done.stdout
    assert done.returncode == 0


def test_without_chromium_only_the_pages_are_skipped(tmp_path: Path) -> None:
    done = run(tmp_path, WITHOUT_BROWSER)
    assert "3 passed, 1 skipped" in done.stdout
    assert "chromium is missing" in done.stdout
    assert done.returncode == 0


def test_they_can_be_left_out(tmp_path: Path) -> None:
    done = run(tmp_path, WITH_ENGINE, "--no-swarm")
    assert "1 passed, 3 deselected" in done.stdout
    assert done.returncode == 0
