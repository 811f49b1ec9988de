"""What holds in every world: symmetry, isolation, balancing, and that captures and names tell what happens."""

from __future__ import annotations

import asyncio
import io
import time
from collections import Counter
from dataclasses import dataclass

import dpkt
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.net import capture
from swarmkit_helpers.engine.net.expression import compiled
from swarmkit_helpers.engine.net.pipe import Pipe
from swarmkit_helpers.engine.net.stack import Interface, Segment, Stack
from swarmkit_helpers.probes.pcap import decode_pcap

from .town import Town, answering, ask

HOSTS, NETWORKS = 4, 4
SETTINGS = settings(max_examples=60, deadline=None)

places = st.tuples(st.integers(0, HOSTS - 1), st.sets(st.integers(0, NETWORKS - 1)))
worlds = st.lists(places, min_size=2, max_size=8)
cuts = st.sets(st.integers(0, HOSTS - 1), max_size=2)


@dataclass
class Placed:
    host: int
    networks: set[int]
    stack: Stack

    def card(self, network: int) -> Interface:
        return next(card for card in self.stack.interfaces if card.segment.name == f"net{network}")


def built(where: list[tuple[int, set[int]]]) -> tuple[Town, list[Placed]]:
    town = Town(HOSTS)
    nets = [town.overlay(number) for number in range(NETWORKS)]
    found = []
    for host, networks in where:
        stack = town.container(host, *(nets[number] for number in sorted(networks)))
        found.append(Placed(host, networks, stack))
    return town, found


def cut(town: Town, hosts: set[int]) -> None:
    town.faults.links = {f"host{number}": Link(up=False) for number in hosts}


@SETTINGS
@given(worlds, cuts)
def test_containers_reach_each_other_on_shared_networks_and_nowhere_else(
    where: list[tuple[int, set[int]]], broken: set[int]
) -> None:
    town, placed = built(where)
    cut(town, broken)
    for one in placed:
        for other in placed:
            if one is other:
                continue
            apart = one.host != other.host and bool({one.host, other.host} & broken)
            for network in one.networks & other.networks:
                there = town.fabric.send(one.stack, other.card(network).address)
                back = town.fabric.send(other.stack, one.card(network).address)
                assert there.outcome == back.outcome == ("lost" if apart else "reached")
                assert there.wire == back.wire == (one.host != other.host)
            for network in other.networks - one.networks:
                told = town.fabric.send(one.stack, other.card(network).address)
                assert told.outcome in ("unreachable", "lost", "no route")
            gateway_side = other.stack.interfaces[-1].address
            if gateway_side != one.stack.interfaces[-1].address:
                assert town.fabric.send(one.stack, gateway_side).outcome != "reached"


@SETTINGS
@given(worlds, cuts)
def test_hosts_reach_each_other_and_their_own_containers_only(
    where: list[tuple[int, set[int]]], broken: set[int]
) -> None:
    town, placed = built(where)
    cut(town, broken)
    for number in range(HOSTS):
        host = town.host(number)
        for other in range(HOSTS):
            told = town.fabric.send(host.stack, town.host(other).address)
            assert told.outcome == ("lost" if number != other and {number, other} & broken else "reached")
        for one in placed:
            for card in one.stack.interfaces[:-1]:
                assert town.fabric.send(host.stack, card.address).outcome != "reached"
            if one.host == number:
                assert town.fabric.send(host.stack, one.stack.interfaces[-1].address).outcome == "reached"
            told = town.fabric.send(one.stack, host.address)
            assert (told.outcome == "reached") == (one.host == number or not {one.host, number} & broken)


@SETTINGS
@given(
    st.lists(st.integers(0, HOSTS - 1), min_size=1, max_size=6),
    st.sets(st.integers(0, 5)),
    cuts,
    st.booleans(),
    st.integers(1, 12),
)
def test_every_request_to_a_vip_or_to_the_mesh_lands_on_a_live_task(
    hosts: list[int], gone: set[int], broken: set[int], balanced: bool, requests: int
) -> None:
    town = Town(HOSTS)
    net, ingress = town.overlay(1), town.overlay(0, ingress=True)
    for number in range(HOSTS):
        town.balancer(number, ingress)
        if balanced:
            town.balancer(number, net)
    tasks = [town.container(host, ingress, net) for host in hosts]
    client, laptop = town.container(0, net), town.fabric.outside("laptop", "10.0.0.7")
    net.vips["10.1.1.2"] = [task.interfaces[1].address for task in tasks]
    town.mesh(ingress, 8080, 80, tasks)
    cut(town, broken)

    def live(host: int) -> set[str]:
        return {
            f"task{number}"
            for number, at in enumerate(hosts)
            if number not in gone and (at == host or not {at, host} & broken)
        }

    async def asked(stack: Stack, address: str, port: int) -> Counter[str]:
        return Counter([(await ask(town, stack, address, port))[0] for _ in range(requests)])

    async def scenario() -> None:
        for number, task in enumerate(tasks):
            town.fabric.listen(task, 80, answering(f"task{number}"))
        for number in gone & set(range(len(tasks))):
            for card in list(tasks[number].interfaces):
                town.fabric.leave(card)
        for host in range(HOSTS):
            if host in broken:
                continue
            wanted = live(host)
            if wanted:
                came = await asked(laptop, town.host(host).address, 8080)
                assert set(came) <= wanted
                assert max(came.values()) - min(came[name] for name in wanted) <= 1
            else:
                try:
                    await asked(laptop, town.host(host).address, 8080)
                    raise AssertionError("nobody should answer")
                except ConnectionRefusedError:
                    pass
        if live(0):
            assert set(await asked(client, "10.1.1.2", 80)) <= live(0)

    asyncio.run(scenario())


@SETTINGS
@given(worlds, st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12), st.sampled_from([0.0, 0.5]))
def test_captures_agree_with_what_was_sent(
    where: list[tuple[int, set[int]]], pings: list[tuple[int, int]], loss: float
) -> None:
    town, placed = built(where)
    taps = [town.fabric.tap(town.host(number).stack, "eth0", "udp port 4789") for number in range(HOSTS)]
    town.faults.links["host1"] = Link(loss=loss)
    expected, certain = [], []
    for first, second in pings:
        one, other = placed[first % len(placed)], placed[second % len(placed)]
        if one is other:
            continue
        for network in one.networks & other.networks:
            told = town.fabric.send(one.stack, other.card(network).address)
            assert told.wire == (one.host != other.host)
            way = (one.host, other.host, one.card(network).address, other.card(network).address, 4096 + network)
            expected += [way] if told.wire else []
            certain += [way] if told.wire and told.outcome == "reached" else []
    seen = []
    for tap in taps:
        raw = capture.pcap_header() + b"".join(capture.pcap_record(*taken) for taken in tap.taken())
        seen.append(list(decode_pcap(raw)))
        assert len(list(dpkt.pcap.Reader(io.BytesIO(raw)))) == len(seen[-1]), "nothing but VXLAN"
    for number, packets in enumerate(seen):
        requests = Counter(
            (p.inner_source, p.inner_destination, p.vni) for p in packets if p.protocol == "ICMP echo request"
        )
        replies = Counter(
            (p.inner_destination, p.inner_source, p.vni) for p in packets if p.protocol == "ICMP echo reply"
        )
        sent = Counter(way[2:] for way in expected if way[0] == number)
        answered = Counter(way[2:] for way in certain if number in way[:2])
        own = {key: count for key, count in requests.items() if key in sent}
        assert own == sent, "all that leaves is seen, lost or not"
        assert answered <= requests
        assert answered <= replies
        assert set(requests) | set(replies) <= {way[2:] for way in expected if number in way[:2]}


names = st.sampled_from(["web", "db", "al"])


@SETTINGS
@given(st.lists(st.tuples(places, names, names, st.booleans(), st.booleans()), max_size=10))
def test_names_are_those_of_the_shared_networks(
    registered: list[tuple[tuple[int, set[int]], str, str, bool, bool]],
) -> None:
    town, placed = built([place for place, *_ in registered])
    known: dict[int, dict[str, set[str]]] = {number: {} for number in range(NETWORKS)}
    for index, (one, (_, name, alias, with_service, leaves)) in enumerate(zip(placed, registered, strict=True)):
        for network in one.networks:
            card = one.card(network)
            town.fabric.resolver.register(
                card, name=f"{name}.{index}", aliases=[alias], service=f"s-{name}" if with_service else ""
            )
            if leaves:
                town.fabric.leave(card)
                continue
            for text in (f"{name}.{index}", alias, *((f"s-{name}", f"tasks.s-{name}") if with_service else ())):
                known[network].setdefault(text, set()).add(card.address)
    for host in range(HOSTS):
        for network in range(NETWORKS):
            segment: Segment = next(
                (
                    card.segment
                    for one in placed
                    for card in one.stack.interfaces
                    if card.segment.name == f"net{network}"
                ),
                town.overlay(network),
            )
            client = town.container(host, segment)
            texts = {text for names_known in known.values() for text in names_known}
            for text in texts | {"nobody"}:
                answer = town.fabric.resolver.resolve(client, text)
                assert set(answer.addresses) == known[network].get(text, set())
                assert (answer.rcode == "NXDOMAIN") == (not answer.addresses)


@SETTINGS
@given(
    st.lists(st.binary(min_size=1, max_size=4000), max_size=8),
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 20.0])), max_size=6),
)
def test_tcp_loses_nothing_whatever_the_links_do(chunks: list[bytes], weather: list[tuple[bool, float, float]]) -> None:
    town = Town(2, speed=10_000)
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)

    async def echo(pipe: Pipe) -> None:
        while data := await pipe.read():
            pipe.write(data)

    async def scenario() -> bytes:
        town.fabric.listen(far, 7, echo)
        pipe = await town.fabric.connect(one, far.interfaces[0].address, 7)
        sky = list(weather)
        for chunk in chunks:
            if sky:
                up, loss, delay_ms = sky.pop()
                town.faults.links["host1"] = Link(up, delay_ms, loss)
            pipe.write(chunk)
            await asyncio.sleep(0)
        town.faults.links.clear()
        pipe.close()
        got = b""
        while data := await pipe.read():
            got += data
        async with asyncio.timeout(5):
            while len(town.fabric.connections):
                await asyncio.sleep(0)
        return got

    assert asyncio.run(scenario()) == b"".join(chunks)


words = st.sampled_from(
    ["udp", "port", "4789", "or", "and", "not", "(", ")", "host", "10.0.0.1", "src", "net", "x", "esp"]
)


@SETTINGS
@given(st.one_of(st.text(max_size=40), st.lists(words, max_size=300).map(" ".join)), st.binary(max_size=80))
def test_an_expression_is_understood_or_refused(text: str, frame: bytes) -> None:
    try:
        accepts = compiled(text)
    except ValueError as err:
        assert str(err) == "syntax error"
    else:
        assert accepts(frame) in (True, False)


@SETTINGS
@given(st.text(max_size=80))
def test_any_text_may_be_asked_as_a_name(text: str) -> None:
    town = Town(1)
    stack = town.container(0, town.overlay(1), label="one")
    answer = town.fabric.resolver.resolve(stack, text)
    assert answer.rcode in ("NXDOMAIN", "FORMERR") or text.lower().removesuffix(".") in ("one", "one.net1", "host0")
    town.fabric.resolver.lookup(stack, text)
    assert town.fabric.resolver.reverse(stack, text).rcode == "NXDOMAIN"


def test_a_large_swarm_is_attached_and_pinged_in_linear_time() -> None:
    began = time.perf_counter()
    town = Town(100)
    net = town.overlay(0, name="large")
    net.subnet = "10.1.0.0/16"
    stacks = []
    for number in range(2000):
        stack = Stack(town.host(number % 100), f"c{number}")
        card = town.join(stack, net, "eth0", f"10.1.{number // 250}.{number % 250 + 1}", 16)
        town.fabric.resolver.register(
            card, name=f"web.{number}", aliases=[f"alias{number}"], service="web", vip="10.1.200.1"
        )
        stacks.append(stack)
    net.vips["10.1.200.1"] = list(net.addresses)
    for number, stack in enumerate(stacks):
        target = f"web.{(number * 7 + 1) % 2000}"
        (address,) = town.fabric.resolver.lookup(stack, target)
        assert town.fabric.send(stack, address).outcome == "reached"
        assert town.fabric.resolver.resolve(stack, "web").addresses == ("10.1.200.1",)
        assert town.fabric.way(stack, "10.1.200.1", 80).outcome == "reached"
    for stack in stacks:
        town.fabric.leave(stack.interfaces[0])
    assert net.members == []
    # Less than half a second on a machine at rest; what grows with the square takes minutes.
    assert time.perf_counter() - began < 10
