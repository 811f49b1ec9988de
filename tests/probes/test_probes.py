"""Probes between real containers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.services import create_service, remove_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.probes.capture import capture_ping
from swarmkit_helpers.probes.dns import resolve
from swarmkit_helpers.probes.execution import exec_container, read_sandbox
from swarmkit_helpers.probes.http import http_get, http_post
from swarmkit_helpers.probes.live import ping_live
from swarmkit_helpers.probes.logs import service_logs
from swarmkit_helpers.probes.names import explore_names
from swarmkit_helpers.probes.ping import ping
from swarmkit_helpers.topology.fetch import snapshot
from swarmkit_helpers.waiting import Sighting, wait_until

pytestmark = pytest.mark.swarm


@pytest.fixture(scope="module")
def net(lab: Lab) -> Iterator[Lab]:
    """test-net with alpine1 on manager, alpine2 on worker1, web in three replicas; seul on a network of its own."""
    restore(lab, "11")
    create_network(lab, "test-net", attachable=True)
    create_network(lab, "autre-net", attachable=True)
    run_container(lab, "alpine1", node="manager", network="test-net", network_alias=["premier"])
    run_container(lab, "alpine2", node="worker1", network="test-net")
    run_container(lab, "seul", node="manager", network="autre-net")
    create_service(lab, "web", "nginx", replicas=3, networks=["test-net"])
    yield lab
    restore(lab, "11")


def address(lab: Lab, container: str) -> str:
    found = next(end.address for end in snapshot(lab).containers_of("test-net") if end.name == container)
    assert found
    return found


def test_a_ping_that_passes(net: Lab) -> None:
    result = ping(net, "alpine2", "alpine1", count=2)
    assert (result.outcome, result.sent, result.received) == ("passed", 2, 2)
    assert result.address == address(net, "alpine1")
    assert result.rtt_ms is not None and len(result.rtts_ms) == 2
    assert result.command == "docker container exec alpine2 ping -c 2 -i 0.2 -W 2 alpine1"


def test_a_ping_to_an_unknown_name(net: Lab) -> None:
    result = ping(net, "alpine2", "inconnu")
    assert (result.outcome, result.sent) == ("failed", 0)
    assert "n'est pas connu" in result.reason


def test_a_ping_to_another_network(net: Lab) -> None:
    result = ping(net, "seul", address(net, "alpine1"), count=1, wait_s=1)
    assert (result.outcome, result.received) == ("failed", 0)


def test_a_ping_from_a_stopped_container_is_not_run(net: Lab) -> None:
    run_container(net, "passager", node="worker2", network="test-net")
    stop_container(net, "passager")
    result = ping(net, "passager", "alpine1")
    assert result.outcome == "not_run"
    assert "exited" in result.reason


@pytest.mark.parametrize(
    "target",
    ["", " ", "-f", "--help", "a b", "a;b", "$(id)", "`id`", "a'b", 'a"b', "a\nb", "x" * 10_000, "é", "a|b", "a/b"],
)
def test_what_is_no_target_is_refused_before_anything_runs(net: Lab, target: str) -> None:
    with pytest.raises(errors.TargetRefused):
        ping(net, "alpine1", target)
    with pytest.raises(errors.TargetRefused):
        resolve(net, "alpine1", target)


def test_the_command_of_a_task_is_one_that_docker_accepts(net: Lab) -> None:
    """`docker container exec web.2` says that there is no such container: the id of its task belongs to its name."""
    container = snapshot(net).container("web.2")
    assert container is not None and container.name != "web.2"
    for dont_fragment in (False, True):
        live = ping_live(net, "web.2", "alpine1", count=1, dont_fragment=dont_fragment)
        assert (live.node, live.plan.source) == (container.node, "web.2")
        words = live.command.split()
        assert container.name in words or f"container:{container.name}" in words
    assert container.name in ping(net, "web.2", "alpine1", count=1).command
    survey = explore_names(net, "web.2", ["alpine1"])
    assert (survey.source, survey.node) == ("web.2", container.node)
    assert container.name in survey.answers[0].command
    assert resolve(net, "web.2", "alpine1").command == f"docker container exec {container.name} nslookup alpine1"
    for where, command in capture_ping(net, "web.2", "alpine1", count=1).commands:
        assert "tcpdump" in command or (container.name in command and where == container.node)


def test_a_ping_from_nobody(net: Lab) -> None:
    with pytest.raises(errors.ObjectNotFound, match="personne"):
        ping(net, "personne", "alpine1")


def test_the_mtu_by_pings_that_may_not_be_cut(net: Lab) -> None:
    mtu = next(i.mtu for i in read_sandbox(net, "alpine1").interfaces if i.address and i.address.startswith("10.0."))
    assert mtu == 1450
    fits = ping(net, "alpine1", "alpine2", count=1, size=mtu - 28, dont_fragment=True)
    assert fits.outcome == "passed"
    too_big = ping(net, "alpine1", "alpine2", count=1, size=mtu - 27, dont_fragment=True)
    assert (too_big.outcome, too_big.received) == ("failed", 0)
    assert "MTU" in too_big.reason and "1450" in too_big.reason


def test_names(net: Lab) -> None:
    seen = snapshot(net)
    vip = next(vip.address for vip in seen.vips if vip.service == "web")
    tasks = tuple(sorted(task.addresses["test-net"] for task in seen.tasks_of("web", running=True)))
    assert resolve(net, "alpine1", "alpine2").addresses == (address(net, "alpine2"),)
    assert resolve(net, "alpine2", "premier").addresses == (address(net, "alpine1"),)
    assert resolve(net, "alpine1", "web").addresses == (vip,)
    assert tuple(sorted(resolve(net, "alpine1", "tasks.web").addresses)) == tasks
    assert resolve(net, "alpine1", "inconnu").addresses == ()
    assert resolve(net, "alpine1", "manager.i2tch.loc").addresses == ("10.0.3.62",)
    assert resolve(net, "alpine1", "web").server == "127.0.0.11"
    assert resolve(net, "seul", "alpine1").addresses == ()


def test_http(net: Lab) -> None:
    task = snapshot(net).tasks_of("web", running=True)[0]
    result = http_get(net, f"http://{task.addresses['test-net']}/", source="alpine1")
    assert (result.outcome, result.status) == ("passed", 200)
    assert task.container and task.container[:12] in result.body
    nobody = http_get(net, "http://10.0.3.63:81/", source="manager")
    assert (nobody.outcome, nobody.status) == ("failed", None)
    assert http_get(net, "ftp://x/", source="manager").outcome == "not_run"
    assert http_get(net, "http://x/; id", source="manager").outcome == "not_run"


def test_a_form_is_sent_and_its_answer_kept(net: Lab) -> None:
    # It answers, then writes what it was asked until nothing more comes.
    answer = r"printf 'HTTP/1.0 400 NON\r\nSet-Cookie: v=1\r\n\r\n'; timeout 1 cat"
    command = ["nc", "-ll", "-p", "80", "-e", "sh", "-c", answer]
    run_container(net, "formulaire", node="worker2", network="test-net", command=command)
    try:
        url = "http://formulaire/vote?n=1"
        result = http_post(net, url, {"vote": "a b&é"}, source="alpine1", cookies={"voter_id": "1a2b"})
        assert (result.outcome, result.status, result.cookies) == ("failed", 400, {"v": "1"})
        asked = result.body.splitlines()
        assert asked[0] == "POST /vote?n=1 HTTP/1.0"
        assert {"Host: formulaire", "Cookie: voter_id=1a2b", "Content-Length: 17"} <= set(asked)
        assert asked[-1] == "vote=a+b%26%C3%A9"
    finally:
        remove_container(net, "formulaire")


def test_a_service_of_one_task_is_found_by_its_name(net: Lab) -> None:
    create_service(net, "unique", "nginx", replicas=1, networks=["test-net"])
    task = snapshot(net).tasks_of("unique", running=True)[0]
    for name in ("unique", "unique.1"):
        assert exec_container(net, name, "hostname").output.strip() == str(task.container)[:12]
    with pytest.raises(errors.NameAmbiguous, match=r"web\.1, web\.2, web\.3"):
        exec_container(net, "web", "hostname")
    # Its task replaced: the new one answers, not the one that is over.
    remove_container(net, "unique.1")
    wait_until(
        "Tâche remplacée",
        lambda: Sighting(sum(t.id != task.id for t in snapshot(net).tasks_of("unique", running=True)), 1),
        timeout_s=30,
        remedy="docker service ps unique",
        quiet=True,
    )
    assert exec_container(net, "unique", "hostname").output.strip() != str(task.container)[:12]
    remove_service(net, "unique")


def test_the_logs_of_all_tasks_of_a_service(net: Lab) -> None:
    seen = snapshot(net)
    marks = {}
    for task in seen.tasks_of("web", running=True):
        path = f"/trace-{task.slot}"
        http_get(net, f"http://{task.addresses['test-net']}{path}", source="alpine1")
        marks[f"web.{task.slot}"] = path
    logs = service_logs(net, "web", tail=5)
    for name, path in marks.items():
        assert {line.task for line in logs.lines if path in line.text} == {name}
    hosts = {f"web.{task.slot}": net.node(task.node).hostname for task in seen.tasks_of("web", running=True)}
    assert {line.task: line.node for line in logs.lines} == hosts
    assert [line.time for line in logs.lines] == sorted(line.time for line in logs.lines)
    assert all(len([line for line in logs.lines if line.task == name]) <= 5 for name in marks)
    assert service_logs(net, "web", tail=0).lines == ()
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        service_logs(net, "absent")


def test_http_to_a_page_that_is_not_there(net: Lab) -> None:
    task = snapshot(net).tasks_of("web", running=True)[0]
    result = http_get(net, f"http://{task.addresses['test-net']}/absente", source="alpine1")
    assert (result.outcome, result.status) == ("failed", 404)


def test_the_captured_packets_are_those_of_the_ping(net: Lab) -> None:
    seen = snapshot(net)
    network = seen.network("test-net")
    assert network is not None
    capture = capture_ping(net, "alpine2", "alpine1", count=2)
    assert capture.node == "worker1"
    assert capture.ping.outcome == "passed"
    assert [packet.protocol for packet in capture.icmp] == ["ICMP echo request", "ICMP echo reply"] * 2
    request = capture.icmp[0]
    assert (request.outer_source, request.outer_destination) == ("10.0.3.63", "10.0.3.62")
    assert (request.inner_source, request.inner_destination) == (address(net, "alpine2"), address(net, "alpine1"))
    assert request.vni == network.vxlan_id
    assert request.outer_destination_port == 4789
    assert request.outer_bytes - request.inner_bytes == 50
    assert {packet.vni for packet in capture.packets} == {network.vxlan_id}


def test_a_ping_within_one_node_is_not_on_the_wire(net: Lab) -> None:
    run_container(net, "voisin", node="manager", network="test-net")
    capture = capture_ping(net, "voisin", "alpine1", count=1)
    assert capture.ping.outcome == "passed"
    assert capture.icmp == ()


def test_a_command_in_a_container(net: Lab) -> None:
    assert "127.0.0.11" in exec_container(net, "alpine1", "cat", "/etc/resolv.conf").output
    with pytest.raises(errors.CommandFailed, match="absente"):
        exec_container(net, "alpine1", "absente")


def test_no_tool_container_is_left(net: Lab) -> None:
    assert [c.name for c in snapshot(net).containers if "org.swarmlab.tool" in c.labels] == []
