"""What holds for every test: those that need a real swarm are skipped where there can be none, and fail in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from swarmkit_helpers.lab import packages
from swarmkit_helpers.lab.cluster import Lab

# What they assert is told as in a test.
pytest.register_assert_rewrite("tests.course.ledger", "tests.course.scenarios")

REAL = ("swarm", "notebook", "browser")
BROWSER = "chromium"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-swarm", action="store_true", help="leave out the tests that need a real swarm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--no-swarm"):
        return
    left_out = [item for item in items if needs_swarm(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if not needs_swarm(item):
        return
    lacks = machine_lacks(browser=item.get_closest_marker("browser") is not None)
    if lacks and os.environ.get("CI"):
        pytest.fail(f"CI needs a real swarm, and this machine cannot run one: {lacks}", pytrace=False)
    if lacks:
        pytest.skip(f"no real swarm here: {lacks}")


def needs_swarm(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in REAL)


def machine_lacks(*, browser: bool = False) -> str:
    """Why no local lab, or no browser on it, can run here; empty when they can."""
    needs = [need for need in packages.missing(tests=True) if browser or need.package != BROWSER]
    lacks = [f"{need.package} is missing" for need in needs]
    if os.geteuid() != 0:
        lacks.insert(0, "root is needed")
    return ", ".join(lacks)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A real swarm of three engines, for the whole session; whoever breaks it restores it."""
    from swarmkit_helpers.lab import local

    name = f"test-{os.getpid()}"
    try:
        yield local.up(name)
    finally:
        local.down(name)
