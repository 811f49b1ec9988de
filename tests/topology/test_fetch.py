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
from swarmkit_helpers.topology.fetch import fetch_raw, snapshot

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
    each = ("info", "networks", "containers/json", "volumes")
    assert {kind: asked[kind] for kind in each} == dict.fromkeys(each, 3)
    once = ("nodes", "services", "tasks", "secrets", "configs")
    assert {kind: asked[kind] for kind in once} == dict.fromkeys(once, 1)


def test_a_config_is_named_without_its_text(lab: Lab) -> None:
    restore(lab, "11")
    api = lab.manager.api
    made = api.create_config("reglages", b"couleur = bleu", {"com.docker.stack.namespace": "essai"})
    try:
        (manager,) = (node for node in fetch_raw(lab) if node.name == lab.manager.name)
        seen = snapshot(lab)
    finally:
        api.remove_config(made["ID"])
    assert [config["Spec"]["Name"] for config in manager.configs] == ["reglages"]
    assert "Data" not in repr(manager.configs)
    assert [stack.name for stack in seen.stacks] == ["essai"]


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
