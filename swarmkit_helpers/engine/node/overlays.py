"""A host's part of its swarm's networks: they come with the first who is on them, and go with the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cluster.networks import resource
from ..ids import object_id
from ..kinds import Json
from ..net.addresses import mac_of
from ..net.stack import Stack
from ..refusal import Refusal
from .network import Endpoint, Network
from .sandbox import Sandbox

if TYPE_CHECKING:
    from ..cluster.swarm import Swarm
    from .host import Host

__all__ = ["Overlays"]

FIRST_MARK = 256
"""Of a service's load balancing on a host."""


class Overlays:
    """The overlay networks that are there on one host.

    Parameters
    ----------
    networks
        All networks of the host, by id: overlays are put there and taken away.
    """

    def __init__(self, host: Host, networks: dict[str, Network]) -> None:
        self.host = host
        self._networks = networks
        self._balancers: dict[str, Sandbox] = {}
        self._marks: dict[tuple[str, str], int] = {}

    @property
    def _swarm(self) -> Swarm | None:
        return self.host.swarm.swarm

    def realize(self, identity: str) -> Network:
        """See `Networks.realize`."""
        if (found := self._networks.get(identity)) is not None:
            return found
        known = self._swarm.store.get("network", identity) if self._swarm is not None else None
        if known is None or self._swarm is None or "DriverState" not in known:
            raise Refusal(404, f"network {identity} not found")
        shown = resource(known)
        made = Network(
            identity,
            shown["Name"],
            self.host.world.clock.now(),
            "swarm",
            "overlay",
            shown["IPAM"],
            enable_ipv6=shown["EnableIPv6"],
            internal=shown["Internal"],
            attachable=shown["Attachable"],
            ingress=shown["Ingress"],
            options=shown["Options"] or {},
            labels=shown["Labels"] or {},
            segment=self._swarm.allocator.segment(identity),
        )
        self._networks[identity] = made
        self.host.world.holders[identity][self.host.hostname] = self.host
        self.host.events.add("network", "create", identity, {"name": made.name, "type": "overlay"})
        self._balance(made)
        return made

    def drop(self, identity: str) -> None:
        """See `Networks.drop`."""
        network = self._networks.get(identity)
        if network is None or network.driver != "overlay" or network.ingress:
            return
        if any(not key.startswith("lb-") for key in network.endpoints):
            return
        self._forget(network)
        self.host.events.add("network", "destroy", identity, {"name": network.name, "type": "overlay"})

    def sync(self) -> None:
        """See `Networks.sync`."""
        swarm, node = self._swarm, self.host.swarm.node_id
        if swarm is None:
            return
        ingress = swarm.allocator.ingress()
        for network in [network for network in self._networks.values() if network.ingress]:
            if ingress is None or ingress["ID"] != network.id or (node, network.id) not in swarm.allocator.balancers:
                self._forget(network)
        if ingress is not None and (node, ingress["ID"]) in swarm.allocator.balancers:
            self.realize(ingress["ID"])
        for network in self._networks.values():
            if network.driver == "overlay":
                self._balance(network)

    def clear(self) -> None:
        """Forget all of them, without a word."""
        for network in [network for network in self._networks.values() if network.driver == "overlay"]:
            self._forget(network)
        self._marks.clear()

    def peers(self, network: Network) -> list[Json]:
        """The hosts that have told each other that they have it: this one first."""
        world = self.host.world
        others = [host for host in world.holders[network.id].values() if host is not self.host]
        have = [host for host in others if world.joined(self.host, host)]
        have.sort(key=lambda host: world.ranks[host.hostname])
        return [{"Name": host.networks.peer, "IP": host.address} for host in (self.host, *have)]

    def services(self, network: Network) -> Json:
        """``Services`` of a verbose `inspect`."""
        found: Json = {}
        world = self.host.world
        for host in world.hosts.values():
            if not world.joined(self.host, host) or (part := host.networks.local(network.id)) is None:
                continue
            for endpoint in part.endpoints.values():
                self._tell(found, network, endpoint, host)
        return found

    def _tell(self, found: Json, network: Network, endpoint: Endpoint, host: Host) -> None:
        binding = endpoint.binding
        if binding is not None and not endpoint.active:
            return
        if binding is None and endpoint.key.startswith("lb-"):
            return
        name = binding.name if binding is not None else ""
        if name not in found:
            ports: list[str] = []
            mark = 0
            if binding is not None:
                mark = self._marks.setdefault((network.id, binding.service), FIRST_MARK + len(self._marks))
                if network.ingress:
                    ports = [
                        f"Target: {port['TargetPort']}, Publish: {port['PublishedPort']}" for port in binding.ports
                    ]
            vip = binding.vips.get(network.id, "") if binding is not None else ""
            found[name] = {"VIP": vip or "<nil>", "Ports": ports, "LocalLBIndex": mark, "Tasks": []}
        found[name]["Tasks"].append(
            {
                "Name": endpoint.name,
                "EndpointID": endpoint.id,
                "EndpointIP": endpoint.address,
                "Info": {"Host IP": host.address},
            }
        )

    def _balance(self, network: Network) -> None:
        """Make its load balancer here, once the swarm has given it an address."""
        swarm = self._swarm
        if swarm is None or network.id in self._balancers or network.segment is None:
            return
        given = swarm.allocator.balancers.get((self.host.swarm.node_id, network.id))
        if given is None:
            return
        address, _, prefix = given.partition("/")
        key = f"{network.name}-sbox" if network.ingress else f"lb-{network.name}"
        name = f"{network.name}-endpoint"
        endpoint = Endpoint(key, name, object_id(), address, int(prefix), mac_of(address))
        network.endpoints[key] = endpoint
        sandbox = Sandbox(self.host, Stack(self.host, key))
        if network.ingress:
            sandbox.id = "ingress_sbox"
        sandbox.members.append((network, endpoint))
        self._balancers[network.id] = sandbox
        sandbox.plug(network, endpoint, balancer=True)
        if network.ingress:
            sandbox.mend()

    def _forget(self, network: Network) -> None:
        self._networks.pop(network.id, None)
        self.host.world.holders[network.id].pop(self.host.hostname, None)
        sandbox = self._balancers.pop(network.id, None)
        if sandbox is None:
            return
        sandbox.close()
        for _, endpoint in sandbox.members:
            sandbox.unplug(endpoint)
            network.endpoints.pop(endpoint.key, None)
