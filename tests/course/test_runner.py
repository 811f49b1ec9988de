"""The runner, with notebooks made for the purpose and then with the course's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from swarmkit_helpers.course import runner
from swarmkit_helpers.course.checks import CHECKS, check, define, failed, passed
from swarmkit_helpers.course.checks.question import Context, Verdict
from swarmkit_helpers.course.export import external_loads, images_without_alt
from swarmkit_helpers.course.report import Report
from swarmkit_helpers.course.sections import SECTIONS
from swarmkit_helpers.errors import SectionUnknown
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.record import home

pytestmark = [pytest.mark.swarm, pytest.mark.notebook]

CONNECT = "import swarmkit_helpers as sk\nlab = sk.connect(lab_name)"
OUTCOME = """\
from swarmkit_helpers.course.checks import CheckResult
CheckResult({identity!r}, "essai", {outcome!r}, "vu", lack={lack!r})
"""


def result(identity: str, outcome: str, lack: str | None = None) -> str:
    return OUTCOME.format(identity=identity, outcome=outcome, lack=lack)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes section 11 of the cells it is given; its checks are 11.1 and 11.2."""
    directory = tmp_path / "notebooks"
    directory.mkdir()
    monkeypatch.setattr(runner, "notebooks_directory", lambda: directory)
    for identity in [known for known in CHECKS if known.startswith("11.") and known not in ("11.1", "11.2")]:
        monkeypatch.delitem(CHECKS, identity)

    def make(*cells: str) -> None:
        parameters = nbformat.v4.new_code_cell('lab_name: str = ""', metadata={"tags": ["parameters"]})
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
        notebook = nbformat.v4.new_notebook(
            metadata={"kernelspec": kernel}, cells=[parameters, *map(nbformat.v4.new_code_cell, cells)]
        )
        nbformat.write(notebook, directory / SECTIONS["11"].notebook)

    yield make


def run(lab: Lab, out: Path) -> tuple[Report, dict[str, Any]]:
    report = runner.run_course(lab, ["11"], out=out)
    return report, json.loads((out / "report.json").read_text("utf-8"))


def test_a_section_whose_checks_all_passed(lab: Lab, tmp_path: Path, course: Any) -> None:
    course(CONNECT, "lab", result("11.1", "passed"), result("11.2", "passed"))
    report, read = run(lab, tmp_path)
    assert report.passed
    assert read["totals"] | {"duration_s": 0} == {
        "sections": 1, "cells": 6, "checks": 2, "passed": 2, "failed": 0, "not_run": 0, "duration_s": 0,
    }  # fmt: skip
    assert (tmp_path / SECTIONS["11"].notebook).with_suffix(".html").exists()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([result("11.1", "passed"), result("11.2", "failed")], "contrôle 11.2 échoué"),
        ([result("11.1", "passed")], "11.2"),
        ([], "11.1, 11.2"),
        ([result("11.1", "passed"), result("11.2", "not_run")], "11.2 non fait"),
        ([result("11.1", "passed"), result("11.2", "not_run", "capture")], "11.2 non fait"),
        ([result("11.1", "passed"), result("11.2", "passed"), "1 / 0"], "ZeroDivisionError"),
        ([result("11.1", "passed"), result("11.2", "passed"), "import os; os._exit(3)"], "s'est arrêté"),
        ([result("11.1", "passed"), result("11.2", "passed"), "sk = lab = sk.absent"], "NameError|AttributeError"),
    ],
)
def test_a_section_that_did_not_pass(lab: Lab, tmp_path: Path, course: Any, cells: list[str], words: str) -> None:
    course(*cells)
    report, read = run(lab, tmp_path)
    assert not report.passed
    assert read["sections"][0]["status"] == "failed"
    assert re.search(words, read["sections"][0]["error"]), read["sections"][0]["error"]


def test_what_the_kernel_lacks_is_no_failure(lab: Lab, tmp_path: Path, course: Any) -> None:
    lacks = [name for name, has in lab.capabilities.asdict().items() if not has]
    course(result("11.1", "passed"), result("11.2", "not_run", lacks[0]))
    report, read = run(lab, tmp_path)
    assert report.passed
    assert read["totals"]["not_run"] == 1


def test_no_section_of_that_name(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(SectionUnknown, match="99"):
        runner.run_course(lab, ["99"], out=tmp_path)


def test_two_checks_of_one_number_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        define(next(iter(CHECKS)), "essai", hint="rien")(lambda context: passed("vu"))


def test_a_check_waits_for_what_is_on_its_way(lab: Lab) -> None:
    looks: list[int] = []

    def question(context: Context) -> Verdict:
        looks.append(1)
        return passed("enfin") if len(looks) > 2 else failed("pas encore")

    define("11.99", "essai", hint="rien")(question)
    try:
        assert check(lab, "11.99", patience_s=5).outcome == "passed"
        assert len(looks) == 3
    finally:
        del CHECKS["11.99"]


def swarmlab(*words: str | Path, cwd: Path | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "swarmkit_helpers.cli", *map(str, words)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_an_engine_killed_during_a_run_is_named_with_its_section(tmp_path: Path) -> None:
    name = f"k{os.getpid()}"
    local.up(name)
    try:
        command = swarmlab("run", "12", "13", "--name", name, "--out", tmp_path)
        executed = tmp_path / SECTIONS["13"].notebook
        deadline = time.monotonic() + 120
        while not executed.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        os.kill(int((home() / name / "worker2" / "pid").read_text("ascii")), signal.SIGKILL)
        said, _ = command.communicate(timeout=300)
        assert command.returncode == 1, said
        assert "Sections non réussies" in said
        failures = {
            s["id"]: s["error"]
            for s in json.loads((tmp_path / "report.json").read_text("utf-8"))["sections"]
            if s["status"] != "passed"
        }
        assert "13" in failures
        assert "worker2" in failures["13"]
        assert "worker2" in said
    finally:
        local.down(name)


def test_the_whole_course_in_order(tmp_path: Path) -> None:
    name = f"c{os.getpid()}"
    # As `make cours` does: the report's directory is the one by default, below the current one.
    command = swarmlab("run", "--name", name, cwd=tmp_path)
    said, _ = command.communicate(timeout=1200)
    assert command.returncode == 0, said
    assert not (home() / name).exists(), "the run started this lab, and must have removed it"
    out = tmp_path / "build" / "cours"
    read = json.loads((out / "report.json").read_text("utf-8"))
    assert [section["id"] for section in read["sections"]] == list(SECTIONS)
    assert {section["status"] for section in read["sections"]} == {"passed"}
    hold(read, out)


def test_sections_shared_between_two_labs(tmp_path: Path) -> None:
    name = f"p{os.getpid()}"
    command = swarmlab("run", "12", "00", "11", "--jobs", "2", "--name", name, "--out", tmp_path)
    said, _ = command.communicate(timeout=600)
    assert command.returncode == 0, said
    read = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert [section["id"] for section in read["sections"]] == ["00", "11", "12"]
    connected = "".join((tmp_path / section["notebook"]).read_text("utf-8") for section in read["sections"])
    assert f"{name}-2" in connected
    assert not (home() / name).exists()
    assert not (home() / f"{name}-2").exists()


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_alone_on_a_fresh_lab(section: str, tmp_path: Path) -> None:
    name = f"a{section}{os.getpid()}"
    command = swarmlab("run", section, "--name", name, "--out", tmp_path)
    said, _ = command.communicate(timeout=600)
    assert command.returncode == 0, said
    assert not (home() / name).exists()


def hold(read: dict[str, Any], out: Path) -> None:
    """The counts of a whole run, what may be not run, and what its pages show."""
    checks = [check for section in read["sections"] for check in section["checks"]]
    assert [check["id"] for check in checks if check["outcome"] == "failed"] == []
    lacking = {name for name, has in read["lab"]["capabilities"].items() if not has}
    assert {check["lack"] for check in checks if check["outcome"] == "not_run"} <= lacking & {"ipvs"}
    assert {check["id"] for check in checks} == set(CHECKS)
    assert read["lab"]["backend"] == "local"
    code_cells = 0
    for section in read["sections"]:
        source = nbformat.read(Path("notebooks") / section["notebook"], as_version=4)
        code_cells += sum(cell.cell_type == "code" for cell in source.cells) + 1
        page = (out / section["notebook"]).with_suffix(".html").read_text("utf-8")
        assert external_loads(page) == [], section["id"]
        assert images_without_alt(page) == [], section["id"]
        assert "SWMTKN" not in page + (out / section["notebook"]).read_text("utf-8")
    # Papermill adds one cell, the injected parameters, to each notebook.
    assert read["totals"]["cells"] == code_cells
    assert read["totals"]["checks"] == len(CHECKS) >= 100
    assert read["totals"]["sections"] == 9
    (counted,) = (check["observed"] for check in checks if check["id"] == "21.16")
    assert "Chats 1, Chiens 0" in counted
    assert (out / "junit.xml").exists()
