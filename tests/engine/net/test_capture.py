"""What captures show; the shapes are those of a capture between two real engines."""

from __future__ import annotations

import asyncio
import errno
import io
from typing import Any

import dpkt
import pytest

from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.net import capture
from swarmkit_helpers.engine.net.capture import Tap
from swarmkit_helpers.engine.net.expression import compiled
from swarmkit_helpers.engine.net.stack import Stack
from swarmkit_helpers.probes.pcap import count_esp, decode_pcap
from swarmkit_helpers.topology.packet import VxlanPacket

from .town import Town, answering, ask

FILTER = "udp port 4789 or esp"


@pytest.fixture
def town() -> Town:
    return Town()


def pcap(tap: Tap) -> bytes:
    return capture.pcap_header() + b"".join(capture.pcap_record(*seen) for seen in tap.taken())


def decoded(tap: Tap) -> list[VxlanPacket]:
    return list(decode_pcap(pcap(tap)))


def test_a_ping_between_hosts_passes_both_wires_in_vxlan(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    here, there = (town.fabric.tap(town.host(number).stack, "eth0", FILTER) for number in (0, 1))
    third = town.fabric.tap(town.host(2).stack, "eth0")
    told = town.fabric.send(one, far.interfaces[0].address, identifier=7, sequence=3)
    request, reply = decoded(here)
    assert [request.protocol, reply.protocol] == ["ICMP echo request", "ICMP echo reply"]
    assert (request.outer_source, request.outer_destination) == (town.host(0).address, town.host(1).address)
    assert (request.inner_source, request.inner_destination) == (one.interfaces[0].address, far.interfaces[0].address)
    assert (request.inner_source_mac, request.inner_destination_mac) == (one.interfaces[0].mac, far.interfaces[0].mac)
    assert (request.vni, request.outer_destination_port, request.outer_bytes, request.inner_bytes) == (
        4097,
        4789,
        148,
        98,
    )
    assert (reply.inner_source, reply.outer_source) == (far.interfaces[0].address, town.host(1).address)
    assert request.outer_source_port == reply.outer_source_port
    assert reply.time_s == pytest.approx(told.rtt_ms / 1000, abs=2e-6)
    assert [packet.protocol for packet in decoded(there)] == ["ICMP echo request", "ICMP echo reply"]
    assert third.taken() == []


def test_frames_stand_as_far_apart_as_at_an_engine_s_own_pace() -> None:
    async def scenario() -> list[VxlanPacket]:
        town = Town(speed=10)
        net = town.overlay(1)
        one, far = town.container(0, net), town.container(1, net)
        tap = town.fabric.tap(town.host(0).stack, "eth0", FILTER)
        for sequence in (1, 2):
            town.fabric.send(one, far.interfaces[0].address, sequence=sequence)
            await town.clock.sleep(0.2)
        return decoded(tap)

    packets = asyncio.run(scenario())
    assert packets[2].time_s - packets[0].time_s >= 0.2


def test_checksums_are_right(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    tap = town.fabric.tap(town.host(0).stack)
    town.fabric.send(one, far.interfaces[0].address)
    outer = dpkt.ethernet.Ethernet(tap.taken()[0][1]).data
    inner = dpkt.ethernet.Ethernet(outer.data.data[8:]).data
    assert (outer.df, inner.df) == (0, 1)
    for packet in (outer, inner):
        assert dpkt.in_cksum(bytes(packet)[:20]) == 0
    assert dpkt.in_cksum(bytes(inner.data)) == 0
    assert (outer.data.ulen, outer.len, inner.data.data.seq) == (114, 134, 1)
    assert inner.data.data.data[16:20] == b"\x10\x11\x12\x13"


def test_what_stays_on_a_host_never_passes_its_wire(town: Town) -> None:
    net = town.overlay(1)
    one, near = town.container(0, net), town.container(0, net)
    net.vips["10.1.1.2"] = [near.interfaces[0].address]
    wire = town.fabric.tap(town.host(0).stack)
    inside = town.fabric.tap(near, "eth0", "icmp")
    for address in (near.interfaces[0].address, "10.1.1.2", "127.0.0.1", "172.18.0.1"):
        assert town.fabric.send(one, address).outcome == "reached"
    assert wire.taken() == []
    assert len(inside.taken()) == 2


def test_no_arp_between_the_hosts_of_an_overlay(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    wire, card = town.fabric.tap(town.host(0).stack, "eth0", "arp"), town.fabric.tap(one, "eth0", "arp")
    town.fabric.send(one, far.interfaces[0].address)
    town.fabric.send(one, far.interfaces[0].address)
    town.fabric.send(one, "10.1.1.200")
    assert wire.taken() == []
    seen = [dpkt.ethernet.Ethernet(frame).data for _, frame in card.taken()]
    assert [packet.op for packet in seen] == [dpkt.arp.ARP_OP_REQUEST, dpkt.arp.ARP_OP_REPLY, dpkt.arp.ARP_OP_REQUEST]
    assert seen[1].sha.hex(":") == far.interfaces[0].mac
    town.fabric.send(town.host(0).stack, town.host(1).address)
    assert len(wire.taken()) == 2, "on the wire itself it passes"
    door = town.fabric.tap(one, "eth1", "arp")
    town.fabric.send(one, town.host(1).address)
    town.fabric.send(one, town.host(2).address)
    asked = [dpkt.ethernet.Ethernet(frame).data for _, frame in door.taken()]
    assert [packet.tpa for packet in asked] == [bytes([172, 18, 0, 1]), asked[0].spa], "the gateway, once"


def test_an_encrypted_overlay_shows_esp_only(town: Town) -> None:
    net = town.overlay(1, encrypted=True)
    one, far = town.container(0, net), town.container(1, net)
    tap = town.fabric.tap(town.host(1).stack, "eth0", FILTER)
    town.fabric.send(one, far.interfaces[0].address)
    raw = pcap(tap)
    assert (count_esp(raw), list(decode_pcap(raw))) == (2, [])
    _, frame = next(iter(dpkt.pcap.Reader(io.BytesIO(raw))))
    # 114 bytes of UDP, padding to four and two more, 16 before them and 8 after.
    assert len(frame) == 14 + 20 + 16 + 116 + 8
    assert frame[:14] == dpkt.ethernet.Ethernet(frame).pack_hdr()


def test_what_is_lost_is_seen_where_it_left(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    here, there = (town.fabric.tap(town.host(number).stack, "eth0", FILTER) for number in (0, 1))
    town.faults.links["host1"] = Link(up=False)
    assert town.fabric.send(one, far.interfaces[0].address).outcome == "lost"
    assert (len(here.taken()), len(there.taken())) == (1, 0)


def test_a_long_packet_passes_in_pieces(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    tap = town.fabric.tap(town.host(0).stack)
    town.fabric.send(one, far.interfaces[0].address, size=1500)
    seen = [frame for _, frame in tap.taken()]
    assert [len(frame) for frame in seen] == [1508, 168, 1508, 168], "as between real engines"
    first, second = (
        dpkt.ethernet.Ethernet(dpkt.ethernet.Ethernet(frame).data.data.data[8:]).data for frame in seen[:2]
    )
    assert (first.mf, first.offset, second.mf, second.offset * 8) == (1, 0, 0, 1424)
    assert first.id == second.id


def test_a_connection_passes_as_tcp(town: Town) -> None:
    net = town.overlay(1)
    one, far = town.container(0, net), town.container(1, net)
    tap = town.fabric.tap(town.host(0).stack, "eth0", FILTER)

    async def scenario() -> None:
        town.fabric.listen(far, 80, answering("web"))
        pipe = await town.fabric.connect(one, far.interfaces[0].address, 80)
        pipe.write(b"GET\n")
        assert await pipe.read_line() == f"web {one.interfaces[0].address}\n".encode()
        assert await pipe.read() == b""
        pipe.abort()
        with pytest.raises(ConnectionRefusedError):
            await town.fabric.connect(one, far.interfaces[0].address, 81)

    asyncio.run(scenario())
    frames = [frame for _, frame in tap.taken()]
    inner = [dpkt.ethernet.Ethernet(dpkt.ethernet.Ethernet(frame).data.data.data[8:]).data for frame in frames]
    seen = [(packet.data, packet.data.flags) for packet in inner]
    syn, ack, fin, rst, push = (
        dpkt.tcp.TH_SYN,
        dpkt.tcp.TH_ACK,
        dpkt.tcp.TH_FIN,
        dpkt.tcp.TH_RST,
        dpkt.tcp.TH_PUSH,
    )
    assert [flags for _, flags in seen] == [
        *(syn, syn | ack, ack),
        *(push | ack, ack),
        *(push | ack, ack),
        *(fin | ack, ack),
        *(fin | ack, ack),
        *(syn, rst | ack),
    ]
    assert [len(seen) for seen in frames[:3]] == [124, 124, 116], "as between real engines"
    assert (len(frames[-2]), len(frames[-1])) == (124, 104)
    assert seen[0][0].opts[:4] == bytes([2, 4, 0x05, 0x82]), "an MSS of 1410"
    opened, accepted, confirmed = (segment for segment, _ in seen[:3])
    assert (accepted.ack, confirmed.seq, confirmed.ack) == (opened.seq + 1, opened.seq + 1, accepted.seq + 1)
    assert seen[3][0].data == b"GET\n"
    assert seen[4][0].ack == seen[3][0].seq + 4
    for packet in inner:
        pseudo = packet.src + packet.dst + b"\x00\x06" + len(bytes(packet.data)).to_bytes(2, "big")
        assert dpkt.in_cksum(pseudo + bytes(packet.data)) == 0


def test_the_vip_is_rewritten_before_the_wire(town: Town) -> None:
    net = town.overlay(1)
    balancer = town.balancer(0, net)
    one, far = town.container(0, net), town.container(1, net)
    net.vips["10.1.1.2"] = [far.interfaces[0].address]
    wire, card = town.fabric.tap(town.host(0).stack, "eth0", FILTER), town.fabric.tap(one, "eth0", "tcp")

    async def scenario() -> None:
        town.fabric.listen(far, 80, answering("web"))
        await ask(town, one, "10.1.1.2")

    asyncio.run(scenario())
    first = decoded(wire)[0]
    assert (first.inner_source, first.inner_destination) == (balancer.address, far.interfaces[0].address)
    asked = dpkt.ethernet.Ethernet(card.taken()[0][1])
    assert (asked.dst.hex(":"), asked.data.dst) == (balancer.mac, bytes([10, 1, 1, 2]))


def test_the_mesh_shows_the_way_in_and_the_way_on(town: Town) -> None:
    ingress = town.overlay(0, ingress=True)
    sandboxes = [town.balancer(host, ingress) for host in range(3)]
    task = town.container(2, ingress)
    town.mesh(ingress, 8080, 80, [task])
    laptop = town.fabric.outside("laptop", "10.0.0.7")
    tap = town.fabric.tap(town.host(0).stack)

    async def scenario() -> None:
        town.fabric.listen(task, 80, answering("web"))
        await ask(town, laptop, town.host(0).address, 8080)

    asyncio.run(scenario())
    frames = [frame for _, frame in tap.taken()]
    clear = [dpkt.ethernet.Ethernet(frame).data for frame in frames]
    asked = next(packet for packet in clear if isinstance(packet.data, dpkt.tcp.TCP))
    assert (asked.src, asked.data.dport) == (bytes([10, 0, 0, 7]), 8080)
    raw = capture.pcap_header() + b"".join(capture.pcap_record(0, frame) for frame in frames)
    passed = next(iter(decode_pcap(raw)))
    assert passed.inner_source == sandboxes[0].address
    assert passed.protocol == f"TCP {asked.data.sport} → 80 [SYN]"


def test_a_tap_ends_with_its_interface_and_is_read_to_the_end(town: Town) -> None:
    net = town.overlay(1)
    one, near = town.container(0, net), town.container(0, net)

    async def scenario() -> list[bytes]:
        with town.fabric.tap(one, "eth0", "icmp") as tap:
            reading = asyncio.create_task(read(tap))
            await asyncio.sleep(0)
            town.fabric.send(one, near.interfaces[0].address)
            town.fabric.leave(one.interfaces[0])
            return await asyncio.wait_for(reading, 1)

    async def read(tap: Tap) -> list[bytes]:
        return [frame async for _, frame in tap]

    assert len(asyncio.run(scenario())) == 2
    assert not town.fabric.wires.watched
    with pytest.raises(OSError, match="No such device") as caught:
        town.fabric.tap(Stack(town.host(0), "none"))
    assert caught.value.errno == errno.ENODEV


def frame(source: str, destination: str, payload: Any, protocol: int) -> bytes:
    packet = dpkt.ip.IP(src=dotted(source), dst=dotted(destination), p=protocol, data=payload)
    packet.len = len(packet)
    return bytes(dpkt.ethernet.Ethernet(src=b"\x02" * 6, dst=b"\x03" * 6, data=packet))


def dotted(address: str) -> bytes:
    return bytes(int(part) for part in address.split("."))


WEB = frame("10.0.3.62", "10.0.3.63", dpkt.tcp.TCP(sport=40000, dport=80), 6)
VXLAN = frame("10.0.3.63", "10.0.3.64", dpkt.udp.UDP(sport=40000, dport=4789), 17)
PING = frame("10.0.3.64", "10.0.3.62", dpkt.icmp.ICMP(), 1)
ALL = {"web": WEB, "vxlan": VXLAN, "ping": PING}


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ("", "web vxlan ping"),
        ("udp port 4789 or esp", "vxlan"),
        ("icmp", "ping"),
        ("tcp and dst port 80", "web"),
        ("src port 80", ""),
        ("port 80 or port 4789", "web vxlan"),
        ("not icmp", "web vxlan"),
        ("host 10.0.3.62", "web ping"),
        ("src host 10.0.3.62", "web"),
        ("dst 10.0.3.62 and icmp", "ping"),
        ("ip host 10.0.3.64 && !(icmp)", "vxlan"),
        ("net 10.0.3.0/24 and (tcp or icmp)", "web ping"),
        ("portrange 1-100", "web"),
        ("tcp port http", "web"),
        ("ether src 02:02:02:02:02:02 and less 40", "ping"),
        ("arp or ip6", ""),
    ],
)
def test_expressions(expression: str, taken: str) -> None:
    accepts = compiled(expression)
    assert " ".join(name for name, seen in ALL.items() if accepts(seen)) == taken


@pytest.mark.parametrize(
    "expression",
    ["udp port", "udp (", "port x", "nothing", "icmp icmp", "or", "host 1.2.3.400", "net x", "(icmp", "not"],
)
def test_expressions_that_say_nothing(expression: str) -> None:
    with pytest.raises(ValueError, match="syntax error"):
        compiled(expression)
