"""The embedded engine answers as the real one did; the page that tells how far is what the comparison gives."""

from __future__ import annotations

import os

import pytest

from .compare import Compared, Difference, compare
from .explained import EXPLAINED, explanation
from .labs import played_by, played_embedded, real_lab
from .operations import NOT_ASKED, OPERATIONS, operation
from .page import PAGE, page, unexplained
from .recording import DIRECTORY, place, read
from .scenarios import SCENARIOS
from .steps import Call

RECORDED_ANEW = ("system", "bad bodies in a swarm", "volumes", "a container's life", "names on an overlay", "secrets")
by_name = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="session")
def compared() -> dict[str, Compared]:
    return {name: compare(read(name), played) for name, played in played_embedded(SCENARIOS).items()}


@pytest.mark.parametrize("name", by_name)
def test_nothing_differs_without_a_reason(compared: dict[str, Compared], name: str) -> None:
    found = unexplained([compared[name]])
    assert not found, "\n".join(map(str, found))


def test_each_reason_is_one_of_a_difference(compared: dict[str, Compared]) -> None:
    differences = [difference for one in compared.values() for difference in one.differences]
    used = {explanation(difference) for difference in differences}
    assert [known for known in EXPLAINED if known not in used] == []


def test_the_page_is_what_the_comparison_gives(compared: dict[str, Compared]) -> None:
    assert PAGE.read_text("utf-8") == page(compared), "python -m tests.likeness page writes it anew"


def test_each_operation_is_asked_or_says_why_not() -> None:
    asked = {
        operation(f"{step.method} {step.version}{step.path}")
        for scenario in SCENARIOS
        for step in scenario.steps
        if isinstance(step, Call)
    }
    assert set(OPERATIONS) - asked == set(NOT_ASKED)


def test_each_scenario_and_no_other_is_recorded() -> None:
    assert {path.name for path in DIRECTORY.iterdir()} == {place(name).name for name in by_name}


@pytest.mark.swarm
def test_real_engines_still_answer_as_recorded() -> None:
    found: list[Difference] = []
    with real_lab(f"like-{os.getpid()}") as sockets:
        for name in RECORDED_ANEW:
            found += compare(read(name), played_by(by_name[name], sockets)).differences
    assert not found, "\n".join(map(str, found))
