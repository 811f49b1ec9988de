"""Who reaches whom; the facts are those seen with three real engines (docker 20.10.24)."""

from __future__ import annotations

import pytest

from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.net.stack import Segment, Stack

from .town import Town


@pytest.fixture
def town() -> Town:
    return Town()


def first(stack: Stack) -> str:
    return stack.interfaces[0].address


def test_an_overlay_joins_containers_of_all_hosts(town: Town) -> None:
    net = town.overlay(1)
    one, near, far = town.container(0, net), town.container(0, net), town.container(1, net)
    reached = town.fabric.send(one, first(near))
    assert (reached.outcome, reached.source, reached.ttl, reached.wire) == ("reached", first(near), 64, False)
    assert 0.04 <= reached.rtt_ms <= 0.15
    reached = town.fabric.send(one, first(far))
    assert (reached.outcome, reached.ttl, reached.wire) == ("reached", 64, True)
    assert 0.1 <= reached.rtt_ms <= 0.6


def test_overlays_are_apart(town: Town) -> None:
    one, other = town.container(0, town.overlay(1)), town.container(0, town.overlay(2))
    told = town.fabric.send(one, first(other))
    assert (told.outcome, told.source, told.why) == ("unreachable", "172.18.0.1", "Destination Net Unreachable")


def test_docker_gwbridge_joins_hosts_to_containers_but_not_containers(town: Town) -> None:
    net = town.overlay(1)
    one, other = town.container(0, net), town.container(0, net)
    there = other.interfaces[1].address
    assert town.fabric.send(one, there).outcome == "lost"
    assert town.fabric.way(one, there).outcome == "lost"
    assert town.fabric.send(town.host(0).stack, there).outcome == "reached"


def test_bridges_of_a_host_are_apart(town: Town) -> None:
    town.bridge(town.host(0), "other", "br-1", 19)
    one, near, other = town.on_bridge(0), town.on_bridge(0), town.on_bridge(0, "other")
    assert town.fabric.send(one, first(near)).outcome == "reached"
    assert town.fabric.send(one, first(other)).outcome == "lost"
    assert town.fabric.send(one, "172.17.0.99").why == "Destination Host Unreachable"
    assert town.fabric.send(one, "172.19.0.1").outcome == "reached", "that is the host itself"


@pytest.mark.parametrize("kind", ["overlay", "bridge"])
def test_through_its_gateway_a_container_reaches_hosts(town: Town, kind: str) -> None:
    one = town.on_bridge(0) if kind == "bridge" else town.container(0, town.overlay(1))
    own, other = town.host(0), town.host(1)
    for address in (own.address, "172.17.0.1", "172.18.0.1"):
        told = town.fabric.send(one, address)
        assert (told.outcome, told.ttl, told.wire) == ("reached", 64, False)
    told = town.fabric.send(one, other.address)
    assert (told.outcome, told.ttl, told.wire) == ("reached", 63, True)
    told = town.fabric.send(one, "10.0.99.99")
    assert (told.outcome, told.source) == ("unreachable", own.address)
    assert told.rtt_ms > 3000, "ARP takes its time"
    assert town.fabric.send(one, "8.8.8.8").why == "Destination Net Unreachable"
    told = town.fabric.send(one, other.address, ttl=1)
    assert (told.outcome, told.source) == ("expired", one.by_default().gateway)


def test_a_host_has_no_way_out_and_none_to_overlays(town: Town) -> None:
    far = town.container(1, town.overlay(1))
    host = town.host(0).stack
    assert town.fabric.send(host, "8.8.8.8").outcome == "no route"
    assert town.fabric.send(host, first(far)).outcome == "no route"
    assert town.fabric.send(host, town.host(2).address).outcome == "reached"
    assert town.fabric.send(host, "10.0.99.99").source == town.host(0).address


def test_each_stack_reaches_itself(town: Town) -> None:
    alone = Stack(town.host(0), "alone")
    assert town.fabric.send(alone, "127.0.0.1").outcome == "reached"
    assert town.fabric.send(alone, "10.0.100.1").outcome == "no route"
    one = town.container(0, town.overlay(1))
    assert town.fabric.send(one, first(one)).outcome == "reached"
    with pytest.raises(ValueError, match="IPv4"):
        town.fabric.send(one, "nowhere")


@pytest.mark.parametrize(
    ("options", "mtu"), [({}, 1450), ({"mtu": 1200}, 1150), ({"encrypted": True}, 1424), ({"mtu": 9000}, 8950)]
)
def test_the_mtu_of_an_overlay(town: Town, options: dict[str, object], mtu: int) -> None:
    net = town.overlay(1, **options)
    one, far = town.container(0, net), town.container(1, net)
    assert one.interfaces[0].mtu == mtu
    assert town.fabric.send(one, first(far), size=mtu - 28, dont_fragment=True).outcome == "reached"
    told = town.fabric.send(one, first(far), size=mtu - 27, dont_fragment=True)
    assert (told.outcome, told.mtu) == ("too long", mtu)
    assert town.fabric.send(one, first(far), size=mtu - 27).outcome == "reached"


def test_an_address_is_held_once(town: Town) -> None:
    net = town.overlay(1)
    one = town.container(0, net)
    with pytest.raises(ValueError, match="in use on net1"):
        town.join(Stack(town.host(1), "other"), net, "eth0", first(one), 24)
    gone, other = one.interfaces[0], town.container(1, net)
    town.fabric.leave(gone)
    town.fabric.leave(gone)
    assert net.members == other.interfaces[:1]
    assert town.fabric.send(other, gone.address).outcome == "unreachable"


def test_a_card_that_is_down_is_not_there(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net, outside=False)
    far.interfaces[0].up = False
    assert town.fabric.send(one, first(far)).outcome == "unreachable"
    assert town.fabric.send(far, first(one)).outcome == "no route"
    far.interfaces[0].up = True
    assert town.fabric.send(one, first(far)).outcome == "reached"


def test_a_cut_link_stops_what_crosses_it_and_nothing_else(town: Town) -> None:
    net = town.overlay(1)
    one, near, far = town.container(0, net), town.container(0, net), town.container(1, net)
    town.faults.links["host1"] = Link(up=False)
    assert town.fabric.send(one, first(far)).outcome == "lost"
    assert town.fabric.send(one, town.host(1).address).outcome == "lost"
    assert town.fabric.send(one, first(near)).outcome == "reached"
    assert town.fabric.send(far, town.host(1).address).outcome == "reached"
    del town.faults.links["host1"]
    assert town.fabric.send(one, first(far)).outcome == "reached"


def test_a_host_without_power_answers_nothing(town: Town) -> None:
    host = town.host(1)
    town.faults.dark.add(host.hostname)
    assert town.fabric.send(town.host(0).stack, host.address).outcome == "lost"
    assert not town.faults.link(host.hostname).up
    town.faults.dark.clear()
    assert town.fabric.send(town.host(0).stack, host.address).outcome == "reached"


def test_delay_and_loss_of_a_link(town: Town) -> None:
    net = town.overlay(1)
    one, near, far = town.container(0, net), town.container(0, net), town.container(1, net)
    town.faults.links["host1"] = Link(delay_ms=50)
    assert 100.1 <= town.fabric.send(one, first(far)).rtt_ms <= 100.6
    assert town.fabric.send(one, first(near)).rtt_ms < 1
    town.faults.links["host1"] = Link(loss=0.3)
    came = sum(town.fabric.send(one, first(far)).outcome == "reached" for _ in range(1000))
    assert 440 <= came <= 540, "it must pass twice: 0.7 x 0.7"


def test_the_arp_table(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    town.clock.time = lambda: 100.0  # type: ignore[method-assign]
    town.fabric.send(one, first(far))
    town.fabric.send(one, "10.1.1.200")
    town.fabric.send(one, town.host(0).address)
    known = {(it.address, it.mac, it.interface, it.state) for it in town.fabric.neighbours(one)}
    assert known == {
        (first(far), far.interfaces[0].mac, "eth0", "REACHABLE"),
        ("10.1.1.200", "", "eth0", "INCOMPLETE"),
        ("172.18.0.1", "02:42:ac:12:00:01", "eth1", "REACHABLE"),
    }
    assert [(it.address, it.mac) for it in town.fabric.neighbours(far)] == [(first(one), one.interfaces[0].mac)]
    town.clock.time = lambda: 200.0  # type: ignore[method-assign]
    assert {it.state for it in town.fabric.neighbours(one)} == {"STALE", "FAILED"}


def test_the_routing_table(town: Town) -> None:
    one = town.container(0, town.overlay(2), town.overlay(1))
    lines = [(it.destination, it.gateway, it.interface, it.source) for it in town.fabric.routes(one)]
    assert lines == [
        ("default", "172.18.0.1", "eth2", ""),
        ("10.1.1.0/24", "", "eth1", one.interfaces[1].address),
        ("10.1.2.0/24", "", "eth0", one.interfaces[0].address),
        ("172.18.0.0/16", "", "eth2", one.interfaces[2].address),
    ]


def test_an_overlay_that_has_the_hosts_own_subnet_stays_apart(town: Town) -> None:
    # As 10.0.3.0/24 of the course: the containers see the overlay, never the wire, at these addresses.
    net = Segment("id", "shadow", "overlay", "10.0.100.0/24", vni=4099)
    one, far = town.container(0, net), town.container(1, net)
    assert town.fabric.send(one, first(far)).outcome == "reached"
    assert town.fabric.send(one, town.host(0).address).outcome == "unreachable"


def test_numbers_of_interfaces_go_by_pairs(town: Town) -> None:
    one, other = town.container(0, town.overlay(1)), town.on_bridge(0)
    assert [card.index for card in town.host(0).stack.interfaces] == [2, 3, 4]
    assert [card.index for card in (*one.interfaces, *other.interfaces)] == [5, 7, 9]
