"""TCP: who answers, who refuses, and what links do to it."""

from __future__ import annotations

import asyncio
import errno

import pytest

from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.net.pipe import Pipe
from swarmkit_helpers.engine.net.stack import Stack

from .town import Town, answering, ask


@pytest.fixture
def town() -> Town:
    return Town()


def pair(town: Town) -> tuple[Stack, Stack]:
    net = town.overlay(1)
    return town.container(0, net), town.container(1, net)


async def echo(pipe: Pipe) -> None:
    while data := await pipe.read():
        pipe.write(data)
        await pipe.drain()


def test_a_server_answers_until_it_listens_no_more(town: Town) -> None:
    one, far = pair(town)

    async def scenario() -> None:
        town.fabric.listen(far, 80, answering("web"))
        assert await ask(town, one, far.interfaces[0].address) == ["web", one.interfaces[0].address]
        assert await ask(town, far, "127.0.0.1") == ["web", "127.0.0.1"]
        with pytest.raises(OSError, match="Address already in use"):
            town.fabric.listen(far, 80, answering("other"))
        town.fabric.unlisten(far, 80)
        with pytest.raises(ConnectionRefusedError):
            await ask(town, one, far.interfaces[0].address)

    asyncio.run(scenario())


def test_bytes_go_both_ways_in_their_order_and_half_closes_last(town: Town) -> None:
    one, far = pair(town)

    async def scenario() -> None:
        town.fabric.listen(far, 7, echo)
        pipe = await town.fabric.connect(one, far.interfaces[0].address, 7)
        sent = bytes(range(256)) * 2000

        async def write() -> None:
            for start in range(0, len(sent), 7001):
                pipe.write(sent[start : start + 7001])
                await pipe.drain()
            pipe.close()

        writing = asyncio.create_task(write())
        got = b""
        while data := await pipe.read():
            got += data
        await writing
        assert got == sent
        pipe.write(b"too late")
        assert pipe.local == one.interfaces[0].address
        assert (pipe.remote, pipe.remote_port) == (far.interfaces[0].address, 7)

    asyncio.run(scenario())


def test_who_does_not_read_holds_the_writer_back(town: Town) -> None:
    one, far = pair(town)

    async def scenario() -> None:
        taken: list[Pipe] = []

        async def slow(pipe: Pipe) -> None:
            taken.append(pipe)
            await asyncio.sleep(10)

        town.fabric.listen(far, 7, slow)
        pipe = await town.fabric.connect(one, far.interfaces[0].address, 7)
        pipe.write(b"x" * 100_000)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(pipe.drain(), 0.05)
        assert len(await taken[0].read_exactly(100_000)) == 100_000
        await asyncio.wait_for(pipe.drain(), 1)
        town.fabric.shut()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("address", "error", "code"),
    [
        ("10.1.1.200", OSError, errno.EHOSTUNREACH),
        ("10.0.99.99", OSError, errno.EHOSTUNREACH),
        ("8.8.8.8", OSError, errno.ENETUNREACH),
        ("10.1.2.2", OSError, errno.ENETUNREACH),
        ("10.0.100.2", ConnectionRefusedError, errno.ECONNREFUSED),
        ("127.0.0.1", ConnectionRefusedError, errno.ECONNREFUSED),
        ("172.18.0.5", TimeoutError, errno.ETIMEDOUT),
    ],
)
def test_why_nobody_answers(town: Town, address: str, error: type[OSError], code: int) -> None:
    one, _ = pair(town)
    town.container(0, town.overlay(2))
    with pytest.raises(error) as caught:
        asyncio.run(town.fabric.connect(one, address, 81))
    assert caught.value.errno == code


def test_a_stack_without_a_network_has_no_route(town: Town) -> None:
    with pytest.raises(OSError, match="Network is unreachable"):
        asyncio.run(town.fabric.connect(Stack(town.host(0), "none"), "10.0.100.1", 80))


def test_a_connection_waits_for_a_link_that_heals(town: Town) -> None:
    one, far = pair(town)

    async def scenario() -> None:
        town.fabric.listen(far, 7, echo)
        town.faults.links["host1"] = Link(up=False)
        opening = asyncio.create_task(town.fabric.connect(one, far.interfaces[0].address, 7))
        await asyncio.sleep(0.01)
        assert not opening.done()
        del town.faults.links["host1"]
        pipe = await opening
        town.faults.links["host0"] = Link(up=False)
        pipe.write(b"one ")
        pipe.write(b"two")
        pipe.close()
        await asyncio.sleep(0.01)
        del town.faults.links["host0"]
        assert await pipe.read_exactly(7) == b"one two"
        assert await pipe.read() == b""

    asyncio.run(scenario())


def test_a_connection_is_lost_after_a_quarter_of_an_hour(town: Town) -> None:
    town = Town(speed=100_000)
    one, far = pair(town)

    async def scenario() -> None:
        town.fabric.listen(far, 7, echo)
        pipe = await town.fabric.connect(one, far.interfaces[0].address, 7)
        town.faults.links["host1"] = Link(up=False)
        pipe.write(b"lost")
        with pytest.raises(OSError, match="timed out"):
            await pipe.read()

    asyncio.run(scenario())


def test_a_slow_link_delays_what_passes_but_keeps_its_order(town: Town) -> None:
    town = Town(speed=100)
    one, far = pair(town)

    async def scenario() -> None:
        town.fabric.listen(far, 7, echo)
        town.faults.links["host1"] = Link(delay_ms=500, loss=0.2)
        pipe = await town.fabric.connect(one, far.interfaces[0].address, 7)
        asked = town.clock.time()
        for number in range(20):
            pipe.write(b"%d " % number)
        pipe.close()
        got = b""
        while data := await pipe.read():
            got += data
        assert got == b"".join(b"%d " % number for number in range(20))
        assert town.clock.time() - asked >= 1.0

    asyncio.run(scenario())


def test_what_leaves_ends_its_connections(town: Town) -> None:
    one, far = pair(town)

    async def scenario() -> None:
        ended = asyncio.Event()

        async def patient(pipe: Pipe) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        town.fabric.listen(far, 7, patient)
        pipe = await town.fabric.connect(one, far.interfaces[0].address, 7)
        await asyncio.sleep(0)
        for card in list(far.interfaces):
            town.fabric.leave(card)
        assert await pipe.read() == b""
        await asyncio.wait_for(ended.wait(), 1)
        assert far.listening == {}
        assert len(town.fabric.connections) == 0

    asyncio.run(scenario())


def test_published_ports_answer_on_their_host_only(town: Town) -> None:
    web = town.on_bridge(0, label="web")
    near, other, far = town.on_bridge(0), town.container(0, town.overlay(1)), town.container(1, town.overlay(2))
    host0, host1 = town.host(0), town.host(1)
    laptop = town.fabric.outside("laptop", "10.0.0.7")

    async def scenario() -> None:
        town.fabric.listen(web, 80, answering("web"))
        town.fabric.publish(host0, "tcp", 8081, web, 80)
        # As seen with real engines: docker-proxy speaks for the host's own containers, under the bridge's address.
        assert await ask(town, near, host0.address, 8081) == ["web", "172.17.0.1"]
        assert await ask(town, near, "172.17.0.1", 8081) == ["web", "172.17.0.1"]
        assert await ask(town, other, "172.18.0.1", 8081) == ["web", "172.17.0.1"]
        assert await ask(town, host0.stack, "127.0.0.1", 8081) == ["web", "172.17.0.1"]
        assert await ask(town, host1.stack, host0.address, 8081) == ["web", host1.address]
        assert await ask(town, far, host0.address, 8081) == ["web", host1.address]
        assert await ask(town, laptop, host0.address, 8081) == ["web", "10.0.0.7"]
        with pytest.raises(ConnectionRefusedError):
            await ask(town, laptop, host1.address, 8081)
        with pytest.raises(OSError, match="Network is unreachable"):
            await ask(town, laptop, web.interfaces[0].address, 80)
        town.fabric.unpublish(host0, "tcp", 8081)
        town.fabric.unpublish(host0, "tcp", 8081)
        with pytest.raises(ConnectionRefusedError):
            await ask(town, laptop, host0.address, 8081)

    asyncio.run(scenario())


def test_a_port_published_on_one_address_answers_there(town: Town) -> None:
    web, host = town.on_bridge(0), town.host(0)

    async def scenario() -> None:
        town.fabric.listen(web, 80, answering("web"))
        town.fabric.publish(host, "tcp", 8081, web, 80, address="127.0.0.1")
        assert (await ask(town, host.stack, "127.0.0.1", 8081))[0] == "web"
        with pytest.raises(ConnectionRefusedError):
            await ask(town, town.host(1).stack, host.address, 8081)

    asyncio.run(scenario())


def test_a_port_is_published_once(town: Town) -> None:
    web, host = town.on_bridge(0), town.host(0)
    town.fabric.publish(host, "tcp", 8081, web, 80)
    with pytest.raises(OSError, match="port is already allocated"):
        town.fabric.publish(host, "tcp", 8081, web, 80, address="127.0.0.1")
    town.fabric.publish(host, "udp", 8081, web, 80)
    town.fabric.publish(town.host(1), "tcp", 8081, town.on_bridge(1), 80)
    town.fabric.listen(host.stack, 9000, answering("host"))
    with pytest.raises(OSError, match="address already in use"):
        town.fabric.publish(host, "tcp", 9000, web, 80)
    with pytest.raises(OSError, match="Address already in use"):
        town.fabric.listen(host.stack, 8081, answering("host"))
    assert [town.fabric.free_port(host) for _ in range(2)] == [32768, 32769]
    town.fabric.publish(host, "tcp", 32770, web, 80)
    assert town.fabric.free_port(host) == 32771


def test_a_host_answers_with_what_runs_in_its_own_network(town: Town) -> None:
    far, near = town.container(1, town.overlay(1)), town.on_bridge(0)

    async def scenario() -> None:
        town.fabric.listen(town.host(0).stack, 9323, answering("host"))
        assert await ask(town, far, town.host(0).address, 9323) == ["host", town.host(1).address]
        assert await ask(town, near, "172.17.0.1", 9323) == ["host", near.interfaces[0].address]

    asyncio.run(scenario())
