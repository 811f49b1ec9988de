"""The same files through ``docker stack deploy`` and through ours: the engine then reports the same, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmkit_helpers.lab.cluster import Lab

from . import oracle

pytestmark = [pytest.mark.swarm, pytest.mark.usefixtures("variables")]

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parents[1] / "notebooks"
CORPUS = {
    "vote": [NOTEBOOKS / "docker-stack.yml"],
    "vote_sans_ipvs": [NOTEBOOKS / "docker-stack.yml", NOTEBOOKS / "docker-stack-sans-ipvs.yml"],
    **{path.stem: [path] for path in sorted((HERE / "corpus").glob("*.yml"))},
    "merged": sorted((HERE / "merged").glob("*.yml")),
    "merged_23": sorted((HERE / "merged_23").glob("*.yml")),
}
SINCE_23 = CORPUS["merged_23"]
"""Before version 23 the CLI added to a command and to the mounts instead of replacing them."""
STACK = "oracle"
each_file = pytest.mark.parametrize("files", list(CORPUS.values()), ids=list(CORPUS))


@pytest.fixture(autouse=True)
def cleared(parked: Lab) -> Iterator[None]:
    oracle.clear(parked, STACK)
    yield
    oracle.clear(parked, STACK)


def test_the_corpus_is_whole() -> None:
    assert len(CORPUS) >= 30
    assert oracle.CLIS


@each_file
def test_the_engine_reports_the_same(parked: Lab, files: list[Path]) -> None:
    first = oracle.ours(parked, files, STACK)
    assert first.created and not (first.updated or first.unchanged or first.removed)
    after_ours = oracle.report(parked, STACK)
    assert after_ours["services"]
    assert {item.name for item in first.created} == {name for kind in after_ours.values() for name in kind}
    assert_left_alone(parked, files, "ours a second time")

    for cli in clis(files):
        oracle.cli_deploy(cli, parked, files, STACK)
        assert_same(parked, after_ours, f"{cli} after ours")
        oracle.clear(parked, STACK)
        oracle.cli_deploy(cli, parked, files, STACK)
        assert_same(parked, after_ours, cli)
        assert_left_alone(parked, files, f"ours after {cli}")


def assert_same(lab: Lab, after_ours: dict[str, Any], who: str) -> None:
    assert oracle.differences(oracle.report(lab, STACK), after_ours) == [], who


def assert_left_alone(lab: Lab, files: list[Path], when: str) -> None:
    """Ours finds nothing to do, and the engine sees no update."""
    counted = oracle.updates(lab, STACK)
    done = oracle.ours(lab, files, STACK)
    assert done.unchanged and not (done.created or done.updated), when
    assert oracle.updates(lab, STACK) == counted, when


def clis(files: list[Path]) -> list[str]:
    found = [cli for cli in oracle.CLIS if files != SINCE_23 or oracle.version(cli) >= 23]
    if not found:
        pytest.skip("every docker CLI here is older than 23, which merges otherwise")
    return found
