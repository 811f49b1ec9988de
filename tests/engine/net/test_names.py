"""Names; the facts are those seen with three real engines (docker 20.10.24)."""

from __future__ import annotations

import pytest

from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.net import dns
from swarmkit_helpers.engine.net.stack import Segment, Stack

from .town import Town

VIP = "10.1.1.2"


@pytest.fixture
def town() -> Town:
    return Town()


def resolved(town: Town, stack: Stack, name: str) -> set[str]:
    answer = town.fabric.resolver.resolve(stack, name)
    assert (answer.rcode == "NOERROR") == bool(answer.addresses)
    return set(answer.addresses)


def addresses(stacks: list[Stack]) -> set[str]:
    return {stack.interfaces[0].address for stack in stacks}


def replicas(town: Town, net: Segment, name: str, vip: str = "") -> list[Stack]:
    tasks = [town.container(host, net) for host in range(3)]
    for number, task in enumerate(tasks, 1):
        town.fabric.resolver.register(
            task.interfaces[0], name=f"{name}.{number}.id", service=name, service_aliases=["other"], vip=vip
        )
    return tasks


def test_a_container_is_known_by_name_alias_and_short_id(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    card = far.interfaces[0]
    town.fabric.resolver.register(card, name="a2", aliases=["139bad7cc3f6", "al"])
    for name in ("a2", "A2", "al", "139bad7cc3f6", "a2.net1", "a2.", "AL.NET1"):
        answer = town.fabric.resolver.resolve(one, name)
        assert (answer.addresses, answer.server, answer.authoritative) == ((card.address,), "127.0.0.11", False)
        assert answer.name == name
    assert resolved(town, far, "a2") == {card.address}
    for name in ("a2.net2", "a3", "localhost", "google.com", "a"):
        assert town.fabric.resolver.resolve(one, name).rcode == "NXDOMAIN"
    assert town.fabric.resolver.resolve(one, "x" * 64).rcode == "FORMERR"
    town.fabric.resolver.register(card, "renamed", aliases=["al"])
    assert resolved(town, one, "renamed") == resolved(town, one, "al") == {card.address}
    assert resolved(town, one, "a2") == set()
    town.fabric.leave(card)
    assert resolved(town, one, "renamed") == set()


def test_names_are_known_on_shared_networks_only(town: Town) -> None:
    front, back = town.overlay(1), town.overlay(2)
    one, both = town.container(0, front, label="one"), town.container(1, front, back, label="both")
    other = town.container(2, back, label="other")
    assert resolved(town, one, "other") == set()
    assert resolved(town, both, "other") == {other.interfaces[0].address}
    assert resolved(town, other, "both") == {both.interfaces[1].address}
    assert resolved(town, both, "both") == {both.interfaces[0].address}
    assert resolved(town, both, "both.net2") == {both.interfaces[1].address}


def test_a_service_gives_its_vip_and_its_tasks(town: Town) -> None:
    net = town.overlay(1)
    tasks, client = replicas(town, net, "web", VIP), town.container(0, net)
    for name in ("web", "other", "web.net1"):
        assert resolved(town, client, name) == {VIP}
    assert resolved(town, client, "tasks.web") == addresses(tasks)
    assert resolved(town, client, "tasks.other") == addresses(tasks)
    assert resolved(town, client, "web.1.id") == addresses(tasks[:1])
    assert resolved(town, client, "web.1") == set()
    orders = {town.fabric.resolver.resolve(client, "tasks.web").addresses for _ in range(50)}
    assert len(orders) > 1
    for task in tasks:
        town.fabric.resolver.unregister(task.interfaces[0])
    assert resolved(town, client, "web") == set(), "no task, no name"


def test_without_a_vip_a_service_gives_its_tasks(town: Town) -> None:
    net = town.overlay(1)
    tasks, client = replicas(town, net, "rr"), town.container(0, net)
    assert resolved(town, client, "rr") == resolved(town, client, "tasks.rr") == addresses(tasks)


def test_stacks_share_short_names_network_by_network(town: Town) -> None:
    one, two = town.overlay(1), town.overlay(2)
    red, blue = town.container(1, one), town.container(1, two)
    for stack, vip, name in ((red, VIP, "red_db"), (blue, "10.1.2.2", "blue_db")):
        card = stack.interfaces[0]
        town.fabric.resolver.register(card, name=f"{name}.1.id", service=name, service_aliases=["db"], vip=vip)
    assert resolved(town, town.container(0, one), "db") == {VIP}
    assert resolved(town, town.container(0, two), "db") == {"10.1.2.2"}


def test_a_users_network_comes_before_ingress(town: Town) -> None:
    ingress, net = town.overlay(0, ingress=True, name="ingress"), town.overlay(1)
    task, client = town.container(1, ingress, net), town.container(0, ingress, net)
    for card, vip in zip(task.interfaces, ("10.1.0.9", VIP), strict=False):
        town.fabric.resolver.register(card, name="web.1.id", service="web", vip=vip)
    assert resolved(town, client, "web") == {VIP}


def test_the_default_bridge_has_no_names(town: Town) -> None:
    town.bridge(town.host(0), "mine", "br-1", 19)
    one, other = town.on_bridge(0, "bridge"), town.on_bridge(0, "mine")
    for stack in (one, other):
        town.fabric.resolver.register(stack.interfaces[0], name="u1")
    assert (town.fabric.resolver.server(one), town.fabric.resolver.server(other)) == ("192.0.2.53", "127.0.0.11")
    assert resolved(town, one, "u1") == set()
    assert resolved(town, other, "u1") == {other.interfaces[0].address}
    assert dns.resolv_conf(one) == "nameserver 192.0.2.53\n"
    assert dns.resolv_conf(other) == "nameserver 127.0.0.11\noptions ndots:0\n"


def test_hosts_are_known_to_all_by_the_server_outside(town: Town) -> None:
    one = town.container(0, town.overlay(1))
    for stack in (one, town.on_bridge(0), town.host(2).stack):
        answer = town.fabric.resolver.resolve(stack, "HOST1")
        assert (answer.addresses, answer.authoritative) == ((town.host(1).address,), True)
        assert town.fabric.resolver.reverse(stack, town.host(1).address).names == ("host1",)
    town.faults.links["host0"] = Link(up=False)
    assert town.fabric.resolver.resolve(one, "host1").rcode == "SERVFAIL"
    assert town.fabric.resolver.resolve(town.on_bridge(0), "host1").rcode == "TIMEOUT"


def test_an_address_gives_the_containers_name_and_network(town: Town) -> None:
    net = town.overlay(1)
    tasks, client = replicas(town, net, "web", VIP), town.container(0, net)
    net.vips[VIP] = list(addresses(tasks))
    reverse = town.fabric.resolver.reverse
    assert reverse(client, tasks[2].interfaces[0].address).names == ("web.3.id.net1",)
    for nobody in (VIP, "8.8.8.8", tasks[0].interfaces[1].address):
        assert reverse(client, nobody).rcode == "NXDOMAIN"


def test_names_of_a_host_that_is_cut_off_vanish(town: Town) -> None:
    net = town.overlay(1)
    tasks, client = replicas(town, net, "web", VIP), town.container(0, net)
    town.host(1).running = False
    assert resolved(town, client, "tasks.web") == {tasks[0].interfaces[0].address, tasks[2].interfaces[0].address}
    town.faults.links["host0"] = Link(up=False)
    assert resolved(town, client, "tasks.web") == {tasks[0].interfaces[0].address}
    assert resolved(town, client, "web") == {VIP}


def test_etc_hosts(town: Town) -> None:
    one = town.container(0, town.overlay(2), town.overlay(1), label="d42a24b312d1")
    one.names["db.example"] = ("192.0.2.9",)
    assert dns.hosts_file(one).splitlines()[5:] == [
        "ff02::2\tip6-allrouters",
        "192.0.2.9\tdb.example",
        f"{one.interfaces[0].address}\td42a24b312d1",
        f"{one.interfaces[1].address}\td42a24b312d1",
    ]
    look = town.fabric.resolver.lookup
    assert look(one, "localhost") == ("127.0.0.1",)
    assert look(one, "DB.example") == ("192.0.2.9",)
    assert look(one, "d42a24b312d1")[0] == one.interfaces[0].address
    assert look(one, "host1") == (town.host(1).address,)
    assert look(one, "nobody") == ()
