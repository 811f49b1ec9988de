"""A small world for the network alone: hosts with their bridges, overlays, containers; no engine behind them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, cast

from swarmkit_helpers.engine.clock import Clock
from swarmkit_helpers.engine.faults import Faults
from swarmkit_helpers.engine.net.fabric import Fabric
from swarmkit_helpers.engine.net.pipe import Pipe
from swarmkit_helpers.engine.net.stack import Interface, Published, Segment, Stack


@dataclass(eq=False)
class Machine:
    hostname: str
    address: str
    running: bool = True
    stack: Stack = field(init=False)
    bridges: dict[str, Segment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stack = Stack(cast(Any, self), self.hostname)


def mac_of(address: str) -> str:
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


class Town:
    """Stands for a `World`; as on a real host, docker0 is 172.17.0.0/16 and docker_gwbridge 172.18.0.0/16."""

    def __init__(self, hosts: int = 3, *, speed: float = 1000.0, seed: int = 1) -> None:
        self.clock = Clock(speed)
        self.random = random.Random(seed)
        self.faults = Faults()
        self.wire = Segment("underlay", "underlay", "underlay", "10.0.0.0/16")
        self.fabric = Fabric(cast(Any, self))
        self.hosts: dict[str, Machine] = {}
        for number in range(hosts):
            machine = Machine(f"host{number}", f"10.0.{100 + number // 200}.{number % 200 + 1}")
            self.hosts[machine.hostname] = machine
            self.join(machine.stack, self.wire, "eth0", machine.address, 16)
            self.bridge(machine, "bridge", "docker0", 17)
            self.bridge(machine, "docker_gwbridge", "docker_gwbridge", 18, icc=False)

    def host(self, number: int) -> Any:
        return self.hosts[f"host{number}"]

    def joined(self, one: Any, other: Any) -> bool:
        up = all(machine.running and self.faults.link(machine.hostname).up for machine in (one, other))
        return one is other or up

    def join(
        self, stack: Stack, segment: Segment, name: str, address: str, prefix: int, gateway: str = ""
    ) -> Interface:
        return self.fabric.join(stack, segment, name, mac_of(address), address, prefix, gateway)

    def bridge(self, machine: Machine, name: str, card: str, second: int, *, icc: bool = True) -> Segment:
        made = Segment(f"{machine.hostname}-{name}", name, "bridge", f"172.{second}.0.0/16", icc=icc)
        machine.bridges[name] = made
        self.join(machine.stack, made, card, f"172.{second}.0.1", 16)
        return made

    def overlay(self, number: int, **options: Any) -> Segment:
        """``net7`` is 10.1.7.0/24, with VNI 4103."""
        name = options.pop("name", f"net{number}")
        options = {"vni": 4096 + number} | options
        return Segment(f"id-net{number}", name, "overlay", f"10.{1 + number // 256}.{number % 256}.0/24", **options)

    def on_bridge(self, host: int, name: str = "bridge", label: str = "c") -> Stack:
        machine = self.hosts[f"host{host}"]
        stack = Stack(cast(Any, machine), label)
        self._gateway(stack, machine, name, "eth0")
        return stack

    def container(self, host: int, *networks: Segment, label: str = "c", outside: bool = True) -> Stack:
        """One on overlays, and on docker_gwbridge."""
        machine = self.hosts[f"host{host}"]
        stack = Stack(cast(Any, machine), label)
        for number, segment in enumerate(networks):
            card = self.join(stack, segment, f"eth{number}", free(segment), int(segment.subnet.partition("/")[2]))
            if label != "c":
                self.fabric.resolver.register(card, name=label)
        if outside:
            self._gateway(stack, machine, "docker_gwbridge", f"eth{len(networks)}")
        return stack

    def _gateway(self, stack: Stack, machine: Machine, name: str, card: str) -> None:
        segment = machine.bridges[name]
        gateway = segment.members[0].address
        self.join(stack, segment, card, free(segment), 16, gateway)

    def balancer(self, host: int, segment: Segment) -> Interface:
        machine = self.hosts[f"host{host}"]
        stack = Stack(cast(Any, machine), f"lb-{segment.name}")
        address = free(segment)
        return self.fabric.join(stack, segment, "eth0", mac_of(address), address, 24, balancer=True)

    def mesh(self, ingress: Segment, port: int, target: int, tasks: list[Stack]) -> None:
        found = [stack.interfaces[0].address for stack in tasks]
        ingress.published["tcp", port] = Published("service", target, found)


def free(segment: Segment) -> str:
    first, second, third, _ = segment.subnet.partition("/")[0].split(".")
    taken = len(segment.addresses) + 2
    while (address := f"{first}.{second}.{int(third) + taken // 250}.{taken % 250 + 1}") in segment.addresses:
        taken += 1
    return address


def answering(text: str) -> Any:
    """A server that says `text`, and who asked."""

    async def serve(pipe: Pipe) -> None:
        pipe.write(f"{text} {pipe.remote}\n".encode())

    return serve


async def ask(town: Town, stack: Stack, address: str, port: int = 80) -> list[str]:
    """What the server there says: its text, and the address that it saw."""
    pipe = await town.fabric.connect(stack, address, port)
    said = await pipe.read_line()
    pipe.abort()
    return said.decode().split()
