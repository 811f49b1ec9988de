"""The networks of one host, as its engine lists, makes and removes them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..cluster.membership import NOT_INIT
from ..cluster.networks import is_predefined, resource, spec_of
from ..ids import object_id
from ..kinds import Json
from ..net.addresses import LOCAL_POOLS, Pools
from ..refusal import Refusal
from .attaching import Attaching
from .bridges import check_ipam, default_bridge, gateway_bridge, local_network, make_bridge
from .container import Attachment, Container
from .network import Binding, Network
from .overlays import Overlays

if TYPE_CHECKING:
    from ..cluster.allocator import Grant
    from ..cluster.swarm import Swarm
    from .host import Host

__all__ = ["Networks"]

PREDEFINED = ("bridge", "host", "none", "default")
DRIVERS = ("bridge", "host", "null", "overlay")


class Networks:
    """All networks that a host knows: its own, and those of its swarm that are there now, or that its manager tells."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.peer = secrets.token_hex(6)
        """Its name among the swarm's nodes that share networks."""
        self._pools = Pools(LOCAL_POOLS)
        self._networks: dict[str, Network] = {}
        self._attaching = Attaching(host)
        self._overlays = Overlays(host, self._networks)
        self.gateway_bridge: Network | None = None
        for name, driver in (("none", "null"), ("host", "host")):
            self._add(local_network(host, {"Name": name}, driver))
        self._add(default_bridge(host, self._pools))

    def all(self) -> list[Json]:
        """All networks, as ``GET /networks`` gives them: a manager's swarm's first."""
        swarm = self._managed()
        known = [network for network in swarm.store.all("network") if not is_predefined(network)] if swarm else []
        told = {network["ID"] for network in known}
        here = [network for network in self._networks.values() if network.id not in told]
        return [resource(network) for network in known] + [self._with_peers(one, one.listed()) for one in here]

    def find(self, reference: str) -> Json:
        """A network, as `inspect` gives it.

        Raises
        ------
        Refusal
            404, or 400 when several have that name.
        """
        return self.inspect(reference)

    def inspect(self, reference: str, verbose: bool = False, scope: str = "") -> Json:
        """A network, as ``GET /networks/{id}`` gives it.

        Parameters
        ----------
        verbose
            With the services that the hosts of an overlay have told each other.
        scope
            ``local`` or ``swarm``: only those.

        Raises
        ------
        Refusal
            404, or 400 when several have that name.
        """
        views: dict[str, Json] = {}
        for network in self._networks.values():
            if scope in ("", network.scope):
                views[network.id] = self._with_peers(network, network.view())
        swarm = self._managed()
        for known in swarm.store.all("network") if swarm is not None and scope != "local" else []:
            if not is_predefined(known) or scope == "swarm":
                views.setdefault(known["ID"], resource(known))
        found = _choose(views, reference)
        if verbose and found in self._networks and self._networks[found].driver == "overlay":
            views[found]["Services"] = self._overlays.services(self._networks[found])
        return views[found]

    def create(self, body: Json) -> Json:
        """Make a network from a body of ``POST /networks/create``.

        Raises
        ------
        Refusal
            As the engine says.
        """
        name, driver = body.get("Name") or "", body.get("Driver") or "bridge"
        swarm = self._managed()
        if swarm is not None and any(one["Spec"]["Name"] == name for one in swarm.store.all("network")):
            raise Refusal(409, f"network with name {name} already exists")
        if name in PREDEFINED:
            raise Refusal(403, f"operation is not permitted on predefined {name} network ")
        same = next((network for network in self._networks.values() if network.name == name), None)
        warning = ""
        if same is not None:
            if body.get("CheckDuplicate"):
                raise Refusal(409, f"network with name {name} already exists")
            warning = f"Network with name {name} (id : {same.id}) already exists"
        check_ipam(body)
        if not name.strip():
            raise Refusal(500, f"invalid name: {name}")
        self._check_driver(body, driver)
        if body.get("ConfigOnly") or (body.get("ConfigFrom") or {}).get("Network"):
            raise Refusal(501, "configuration-only networks are not served by this engine")
        if driver == "overlay" or body.get("Scope") == "swarm":
            return self._create_in_swarm(body)
        if body.get("Ingress"):
            raise Refusal(403, "Ingress network can only be global scope network")
        if driver in ("host", "null"):
            raise Refusal(403, f'only one instance of "{driver}" network is allowed')
        network = local_network(self.host, body, driver)
        ipam_driver = (body.get("IPAM") or {}).get("Driver") or "default"
        if ipam_driver != "default":
            raise Refusal(404, f'plugin "{ipam_driver}" not found')
        make_bridge(self.host, network, self._pools, list(self._networks.values()))
        self._add(network)
        self._tell_network("create", network)
        return {"Id": network.id, "Warning": warning}

    def _check_driver(self, body: Json, driver: str) -> None:
        if driver in ("macvlan", "ipvlan"):
            raise Refusal(501, f"networks of driver {driver} are not served by this engine")
        if driver not in DRIVERS:
            raise Refusal(404, f'plugin "{driver}" not found')
        if driver == "overlay" and body.get("Scope") == "local":
            raise Refusal(403, "cannot downgrade network scope for overlay networks")

    def _create_in_swarm(self, body: Json) -> Json:
        membership = self.host.swarm
        if membership.state == "active" and not membership.manager:
            text = (
                "Cannot create a multi-host network from a worker node. Please create the network from a manager node."
            )
            raise Refusal(403, text)
        if membership.state == "inactive":
            if body.get("Driver") != "overlay":
                raise Refusal(403, "cannot create a swarm scoped network when swarm is not active")
            raise Refusal(500, NOT_INIT)
        made = membership.require_manager().allocator.create_network(spec_of(body))
        return {"Id": made["ID"], "Warning": ""}

    def remove(self, reference: str) -> None:
        """Remove a network.

        Raises
        ------
        Refusal
            As the engine says.
        """
        try:
            found = self.find(reference)
        except Refusal as refusal:
            if refusal.status == 400:
                count = refusal.message.split()[0]
                text = f"network {reference} is ambiguous ({count} matches found based on name)"
                raise Refusal(400, text) from None
            raise
        if found["Scope"] == "swarm":
            self.host.swarm.require_manager().allocator.remove_network(found["Id"])
            return
        network = self._networks[found["Id"]]
        if network.predefined:
            raise Refusal(403, f"{network.name} is a pre-defined network and cannot be removed")
        if network.endpoints:
            text = f"error while removing network: network {network.name} id {network.id} has active endpoints"
            raise Refusal(403, text)
        self._discard(network)
        self._tell_network("destroy", network)

    def prune(self, may: Callable[[Json], bool] | None = None) -> Json:
        """Remove all networks that nothing uses, and say which.

        Parameters
        ----------
        may
            Says of each that is listed whether it may go; None: all may.
        """
        gone: list[str] = []
        swarm = self._managed()
        for known in swarm.store.all("network") if swarm is not None else []:
            ours = not is_predefined(known) and not known["Spec"].get("Ingress")
            if swarm is None or not ours or (may is not None and not may(resource(known))):
                continue
            try:
                swarm.allocator.remove_network(known["ID"])
            except Refusal:
                continue
            gone.append(known["Spec"]["Name"])
        for network in list(self._networks.values()):
            kept = network.predefined or network.scope != "local" or network.endpoints
            if kept or (may is not None and not may(network.listed())):
                continue
            self._discard(network)
            self._tell_network("destroy", network)
            gone.append(network.name)
        self.host.events.add("network", "prune", "", {"reclaimed": "0"})
        return {"NetworksDeleted": gone or None}

    def used(self, identity: str) -> bool:
        """Whether anybody is on it here."""
        network = self._networks.get(identity)
        return network is not None and bool(network.endpoints)

    async def connect(self, reference: str, container: str, config: Json | None = None) -> None:
        """Connect a container to a network.

        Raises
        ------
        Refusal
            As the engine says.
        """
        self._attaching.connect(self.host.containers.find(container), reference, config or {})

    async def disconnect(self, reference: str, container: str, force: bool = False) -> None:
        """Take a container from a network.

        Raises
        ------
        Refusal
            As the engine says.
        """
        try:
            found = self.host.containers.find(container)
        except Refusal:
            network = self.known(reference)
            left = (
                None if network is None else next((e for e in network.endpoints.values() if e.name == container), None)
            )
            if not force or network is None or left is None:
                raise
            del network.endpoints[left.key]
            return
        self._attaching.disconnect(found, reference, force=force)

    # -- for containers

    def attachments(self, mode: str, configs: Json, container: Container) -> dict[str, Attachment]:
        """The attachments that a container is created with.

        Raises
        ------
        Refusal
            400.
        """
        return self._attaching.asked(mode, configs)

    def attach(self, container: Container, attachment: Attachment) -> None:
        """Put a container that runs on one more network.

        Raises
        ------
        Refusal
            As the engine says.
        """
        config = {"IPAMConfig": attachment.ipam, "Aliases": attachment.aliases}
        self._attaching.connect(container, attachment.network or attachment.name, config)

    def detach(self, container: Container, attachment: Attachment) -> None:
        """Take a container from a network."""
        self._attaching.disconnect(container, attachment.network or attachment.name, force=False)

    def start(self, container: Container) -> None:
        """Put a container that starts on its networks.

        Raises
        ------
        Refusal
            As the engine says; it is on none then.
        """
        self._attaching.start(container)

    def stop(self, container: Container) -> None:
        """Take a container whose process has ended from its networks."""
        self._attaching.stop(container)

    def settings(self, container: Container) -> Json:
        """``NetworkSettings`` of a container, without its ports."""
        return self._attaching.settings(container)

    # -- for the agent

    def bind(self, container: Container, binding: Binding) -> None:
        """Say for which service a container stands."""
        self._attaching.bindings[container] = binding

    def activate(self, container: Container) -> None:
        """Let its service send connections to a container."""
        self._attaching.activate(container)

    def deactivate(self, container: Container) -> None:
        """Let its service send nothing more to a container."""
        self._attaching.deactivate(container)

    def join_swarm(self) -> None:
        """Make what a node of a swarm has from the start: docker_gwbridge, and its part of ingress."""
        if self.gateway_bridge is None or self.gateway_bridge.id not in self._networks:
            self.gateway_bridge = gateway_bridge(self.host, self._pools)
            self._add(self.gateway_bridge)
        self.sync()

    def leave_swarm(self) -> None:
        """Forget the swarm's networks."""
        self.peer = secrets.token_hex(6)
        self._overlays.clear()

    def sync(self) -> None:
        """Make and remove load balancers as the swarm says: ingress comes and goes with its own."""
        self._overlays.sync()

    def realize(self, identity: str) -> Network:
        """This host's part of an overlay network of the swarm, made if it is not there.

        Raises
        ------
        Refusal
            404: there is none of that id.
        """
        return self._overlays.realize(identity)

    def drop(self, identity: str) -> None:
        """Remove this host's part of an overlay network, if no container is on it any more."""
        self._overlays.drop(identity)

    # -- for the rest of this room

    def known(self, reference: str) -> Network | None:
        """The network of that name or id that is there on this host."""
        found = self.local(reference)
        if found is not None:
            return found
        named = [network for network in self._networks.values() if network.name == reference]
        if len(named) > 1:
            raise Refusal(400, f"network {reference} is ambiguous ({len(named)} matches found on name)")
        begun = [network for network in self._networks.values() if reference and network.id.startswith(reference)]
        return next(iter(named or begun), None)

    def local(self, identity: str) -> Network | None:
        """The network of that id that is there on this host."""
        return self._networks.get(identity)

    def reach(self, reference: str) -> Network | None:
        """The network to attach a container to; None: the swarm must be asked.

        Raises
        ------
        Refusal
            404: there is no swarm to ask.
        """
        found = self.known(reference)
        if found is None and self.host.swarm.state != "active":
            raise Refusal(404, f"network {reference} not found")
        return found

    def ask(self, reference: str, container: Container, address: str) -> Grant:
        """Ask the swarm for an address of an attachable network.

        Raises
        ------
        Refusal
            500, as the engine says.
        """
        swarm, leader = self.host.swarm.swarm, None
        if swarm is not None:
            leader = swarm.leader
        if swarm is None or leader is None or not self.host.world.joined(self.host, leader):
            text = "attaching to network failed, make sure your network options are correct and check manager logs"
            raise Refusal(500, f"{text}: context deadline exceeded")
        local = self.known(reference)
        asked = local.id if local is not None else reference
        try:
            return swarm.allocator.attach(self.host.swarm.node_id, asked, container.id, address)
        except Refusal as refusal:
            raise Refusal(refusal.status, refusal.message.replace(asked, reference)) from None

    def free(self, grant: Grant) -> None:
        """Give back what `ask` got."""
        if (swarm := self.host.swarm.swarm) is not None:
            swarm.allocator.detach(grant.id)

    def prefix(self, network: Network) -> int:
        """Length of the prefix of a network's addresses."""
        if network.pool is not None:
            return network.pool.prefix
        assert network.segment is not None
        return int(network.segment.subnet.partition("/")[2])

    def tell(self, action: str, network: Network, container: Container) -> None:
        """Tell an event of a container on a network."""
        attributes = {"container": container.id, "name": network.name, "type": network.driver}
        self.host.events.add("network", action, network.id, attributes)

    def _tell_network(self, action: str, network: Network) -> None:
        self.host.events.add("network", action, network.id, {"name": network.name, "type": network.driver})

    def _managed(self) -> Swarm | None:
        """The swarm, if this host's engine can tell what it knows."""
        membership = self.host.swarm if hasattr(self.host, "swarm") else None
        return membership.swarm if membership is not None and membership.leads else None

    def _with_peers(self, network: Network, view: Json) -> Json:
        peers = self._overlays.peers(network) if network.driver == "overlay" else []
        return view | ({"Peers": peers} if peers else {})

    def _add(self, network: Network) -> None:
        if not network.id:
            network.id = object_id()
        self._networks[network.id] = network

    def _discard(self, network: Network) -> None:
        del self._networks[network.id]
        if network.segment is not None:
            for card in [card for card in self.host.stack.interfaces if card.segment is network.segment]:
                self.host.world.fabric.leave(card)
        if network.pool is not None:
            self._pools.give_back(str(network.pool.subnet))
        if network is self.gateway_bridge:
            self.gateway_bridge = None


def _choose(views: dict[str, Json], reference: str) -> str:
    """The id that a reference stands for, as the engine decides it: id, name, beginning of an id."""
    if reference in views:
        return reference
    named = [identity for identity, view in views.items() if view["Name"] == reference]
    begun = [identity for identity in views if reference and identity.startswith(reference)]
    for found, how in ((named, "name"), (begun, "ID prefix")):
        if len(found) == 1:
            return found[0]
        if found:
            text = f"{len(found)} matches found based on {how}: network {reference} is ambiguous"
            raise Refusal(400, text)
    raise Refusal(404, f"network {reference} not found")
