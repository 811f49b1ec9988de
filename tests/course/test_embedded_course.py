"""The whole course, headless, on an embedded lab; and its faults, as the swarm and its containers feel them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from docker.errors import APIError

import swarmkit_helpers as sk
from swarmkit_helpers.course.checks import CHECKS
from swarmkit_helpers.course.notebooks import notebooks_directory
from swarmkit_helpers.course.sections import SECTIONS
from swarmkit_helpers.errors import SwarmLabError
from swarmkit_helpers.lab import connection
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.record import lab_names
from swarmkit_helpers.waiting import Sighting, wait_until

DEADLINE_S = 600.0
"""For all sections: what has not ended by then hangs. On a machine that does nothing else they take a minute."""
SPEED = 50.0


@pytest.fixture(scope="module", autouse=True)
def own_home() -> Iterator[None]:
    """Labs of these tests in a directory of its own, with a short path."""
    with tempfile.TemporaryDirectory(prefix="swarmlab-") as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWARMLAB_HOME", f"{made}/labs")
        patch.delenv("SWARMLAB_SPEED", raising=False)
        yield
        for name in lab_names():
            connection.down(name)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A fast one."""
    yield connection.start("pannes", "embedded", speed=SPEED)
    connection.down("pannes")


@pytest.fixture(scope="module")
def executed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ``swarmlab run`` left what it made."""
    out = tmp_path_factory.mktemp("cours")
    command = [sys.executable, "-m", "swarmkit_helpers.cli", "run", "--backend", "embedded", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=lab.patience(DEADLINE_S), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert lab_names() == [lab.name], "a lab that the command has started is left"
    return out


def test_every_section_passes_and_nothing_is_left_out(executed: Path) -> None:
    report: dict[str, Any] = json.loads((executed / "report.json").read_text("utf-8"))
    assert report["lab"]["backend"] == "embedded"
    assert {section["id"]: section["status"] for section in report["sections"]} == dict.fromkeys(SECTIONS, "passed")
    outcomes = {check["id"]: check["outcome"] for section in report["sections"] for check in section["checks"]}
    assert outcomes == dict.fromkeys(CHECKS, "passed")
    assert (report["totals"]["failed"], report["totals"]["not_run"]) == (0, 0)


def test_every_cell_has_run(executed: Path) -> None:
    for section in SECTIONS.values():
        written = nbformat.read(notebooks_directory() / section.notebook, as_version=4)
        made = nbformat.read(executed / section.notebook, as_version=4)
        ran = {cell.id for cell in made.cells if cell.cell_type == "code" and cell.execution_count is not None}
        assert {cell.id for cell in written.cells if cell.cell_type == "code"} <= ran, section.notebook


def test_what_is_shown_says_that_it_is_simulated(executed: Path) -> None:
    for section in SECTIONS.values():
        made = nbformat.read(executed / section.notebook, as_version=4)
        # What is read in a stack file is of no lab.
        cells = [c for c in made.cells if c.cell_type == "code" and not re.search(r"read_stack|\(stack\)", c.source)]
        shown = [output.data.get("text/html", "") for cell in cells for output in cell.outputs if "data" in output]
        pages = [page for page in shown if re.search("<table|<img", page)]
        assert pages, section.notebook
        assert [page[:300] for page in pages if "simulé" not in page] == [], section.notebook


def await_state(lab: Lab, node: str, state: str) -> None:
    def look() -> Sighting:
        (found,) = [known for known in sk.snapshot(lab).nodes if known.name == node]
        return Sighting(int(found.state == state), 1, f"{node} : {found.state}")

    wait_until(f"{node} {state}", look, timeout_s=lab.patience(20), remedy="docker node ls", quiet=True)


@pytest.mark.parametrize("fault", [sk.cut_link, sk.stop_node])
def test_a_node_that_is_lost_is_down_and_comes_back_with_the_next_section(lab: Lab, fault: Any) -> None:
    sk.restore(lab, "11")
    identity = lab.node("worker1").api.info()["Swarm"]["NodeID"]
    fault(lab, "worker1")
    await_state(lab, "worker1", "down")
    restored = sk.restore(lab, "11")
    assert restored.changes[0].startswith("pannes réparées")
    assert sk.faults(lab).lines == ()
    assert lab.node("worker1").api.info()["Swarm"]["NodeID"] == identity, "the swarm was made anew"
    assert [node.state for node in sk.snapshot(lab).nodes] == ["ready"] * 3


def test_a_slow_link_is_felt_by_a_ping_and_a_lossy_one_loses_it(lab: Lab) -> None:
    sk.restore(lab, "14")
    sk.create_network(lab, "test-net", driver="overlay", attachable=True)
    for name, node in (("alpine1", "manager"), ("alpine2", "worker1")):
        sk.run_container(lab, name, "alpine", node=node, network="test-net")
    quick = sk.ping(lab, "alpine1", "alpine2", count=2)
    sk.slow_link(lab, "worker1", delay_ms=40)
    slow = sk.ping(lab, "alpine1", "alpine2", count=2)
    assert max(quick.rtts_ms) < 40 <= min(slow.rtts_ms)
    sk.slow_link(lab, "worker1", loss=1.0)
    assert sk.ping(lab, "alpine1", "alpine2", count=2, wait_s=1).outcome == "failed"
    sk.mend_link(lab, "worker1")
    assert sk.ping(lab, "alpine1", "alpine2", count=2).outcome == "passed"


def test_a_full_disk_refuses_a_container_and_a_hidden_image_a_pull(lab: Lab) -> None:
    sk.restore(lab, "11")
    sk.fill_disk(lab, "worker2")
    with pytest.raises(SwarmLabError, match=r"no space left on device|[Pp]lus de place"):
        sk.run_container(lab, "alpine3", "alpine", node="worker2")
    api = lab.node("worker2").api
    sk.hide_image(lab, "redis:alpine")
    sk.free_disk(lab, "worker2")
    with pytest.raises(APIError):
        api.pull("redis", "alpine")
    sk.show_image(lab, "redis:alpine")
    assert "Status" in api.pull("redis", "alpine")
