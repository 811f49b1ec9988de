"""The dispatcher: it hears the nodes' hearts beat, and sees who leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .swarm import Swarm

__all__ = ["MISSED", "Dispatcher"]

PERIOD_NS = 5_000_000_000
MISSED = 3
"""Beats after which a node is down."""


class Dispatcher:
    """Looks once each period which nodes the leader can speak to."""

    def __init__(self, swarm: Swarm) -> None:
        self.swarm = swarm
        self._missed: dict[str, int] = {}
        self._led = True

    def start(self) -> None:
        """Begin to look."""
        self.swarm.background.spawn(self._beat())

    def heard(self, node_id: str) -> None:
        """A node has been heard of: it is ready."""
        self._missed.pop(node_id, None)
        node = self.swarm.store.get("node", node_id)
        if node is not None and node["Status"]["State"] != "ready":
            ready = {"State": "ready", "Addr": node["Status"]["Addr"]}
            self.swarm.store.update("node", node_id, {"Status": ready})

    def lost(self, node_id: str) -> None:
        """A node has not been heard of for too long: it is down."""
        node = self.swarm.store.get("node", node_id)
        if node is not None and node["Status"]["State"] != "down":
            down = {"State": "down", "Message": "heartbeat failure", "Addr": node["Status"]["Addr"]}
            self.swarm.store.update("node", node_id, {"Status": down})

    def look(self) -> None:
        """Hear all hearts once."""
        leader = self.swarm.leader
        if leader is None:
            if self._led:
                self.swarm.rest()
            self._led = False
            return
        if not self._led:
            self._led = True
            self._missed.clear()
            self.swarm.look_again()
        for node in self.swarm.store.all("node"):
            identity = node["ID"]
            member = self.swarm.members.get(identity)
            present = member is not None and member.node_id == identity and member.state == "active"
            if present and member is not None and self.swarm.world.joined(leader, member.host):
                self.heard(identity)
                continue
            self._missed[identity] = self._missed.get(identity, 0) + 1
            if self._missed[identity] >= MISSED:
                self.lost(identity)

    async def _beat(self) -> None:
        while True:
            period = self.swarm.cluster["Spec"]["Dispatcher"].get("HeartbeatPeriod") or PERIOD_NS
            await self.swarm.world.clock.sleep(period / 1e9)
            self.look()
