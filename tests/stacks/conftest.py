"""Swarms for the tests of stacks: one where nothing runs, to compare specifications quickly, and one that is whole."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from swarmkit_helpers.lab.cluster import Lab

from . import oracle

EXTERNAL = "oracle"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that the files of the corpus read, the same for the CLI and for ours."""
    for key, value in oracle.ENVIRONMENT.items():
        monkeypatch.setenv(key, value)


@pytest.fixture(scope="module")
def parked(lab: Lab) -> Iterator[Lab]:
    """The lab with every node drained, and the external objects of the corpus: all is specified, nothing runs."""
    api = lab.manager.api
    networks = [
        api.create_network(f"{EXTERNAL}-{name}", driver="overlay", scope="swarm")["Id"]
        for name in ("externe", "ancien")
    ]
    secret = api.create_secret(f"{EXTERNAL}-secret", b"x")["ID"]
    config = api.create_config(f"{EXTERNAL}-config", b"x")["ID"]
    _set_availability(lab, "drain")
    try:
        yield lab
    finally:
        _set_availability(lab, "active")
        api.remove_secret(secret)
        api.remove_config(config)
        for identity in networks:
            api.remove_network(identity)


def _set_availability(lab: Lab, availability: str) -> None:
    api = lab.manager.api
    for raw in api.nodes():
        api.update_node(raw["ID"], raw["Version"]["Index"], raw["Spec"] | {"Availability": availability})
    deadline = time.monotonic() + 20
    while any(raw["Spec"]["Availability"] != availability for raw in api.nodes()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
