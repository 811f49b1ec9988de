"""The project's own probes read what our tools write, as they read the real ones."""

from __future__ import annotations

import asyncio

import pytest

from swarmkit_helpers.engine.programs import catalogue
from swarmkit_helpers.probes.dns import parse_nslookup
from swarmkit_helpers.probes.pcap import decode_pcap
from swarmkit_helpers.probes.ping import parse_ping

from .bench import Bench, play

ELSEWHERE = "worker1.i2tch.loc"


def towns() -> Bench:
    bench = Bench()
    bench.add("one")
    bench.add("tools", catalogue.TOOLS)
    bench.add("two", host=ELSEWHERE)
    return bench


@pytest.mark.parametrize("source", ["one", "tools"])
@pytest.mark.parametrize(
    ("target", "outcome", "sent", "received", "address"),
    [
        ("two", "passed", 2, 2, "10.0.1.4"),
        ("10.0.1.4", "passed", 2, 2, "10.0.1.4"),
        ("10.0.1.77", "failed", 2, 0, "10.0.1.77"),
        ("nobody", "failed", 0, 0, None),
        ("192.0.2.1", "failed", 0, 0, None),
    ],
)
def test_ping_is_read(source: str, target: str, outcome: str, sent: int, received: int, address: str | None) -> None:
    async def scenario() -> None:
        bench = towns()
        code, out, err = await bench.run(source, "ping", "-c", "2", "-i", "0.2", "-W", "2", target)
        result = parse_ping(source, target, "", code, out + err)
        said = (result.outcome, result.sent, result.received, len(result.rtts_ms))
        if target != "192.0.2.1":
            assert (*said, result.address) == (outcome, sent, received, received, address), out + err
        else:  # there is no way: both say so, in their own words
            assert (result.outcome, result.received) == ("failed", 0)
            assert "Network is unreachable" in out + err
        await bench.close()

    play(scenario())


@pytest.mark.parametrize(
    ("name", "addresses", "code"), [("two", ("10.0.1.4",), 0), ("one", ("10.0.1.2",), 0), ("nobody", (), 1)]
)
def test_nslookup_is_read(name: str, addresses: tuple[str, ...], code: int) -> None:
    async def scenario() -> None:
        bench = towns()
        ended, out, err = await bench.run("one", "nslookup", name)
        found = parse_nslookup("one", name, out + err)
        assert (ended, found.server, found.addresses) == (code, "127.0.0.11", addresses)
        await bench.close()

    play(scenario())


def test_captured_packets_are_read() -> None:
    async def scenario() -> None:
        bench = towns()
        host = bench.world.hosts[ELSEWHERE]
        listener = bench.add("listener", catalogue.TOOLS, host=ELSEWHERE, joined=False)
        listener.stack = host.stack
        words = ("tcpdump", "-Z", "root", "--immediate-mode", "-U", "-n", "-w", "-", "-c", "4", "-i", "eth0")
        run = bench.start("listener", *words, "udp port 4789 or esp")
        await run.until("listening on")
        await bench.run("one", "ping", "-c", "2", "-i", "0.2", "two")
        assert await asyncio.wait_for(run.wait(), 10) == 0
        seen = list(decode_pcap(bytes(run.written)))
        assert [(packet.vni, packet.inner_source, packet.inner_destination) for packet in seen] == [
            (4097, "10.0.1.2", "10.0.1.4"),
            (4097, "10.0.1.4", "10.0.1.2"),
        ] * 2
        assert "4 packets captured" in run.err
        await bench.close()

    play(scenario())
