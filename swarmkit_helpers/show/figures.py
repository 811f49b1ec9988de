"""A snapshot as figures: each function gives a matplotlib Figure that carries its alternative text.

Pure functions of snapshots: no pyplot, nothing is shown by itself. A figure has `alt`, a French description computed
from the same data, and is exported to HTML as ``<img alt="...">``. Every figure has a table that says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..topology.model import Topology

if TYPE_CHECKING:
    from ..topology.packet import VxlanPacket
    from ..topology.sandbox import Sandbox
    from .figure import Figure

__all__ = [
    "draw_before_after",
    "draw_cnm",
    "draw_nested_packet",
    "draw_packet_path",
    "draw_peers",
    "draw_subnets",
    "draw_swarm",
]


def draw_subnets(topology: Topology, network: str | None = None, *, local: bool = False) -> Figure:
    """Draw which container is on which subnet, with which address, node by node.

    Merged from all nodes: ``docker network inspect`` tells only the containers of the node that is asked. Beyond 12
    containers of one node on a network, they are counted by service; beyond 10 nodes, by node. `endpoints_table` says
    the same as a table.

    Parameters
    ----------
    topology
        A snapshot.
    network
        Name or id of the only network to draw; None for all overlay networks.
    local
        With no `network`: also the local networks (``docker_gwbridge``, ``bridge``...).

    Raises
    ------
    ObjectNotFound
        No network of that name.
    """
    from .drawings.subnets import draw

    return draw(topology, network, local=local)


def draw_before_after(before: Topology, after: Topology, network: str | None = None) -> Figure:
    """Draw two subnet maps side by side, with what appeared and what vanished.

    `compare` says the same as a table.

    Parameters
    ----------
    before, after
        Two snapshots of the same swarm.
    network
        Name or id of the only network to draw; None for all overlay networks.

    Raises
    ------
    ObjectNotFound
        No network of that name, neither before nor after.
    """
    from .drawings.subnets import draw_pair

    return draw_pair(before, after, network)


def draw_peers(topology: Topology, network: str | None = None) -> Figure:
    """Draw which node sees which node as a peer, network by network; where the views disagree, it is marked.

    `peers_table` says the same as a table.

    Parameters
    ----------
    topology
        A snapshot.
    network
        Name or id of the only network to draw; None for all overlay networks.

    Raises
    ------
    ObjectNotFound
        No network of that name.
    """
    from .drawings.peers import draw

    return draw(topology, network)


def draw_swarm(topology: Topology) -> Figure:
    """Draw the nodes on their common network: role, address, state, and the containers that run on each.

    `nodes_table` and `containers_table` say the same as tables.
    """
    from .drawings.swarm import draw

    return draw(topology)


def draw_cnm(topology: Topology, container: str, sandbox: Sandbox) -> Figure:
    """Draw the three components of the Container Network Model around one live container.

    Parameters
    ----------
    topology
        A snapshot that holds the container, its endpoints and its networks.
    container
        Name, short name or id of the container.
    sandbox
        What was read inside it: interfaces, routes, DNS servers.

    Raises
    ------
    ObjectNotFound
        No container of that name.
    """
    from .drawings.cnm import draw

    return draw(topology, container, sandbox)


def draw_nested_packet(packet: VxlanPacket, topology: Topology | None = None) -> Figure:
    """Draw the headers of one captured VXLAN packet, one inside the other, and the 50 bytes they cost.

    `packets_table` says the same as a table.

    Parameters
    ----------
    packet
        One captured packet.
    topology
        A snapshot of the same swarm, to name the network, the nodes and the containers.
    """
    from .drawings.packet import draw_nested

    return draw_nested(packet, topology)


def draw_packet_path(topology: Topology, packet: VxlanPacket) -> Figure:
    """Draw the way of one captured packet: container, overlay network, node, underlay, node, container.

    `packets_table` says the same as a table.

    Parameters
    ----------
    topology
        A snapshot of the swarm where the packet was captured.
    packet
        One captured packet.
    """
    from .drawings.packet import draw_path

    return draw_path(topology, packet)
