"""The allocator: subnets and VXLAN ids of networks, virtual addresses and ports of services, addresses of tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ids import swarm_id
from ..kinds import Json
from ..net.addresses import Numbers, Pool, Pools
from ..net.stack import Segment
from ..refusal import Refusal
from .networks import VXLAN_IDS, check_spec, driver_of, is_ingress, is_predefined, needs_ingress
from .ports import Ports

if TYPE_CHECKING:
    from ..world import World
    from .store import Change, Store

__all__ = ["ENDED", "Allocator", "Grant"]

ENDED = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})
"""States in which a task runs no more."""
DEFAULT_POOLS = ("10.0.0.0/8",)
DEFAULT_SIZE = 24
FIRST_VXLAN_ID = 4096
LAST_VXLAN_ID = (1 << 24) - 1


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
class _Space:
    """What an allocated overlay network has."""

    pool: Pool
    subnet: str
    vni: int
    segment: Segment


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
        self.balancers: dict[tuple[str, str], str] = {}
        """Node and network -> address of the network's load balancer there, with its prefix."""
        self.grants: dict[str, Grant] = {}
        self._pools: Pools | None = None
        self._spaces: dict[str, _Space] = {}
        self._vnis = Numbers(FIRST_VXLAN_ID, LAST_VXLAN_ID)
        self._ports = Ports()
        self._vips: dict[str, dict[str, str]] = {}
        self._held: dict[str, _Held] = {}
        self._uses: dict[str, dict[str, int]] = {}
        self._waiting: dict[str, None] = {}
        """Tasks that are new, oldest first."""
        self._unserved: set[str] = set()
        """Services that wait for something."""
        self._retrying = False
        store.watch(self._changed)

    def create_network(self, spec: Json) -> Json:
        """Add a network.

        Raises
        ------
        Refusal
            In swarmkit's words.
        """
        check_spec(spec)
        if len(spec["IPAMOptions"].get("Configs", ())) > 1:
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
            elif identity in _targets(service["Spec"].get("TaskTemplate") or {}, service["Spec"]):
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
            wanted = task.get("DesiredState") in ("ready", "running") and task["Status"]["State"] not in ENDED
            if wanted and identity in _targets(task.get("Spec") or {}, {}):
                return str(task["ID"])
        return ""

    def ingress(self) -> Json | None:
        """The network of the routing mesh."""
        return next(filter(is_ingress, self.store.all("network")), None)

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
        return self._spaces[network].segment

    def prefix(self, network: str) -> int:
        """Length of the prefix of an overlay network's addresses."""
        return self._spaces[network].pool.prefix

    def vip(self, service: str, network: str) -> str:
        """The virtual address of a service on a network; empty without one."""
        return self._vips.get(service, {}).get(network, "")

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
        space = self._spaces.get(network["ID"])
        try:
            if space is None:
                raise Refusal(503, "it has no subnet")
            address = space.pool.take(asked)
        except Refusal:
            # The real engine waits 20 s for a manager that never gives that address.
            text = "attaching to network failed, make sure your network options are correct and check manager logs"
            raise Refusal(500, f"{text}: context deadline exceeded") from None
        grant = Grant(swarm_id(), node, network["ID"], container, f"{address}/{space.pool.prefix}")
        self.grants[grant.id] = grant
        self._use(node, [grant.network], 1)
        self._sync(node)
        return grant

    def detach(self, identity: str) -> None:
        """Take back what `attach` gave."""
        grant = self.grants.pop(identity, None)
        if grant is None:
            return
        self._give_back(grant.network, grant.address)
        self._use(grant.node, [grant.network], -1)
        self._sync(grant.node)
        self._retry()

    def _changed(self, change: Change) -> None:
        body, gone = change.object, change.after is None
        identity = body["ID"]
        if change.kind == "network":
            if gone:
                self._release_network(identity)
            elif change.before is None:
                self._allocate_network(identity)
        elif change.kind == "service":
            if gone:
                self._ports.give_back((body.get("Endpoint") or {}).get("Ports") or [])
                self._release_service(identity)
            else:
                self._allocate_service(identity)
        elif change.kind == "task":
            if gone or body["Status"]["State"] in ENDED:
                self._release_task(identity)
            else:
                self._see_task(identity)
        elif change.kind == "node":
            if gone:
                for network in [network for node, network in self.balancers if node == identity]:
                    self._give_back(network, self.balancers.pop((identity, network)))
            else:
                self._sync(identity)

    def _allocate_network(self, identity: str) -> None:
        network = self.store.get("network", identity)
        if network is None or "DriverState" in network:
            return
        driver = driver_of(network)
        if driver != "overlay":
            self.store.update("network", identity, {"DriverState": {"Name": driver}, "IPAMOptions": {"Driver": {}}})
            return
        spec = network["Spec"]
        asked: Json = next(iter(spec["IPAMOptions"].get("Configs", ())), {})
        pools = self._all_pools()
        try:
            subnet = pools.take(asked.get("Subnet", ""))
        except Refusal:
            return
        pool = Pool(subnet, asked.get("Range", ""), serial=True)
        try:
            gateway = pool.take(asked.get("Gateway", ""))
        except Refusal:
            pools.give_back(subnet)
            return
        options = dict(spec.get("DriverConfiguration", {}).get("Options") or {})
        vni = self._vxlan_id(options)
        options[VXLAN_IDS] = str(vni)
        config = {"Subnet": subnet, "Range": asked.get("Range"), "Gateway": gateway}
        configs = [{key: value for key, value in config.items() if value}]
        self._spaces[identity] = _Space(pool, subnet, vni, _segment(network, str(pool.subnet), vni, options))
        filled: Json = {
            "DriverState": {"Name": "overlay", "Options": dict(sorted(options.items()))},
            "IPAMOptions": {"Driver": {"Name": "default"}, "Configs": configs},
        }
        if asked:
            filled["Spec"] = spec | {"IPAMOptions": spec["IPAMOptions"] | {"Configs": configs}}
        self.store.update("network", identity, filled)
        self._retry()

    def _all_pools(self) -> Pools:
        if self._pools is None:
            cluster = next(iter(self.store.all("cluster")), {})
            pools = cluster.get("DefaultAddrPool") or DEFAULT_POOLS
            self._pools = Pools.of_swarm(pools, cluster.get("SubnetSize") or DEFAULT_SIZE)
        return self._pools

    def _vxlan_id(self, options: Json) -> int:
        asked = str(options.get(VXLAN_IDS, "")).partition(",")[0]
        if asked.isdecimal() and self._vnis.reserve(int(asked)):
            return int(asked)
        vni = self._vnis.take()
        assert vni is not None
        return vni

    def _release_network(self, identity: str) -> None:
        space = self._spaces.pop(identity, None)
        if space is None:
            return
        nodes = [node for node, network in self.balancers if network == identity]
        for node in nodes:
            del self.balancers[node, identity]
        self._all_pools().give_back(space.subnet)
        self._vnis.give_back(space.vni)
        for node in nodes:
            if self.store.get("node", node) is not None:
                self.store.update("node", node, {})
        for network in self.store.all("network"):
            self._allocate_network(network["ID"])

    def _allocate_service(self, identity: str) -> None:
        service = self.store.get("service", identity)
        if service is None:
            return
        asked = service["Spec"].get("EndpointSpec") or {}
        held = service.get("Endpoint") or {"Spec": {}}
        ports = self._ports.allocate(asked.get("Ports") or [], held.get("Ports") or [])
        virtual = asked.get("Mode", "vip") == "vip"
        networks = _targets(service["Spec"].get("TaskTemplate") or {}, service["Spec"]) if virtual else []
        if virtual and needs_ingress(service["Spec"]):
            ingress = self.ingress()
            networks = [ingress["ID"] if ingress else "", *networks]
        vips = None if ports is None else self._allocate_vips(identity, networks)
        if ports is None or vips is None:
            if ports is not None:
                # What is not written in the store is not the service's: it is asked for again later.
                self._ports.give_back(ports)
                self._ports.reserve(held.get("Ports") or [])
            self._unserved.add(identity)
            return
        self._unserved.discard(identity)
        if not (ports or vips or held.get("Ports") or held.get("VirtualIPs")):
            self._retry()
            return
        made: Json = {"Spec": asked}
        if ports:
            made["Ports"] = ports
        if vips:
            made["VirtualIPs"] = [
                {"NetworkID": key} | ({"Addr": value} if value else {}) for key, value in vips.items()
            ]
        if made != held:
            self.store.update("service", identity, {"Endpoint": made})
        self._retry()

    def _allocate_vips(self, service: str, networks: list[str]) -> dict[str, str] | None:
        """Virtual addresses with their prefixes, by network; None when one cannot be given."""
        held = self._vips.setdefault(service, {})
        for network in [network for network in held if network not in networks]:
            self._give_back(network, held.pop(network))
        shown: dict[str, str] = {}
        for network in sorted(networks, key=lambda network: network not in held):
            space = self._spaces.get(network)
            if space is None:
                known = self.store.get("network", network)
                if known is None or driver_of(known) == "overlay":
                    return None
                shown[network] = ""
                continue
            if network not in held:
                try:
                    held[network] = space.pool.take()
                except Refusal:
                    return None
            shown[network] = f"{held[network]}/{space.pool.prefix}"
        return shown

    def _release_service(self, identity: str) -> None:
        self._unserved.discard(identity)
        for network, address in self._vips.pop(identity, {}).items():
            self._give_back(network, address)
        self._retry()

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
            self._use(held.node, [network for network, _ in held.addresses], 1)
            self._sync(held.node)

    def _allocate_task(self, task: Json) -> None:
        identity = task["ID"]
        service = self.store.get("service", task.get("ServiceID") or "")
        if service is not None and (service["ID"] in self._unserved or _unallocated(service)):
            self._waiting[identity] = None
            return
        endpoint = (service or {}).get("Endpoint") or {}
        networks = _targets(task.get("Spec") or {}, (service or {}).get("Spec") or {})
        if service is not None and needs_ingress(service["Spec"]) and (ingress := self.ingress()) is not None:
            networks.insert(0, ingress["ID"])
        attachments: list[Json] = []
        held = _Held()
        for network in networks:
            known = self.store.get("network", network)
            space = self._spaces.get(network)
            if known is not None and driver_of(known) != "overlay":
                attachments.append({"Network": known})
                continue
            try:
                if known is None or space is None:
                    raise Refusal(503, "it has no subnet")
                address = space.pool.take()
            except Refusal:
                for other, given in held.addresses:
                    self._give_back(other, given)
                self._waiting[identity] = None
                return
            held.addresses.append((network, address))
            attachments.append({"Network": known, "Addresses": [f"{address}/{space.pool.prefix}"]})
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
            self._give_back(network, address)
        if held.node:
            self._use(held.node, [network for network, _ in held.addresses], -1)
            self._sync(held.node)
        self._retry()

    def _retry(self) -> None:
        """Look again at what waits."""
        if self._retrying:
            return
        self._retrying = True
        try:
            for service in list(self._unserved):
                self._allocate_service(service)
            for identity in list(self._waiting):
                task = self.store.get("task", identity)
                if task is None or task["Status"]["State"] != "new":
                    self._waiting.pop(identity, None)
                else:
                    self._allocate_task(task)
        finally:
            self._retrying = False

    def _use(self, node: str, networks: list[str], count: int) -> None:
        uses = self._uses.setdefault(node, {})
        for network in networks:
            uses[network] = uses.get(network, 0) + count
            if not uses[network]:
                del uses[network]

    def _sync(self, node: str) -> None:
        """Give a node the load balancers that it needs, and take back the others: ingress, and its tasks' networks."""
        if self.store.get("node", node) is None:
            return
        ingress = self.ingress()
        needed = [ingress["ID"]] if ingress is not None and ingress["ID"] in self._spaces else []
        needed += [network for network in self._uses.get(node, {}) if network not in needed]
        changed = False
        for held, network in list(self.balancers):
            if held == node and network not in needed:
                self._give_back(network, self.balancers.pop((node, network)))
                changed = True
        for network in needed:
            space = self._spaces.get(network)
            if space is None or (node, network) in self.balancers:
                continue
            try:
                self.balancers[node, network] = f"{space.pool.take()}/{space.pool.prefix}"
                changed = True
            except Refusal:
                continue
        if changed:
            self.store.update("node", node, {})

    def _give_back(self, network: str, address: str) -> None:
        if (space := self._spaces.get(network)) is not None:
            space.pool.give_back(address.partition("/")[0])


def _targets(template: Json, spec: Json) -> list[str]:
    """Ids of the networks that a task's template asks for, or else its service's spec."""
    asked = template.get("Networks") or spec.get("Networks") or []
    return list(dict.fromkeys(network["Target"] for network in asked))


def _unallocated(service: Json) -> bool:
    """Whether a service's endpoint is not there yet; told by the store after its tasks, it may be."""
    endpoint = service.get("Endpoint") or {}
    asked = service["Spec"].get("EndpointSpec") or {}
    if asked.get("Ports") and not endpoint.get("Ports"):
        return True
    networks = _targets(service["Spec"].get("TaskTemplate") or {}, service["Spec"])
    return bool(asked.get("Mode", "vip") == "vip" and networks and not endpoint.get("VirtualIPs"))


def _unattached(reference: str, why: str) -> Refusal:
    return Refusal(500, f"Could not attach to network {reference}: rpc error: {why}")


def _segment(network: Json, subnet: str, vni: int, options: Json) -> Segment:
    mtu = str(options.get("com.docker.network.driver.mtu", ""))
    spec = network["Spec"]
    return Segment(
        network["ID"],
        spec["Name"],
        "overlay",
        subnet,
        mtu=int(mtu) if mtu.isdecimal() else 1500,
        vni=vni,
        encrypted="encrypted" in options,
        ingress=is_ingress(network),
    )
