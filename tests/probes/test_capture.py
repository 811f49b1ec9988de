"""Captures on real engines: what is known of a packet's way, and that nothing of a capture stays, however it ends."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.services import create_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.images import TOOLS
from swarmkit_helpers.lab.record import home
from swarmkit_helpers.panels import matrix_panel, packet_panel
from swarmkit_helpers.probes import listener as listeners
from swarmkit_helpers.probes.capture import capture_http, capture_live, capture_ping
from swarmkit_helpers.probes.execution import TOOL_LABEL, exec_container
from swarmkit_helpers.probes.live import ping_live
from swarmkit_helpers.show import figures
from swarmkit_helpers.topology.fetch import snapshot
from tests.widgets.test_ping_panel import BAD, text

pytestmark = pytest.mark.swarm


@pytest.fixture(scope="module")
def net(lab: Lab) -> Iterator[Lab]:
    """alpine1 on manager, alpine2 and voisin on worker1, web (VIP) on test-net; loin on another; c1, c2 encrypted."""
    restore(lab, "11")
    create_network(lab, "test-net", attachable=True)
    create_network(lab, "autre-net", attachable=True)
    create_network(lab, "secret-net", attachable=True, encrypted=True)
    run_container(lab, "alpine1", node="manager", network="test-net")
    run_container(lab, "alpine2", node="worker1", network="test-net")
    run_container(lab, "voisin", node="worker1", network="test-net")
    run_container(lab, "loin", node="worker2", network="autre-net")
    run_container(lab, "c1", node="manager", network="secret-net")
    run_container(lab, "c2", node="worker1", network="secret-net")
    create_service(lab, "web", "nginx", replicas=1, networks=["test-net"])
    yield lab
    restore(lab, "11")


@pytest.fixture(autouse=True)
def nothing_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "net" in request.fixturenames:
        assert tools(request.getfixturevalue("net")) == []


def tools(lab: Lab) -> list[str]:
    return [container.name for container in snapshot(lab).containers if TOOL_LABEL in container.labels]


def pings_in(lab: Lab, container: str) -> list[str]:
    return [line for line in exec_container(lab, container, "ps").output.splitlines() if " ping" in line]


def address(lab: Lab, container: str) -> str:
    ends = (end for end in snapshot(lab).endpoints if end.name == container and end.network.endswith("-net"))
    found = next(ends).address
    assert found
    return found


def test_the_name_that_was_asked_leads_to_the_packet_that_was_captured(net: Lab) -> None:
    capture = capture_ping(net, "alpine2", "alpine1")
    assert capture.asked is not None and capture.asked.server == "127.0.0.11"
    assert capture.asked.kind == "container" and capture.asked.addresses == (address(net, "alpine1"),)
    route = capture.route
    assert route.kind == "wire" and route.request == capture.icmp[0] and route.reply == capture.icmp[1]
    assert route.request is not None and route.request.inner_destination == capture.asked.addresses[0]
    assert route.network is not None and route.network.vxlan_id == route.request.vni
    assert route.end is not None and (route.end.name, route.end.node) == ("alpine1", "manager")
    assert capture.interface == "eth0"
    # counted by tcpdump, by dpkt, and by the headers themselves
    request = route.request
    assert request.outer_bytes == request.outer_ethernet_bytes + request.outer_ipv4_bytes + 8 + 8 + request.inner_bytes
    assert (request.added_bytes, request.mtu_cost_bytes) == (50, 50)
    assert figures.draw_packet_path(snapshot(net), capture).alt.startswith("Chemin d'un paquet de alpine2 vers alpine1")


def test_at_both_ends_and_nowhere_else(net: Lab) -> None:
    assert capture_ping(net, "alpine2", "alpine1", count=1, node="manager").route.kind == "wire"
    third = capture_ping(net, "alpine2", "alpine1", count=1, node="worker2")
    assert third.route.kind == "elsewhere" and third.icmp == () and third.answered
    assert "le troisième n'en voit rien" in third.route.reason


@pytest.mark.parametrize(
    ("target", "kind", "why"),
    [
        ("voisin", "local", "VXLAN n'est pas utilisé"),
        ("alpine2", "local", "lui-même"),
        ("inconnu", "unknown", "n'a donné aucune adresse"),
        ("loin", "unknown", "aucun réseau en commun"),
        ("manager.i2tch.loc", "outside", "docker_gwbridge"),
        ("999.1.1.1", "unknown", "n'a donné aucune adresse"),
    ],
)
def test_what_is_not_on_the_wire_is_explained(net: Lab, target: str, kind: str, why: str) -> None:
    capture = capture_ping(net, "alpine2", target, count=1)
    assert capture.route.kind == kind and why in capture.route.reason and capture.icmp == ()
    assert capture.asked is not None


def test_an_address_of_another_network_and_one_of_nobody(net: Lab) -> None:
    apart = capture_ping(net, "alpine2", address(net, "loin"), count=1)
    assert (apart.route.kind, apart.asked) == ("apart", None) and "pas d'interface sur autre-net" in apart.route.reason
    own = address(net, "alpine2").rsplit(".", 1)[0]
    nobody = capture_ping(net, "alpine2", f"{own}.250", count=1)
    assert nobody.route.kind == "silent" and "Personne n'a l'adresse" in nobody.route.reason


def test_a_vip_and_the_tasks_behind_it(net: Lab) -> None:
    vip = capture_ping(net, "alpine2", "web", count=1)
    assert vip.asked is not None and vip.asked.kind == "service" and vip.icmp == ()
    assert vip.route.kind == ("vip_local" if net.capabilities.ipvs else "vip_silent")
    tasks = capture_ping(net, "alpine2", "tasks.web", count=1)
    (task,) = snapshot(net).tasks_of("web", running=True)
    assert tasks.asked is not None and tasks.asked.addresses == (task.addresses["test-net"],)
    assert tasks.route.kind == ("local" if task.node == "worker1" else "wire")


def test_a_page_over_tcp(net: Lab) -> None:
    (task,) = snapshot(net).tasks_of("web", running=True)
    asker = "alpine2" if task.node != "worker1" else "alpine1"
    page = capture_http(net, asker, "http://tasks.web/")
    assert page.route.kind == "wire" and page.result.outcome == "passed"
    protocols = [packet.protocol for packet in page.own]
    assert "[SYN]" in protocols[0] and "[SYN, ACK]" in protocols[1] and any("FIN" in p for p in protocols)
    with pytest.raises(errors.TargetRefused):
        capture_http(net, asker, "http://web/;id")


def test_an_encrypted_network(net: Lab) -> None:
    capture = capture_ping(net, "c2", "c1", count=1)
    assert capture.icmp == ()
    if net.capabilities.esp:
        assert capture.route.kind == "encrypted" and capture.esp > 0
    else:
        assert capture.route.kind == "silent" and "n'a pas ESP" in capture.route.reason


def test_two_captures_at_once_keep_to_their_own_packets(net: Lab) -> None:
    run_container(net, "alpine3", node="manager", network="test-net")
    with ThreadPoolExecutor(2) as pool:
        first, second = (
            job.result()
            for job in [
                pool.submit(capture_ping, net, "alpine2", "alpine1", count=5),
                pool.submit(capture_ping, net, "voisin", "alpine3", count=5),
            ]
        )
    assert len(first.icmp) == len(second.icmp) == 10
    assert {p.inner_source for p in first.icmp} == {address(net, "alpine2"), address(net, "alpine1")}
    assert {p.inner_source for p in second.icmp} == {address(net, "voisin"), address(net, "alpine3")}
    remove_container(net, "alpine3")


def test_packets_come_as_they_pass_and_a_stop_ends_it(net: Lab) -> None:
    stop = threading.Event()
    live = capture_live(net, "alpine2", "alpine1", count=100, stop=stop)
    assert live.result is None and tools(net) == []
    seen = 0
    for _ in live:
        seen += 1
        if seen == 4:
            assert len(tools(net)) == 1
            stop.set()
    assert live.result is not None and 4 <= len(live.result.packets) == seen <= 40
    assert pings_in(net, "alpine2") == []


@pytest.mark.parametrize("how", ["close", "interrupt"])
def test_leaving_it_or_an_interrupt_leaves_nothing(net: Lab, how: str) -> None:
    live = capture_live(net, "alpine2", "alpine1", count=100)
    if how == "close":
        with live:
            next(iter(live))
    else:
        with pytest.raises(KeyboardInterrupt), live:
            for _ in live:
                raise KeyboardInterrupt
    assert live.result is None and pings_in(net, "alpine2") == [] and tools(net) == []


def test_an_interrupt_while_it_starts(net: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(listeners, "LISTENING", "never")
    monkeypatch.setattr(listeners.threading.Event, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        capture_ping(net, "alpine2", "alpine1")
    monkeypatch.undo()
    assert tools(net) == [] and pings_in(net, "alpine2") == []


def test_it_is_bounded_in_packets_and_in_time(net: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from swarmkit_helpers.probes import capture as captures

    monkeypatch.setattr(listeners, "MOST_PACKETS", 3)
    monkeypatch.setattr(captures, "MOST_PACKETS", 3)
    few = capture_ping(net, "alpine2", "alpine1", count=5)
    assert len(few.packets) == 3 and few.full and few.ping.received == 5
    assert "s'arrête à 3" in str(few)
    monkeypatch.undo()
    monkeypatch.setattr(captures, "SPARE_S", -98)
    short = capture_ping(net, "alpine2", "alpine1", count=100)
    assert 0 < len(short.packets) < 40 and short.ping.received == 100


def test_a_node_without_the_image_gets_it(net: Lab) -> None:
    worker2 = net.node("worker2").api
    worker2.remove_image(TOOLS, force=True)
    capture = capture_ping(net, "alpine2", "alpine1", count=1, node="worker2")
    assert capture.node == "worker2" and worker2.inspect_image(TOOLS)["Id"]


def test_an_image_without_tcpdump_is_said(net: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "TOOLS", "alpine:latest")
    with pytest.raises(errors.EngineRefused, match="tcpdump"):
        capture_ping(net, "alpine2", "alpine1")


def test_a_source_that_stops_meanwhile_or_before(net: Lab) -> None:
    run_container(net, "passager", node="worker2", network="test-net")
    live = capture_live(net, "passager", "alpine1", count=100)
    for number, _ in enumerate(live):
        if number == 3:
            stop_container(net, "passager")
    assert live.result is not None and live.result.result.outcome == "failed" and live.result.route.kind == "wire"
    before = capture_ping(net, "passager", "alpine1")
    assert before.route.kind == "not_run" and "exited" in before.route.reason
    panel = packet_panel(net, "passager", "alpine1", run=True)
    assert panel.state == "done" and "exited" in panel.static_html()
    remove_container(net, "passager")
    gone = packet_panel(net, "passager", "alpine1", run=True)
    assert gone.state == "failed" and "n'existe pas" in text(gone.static_html())


@pytest.mark.parametrize("target", [*BAD, "http://", "http://$(id)/", "http://a b/", "http://-f/"])
def test_what_is_no_target_is_refused_before_anything_runs(net: Lab, target: str) -> None:
    with pytest.raises(errors.TargetRefused):
        capture_live(net, "alpine2", target)
    with pytest.raises(errors.TargetRefused):
        capture_ping(net, "alpine2", target)


@pytest.mark.parametrize("name", ["", "-f", "--help", "a b", "$(id)", "x" * 10_000, "é", "a\nb"])
def test_sources_nodes_and_networks_that_do_not_exist(net: Lab, name: str) -> None:
    with pytest.raises(errors.ObjectNotFound):
        capture_ping(net, name, "alpine1")
    panel = packet_panel(net, "alpine2", "alpine1", node=name or "worker9", run=True)
    assert panel.state == "failed" and len(panel.message.value) < 12_000
    assert matrix_panel(net, [name]).networks.value == ()
    with pytest.raises(errors.ObjectNotFound):
        matrix_panel(net)._means.measure([name])


def test_the_panels_over_a_real_lab(net: Lab) -> None:
    panel = packet_panel(net, "alpine2", "alpine1", run=True)
    assert panel.state == "done" and len(panel.packet.options) >= 4
    assert panel.static_html().count("<img alt=") == 2
    matrix = matrix_panel(net, ["test-net"], run=True)
    assert matrix.state == "done" and matrix.matrix is not None
    assert {"alpine1", "alpine2", "voisin"} <= set(matrix.matrix.names)
    matrix.source.value, matrix.target.value = "alpine2", "alpine1"
    said = text(matrix.why.value)
    assert f"docker container exec alpine2 ping -c 1 -W 1 {address(net, 'alpine1')}" in said and "répond" in said


def test_a_source_without_ping_is_helped_from_beside(net: Lab) -> None:
    run_container(net, "outils", TOOLS, node="worker2", network="test-net", command=["sleep", "600"])
    exec_container(net, "outils", "sh", "-c", 'rm -f "$(command -v ping)"')
    live = ping_live(net, "outils", "alpine1", count=2)
    assert [reply.number for reply in live if reply.rtt_ms is not None] == [1, 2]
    assert "docker run --rm --network container:outils" in live.command
    assert capture_ping(net, "outils", "alpine1").route.kind == "wire"
    remove_container(net, "outils")


def test_an_engine_that_dies_meanwhile() -> None:
    name = f"packets{os.getpid()}"
    own = local.up(name)
    try:
        create_network(own, "test-net", attachable=True)
        run_container(own, "alpine1", node="manager", network="test-net")
        run_container(own, "alpine2", node="worker1", network="test-net")
        panel = packet_panel(own, "alpine2", "alpine1", node="worker1", count=20)
        panel._means = replace(
            panel._means,
            capture=lambda request, stop: capture_live(own, request.source, request.target, count=100, stop=stop),
        )
        panel.start()
        while not panel.packets:
            assert not panel.wait(0.05), panel.message.value
        os.kill(int((home() / name / "worker1" / "pid").read_text("ascii")), signal.SIGKILL)
        assert panel.wait(90)
        assert panel.state == "failed" and "worker1" in panel.message.value
        matrix = matrix_panel(own, run=True)
        assert matrix.state == "done" and "worker1" in matrix.static_html()
        listening = packet_panel(own, "alpine1", "10.0.3.62", node="worker1", run=True)
        assert listening.state == "failed" and "worker1" in listening.message.value
    finally:
        local.down(name)
