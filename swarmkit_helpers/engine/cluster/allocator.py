"""The allocator: subnets and VXLAN ids of networks, virtual addresses and ports of services, addresses of tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ids import swarm_id
from ..kinds import Json
from ..net.stack import Segment
from ..refusal import Refusal
from .balancers import Balancers
from .endpoints import Endpoints, targets
from .networks import check_spec, driver_of, ingress_of, is_ingress, is_predefined, needs_ingress
from .spaces import Spaces
from .states import ended

if TYPE_CHECKING:
    from ..world import World
    from .store import Change, Store

__all__ = ["Allocator", "Grant"]


@dataclass(eq=False)
class Grant:
    """An address of an attachable network, for a container that no service owns: a task that the API does not show."""

    id: str
    node: str
    network: str
    container: str
    address: str
    """``10.0.5.2/24``."""


@dataclass(eq=False)
class _Held:
    """What a task holds."""

    addresses: list[tuple[str, str]] = field(default_factory=list)
    """Network and address."""
    node: str = ""


class Allocator:
    """Sees what is written in the store, and writes what it gives.

    Parameters
    ----------
    world
        Where the swarm is.
    store
        The swarm's.
    """

    def __init__(self, world: World, store: Store) -> None:
        self.world = world
        self.store = store
        self.spaces = Spaces(store, self._retry)
        self.endpoints = Endpoints(store, self.spaces)
        self.grants: dict[str, Grant] = {}
        self._balancers = Balancers(store, self.spaces)
        self._held: dict[str, _Held] = {}
        self._waiting: dict[str, None] = {}
        """Tasks that are new, oldest first."""
        self._retrying = False
        store.watch(self._changed)

    @property
    def balancers(self) -> dict[tuple[str, str], str]:
        """Node and network -> address of the network's load balancer there, with its prefix."""
        return self._balancers.addresses

    def create_network(self, spec: Json) -> Json:
        """Add a network.

        Raises
        ------
        Refusal
            In swarmkit's words.
        """
        check_spec(spec)
        if len(spec.get("IPAMOptions", {}).get("Configs", ())) > 1:
            raise Refusal(501, "overlay networks of more than one subnet are not served by this engine")
        if spec.get("Ingress") and (present := self.ingress()) is not None:
            text = f"ingress network ({present['ID']}) is already present"
            raise Refusal(409, f"rpc error: code = AlreadyExists desc = {text}")
        if any(network["Spec"]["Name"] == spec["Name"] for network in self.store.all("network")):
            raise Refusal(409, f"rpc error: code = AlreadyExists desc = network {spec['Name']} already exists")
        return self.store.create("network", {"Spec": spec})

    def remove_network(self, identity: str) -> None:
        """Remove a network that nothing uses.

        Raises
        ------
        Refusal
            In swarmkit's words.
        """
        network = self.store.get("network", identity)
        if network is None:
            raise Refusal(404, f"network {identity} not found")
        if is_predefined(network):
            text = f"Pre-defined swarm network {network['Spec']['Name']} cannot be removed"
            raise Refusal(403, f"rpc error: code = PermissionDenied desc = {text}")
        for service in self.store.all("service"):
            if is_ingress(network):
                if needs_ingress(service["Spec"]):
                    text = f"ingress network cannot be removed because service {service['ID']} depends on it"
                    raise Refusal(400, f"rpc error: code = FailedPrecondition desc = {text}")
            elif identity in targets(service["Spec"].get("TaskTemplate") or {}, service["Spec"]):
                text = f"network {identity} is in use by service {service['ID']}"
                raise Refusal(400, f"rpc error: code = FailedPrecondition desc = {text}")
        if not is_ingress(network) and (user := self._user_of(identity)):
            text = f"network {identity} is in use by task {user}"
            raise Refusal(400, f"rpc error: code = FailedPrecondition desc = {text}")
        self.store.remove("network", identity)

    def _user_of(self, identity: str) -> str:
        """Id of a task that holds an address of that network and is to run."""
        for grant in self.grants.values():
            if grant.network == identity:
                return grant.id
        for task in self.store.all("task"):
            wanted = task.get("DesiredState") in ("ready", "running") and not ended(task)
            if wanted and identity in targets(task.get("Spec") or {}, {}):
                return str(task["ID"])
        return ""

    def ingress(self) -> Json | None:
        """The network of the routing mesh."""
        return ingress_of(self.store)

    def network(self, reference: str) -> Json | None:
        """The network of that id, that name, or whose id begins so."""
        found = self.store.get("network", reference)
        if found is not None:
            return found
        networks = [network for network in self.store.all("network") if not is_predefined(network)]
        named = [network for network in networks if network["Spec"]["Name"] == reference]
        begun = [network for network in networks if reference and network["ID"].startswith(reference)]
        return next(iter(named or begun), None)

    def segment(self, network: str) -> Segment:
        """What joins the interfaces of an overlay network, on all its hosts."""
        return self.spaces[network].segment

    def prefix(self, network: str) -> int:
        """Length of the prefix of an overlay network's addresses."""
        return self.spaces[network].pool.prefix

    def vip(self, service: str, network: str) -> str:
        """The virtual address of a service on a network; empty without one."""
        return self.endpoints.vip(service, network)

    def attach(self, node: str, reference: str, container: str, asked: str = "") -> Grant:
        """Give an address of an attachable network to a container of a node.

        Raises
        ------
        Refusal
            As the engine answers when it cannot attach.
        """
        network = self.network(reference)
        if network is None:
            raise _unattached(reference, f"code = NotFound desc = network {reference} not found")
        name = network["Spec"]["Name"]
        if not network["Spec"].get("Attachable"):
            raise _unattached(reference, f"code = PermissionDenied desc = network {name} not manually attachable")
        try:
            address = self.spaces.take(network["ID"], asked)
        except Refusal:
            # The real engine waits 20 s for a manager that never gives that address.
            text = "attaching to network failed, make sure your network options are correct and check manager logs"
            raise Refusal(500, f"{text}: context deadline exceeded") from None
        shown = self.spaces.written(network["ID"], address)
        grant = Grant(swarm_id(), node, network["ID"], container, shown)
        self.grants[grant.id] = grant
        self._balancers.use(node, [grant.network], 1)
        return grant

    def detach(self, identity: str) -> None:
        """Take back what `attach` gave."""
        grant = self.grants.pop(identity, None)
        if grant is None:
            return
        self.spaces.give_back(grant.network, grant.address)
        self._balancers.use(grant.node, [grant.network], -1)
        self._retry()

    def _changed(self, change: Change) -> None:
        body, gone = change.object, change.after is None
        identity = body["ID"]
        if change.kind == "network":
            if gone:
                self._release_network(identity)
            elif change.before is None:
                self.spaces.open(identity)
        elif change.kind == "service":
            if gone:
                self.endpoints.close(body)
            else:
                self.endpoints.open(identity)
            self._retry()
        elif change.kind == "task":
            if gone or ended(body):
                self._release_task(identity)
            else:
                self._see_task(identity)
        elif change.kind == "node":
            if gone:
                self._balancers.forget_node(identity)
            else:
                self._balancers.sync(identity)

    def _release_network(self, identity: str) -> None:
        nodes = self._balancers.forget_network(identity)
        self.spaces.close(identity)
        for node in nodes:
            if self.store.get("node", node) is not None:
                self.store.update("node", node, {})

    def _see_task(self, identity: str) -> None:
        task = self.store.get("task", identity)
        if task is None:
            return
        if task["Status"]["State"] == "new":
            self._allocate_task(task)
            return
        held = self._held.get(identity)
        if held is not None and not held.node and task.get("NodeID"):
            held.node = task["NodeID"]
            self._balancers.use(held.node, [network for network, _ in held.addresses], 1)

    def _allocate_task(self, task: Json) -> None:
        identity = task["ID"]
        service = self.store.get("service", task.get("ServiceID") or "")
        if service is not None and self.endpoints.pending(service):
            self._waiting[identity] = None
            return
        endpoint = (service or {}).get("Endpoint") or {}
        networks = targets(task.get("Spec") or {}, (service or {}).get("Spec") or {})
        if service is not None and needs_ingress(service["Spec"]) and (ingress := self.ingress()) is not None:
            networks.insert(0, ingress["ID"])
        attachments: list[Json] = []
        held = _Held()
        for network in networks:
            known = self.store.get("network", network)
            if known is not None and driver_of(known) != "overlay":
                attachments.append({"Network": known})
                continue
            try:
                address = self.spaces.take(network)
            except Refusal:
                for other, given in held.addresses:
                    self.spaces.give_back(other, given)
                self._waiting[identity] = None
                return
            held.addresses.append((network, address))
            attachments.append({"Network": known, "Addresses": [self.spaces.written(network, address)]})
        self._waiting.pop(identity, None)
        self._held[identity] = held
        status = {"State": "pending", "Message": "pending task scheduling", "PortStatus": {}}
        filled: Json = {"Status": {"Timestamp": self.world.clock.now()} | status, "_Endpoint": endpoint}
        if attachments:
            filled["NetworksAttachments"] = attachments
        self.store.update("task", identity, filled)

    def _release_task(self, identity: str) -> None:
        self._waiting.pop(identity, None)
        held = self._held.pop(identity, None)
        if held is None:
            return
        for network, address in held.addresses:
            self.spaces.give_back(network, address)
        if held.node:
            self._balancers.use(held.node, [network for network, _ in held.addresses], -1)
        self._retry()

    def _retry(self) -> None:
        """Look again at what waits."""
        if self._retrying:
            return
        self._retrying = True
        try:
            for service in list(self.endpoints.unserved):
                self.endpoints.open(service)
            for identity in list(self._waiting):
                task = self.store.get("task", identity)
                if task is None or task["Status"]["State"] != "new":
                    self._waiting.pop(identity, None)
                else:
                    self._allocate_task(task)
        finally:
            self._retrying = False


def _unattached(reference: str, why: str) -> Refusal:
    return Refusal(500, f"Could not attach to network {reference}: rpc error: {why}")
