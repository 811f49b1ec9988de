"""What ping and nslookup write, read without an engine."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmkit_helpers.errors import TargetRefused
from swarmkit_helpers.probes import live
from swarmkit_helpers.probes.dns import parse_nslookup
from swarmkit_helpers.probes.pcap import decode_pcap
from swarmkit_helpers.probes.ping import PingResult, parse_ping
from swarmkit_helpers.probes.target import check_target

BUSYBOX = """PING alpine1 (10.0.1.2): 56 data bytes
64 bytes from 10.0.1.2: seq=0 ttl=64 time=0.100 ms
64 bytes from 10.0.1.2: seq=1 ttl=64 time=0.300 ms

--- alpine1 ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = 0.100/0.200/0.300 ms
"""
IPUTILS_TOO_LONG = """PING 10.11.0.5 (10.11.0.5) 1123(1151) bytes of data.
ping: local error: message too long, mtu=1150

--- 10.11.0.5 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms
"""


def read(output: str, exit_code: int = 0) -> PingResult:
    return parse_ping("alpine2", "alpine1", "docker ...", exit_code, output)


def test_all_came_back() -> None:
    result = read(BUSYBOX)
    assert (result.outcome, result.sent, result.received, result.rtts_ms) == ("passed", 2, 2, (0.1, 0.3))
    assert result.rtt_ms == pytest.approx(0.2)
    assert result.loss_percent == 0
    assert result.address == "10.0.1.2"


COUNTED = "2 packets transmitted, 2 {}received, 0% packet loss"
SMALL = {
    "BusyBox, 0": (
        "PING alpine1 (10.0.1.2): 0 data bytes\n"
        "8 bytes from 10.0.1.2: seq=0 ttl=64\n"
        "8 bytes from 10.0.1.2: seq=1 ttl=64\n\n" + COUNTED.format("packets "),
        (None, None),
    ),
    "BusyBox, 3": (
        "PING alpine1 (10.0.1.2): 3 data bytes\n"
        "11 bytes from 10.0.1.2: seq=0 ttl=64\n"
        "11 bytes from 10.0.1.2: seq=1 ttl=64\n\n" + COUNTED.format("packets "),
        (None, None),
    ),
    "BusyBox, 4": (
        "PING alpine1 (10.0.1.2): 4 data bytes\n"
        "12 bytes from 10.0.1.2: seq=0 ttl=64 time=0.087 ms\n"
        "12 bytes from 10.0.1.2: seq=1 ttl=64 time=0.101 ms\n\n" + COUNTED.format("packets "),
        (0.087, 0.101),
    ),
    "iputils, 15": (
        "PING alpine1 (10.0.1.2) 15(43) bytes of data.\n"
        "23 bytes from alpine1.test-net (10.0.1.2): icmp_seq=1 ttl=64\n"
        "23 bytes from alpine1.test-net (10.0.1.2): icmp_seq=2 ttl=64\n\n" + COUNTED.format(""),
        (None, None),
    ),
    "iputils, 16": (
        "PING alpine1 (10.0.1.2) 16(44) bytes of data.\n"
        "24 bytes from alpine1.test-net (10.0.1.2): icmp_seq=1 ttl=64 time=0.083 ms\n"
        "24 bytes from alpine1.test-net (10.0.1.2): icmp_seq=2 ttl=64 time=0.086 ms\n\n" + COUNTED.format(""),
        (0.083, 0.086),
    ),
}
"""What each ping wrote, by its size in bytes, and how long each packet took: recorded on a lab."""


@pytest.mark.parametrize(("output", "rtts"), SMALL.values(), ids=SMALL)
def test_a_packet_too_small_to_carry_a_time_came_back_all_the_same(output: str, rtts: tuple[float | None, ...]) -> None:
    result = read(output)
    timed = tuple(rtt for rtt in rtts if rtt is not None)
    assert (result.outcome, result.received, result.loss_percent, result.rtts_ms) == ("passed", 2, 0, timed)
    assert "?" not in result.reason and ("sans durée" in result.reason) == (not timed)
    assert ("ms en moyenne" in result.reason) == bool(timed)
    replies = [reply for reply in map(live._reply, output.splitlines()) if reply]
    assert [(reply.number, reply.rtt_ms, reply.came_back) for reply in replies] == [
        (1, rtts[0], True),
        (2, rtts[1], True),
    ]
    assert not live.Reply(1, None).came_back


def test_some_were_lost() -> None:
    result = read(BUSYBOX.replace("2 packets received, 0%", "1 packets received, 50%"))
    assert (result.outcome, result.loss_percent) == ("failed", 50)
    assert "partielle" in result.reason


def test_none_came_back() -> None:
    result = read(
        "PING a (10.0.1.9): 56 data bytes\n\n--- a ping statistics ---\n"
        "2 packets transmitted, 0 packets received, 100% packet loss\n",
        1,
    )
    assert (result.outcome, result.received, result.rtt_ms) == ("failed", 0, None)


def test_too_long_for_the_mtu() -> None:
    result = read(IPUTILS_TOO_LONG, 1)
    assert result.outcome == "failed"
    assert "1150" in result.reason


@pytest.mark.parametrize(
    ("output", "exit_code", "outcome", "words"),
    [
        ("ping: bad address 'x'\n", 1, "failed", "pas connu"),
        ("ping: sendto: Network is unreachable\n", 1, "failed", "route"),
        ("exec: ping: executable file not found in $PATH\n", 127, "not_run", "pas pu"),
        ("", 0, "not_run", "pas pu"),
        ("ping: permission denied (are you root?)\n", 1, "not_run", "permission"),
    ],
)
def test_what_went_wrong(output: str, exit_code: int, outcome: str, words: str) -> None:
    result = read(output, exit_code)
    assert result.outcome == outcome
    assert words in result.reason


@given(st.text(max_size=300), st.integers(0, 255))
def test_no_output_passes_by_chance(output: str, exit_code: int) -> None:
    result = read(output, exit_code)
    assert result.outcome != "passed" or (result.sent and result.sent == result.received)


def test_nslookup() -> None:
    output = (
        "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\n"
        "Non-authoritative answer:\nName:\ttasks.web\nAddress: 10.0.1.10\nName:\ttasks.web\nAddress: 10.0.1.9\n\n"
    )
    result = parse_nslookup("alpine1", "tasks.web", output)
    assert (result.server, result.addresses) == ("127.0.0.11", ("10.0.1.9", "10.0.1.10"))
    unknown = parse_nslookup(
        "a", "x", "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\n** server can't find x: NXDOMAIN\n"
    )
    assert unknown.addresses == ()


@pytest.mark.parametrize(
    "target", ["alpine1", "my-nginx.1", "tasks.my-nginx", "10.0.0.1", "my_service", "a", "debian.org."]
)
def test_targets(target: str) -> None:
    assert check_target(target) == target


@given(st.text(min_size=1).filter(lambda text: not text.isascii() or any(c in text for c in " ;|&$`'\"\n\\<>()*")))
def test_nothing_a_shell_would_read_is_a_target(text: str) -> None:
    with pytest.raises(TargetRefused):
        check_target(text)


@settings(deadline=None)  # the first of them imports the decoder
@given(st.binary(max_size=400))
def test_any_bytes_are_decoded_without_failing(raw: bytes) -> None:
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    frame = struct.pack("<IIII", 1, 0, len(raw), len(raw)) + raw
    assert len(list(decode_pcap(header + frame))) <= 1
    assert list(decode_pcap(raw[:23])) == []
