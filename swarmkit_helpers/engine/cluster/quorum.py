"""Who leads: the managers that can speak to more than half of all managers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..kinds import Json

if TYPE_CHECKING:
    from ..node.host import Host
    from ..world import World
    from .membership import Membership

__all__ = ["NO_LEADER", "Quorum"]

NO_LEADER = (
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online."
    " Make sure more than half of the managers are online."
)


@dataclass(frozen=True, slots=True)
class _Peer:
    """One that has a voice."""

    member: Membership
    address: str
    """With its port."""


class Quorum:
    """The managers that have a voice, whether they can be reached or not."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._peers: dict[str, _Peer] = {}
        self._leader = ""

    def add(self, member: Membership, address: str) -> None:
        """Give a node a voice."""
        self._peers[member.node_id] = _Peer(member, address)

    def remove(self, node_id: str) -> None:
        """Take a node's voice."""
        self._peers.pop(node_id, None)

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._peers

    @property
    def addresses(self) -> dict[str, str]:
        """Id of a manager -> its address."""
        return {node_id: peer.address for node_id, peer in self._peers.items()}

    @property
    def members(self) -> list[Membership]:
        """Those that have a voice."""
        return [peer.member for peer in self._peers.values()]

    def reached(self, host: Host) -> list[str]:
        """Ids of the managers that a host can speak to, itself included."""
        return [node_id for node_id, peer in self._peers.items() if self._answers(node_id, peer, host)]

    def held(self, host: Host) -> bool:
        """Whether a host can speak to more than half of the managers."""
        return 2 * len(self.reached(host)) > len(self._peers)

    @property
    def leader(self) -> Host | None:
        """The host that leads; None when no manager can."""
        leading = self._peers.get(self._leader)
        candidates = [leading] if leading is not None else []
        candidates += self._peers.values()
        for peer in candidates:
            host = peer.member.host
            if peer.member.leads and host.running and self.held(host):
                self._leader = peer.member.node_id
                return host
        return None

    def status(self, node_id: str) -> Json | None:
        """``ManagerStatus`` of a node; None when it has no voice."""
        peer = self._peers.get(node_id)
        if peer is None:
            return None
        leader = self.leader
        reached = leader is not None and self._answers(node_id, peer, leader)
        status: Json = {"Leader": True} if leader is not None and node_id == self._leader else {}
        return status | {"Reachability": "reachable" if reached else "unreachable", "Addr": peer.address}

    def _answers(self, node_id: str, peer: _Peer, host: Host) -> bool:
        member = peer.member
        here = member.node_id == node_id and member.leads
        return here and member.host.running and self.world.joined(host, member.host)
