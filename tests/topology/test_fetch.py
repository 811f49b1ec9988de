"""One pass over three real engines."""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.errors import NodeUnreachable
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.record import home
from swarmkit_helpers.topology.fetch import snapshot

pytestmark = pytest.mark.swarm


def test_two_snapshots_of_one_state_are_equal_but_for_the_instant(lab: Lab) -> None:
    restore(lab, "13")
    first, second = snapshot(lab), snapshot(lab)
    for name in ("nodes", "networks", "services", "vips", "endpoints", "peers"):
        assert getattr(first, name) == getattr(second, name)


def test_each_node_is_asked_once_per_kind(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import docker.api.client

    asked: Counter[str] = Counter()
    real = docker.api.client.APIClient.get

    def get(self: object, url: str, **options: object) -> object:
        asked[url.split("/v1.")[-1].partition("/")[2].partition("?")[0]] += 1
        return real(self, url, **options)

    monkeypatch.setattr(docker.api.client.APIClient, "get", get)
    snapshot(lab)
    assert {kind: asked[kind] for kind in ("info", "networks", "containers/json")} == {
        "info": 3,
        "networks": 3,
        "containers/json": 3,
    }
    assert {kind: asked[kind] for kind in ("nodes", "services", "tasks")} == {"nodes": 1, "services": 1, "tasks": 1}


def test_a_silent_worker_is_named_and_a_silent_manager_is_an_error() -> None:
    name = f"f{os.getpid()}"
    lab = local.up(name)
    try:
        os.kill(int((home() / name / "worker1" / "pid").read_text("ascii")), signal.SIGKILL)
        seen = snapshot(lab)
        assert [node.name for node in seen.silent_nodes] == ["worker1"]
        with pytest.raises(NodeUnreachable, match="worker1"):
            restore(lab, "12")
        os.kill(int((home() / name / "manager" / "pid").read_text("ascii")), signal.SIGKILL)
        with pytest.raises(NodeUnreachable, match="manager"):
            snapshot(lab)
    finally:
        local.down(name)
