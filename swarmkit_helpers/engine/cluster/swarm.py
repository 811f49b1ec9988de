"""A swarm: what its managers share, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..kinds import Json
from ..refusal import Refusal
from . import lookup, nodes, secrets, services
from .allocator import Allocator
from .announcer import Announcer
from .background import Background
from .clusterspec import check_cluster, cluster_spec, initial_spec
from .dispatcher import Dispatcher
from .lookup import Filters
from .orchestrator import Orchestrator
from .quorum import Quorum
from .reaper import Reaper
from .restart import Restarts
from .scheduler import Scheduler
from .states import RANK
from .store import Kind, Store
from .tasks import Tasks
from .tokens import Authority, join_token, new_unlock_key
from .updater import Updates

if TYPE_CHECKING:
    from ..node.host import Host
    from ..world import World
    from .membership import Membership

__all__ = ["Swarm"]

FIRST_INDEX = 2
PREDEFINED = ("bridge", "host")
CERTIFICATE_S = 5.0
"""How long a manager that is demoted keeps its role, until it has a worker's certificate."""


class Swarm:
    """One swarm, whichever managers it has.

    Parameters
    ----------
    world
        Where its hosts are.
    pools
        Address pools of its overlays.
    subnet_size
        Length of their prefixes.
    data_path_port
        UDP port of their packets.
    """

    def __init__(self, world: World, pools: list[str], subnet_size: int, data_path_port: int) -> None:
        self.world = world
        self.store = Store(world.clock)
        self.store.index = FIRST_INDEX
        self.authority = Authority.make()
        self.members: dict[str, Membership] = {}
        """Node id -> that engine's part in this swarm."""
        self.quorum = Quorum(world)
        self.background = Background(world.clock)
        self.tasks = Tasks(self.store)
        self.restarts = Restarts(self.store, self.tasks, self.background)
        self.updates = Updates(self.store, self.tasks, self.restarts, self.background)
        self.announcer = Announcer(self._telling)
        self.store.watch(self.announcer.hear)
        self.allocator = Allocator(world, self.store)
        self.orchestrator = Orchestrator(self.store, self.tasks, self.restarts, self.updates, self.background)
        self.scheduler = Scheduler(self.store, self.background, world.random)
        self.reaper = Reaper(self.store, self.tasks, self.background)
        self.dispatcher = Dispatcher(self)
        self._made = {"DefaultAddrPool": pools, "SubnetSize": subnet_size, "DataPathPort": data_path_port}

    def begin(self, member: Membership, address: str, availability: str, given: Json) -> None:
        """Write what a new swarm has, with its first manager.

        Parameters
        ----------
        address
            Of the manager, with its port.
        given
            Spec of the swarm, as it was sent.

        Raises
        ------
        Refusal
            The spec is refused; the swarm is there all the same, with its defaults.
        """
        body = {"Spec": initial_spec({}), "TLSInfo": self.authority.info(), "RootRotationInProgress": False}
        tokens = {"Worker": join_token(self.authority), "Manager": join_token(self.authority)}
        cluster = self.store.create("cluster", body | self._made | {"_Tokens": tokens, "_UnlockKey": ""})
        self.members[member.node_id] = member
        self.quorum.add(member, address)
        spec = {"Labels": {}, "Role": "manager", "Availability": availability or "active"}
        status = {"State": "unknown", "Addr": address.rpartition(":")[0]}
        node = {"Spec": spec, "Description": {}, "Status": status, "_Role": "manager"}
        with self.announcer.silence():
            self._create_networks()
            self.store.create("node", node, identity=member.node_id)
        ready = {
            "Description": nodes.describe(member.host, self.authority.info()),
            "Status": status | {"State": "ready"},
        }
        self.store.update("node", member.node_id, ready)
        self.dispatcher.start()
        try:
            merged = initial_spec(given)
            check_cluster(merged)
        except Refusal as refusal:
            raise Refusal(500, f"error updating cluster settings: {refusal.message}") from refusal
        self._write_cluster(cluster, merged, {})

    def close(self) -> None:
        """End all that is done in the background."""
        self.background.close()

    @property
    def leader(self) -> Host | None:
        """The host whose manager leads; None when there is none."""
        return self.quorum.leader

    @property
    def cluster(self) -> Json:
        """The swarm's own object, as it is kept."""
        return self.store.all("cluster")[0]

    def inspect(self) -> Json:
        """Body of ``GET /swarm``."""
        return self.info() | {"JoinTokens": self.cluster["_Tokens"]}

    def info(self) -> Json:
        """``Cluster`` of ``GET /info``."""
        return lookup.view("cluster", self.cluster)

    def update(
        self,
        version: int,
        spec: Json,
        *,
        rotate_worker: bool = False,
        rotate_manager: bool = False,
        rotate_unlock: bool = False,
    ) -> None:
        """Replace the swarm's spec, and its tokens if asked to.

        Raises
        ------
        Refusal
            As the engine says it.
        """
        made = cluster_spec(spec)
        check_cluster(made)
        cluster = self.cluster
        tokens = dict(cluster["_Tokens"])
        if rotate_worker:
            tokens["Worker"] = join_token(self.authority)
        if rotate_manager:
            tokens["Manager"] = join_token(self.authority)
        self._write_cluster(cluster, made, {"_Tokens": tokens}, version=version, rotate=rotate_unlock)

    def unlock_key(self) -> str:
        """Key that unlocks a manager that has started again; empty when it need not be."""
        return str(self.cluster["_UnlockKey"])

    def find(self, kind: Kind, reference: str, *, insert_defaults: bool = False) -> Json:
        """The object of that id, name or beginning of an id, as the API shows it.

        Raises
        ------
        Refusal
            404: there is none; 400: there are several.
        """
        found = lookup.find(self.store, kind, reference)
        if insert_defaults and kind == "service":
            found = lookup.shown_with_defaults(found)
        return self.view(kind, found)

    def listed(self, kind: Kind, filters: Filters | None = None, *, status: bool = False) -> list[Json]:
        """Objects that pass filters, as the API lists them.

        Parameters
        ----------
        status
            Add ``ServiceStatus`` to services.

        Raises
        ------
        Refusal
            A filter, or its value, is not known.
        """
        return [self.view(kind, one) for one in lookup.listed(self.store, kind, filters or {}, status=status)]

    def view(self, kind: Kind, found: Json) -> Json:
        """An object as the API shows it."""
        if kind == "node":
            found = found | {"ManagerStatus": self.quorum.status(found["ID"])}
        return lookup.view(kind, found)

    def create_service(self, spec: Json, encoded_auth: str = "", query_registry: bool = False) -> Json:
        """Create a service; see `services.create_service`."""
        self._check_networks(spec)
        return services.create_service(
            self.store, spec, self.world.random, encoded_auth=encoded_auth, query_registry=query_registry
        )

    def update_service(
        self,
        reference: str,
        version: int,
        spec: Json,
        encoded_auth: str = "",
        rollback: str = "",
        registry_auth_from: str = "",
        query_registry: bool = False,
    ) -> Json:
        """Update a service; see `services.update_service`."""
        self._check_networks(spec)
        return services.update_service(
            self.store,
            reference,
            version,
            spec,
            self.world.random,
            encoded_auth=encoded_auth,
            rollback=rollback,
            registry_auth_from=registry_auth_from,
            query_registry=query_registry,
        )

    def remove_service(self, reference: str) -> None:
        """Remove a service."""
        services.remove_service(self.store, reference)

    def update_node(self, reference: str, version: int, spec: Json) -> None:
        """Change a node's labels, availability or role; see `nodes.update_node`."""
        leader = self.leader
        assert leader is not None
        node = nodes.update_node(self.store, self.quorum, leader, reference, version, spec)
        if node["Spec"]["Role"] != node["_Role"]:
            self.background.spawn(self._change_role(node["ID"]))

    def remove_node(self, reference: str, force: bool = False) -> None:
        """Remove a node; see `nodes.remove_node`."""
        self.members.pop(nodes.remove_node(self.store, self.quorum, reference, force)["ID"], None)

    def create_data(self, kind: secrets.DataKind, spec: Json) -> Json:
        """Create a secret or a config; see `secrets.create_data`."""
        return secrets.create_data(self.store, kind, spec)

    def update_data(self, kind: secrets.DataKind, reference: str, version: int, spec: Json) -> None:
        """Change the labels of a secret or a config."""
        secrets.update_data(self.store, kind, reference, version, spec)

    def remove_data(self, kind: secrets.DataKind, reference: str) -> None:
        """Remove a secret or a config that no service uses."""
        secrets.remove_data(self.store, kind, reference)

    def report(self, task_id: str, state: str, **status: Any) -> None:
        """What a node's agent says of a task.

        Parameters
        ----------
        state
            One before the task's own is not written.
        status
            Keys of ``Status`` to replace: Message, Err, ContainerStatus, PortStatus.
        """
        task = self.store.get("task", task_id)
        if task is None or RANK[state] < RANK[task["Status"]["State"]]:
            return
        merged = {key: value for key, value in task["Status"].items() if key != "Err"} | status
        merged |= {"Timestamp": self.world.clock.now(), "State": state}
        order = ("Timestamp", "State", "Message", "Err", "ContainerStatus", "PortStatus")
        written = {key: merged[key] for key in order if merged.get(key) not in (None, "")}
        self.store.update("task", task_id, {"Status": written})

    def heard(self, node_id: str) -> None:
        """A node has been heard of: it is ready."""
        self.dispatcher.heard(node_id)

    def lost(self, node_id: str) -> None:
        """A node has not been heard of for too long: it is down."""
        self.dispatcher.lost(node_id)

    def look_again(self) -> None:
        """Look at everything, as a manager does that begins to lead."""
        self.orchestrator.look_again()
        self.scheduler.look_again()
        self.reaper.look_again()

    def rest(self) -> None:
        """Nobody leads any more: what is under way ends where it is."""
        self.updates.cancel_all()
        self.restarts.cancel_all()

    async def _change_role(self, node_id: str) -> None:
        """What takes a second after a promotion, and some more after a demotion."""
        node = self.store.get("node", node_id)
        member = self.members.get(node_id)
        if node is None or member is None:
            return
        role = node["Spec"]["Role"]
        if role == "worker":
            self.quorum.remove(node_id)
            await self.world.clock.sleep(0.1)
            member.set_manager(False)
            await self.world.clock.sleep(CERTIFICATE_S)
            self._touch(node_id)
            self._write_role(node_id, role)
            self._touch(node_id, 2)
            return
        self._write_role(node_id, role)
        await self.world.clock.sleep(0.5)
        self._touch(node_id, 2)
        await self.world.clock.sleep(0.6)
        wanted = (self.store.get("node", node_id) or {"Spec": {"Role": ""}})["Spec"]["Role"]
        if self.members.get(node_id) is member and wanted == role:
            member.set_manager(True)
            self.quorum.add(member, f"{member.address}:{member.port}")

    def _write_role(self, node_id: str, role: str) -> None:
        if self.store.get("node", node_id) is not None:
            self.store.update("node", node_id, {"_Role": role})

    def _touch(self, node_id: str, times: int = 1) -> None:
        """Write a node again as it is, as managers do while it gets a certificate."""
        for _ in range(times):
            if self.store.get("node", node_id) is not None:
                self.store.update("node", node_id, {})

    async def _renew_certificates(self) -> None:
        """What managers do as soon as their keys are locked."""
        await self.world.clock.sleep(0.2)
        for node_id in list(self.quorum.addresses):
            self._touch(node_id, 2)

    def hear_again(self, node_id: str) -> None:
        """Note that a manager has begun anew: it knows of no node's state until it hears from it."""
        node = self.store.get("node", node_id)
        assert node is not None
        with self.announcer.silence():
            self.store.update("node", node_id, {"Status": node["Status"] | {"State": "unknown"}})
        self.store.update("node", node_id, {"Status": node["Status"]})

    def _write_cluster(
        self, cluster: Json, spec: Json, body: Json, *, version: int | None = None, rotate: bool = False
    ) -> None:
        locked = spec["EncryptionConfig"]["AutoLockManagers"]
        key = (cluster["_UnlockKey"] if not rotate else "") or new_unlock_key() if locked else ""
        self.store.update("cluster", cluster["ID"], {"Spec": spec, "_UnlockKey": key} | body, version=version)
        if key and not cluster["_UnlockKey"]:
            self.background.spawn(self._renew_certificates())

    def _create_networks(self) -> None:
        ingress = {"Name": "ingress", "Labels": {}, "DriverConfiguration": {}, "Ingress": True}
        self.store.create("network", {"Spec": ingress | {"IPAMOptions": {"Driver": {}}, "Scope": "swarm"}})
        for name in PREDEFINED:
            labels = {"com.docker.swarm.predefined": "true"}
            spec = {"Name": name, "Labels": labels, "DriverConfiguration": {"Name": name}, "Scope": "swarm"}
            self.store.create("network", {"Spec": spec, "_Predefined": True})

    def _check_networks(self, spec: Json) -> None:
        """What the engine says of networks that are only its own."""
        wanted = (spec.get("TaskTemplate") or {}).get("Networks") or spec.get("Networks") or []
        leader = self.leader
        known = {one for network in self.store.all("network") for one in (network["ID"], network["Spec"]["Name"])}
        for one in wanted:
            name = one.get("Target") or ""
            if name in known or leader is None:
                continue
            try:
                local = leader.networks.find(name)
            except (Refusal, NotImplementedError):
                continue
            if local.get("Scope") == "swarm":
                continue
            if local.get("Driver") == "null":
                message = "could not find the corresponding predefined swarm network: network none not found"
                raise Refusal(404, message)
            message = f"The network {local['Name']} cannot be used with services. Only networks scoped to the swarm can"
            raise Refusal(403, f"{message} be used, such as those created with the overlay driver.")

    def _telling(self) -> Iterator[Host]:
        """Hosts whose managers tell the swarm's events."""
        leader = self.leader
        for member in self.quorum.members:
            reached = leader is None or self.world.joined(leader, member.host)
            if member.manager and member.leads and member.host.running and reached:
                yield member.host
