"""What captures would have seen in the generated swarms: every way that a packet can take, or not."""

from __future__ import annotations

from dataclasses import replace

from swarmkit_helpers.lab.cluster import Capabilities
from swarmkit_helpers.probes.capture import Capture
from swarmkit_helpers.probes.http import HttpResult
from swarmkit_helpers.probes.names import NameAnswer
from swarmkit_helpers.probes.ping import PingResult, parse_ping
from swarmkit_helpers.topology.holders import holder_of
from swarmkit_helpers.topology.model import Topology
from swarmkit_helpers.topology.naming import kind_of_name, why_unknown
from swarmkit_helpers.topology.packet import VxlanPacket
from tests.show import swarms
from tests.widgets.probed import nginx_with_alpine

SWARM = nginx_with_alpine()
NODES = {"manager": "10.0.3.62", "worker1": "10.0.3.63", "worker2": "10.0.3.64"}
FULL, BARE = Capabilities(True, True, True, True), Capabilities(capture=True)
VIP, TASK, BALANCER = "10.0.1.2", "10.0.1.7", "10.0.1.11"
"""my-nginx: its VIP, its third task, on worker2, and worker1's own load balancer."""
CIPHERED = replace(
    SWARM, networks=tuple(replace(n, encrypted=True) if n.name == "nginx-net" else n for n in SWARM.networks)
)


def packet(
    source: str, target: str, ways: tuple[str, str], protocol: str = "ICMP echo request", at: float = 0.0
) -> VxlanPacket:
    return replace(
        swarms.PING,
        time_s=at,
        inner_source=source,
        inner_destination=target,
        inner_source_mac=swarms.mac(source),
        inner_destination_mac=swarms.mac(target),
        outer_source=NODES[ways[0]],
        outer_destination=NODES[ways[1]],
        protocol=protocol,
    )


def there_and_back(source: str, target: str, ways: tuple[str, str], *protocols: str) -> tuple[VxlanPacket, ...]:
    first, second = protocols or ("ICMP echo request", "ICMP echo reply")
    return (
        packet(source, target, ways, first),
        packet(target, source, (ways[1], ways[0]), second, 0.0004),
    )


def pinged(target: str, address: str | None, received: int) -> PingResult:
    command = f"docker container exec alpine1 ping -c 2 -i 0.2 -W 2 {target}"
    if address is None:
        return parse_ping("alpine1", target, command, 1, f"ping: bad address '{target}'")
    lines = [f"64 bytes from {address}: seq={n} ttl=64 time=0.2 ms" for n in range(received)]
    count = f"2 packets transmitted, {received} packets received, 0% packet loss"
    output = "\n".join([f"PING {target} ({address}): 56 data bytes", *lines, count])
    return parse_ping("alpine1", target, command, 0 if received == 2 else 1, output)


def answer(topology: Topology, name: str, *addresses: str) -> NameAnswer:
    source = topology.container("alpine1")
    assert source is not None
    holders = tuple(holder_of(topology, address, source) for address in addresses)
    why = "une réponse" if holders else why_unknown(topology, source, name)
    command = f"docker container exec alpine1 nslookup {name}"
    kind = kind_of_name(topology, name, holders)
    return NameAnswer(name, "answered" if holders else "unknown", kind, holders, "127.0.0.11", why, command)


def capture(
    target: str,
    address: str | None,
    *packets: VxlanPacket,
    received: int = 2,
    node: str = "worker1",
    named: bool = True,
    can: Capabilities = FULL,
    topology: Topology = SWARM,
    esp: int = 0,
    given: tuple[str, ...] = (),
) -> Capture:
    """A ping of two packets from alpine1, on worker1, that its name leads to `address`."""
    return Capture(
        node=node,
        result=pinged(target, address, received),
        packets=packets,
        target=target,
        asked=answer(topology, target, *(given or ((address,) if address else ()))) if named else None,
        topology=topology,
        source=topology.container("alpine1"),
        capabilities=can,
        esp=esp,
    )


def page(target: str, *packets: VxlanPacket, status: int | None = 200, given: tuple[str, ...] = (VIP,)) -> Capture:
    """A request of alpine1 for a page."""
    url = f"http://{target}/"
    said = f"{url} a répondu (statut 200)." if status else f"{url} n'a pas répondu : aucune réponse en 3 s"
    outcome = "passed" if status == 200 else "failed"
    result = HttpResult("alpine1", url, outcome, status, "", said, f"wget -q -O - {url}   # conteneur alpine1")  # type: ignore[arg-type]
    return replace(capture(target, given[0]), packets=packets, result=result, asked=answer(SWARM, target, *given))


OUT = ("worker1", "worker2")
WAYS: dict[str, Capture] = {
    "wire": capture("tasks.my-nginx", TASK, *there_and_back("10.0.1.20", TASK, OUT), given=("10.0.1.5", TASK)),
    "wire, an address": capture(TASK, TASK, *there_and_back("10.0.1.20", TASK, OUT), named=False),
    "wire, at the other end": capture("my-nginx.3", TASK, *there_and_back("10.0.1.20", TASK, OUT), node="worker2"),
    "wire, nothing back": capture("my-nginx.3", TASK, packet("10.0.1.20", TASK, OUT), received=0),
    "wire, balanced": page("my-nginx", *there_and_back(BALANCER, TASK, OUT, "TCP 40000 → 80 [SYN]", "TCP 80 → 40000")),
    "elsewhere": capture("my-nginx.1", "10.0.1.5", node="worker2"),
    "elsewhere, balanced": replace(page("my-nginx"), node="worker2"),
    "local": capture("my-nginx.2", "10.0.1.6"),
    "local, itself": capture("alpine1", "10.0.1.20"),
    "local, balanced": page("my-nginx"),
    "local, the gateway": capture("10.0.1.1", "10.0.1.1", named=False),
    "vip_local": capture("my-nginx", VIP),
    "vip_silent": capture("my-nginx", VIP, received=0, can=BARE),
    "apart": capture("10.0.2.20", "10.0.2.20", received=0, named=False),
    "outside": capture("worker2.i2tch.loc", "10.0.3.64"),
    "outside, nobody": capture("203.0.113.9", "203.0.113.9", received=0, named=False),
    "silent": capture("my-nginx.3", TASK, received=0),
    "silent, nobody": capture("10.0.1.99", "10.0.1.99", received=0, named=False),
    "silent, no ESP": capture("my-nginx.3", TASK, received=0, can=BARE, topology=CIPHERED),
    "encrypted": capture("my-nginx.3", TASK, esp=4, topology=CIPHERED),
    "unknown": capture("seul", None, received=0),
    "not_run": replace(
        capture("my-nginx.3", TASK), result=parse_ping("alpine1", "my-nginx.3", "docker …", 126, "arrêté"), asked=None
    ),
}
"""By the kind of its route, then what is particular to it."""
