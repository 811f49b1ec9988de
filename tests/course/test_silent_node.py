"""With an engine stopped, no check passes on what it cannot see."""

from __future__ import annotations

import os
import signal

import pytest

from swarmkit_helpers.course.checks import CHECKS, check
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.record import home

pytestmark = pytest.mark.swarm

# What these look at is on the manager, or on worker1.
NOT_CONCERNED = {"10.3", "10.6", "10.9"}


def test_no_check_passes_on_what_a_stopped_engine_holds() -> None:
    name = f"s{os.getpid()}"
    lab = local.up(name)
    try:
        restore(lab, "13")
        os.kill(int((home() / name / "worker2" / "pid").read_text("ascii")), signal.SIGKILL)
        results = [check(lab, identity, patience_s=0) for identity in CHECKS]
    finally:
        local.down(name)
    assert {result.id for result in results if result.outcome == "passed"} <= NOT_CONCERNED
    unknown = [result for result in results if result.outcome == "not_run" and not result.lack]
    assert len(unknown) >= len(CHECKS) * 0.8
    assert [result.id for result in unknown if "worker2" not in result.observed] == []
