"""All that exists: hosts, the wire between them, and time."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping

from .clock import Clock
from .faults import Faults
from .net.fabric import Fabric
from .net.stack import Segment
from .node.host import Host

__all__ = ["World"]


class World:
    """Hosts on one wire.

    Parameters
    ----------
    hosts
        Host name -> address on the wire: ``{"manager.i2tch.loc": "10.0.3.62"}``.
    subnet
        Of the wire.
    speed
        See `Clock`.
    seed
        Of all that chance decides, but ids; None: another each time.
    """

    def __init__(
        self, hosts: Mapping[str, str], *, subnet: str = "10.0.3.0/24", speed: float = 1.0, seed: int | None = None
    ) -> None:
        self.clock = Clock(speed)
        self.random = random.Random(seed)
        self.faults = Faults()
        self.wire = Segment("underlay", "underlay", "underlay", subnet)
        self.fabric = Fabric(self)
        self.holders: defaultdict[str, dict[str, Host]] = defaultdict(dict)
        """Overlay network -> hosts that have a part of it, by name: its peers."""
        self.ranks = {hostname: rank for rank, hostname in enumerate(hosts)}
        self.hosts = {hostname: Host(self, hostname, address) for hostname, address in hosts.items()}

    def host_at(self, address: str) -> Host | None:
        """The host of that address on the wire."""
        return next((host for host in self.hosts.values() if host.address == address), None)

    def joined(self, one: Host, other: Host) -> bool:
        """Whether two hosts can speak to each other: both engines run, and both links are up."""
        up = all(host.running and self.faults.link(host.hostname).up for host in (one, other))
        return one is other or up

    async def close(self) -> None:
        """Stop all engines, all that runs in their containers, and the work of their swarms."""
        await asyncio.gather(*(host.stop() for host in self.hosts.values()))
        for host in self.hosts.values():
            if host.swarm.swarm is not None:
                host.swarm.swarm.close()
        await asyncio.sleep(0)  # what is cancelled ends
        self.fabric.shut()
