"""An engine's part in a swarm."""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from ..ids import swarm_id
from ..kinds import Json
from ..refusal import Refusal
from .addresses import advertised, data_path, listened, remote
from .clusterspec import check_pools, data_path_port
from .doors import GOSSIP, Doors
from .nodes import AVAILABILITIES, admit, describe
from .quorum import NO_LEADER
from .rpc import refused
from .swarm import Swarm
from .tokens import read_join_token

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["Membership"]

State = Literal["inactive", "active", "pending", "error", "locked"]
Watcher = Callable[[Swarm | None], Awaitable[None] | None]

JOIN_S = 20.0
NO_SWARM = "This node is not part of a swarm"
EXISTS = 'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.'
NOT_MANAGER = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
    "Please run this command on a manager node or promote the current node to a manager."
)
NOT_INIT = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm '
    "and try again."
)
LOCKED = (
    'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.'
)
LOCKED_LEAVE = "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message."
TIMEOUT = (
    "Timeout was reached before node joined. The attempt to join the swarm will continue in the background. "
    'Use the "docker info" command to see the current swarm status of your node.'
)
LEAVING = "You are attempting to leave the swarm on a node that is participating as a manager. "
LAST = "Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. "
RESTORE = (
    "The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. "
    "Use `--force` to suppress this message."
)
TWO_MANAGERS = (
    "WARNING: Running Swarm in a two-manager configuration. This configuration provides\n"
    "         no fault tolerance, and poses a high risk to lose control over the cluster.\n"
    "         Refer to https://docs.docker.com/engine/swarm/admin_guide/ to configure the\n"
    "         Swarm for fault-tolerance."
)


class Membership:
    """What this engine is in a swarm, or that it is in none."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.state: State = "inactive"
        self.node_id = ""
        self.swarm: Swarm | None = None
        self.manager = False
        self.address = ""
        """At which other nodes find it."""
        self.port = ""
        """At which its manager listens."""
        self.data_path = ""
        """Address that the overlays' packets go to, if another was asked for."""
        self._sought = ""
        self._listens = 0
        self._doors = Doors(host)
        self._watchers: list[Watcher] = []
        host.watch(self._engine_changed)

    @property
    def leads(self) -> bool:
        """Whether it has what a manager needs to decide: it is not locked, and has not left."""
        return self.manager and self.state == "active"

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with the swarm when this engine takes part in one, None when it does not any more.

        What a watcher returns is waited for, when this engine leaves. What is returned here ends the calls.
        """
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def init(self, body: Json) -> str:
        """Make a swarm, and return the id of its first node.

        Raises
        ------
        Refusal
            As the engine says it.
        """
        if self.state != "inactive":
            if not body.get("ForceNewCluster"):
                raise Refusal(503, EXISTS)
            if not self.manager:
                raise Refusal(503, NOT_MANAGER)
        listen_address, listen_port = listened(self.host, body.get("ListenAddr") or "")
        spec = body.get("Spec") or {}
        if (spec.get("Name") or "default") != "default":
            raise Refusal(400, 'swarm spec must be named "default"')
        address, port = advertised(self.host, body.get("AdvertiseAddr") or "", listen_port)
        path = data_path(self.host, body.get("DataPathAddr") or "")
        pools, size = check_pools(body.get("DefaultAddrPool"), body.get("SubnetSize"))
        overlays = data_path_port(body.get("DataPathPort") or 0)
        self._check_availability(body)
        if self.swarm is not None:
            return self._start_anew(self.swarm)
        self._doors.open(int(listen_port), listen_address)
        self._listens = int(listen_port)
        self.node_id, self.state, self.manager = swarm_id(), "active", True
        self.address, self.port, self.data_path = address, port, path
        self.swarm = swarm = Swarm(self.host.world, pools, size, overlays)
        try:
            swarm.begin(self, f"{address}:{port}", body.get("Availability") or "", spec)
        finally:
            self._tell(swarm)
        return self.node_id

    async def join(self, body: Json) -> None:
        """Become a node of a swarm.

        Raises
        ------
        Refusal
            As the engine says it.
        """
        if self.state != "inactive":
            raise Refusal(503, EXISTS)
        _, listen_port = listened(self.host, body.get("ListenAddr") or "")
        remotes = body.get("RemoteAddrs") or []
        if not remotes:
            raise Refusal(400, "at least 1 RemoteAddr is required to join")
        path = data_path(self.host, body.get("DataPathAddr") or "")
        address, listens = self.host.address, int(listen_port)
        if body.get("AdvertiseAddr"):
            try:
                address, listen_port = advertised(self.host, body["AdvertiseAddr"], listen_port)
            except Refusal:
                address = self.host.address
        manager_address, manager_port = remote(remotes[0])
        self._check_route(manager_address, manager_port)
        self._check_availability(body)
        token = body.get("JoinToken") or ""
        digest = read_join_token(token) if token else ""
        self.state, self.address, self._sought = "pending", address, f"{manager_address}:{manager_port}"
        try:
            swarm = await self._reach(manager_address, manager_port)
            role = self._role(swarm, token, digest)
        except Refusal as refusal:
            if refusal.message != TIMEOUT:
                self._forget()
            raise
        await self.host.world.clock.sleep(0.2)
        self.node_id, self.state, self.swarm = swarm_id(), "active", swarm
        self.port, self.data_path, self._sought, self._listens = listen_port, path, "", listens
        swarm.members[self.node_id] = self
        if role == "manager":
            self.manager = True
            swarm.quorum.add(self, f"{address}:{self.port}")
        description = describe(self.host, swarm.authority.info())
        admit(swarm.store, self.node_id, address, role, body.get("Availability") or "", description)
        self._tell(swarm)

    async def leave(self, force: bool = False) -> None:
        """Leave the swarm.

        Raises
        ------
        Refusal
            503: it is in none, or it is a manager and `force` is not given.
        """
        if self.state == "inactive":
            raise Refusal(503, NO_SWARM)
        if not force:
            self._check_leaving()
        swarm, node_id = self.swarm, self.node_id
        self._forget()
        for watcher in list(self._watchers):
            done = watcher(None)
            if inspect.isawaitable(done):
                await done
        if swarm is not None:
            swarm.members.pop(node_id, None)
            if not any(one.manager for one in swarm.members.values()):
                swarm.close()

    def unlock(self, key: str) -> None:
        """Unlock a manager that has started again.

        Raises
        ------
        Refusal
            It is not locked, or the key is not that of its swarm.
        """
        if self.state != "locked":
            self.require_manager()
            raise Refusal(409, "swarm is not locked")
        if not key.startswith("SWMKEY-1-"):
            raise Refusal(400, "invalid key string")
        assert self.swarm is not None
        if key != self.swarm.unlock_key():
            raise Refusal(401, "swarm could not be unlocked: invalid key provided")
        self.state = "active"
        self._tell(self.swarm)

    def set_manager(self, manager: bool) -> None:
        """Say whether its engine is a manager."""
        self.manager = manager
        self._open_doors()

    def require_manager(self) -> Swarm:
        """The swarm, if this engine can decide for it.

        Raises
        ------
        Refusal
            503: it is no manager; 500: too few managers can be reached.
        """
        if self.state == "locked":
            raise Refusal(503, LOCKED)
        if self.swarm is None:
            raise Refusal(503, NOT_INIT)
        if not self.manager:
            raise Refusal(503, NOT_MANAGER)
        if not self.swarm.quorum.held(self.host) or self.swarm.leader is None:
            raise Refusal(500, NO_LEADER)
        return self.swarm

    def info(self) -> Json:
        """``Swarm`` of ``GET /info``."""
        info: Json = {
            "NodeID": self.node_id if self.state != "locked" else "",
            "NodeAddr": self.address,
            "LocalNodeState": self.state,
            "ControlAvailable": self.leads,
            "Error": LOCKED if self.state == "locked" else "",
            "RemoteManagers": self._remote_managers(),
        }
        if not self.leads or self.swarm is None:
            return info
        if not self.swarm.quorum.held(self.host):
            return info | {"Error": NO_LEADER}
        managers = len(self.swarm.quorum.addresses)
        info |= {"Nodes": len(self.swarm.store.all("node")), "Managers": managers, "Cluster": self.swarm.info()}
        return info | ({"Warnings": [TWO_MANAGERS]} if managers == 2 else {})

    def _remote_managers(self) -> list[Json] | None:
        if self.state == "pending":
            return [{"NodeID": "", "Addr": self._sought}]
        if self.swarm is None or self.state == "locked":
            return None
        return [{"NodeID": node_id, "Addr": address} for node_id, address in self.swarm.quorum.addresses.items()]

    def _start_anew(self, swarm: Swarm) -> str:
        """Be the only manager of the swarm that it was a manager of."""
        for node_id in swarm.quorum.addresses:
            if node_id != self.node_id:
                swarm.quorum.remove(node_id)
                if (other := swarm.members.get(node_id)) is not None:
                    other.set_manager(False)
        swarm.hear_again(self.node_id)
        swarm.dispatcher.look()
        return self.node_id

    def _check_availability(self, body: Json) -> None:
        availability = body.get("Availability") or "active"
        if availability not in AVAILABILITIES:
            raise Refusal(500, f'invalid Availability: "{availability}"')

    def _check_route(self, address: str, port: str) -> None:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            why = f"dial udp: lookup {address}: no such host"
            raise Refusal(500, f"could not find local IP address: {why}") from None
        if found not in ipaddress.ip_network(self.host.world.wire.subnet, strict=False):
            why = f"dial udp {address}:{port}: connect: network is unreachable"
            raise Refusal(500, f"could not find local IP address: {why}")

    async def _reach(self, address: str, port: str) -> Swarm:
        """The swarm of the manager that listens there."""
        other = self.host.world.host_at(address)
        links = self.host.world.faults.link
        if other is None or not (links(self.host.hostname).up and links(other.hostname).up):
            await self.host.world.clock.sleep(JOIN_S)
            raise Refusal(503, TIMEOUT)
        member = other.swarm
        if not other.running or not member.leads or member.port != port or member.swarm is None:
            why = f"dial tcp {address}:{port}: connect: connection refused"
            message = f'connection error: desc = "transport: Error while dialing {why}"'
            raise Refusal(503, f"rpc error: code = Unavailable desc = {message}")
        if not member.swarm.quorum.held(other):
            raise Refusal(500, NO_LEADER)
        return member.swarm

    def _role(self, swarm: Swarm, token: str, digest: str) -> str:
        if digest and digest != swarm.authority.digest:
            raise Refusal(500, f"remote CA does not match fingerprint. Expected: {digest}")
        for role, known in swarm.cluster["_Tokens"].items():
            if token == known:
                return str(role).lower()
        raise refused("InvalidArgument", "A valid join token is necessary to join this cluster")

    def _check_leaving(self) -> None:
        if self.state == "locked":
            raise Refusal(503, LOCKED_LEAVE)
        if not self.manager or self.swarm is None:
            return
        quorum = self.swarm.quorum
        everyone = len(quorum.addresses)
        reached = len(quorum.reached(self.host))
        if quorum.held(self.host) and reached - 2 <= everyone - reached:
            if everyone == 1:
                raise Refusal(503, LEAVING + LAST)
            left = f"Removing this node leaves {reached - 1} managers out of {everyone}. "
            raise Refusal(503, f"{LEAVING}{left}Without a Raft quorum your swarm will be inaccessible. {RESTORE}")
        raise Refusal(503, LEAVING + RESTORE)

    def _forget(self) -> None:
        self.state, self.node_id, self.swarm, self.manager = "inactive", "", None, False
        self.address = self.port = self.data_path = self._sought = ""
        self._open_doors()

    def _open_doors(self) -> None:
        ports: set[int] = set()
        if self.host.running and self.state == "active":
            ports = {GOSSIP, self._listens} if self.manager else {GOSSIP}
        self._doors.set(ports)

    def _engine_changed(self, running: bool) -> None:
        if self.swarm is None:
            if not running:
                self._forget()
            return
        if not running:
            self._tell(None)
        elif self.manager and self.swarm.unlock_key():
            self.state = "locked"
        else:
            self._tell(self.swarm)

    def _tell(self, swarm: Swarm | None) -> None:
        self._open_doors()
        for watcher in list(self._watchers):
            done: Any = watcher(swarm)
            if inspect.isawaitable(done) and self.swarm is not None:
                self.swarm.background.spawn(_finish(done))


async def _finish(work: Awaitable[None]) -> None:
    await work
