from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmkit_helpers.topology.packet import OVERHEAD_BYTES
from swarmkit_helpers.topology.sandbox import (
    Interface,
    parse_ip_addr,
    parse_ip_route,
    parse_resolv_conf,
)

from . import swarms

BUSYBOX_ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
12: eth0@if13: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1450 qdisc noqueue state UP\x20
    link/ether 02:42:0A:00:01:02 brd ff:ff:ff:ff:ff:ff
    inet 10.0.1.2/24 brd 10.0.1.255 scope global eth0
       valid_lft forever preferred_lft forever
14: eth1@if15: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue state UP\x20
    link/ether 02:42:ac:12:00:03 brd ff:ff:ff:ff:ff:ff
    inet 172.18.0.3/16 brd 172.18.255.255 scope global eth1
       valid_lft forever preferred_lft forever
    inet6 fe80::42:acff:fe12:3/64 scope link
       valid_lft forever preferred_lft forever
"""


def test_ip_addr_of_busybox() -> None:
    assert parse_ip_addr(BUSYBOX_ADDR) == swarms.SANDBOX.interfaces


def test_ip_addr_with_several_addresses_and_with_none() -> None:
    text = """\
1: lo: <LOOPBACK> mtu 65536
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
24: eth0@if25: <UP> mtu 1450 qdisc noqueue state UP group default
    link/ether 02:42:0a:00:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0
    inet 10.0.0.5/32 scope global eth0
"""
    assert parse_ip_addr(text) == (
        Interface("lo", None, None, 65536),
        Interface("eth0", "10.0.0.2/24", "02:42:0a:00:00:02", 1450),
        Interface("eth0", "10.0.0.5/32", "02:42:0a:00:00:02", 1450),
    )


def test_ip_route_of_busybox() -> None:
    text = "default via 172.18.0.1 dev eth1 \n10.0.1.0/24 dev eth0 scope link  src 10.0.1.2 \n\n"
    assert parse_ip_route(text) == (
        "default via 172.18.0.1 dev eth1",
        "10.0.1.0/24 dev eth0 scope link src 10.0.1.2",
    )


def test_resolv_conf() -> None:
    text = """\
# made by docker
nameserver 127.0.0.11
search i2tch.loc
options ndots:0
nameserver 9.9.9.9 # un autre
;nameserver 1.1.1.1
"""
    assert parse_resolv_conf(text) == ("127.0.0.11", "9.9.9.9")


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    assert all(interface.name for interface in parse_ip_addr(text))
    assert all(route.strip() == route for route in parse_ip_route(text))
    assert all(resolver for resolver in parse_resolv_conf(text))


def test_the_overhead_is_what_the_mtu_loses() -> None:
    assert OVERHEAD_BYTES == 1500 - 1450 == 1200 - 1150
    assert swarms.PING.outer_bytes - swarms.PING.inner_bytes == OVERHEAD_BYTES
    assert swarms.PING.carries_ipv4 and not swarms.ARP.carries_ipv4
