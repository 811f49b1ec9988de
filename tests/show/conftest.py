from __future__ import annotations

from dataclasses import replace

import pytest

from swarmkit_helpers.topology.model import Topology

from . import swarms


@pytest.fixture(scope="session")
def before() -> Topology:
    return swarms.before_move()


@pytest.fixture(scope="session")
def after() -> Topology:
    return swarms.after_move()


@pytest.fixture(scope="session")
def alpines() -> Topology:
    return swarms.alpines()


@pytest.fixture(scope="session")
def silent(before: Topology) -> Topology:
    """The same swarm when worker2's engine does not answer."""
    return swarms.silenced(before, "worker2")


@pytest.fixture(scope="session")
def simulated(before: Topology) -> Topology:
    return replace(before, simulated=True, backend="embedded")
