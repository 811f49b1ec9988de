"""The local lab on this machine: up, down, and what is left after every kind of accident."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import APIClient

from swarmkit_helpers.actions.containers import run_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.services import create_service
from swarmkit_helpers.errors import (
    BackendUnavailable,
    DiskFull,
    EngineStartFailed,
    LabBusy,
    LabDamaged,
    LabNotUp,
    NodeUnreachable,
)
from swarmkit_helpers.lab import local, namespaces
from swarmkit_helpers.lab.record import Record, home, locked
from swarmkit_helpers.probes.execution import exec_container
from swarmkit_helpers.topology.fetch import snapshot

from .machine import namespaces_of, traces

pytestmark = pytest.mark.swarm


@pytest.fixture
def name() -> Iterator[str]:
    """A lab's name of this test's own; whatever the test left is removed."""
    chosen = f"t{os.getpid()}"
    yield chosen
    local.down(chosen)
    assert traces(chosen) == []


def swarmlab(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "swarmkit_helpers.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_up_gives_a_swarm_of_three_ready_nodes(name: str) -> None:
    lab = local.up(name)
    nodes = snapshot(lab).nodes
    assert [(node.name, node.hostname, node.address, node.role) for node in nodes] == [
        ("manager", "manager.i2tch.loc", "10.0.3.62", "manager"),
        ("worker1", "worker1.i2tch.loc", "10.0.3.63", "worker"),
        ("worker2", "worker2.i2tch.loc", "10.0.3.64", "worker"),
    ]
    assert [node.leader for node in nodes] == [True, False, False]


def test_only_the_nodes_own_addresses_are_in_the_swarm(name: str) -> None:
    lab = local.up(name)
    for node in lab.nodes.values():
        assert node.client.info()["Swarm"]["NodeAddr"] == node.address
    assert {raw["Status"]["Addr"] for raw in lab.manager.api.nodes()} == {"10.0.3.62", "10.0.3.63", "10.0.3.64"}
    create_network(lab, "test-net", attachable=True)
    for node in lab.nodes:
        run_container(lab, f"alpine-{node}", node=node, network="test-net")
    network = snapshot(lab).network("test-net")
    assert network is not None
    peers = {peer["IP"] for node in lab.nodes.values() for peer in node.api.inspect_network("test-net")["Peers"]}
    assert peers == {"10.0.3.62", "10.0.3.63", "10.0.3.64"}


def test_a_link_that_was_cut_finds_the_name_server_again(name: str) -> None:
    lab = local.up(name)
    run_container(lab, "alpine1", node="worker2")
    inside = namespaces.enter(home() / name / "net" / "worker2")
    for state in ("down", "up"):
        subprocess.run([*inside, "ip", "link", "set", "eth0", state], check=True)
    answer = exec_container(lab, "alpine1", "nslookup", "worker1.i2tch.loc", "192.0.2.53")
    assert "10.0.3.63" in answer.output


def test_a_container_may_mount_its_engines_socket_as_usual(name: str) -> None:
    lab = local.up(name)
    api = lab.manager.api
    usual = "/var/run/docker.sock"
    created = api.create_container(
        "alpine:latest", ["sleep", "60"], host_config=api.create_host_config(binds=[f"{usual}:{usual}:ro"])
    )
    api.start(created["Id"])
    pid = api.inspect_container(created["Id"])["State"]["Pid"]
    inside = APIClient(base_url=f"unix:///proc/{pid}/root/run/docker.sock", version="auto")
    assert {raw["Description"]["Hostname"] for raw in inside.nodes()} == {node.hostname for node in lab.nodes.values()}


def test_the_engines_sockets_stay_out_of_the_machines_own_run(name: str) -> None:
    def sockets() -> set[tuple[str, int]]:
        usual = [path for path in (Path("/run/docker.sock"), Path("/var/run/docker.sock")) if path.exists()]
        return {(str(path), path.stat().st_ino) for path in usual}

    before = sockets()
    local.up(name)
    assert sockets() == before


def test_sockets_and_directories_are_private(name: str) -> None:
    local.up(name)
    directory = home() / name
    assert directory.stat().st_mode & 0o777 == 0o700
    for node in ("manager", "worker1", "worker2"):
        assert (directory / node).stat().st_mode & 0o777 == 0o700
        assert (directory / node / "docker.sock").stat().st_mode & 0o777 == 0o600


def test_the_machine_keeps_its_own_network(name: str) -> None:
    def network() -> str:
        words = ["ip", "-json", "address"], ["ip", "-json", "route"], ["iptables-save"]
        return "".join(subprocess.run(argv, capture_output=True, text=True, check=True).stdout for argv in words)

    before = re.sub(r'"(valid|preferred)_life_time":\d+', "", network())
    local.up(name)
    assert re.sub(r'"(valid|preferred)_life_time":\d+', "", network()) == before


def test_down_leaves_nothing_and_twice_is_harmless(name: str) -> None:
    lab = local.up(name)
    create_network(lab, "test-net", attachable=True)
    create_service(lab, "web", "nginx", replicas=3, networks=["test-net"], publish={80: 80})
    run_container(lab, "alpine1", node="worker1", network="test-net")
    inodes = namespaces_of(name)
    assert len(inodes) == 4
    assert local.down(name) is True
    assert traces(name, inodes) == []
    assert local.down(name) is False


def test_down_removes_a_lab_with_a_paused_container(name: str) -> None:
    lab = local.up(name)
    run_container(lab, "alpine1", node="worker1")
    lab.node("worker1").api.pause("alpine1")
    inodes = namespaces_of(name)
    local.down(name)
    assert traces(name, inodes) == []


def test_up_twice_gives_the_same_lab(name: str) -> None:
    first = snapshot(local.up(name))
    second = snapshot(local.up(name))
    assert [node.id for node in first.nodes] == [node.id for node in second.nodes]


def test_two_labs_do_not_touch_each_other(name: str) -> None:
    other = f"{name}b"
    try:
        lab, _ = local.up(name), local.up(other)
        create_network(lab, "seul")
        inodes = namespaces_of(other)
        assert snapshot(local.attach(other)).network("seul") is None
        local.down(other)
        assert traces(other, inodes) == []
        assert snapshot(lab).network("seul") is not None
        assert all(node.state == "ready" for node in snapshot(lab).nodes)
    finally:
        local.down(other)


@pytest.mark.parametrize("after_s", [0.25, 0.45, 0.6, 0.8, 1.0, 1.4])
def test_up_killed_at_any_moment_is_removed_by_down(name: str, after_s: float) -> None:
    command = swarmlab("up", "--name", name)
    time.sleep(after_s)
    command.kill()
    command.communicate()
    inodes = namespaces_of(name)
    local.down(name)
    assert traces(name, inodes) == []


def test_a_lock_alone_is_removed_by_down(name: str) -> None:
    home().mkdir(parents=True, exist_ok=True)
    (home() / f".{name}.lock").touch()
    assert local.down(name)
    assert traces(name) == []
    assert not local.down(name)


def test_up_takes_over_from_an_up_that_was_killed(name: str) -> None:
    command = swarmlab("up", "--name", name)
    while not (home() / name / "manager" / "docker.sock").exists():
        time.sleep(0.01)
    command.kill()
    command.communicate()
    with pytest.raises(LabDamaged):
        local.attach(name)
    said: list[str] = []
    lab = local.up(name, notice=said.append)
    assert any("interrompu" in line for line in said)
    assert all(node.state == "ready" for node in snapshot(lab).nodes)


@pytest.mark.parametrize("after_s", [0.2, 0.3, 0.35, 0.4])
def test_down_killed_at_any_moment_can_be_said_again(name: str, after_s: float) -> None:
    create_service(local.up(name), "web", "nginx", replicas=3)
    inodes = namespaces_of(name)
    command = swarmlab("down", "--name", name)
    time.sleep(after_s)
    command.kill()
    command.communicate()
    local.down(name)
    assert traces(name, inodes) == []


def test_killed_engines_leave_nothing_after_down(name: str) -> None:
    lab = local.up(name)
    create_service(lab, "web", "nginx", replicas=6)
    inodes = namespaces_of(name)
    for node in ("manager", "worker1", "worker2"):
        os.kill(int((home() / name / node / "pid").read_text("ascii")), signal.SIGKILL)
    with pytest.raises(NodeUnreachable, match="manager"):
        snapshot(lab)
    with pytest.raises(LabDamaged):
        local.up(name)
    local.down(name)
    assert traces(name, inodes) == []


def test_a_dead_worker_is_named(name: str) -> None:
    lab = local.up(name)
    os.kill(int((home() / name / "worker2" / "pid").read_text("ascii")), signal.SIGKILL)
    assert [node.name for node in snapshot(lab).silent_nodes] == ["worker2"]
    seen = {node.name: node for node in local.status(name)}
    assert not seen["worker2"].answers
    assert seen["worker2"].detail
    assert seen["worker1"].answers


def test_a_lab_that_is_not_up_says_how_to_start_it() -> None:
    with pytest.raises(LabNotUp, match="swarmlab up --name absent"):
        local.attach("absent")


def test_a_record_cut_short_is_noticed_and_removed(name: str) -> None:
    local.up(name)
    inodes = namespaces_of(name)
    (home() / name / "lab.json").write_text('{"name": "t', "utf-8")
    with pytest.raises(LabDamaged):
        local.attach(name)
    local.down(name)
    assert traces(name, inodes) == []


def test_a_busy_lab_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmkit_helpers.lab.record.LOCK_PATIENCE_S", 0.2)
    local.up(name)
    with locked(name), pytest.raises(LabBusy, match=name):
        local.down(name)


def test_a_failed_start_leaves_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(lab: object, timeout_s: float) -> None:
        raise RuntimeError("no swarm today")

    monkeypatch.setattr(local, "form_swarm", refuse)
    with pytest.raises(RuntimeError):
        local.up(name)
    assert traces(name) == []


def test_an_engine_that_dies_at_start_gives_its_last_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "ENGINE_SCRIPT", "echo plus rien ne va >&2; exit 3")
    with pytest.raises(EngineStartFailed, match="plus rien ne va"):
        local.up(name)
    assert traces(name) == []


def test_a_full_disk_is_said_and_nothing_is_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Path(tempfile.mkdtemp())
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(small)], check=True)
    try:
        monkeypatch.setenv("SWARMLAB_HOME", str(small / "h"))
        with pytest.raises(DiskFull):
            local.up(name)
        assert traces(name) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
        small.rmdir()


def test_a_path_too_long_for_sockets_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMLAB_HOME", str(tmp_path / ("long" * 20)))
    with pytest.raises(BackendUnavailable, match="trop long"):
        local.up("court")


def test_without_root_or_engine_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BackendUnavailable, match="root"):
        local.up("sansroot")
    assert not (home() / "sansroot").exists()


def test_the_record_tells_what_was_made(name: str) -> None:
    local.up(name)
    record = Record.read(name)
    assert record is not None
    assert record.state == "up"
    assert record.backend == "local"
    assert set(record.capabilities) == {"ipvs", "esp", "netem", "capture", "internet"}
