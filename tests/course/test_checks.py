"""Every check of the course is seen red and green on a real swarm, section by section."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest

from swarmkit_helpers.course.checks import CHECKS
from swarmkit_helpers.course.sections import SECTIONS
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab

from .ledger import Ledger

pytestmark = pytest.mark.swarm


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab for one scenario: what it breaks, no other meets."""
    name = f"v{os.getpid()}"
    try:
        yield local.up(name)
    finally:
        local.down(name)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_check_is_seen_red_and_green(section: str, lab: Lab) -> None:
    ledger = Ledger()
    walk: Callable[[Lab, Ledger], None] = import_module(f".scenarios.section_{section}", __package__).walk
    walk(lab, ledger)
    checks = {identity for identity in CHECKS if identity.startswith(f"{section}.")}
    assert checks, f"section {section} has no check"
    lacks = {name for name, has in lab.capabilities.asdict().items() if not has}
    for identity in sorted(checks):
        seen = ledger.seen[identity]
        assert seen >= {"passed", "failed"} or seen & lacks, f"{identity} was only seen {seen or 'never'}"
