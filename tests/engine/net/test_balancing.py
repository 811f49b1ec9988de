"""VIPs and the routing mesh: IPVS on each host, round robin."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.net.stack import Segment, Stack

from .town import Town, answering, ask

VIP = "10.1.1.2"


@pytest.fixture
def town() -> Town:
    return Town()


def service(town: Town, net: Segment, hosts: tuple[int, ...] = (0, 1, 2)) -> list[Stack]:
    tasks = [town.container(host, net) for host in hosts]
    for number, task in enumerate(tasks):
        town.fabric.listen(task, 80, answering(f"task{number}"))
    net.vips[VIP] = [task.interfaces[0].address for task in tasks]
    return tasks


def test_a_vip_shares_connections_out_in_turn(town: Town) -> None:
    net = town.overlay(1)
    balancer = town.balancer(0, net)
    tasks = service(town, net)
    client = town.container(0, net)

    async def scenario() -> None:
        said = [await ask(town, client, VIP) for _ in range(9)]
        assert [name for name, _ in said] == ["task0", "task1", "task2"] * 3
        assert {seen for _, seen in said} == {balancer.address}, "the balancer's address stands for the client's"
        with pytest.raises(ConnectionRefusedError):
            await ask(town, client, VIP, 81)
        town.fabric.leave(tasks[1].interfaces[0])
        assert Counter([(await ask(town, client, VIP))[0] for _ in range(4)]) == {"task0": 2, "task2": 2}

    asyncio.run(scenario())


def test_each_host_has_its_own_turns(town: Town) -> None:
    net = town.overlay(1)
    service(town, net)
    one, other = town.container(0, net), town.container(1, net)

    async def scenario() -> None:
        assert [(await ask(town, one, VIP))[0] for _ in range(2)] == ["task0", "task1"]
        assert (await ask(town, other, VIP))[0] == "task0"

    asyncio.run(scenario())


def test_a_ping_of_a_vip_is_answered_on_the_host_itself(town: Town) -> None:
    net = town.overlay(1)
    service(town, net, (1, 2))
    client = town.container(0, net)
    told = town.fabric.send(client, VIP)
    assert (told.outcome, told.source, told.wire) == ("reached", VIP, False)
    balancer = town.balancer(0, net)
    assert town.fabric.send(client, VIP).outcome == "reached"
    assert {it.address: it.mac for it in town.fabric.neighbours(client)} == {VIP: balancer.mac}
    net.vips[VIP] = []
    assert town.fabric.send(client, VIP).outcome == "unreachable"


def test_tasks_that_are_cut_off_get_nothing(town: Town) -> None:
    net = town.overlay(1)
    service(town, net)
    client = town.container(0, net)
    town.faults.links["host1"] = Link(up=False)

    async def scenario() -> None:
        assert {(await ask(town, client, VIP))[0] for _ in range(6)} == {"task0", "task2"}
        town.faults.links["host0"] = Link(up=False)
        assert {(await ask(town, client, VIP))[0] for _ in range(3)} == {"task0"}
        net.vips[VIP] = net.vips[VIP][1:]
        with pytest.raises(ConnectionRefusedError):
            await ask(town, client, VIP)

    asyncio.run(scenario())


def test_a_service_has_a_vip_on_each_network(town: Town) -> None:
    front, back = town.overlay(1), town.overlay(2)
    task = town.container(1, front, back)
    town.fabric.listen(task, 80, answering("task"))
    front.vips["10.1.1.2"] = [task.interfaces[0].address]
    back.vips["10.1.2.2"] = [task.interfaces[1].address]
    one, other = town.container(0, front), town.container(0, back)

    async def scenario() -> None:
        assert (await ask(town, one, "10.1.1.2"))[0] == "task"
        assert (await ask(town, other, "10.1.2.2"))[0] == "task"
        with pytest.raises(OSError, match="Network is unreachable"):
            await ask(town, one, "10.1.2.2")

    asyncio.run(scenario())


def test_the_mesh_answers_on_every_host_from_everywhere(town: Town) -> None:
    ingress = town.overlay(0, ingress=True)
    sandboxes = [town.balancer(host, ingress) for host in range(3)]
    tasks = [town.container(host, ingress) for host in (1, 2)]
    for number, task in enumerate(tasks):
        town.fabric.listen(task, 80, answering(f"task{number}"))
    town.mesh(ingress, 8080, 80, tasks)
    laptop = town.fabric.outside("laptop", "10.0.0.7")
    inside = town.container(0, town.overlay(1))

    async def scenario() -> None:
        for host in range(3):
            address = town.host(host).address
            said = [await ask(town, laptop, address, 8080) for _ in range(4)]
            assert Counter(name for name, _ in said) == {"task0": 2, "task1": 2}
            assert {seen for _, seen in said} == {sandboxes[host].address}
        assert (await ask(town, inside, town.host(0).address, 8080))[0] in ("task0", "task1")
        assert (await ask(town, inside, "172.18.0.1", 8080))[1] == sandboxes[0].address
        assert (await ask(town, town.host(0).stack, "127.0.0.1", 8080))[0] in ("task0", "task1")
        with pytest.raises(ConnectionRefusedError):
            await ask(town, laptop, town.host(0).address, 80)
        town.fabric.leave(sandboxes[0])
        with pytest.raises(ConnectionRefusedError):
            await ask(town, laptop, town.host(0).address, 8080)
        assert (await ask(town, laptop, town.host(1).address, 8080))[0] in ("task0", "task1")
        del ingress.published["tcp", 8080]
        with pytest.raises(ConnectionRefusedError):
            await ask(town, laptop, town.host(1).address, 8080)

    asyncio.run(scenario())


def test_a_published_port_without_a_task_is_refused(town: Town) -> None:
    ingress = town.overlay(0, ingress=True)
    town.balancer(0, ingress)
    town.mesh(ingress, 8080, 80, [])
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(ask(town, town.host(1).stack, town.host(0).address, 8080))
