"""The ping matrix, on real engines: who answers, who does not, and why."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.services import create_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.images import TOOLS
from swarmkit_helpers.lab.locate import Place, locate
from swarmkit_helpers.lab.node import Node
from swarmkit_helpers.lab.record import home
from swarmkit_helpers.probes import matrix as matrices
from swarmkit_helpers.probes.execution import TOOL_LABEL, Execution, run_tool
from swarmkit_helpers.probes.matrix import ping_matrix
from swarmkit_helpers.probes.reach import ping_all

MEMBERS = ("a1", "a2", "b1", "double")


@pytest.fixture(scope="module")
def net(lab: Lab) -> Iterator[Lab]:
    """a1, a2 on net-a; b1 on net-b; double on both; web in two replicas on net-a."""
    restore(lab, "11")
    create_network(lab, "net-a", attachable=True)
    create_network(lab, "net-b", attachable=True)
    run_container(lab, "a1", node="manager", network="net-a")
    run_container(lab, "a2", node="worker1", network="net-a")
    run_container(lab, "b1", node="worker2", network="net-b")
    run_container(lab, "double", node="worker1", networks=["net-a", "net-b"])
    create_service(lab, "web", "nginx", replicas=2, networks=["net-a"])
    yield lab
    restore(lab, "11")


@pytest.mark.swarm
def test_pairs_answer_exactly_where_they_share_a_network(net: Lab) -> None:
    matrix = ping_matrix(net)
    assert set(matrix.names) == {*MEMBERS, "web.1", "web.2"} and len(matrix.pairs) == 30
    assert set(matrix.networks) == {"net-a", "net-b"}
    outcomes = {(pair.source, pair.target): pair.outcome for pair in matrix.pairs}
    on_a = {"a1", "a2", "double", "web.1", "web.2"}
    for (source, target), outcome in outcomes.items():
        shared = {source, target} <= on_a or {source, target} <= {"b1", "double"}
        assert outcome == ("answered" if shared else "apart"), (source, target)
    assert matrix.count("answered") == 22 and matrix.count("apart") == 8
    answered = matrix.pair("b1", "double")
    assert answered.network == "net-b" and answered.rtt_ms is not None and answered.rtt_ms > 0
    apart = matrix.pair("b1", "a1")
    assert apart.network is None and apart.address is not None and apart.rtt_ms is None


@pytest.mark.swarm
def test_one_network_or_some_containers(net: Lab) -> None:
    assert set(ping_matrix(net, networks=["net-b"]).names) == {"b1", "double"}
    some = ping_matrix(net, containers=["b1", "a1"])
    assert set(some.names) == {"a1", "b1"} and some.count("apart") == 2
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        ping_matrix(net, networks=["absent"])
    with pytest.raises(errors.ObjectNotFound, match="personne"):
        ping_matrix(net, containers=["personne"])
    with pytest.raises(errors.ObjectNotFound):
        some.pair("a1", "web.1")


@pytest.mark.swarm
def test_what_does_not_run_is_neither_answered_nor_failed(net: Lab) -> None:
    run_container(net, "passager", node="worker2", network="net-a")
    stop_container(net, "passager")
    matrix = ping_matrix(net, containers=["a1", "passager"])
    assert [pair.outcome for pair in matrix.pairs] == ["not_run", "not_run"]
    assert "exited" in matrix.pair("passager", "a1").reason
    assert "pas d'adresse" in matrix.pair("a1", "passager").reason


@pytest.mark.swarm
@pytest.mark.parametrize("removed", ["ping", "ping sh"])
def test_a_source_without_ping_is_helped_from_beside(net: Lab, removed: str) -> None:
    run_container(net, "outils", TOOLS, node="worker2", network="net-a", command=["sleep", "600"])
    api = net.node("worker2").api
    gone = f'for name in {removed}; do rm -f "$(command -v $name)"; done; command -v ping'
    run = api.exec_create("outils", ["sh", "-c", gone])
    assert api.exec_start(run["Id"]).strip() == b""
    try:
        matrix = ping_matrix(net, containers=["outils", "a1", "b1"])
        outcomes = {pair.target: pair.outcome for pair in matrix.pairs if pair.source == "outils"}
        assert outcomes == {"a1": "answered", "b1": "apart"}
        assert matrix.pair("outils", "a1").rtt_ms is not None and matrix.pair("outils", "a1").beside
        assert matrix.pair("a1", "outils").outcome == "answered" and not matrix.pair("a1", "outils").beside
        told = matrix.command("outils", "a1")
        assert told.startswith(f"docker run --rm --network container:outils {TOOLS} ping -c 1 ")
        assert matrix.command("a1", "outils").startswith("docker container exec a1 ping ")
        reach = ping_all(net, ["outils", "a1"])
        assert reach.answered == {("outils", "a1"), ("a1", "outils")}
        assert reach.pings["outils", "a1"].command.startswith("docker run --rm --network container:outils ")
        assert [c for c in api.containers(all=True) if TOOL_LABEL in c["Labels"]] == []
    finally:
        remove_container(net, "outils")


@pytest.mark.swarm
def test_names_in_a_square(net: Lab) -> None:
    reach = ping_all(net, MEMBERS)
    assert reach.answered == {(s, t) for s in MEMBERS for t in MEMBERS if s != t} - {
        (s, t) for s in MEMBERS for t in MEMBERS if {s, t} in ({"a1", "b1"}, {"a2", "b1"})
    }
    assert reach.pings["a1", "b1"].address is None
    with pytest.raises(errors.TargetRefused):
        ping_all(net, ["a1", "$(id)"])


@pytest.mark.swarm
def test_more_than_it_takes_is_refused(net: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "MOST_CONTAINERS", 5)
    with pytest.raises(errors.TooManyContainers, match="6 conteneurs"):
        ping_matrix(net)


@pytest.mark.swarm
def test_an_engine_that_is_dead_and_a_link_that_is_cut() -> None:
    name = f"x{os.getpid()}"
    own = local.up(name)
    try:
        create_network(own, "net-a", attachable=True)
        run_container(own, "a1", node="manager", network="net-a")
        run_container(own, "a2", node="worker1", network="net-a")
        # a1 no longer answers, though both are on the same network
        down = ["ip", "link", "set", "eth0", "down"]
        assert run_tool(own.manager, down, network=f"container:{locate(own, 'a1').id}") == (0, "")
        cut = ping_matrix(own, networks=["net-a"])
        assert [pair.outcome for pair in cut.pairs] == ["failed", "failed"]
        os.kill(int((home() / name / "worker1" / "pid").read_text("ascii")), signal.SIGKILL)
        dead = ping_matrix(own, containers=["a1"])
        assert dead.pairs == () and [node.name for node in dead.topology.silent_nodes] == ["worker1"]
    finally:
        local.down(name)


def test_what_an_exec_lost_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an engine: the first answer is cut, the second whole."""
    record = "\x1e{0}\x1f0\x1fPING {0} ({0}): 56 data bytes\n64 bytes from {0}: seq=0 ttl=64 time=0.5 ms\n"
    record += "1 packets transmitted, 1 packets received, 0% packet loss\n"
    asked: list[tuple[str, ...]] = []

    def execute(place: Place, argv: list[str]) -> Execution:
        targets = tuple(argv[5:])
        asked.append(targets)
        return Execution("a1", tuple(argv), 0, record.format(targets[0]))

    monkeypatch.setattr(matrices, "execute", execute)
    node = Node("manager", "manager.i2tch.loc", "10.0.3.62", "manager", "unix:///nowhere", "essai")
    place = Place(node, "id", "a1", "running", "alpine", ())
    results = matrices.ping_each(place, ["10.0.1.2", "10.0.1.3", "10.0.1.4"])
    assert asked == [("10.0.1.2", "10.0.1.3", "10.0.1.4"), ("10.0.1.3", "10.0.1.4")]
    assert {target: result.outcome for target, result in results.items()} == {
        "10.0.1.2": "passed",
        "10.0.1.3": "passed",
        "10.0.1.4": "not_run",
    }
