"""A snapshot as figures: each function gives a matplotlib Figure that carries its alternative text.

Pure functions of snapshots: no pyplot, nothing is shown by itself. A figure has `alt`, a French description computed
from the same data, and is exported to HTML as ``<img alt="...">``. Every figure has a table that says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..topology.model import Topology
from ..topology.packet import VxlanPacket

if TYPE_CHECKING:
    from ..compose.file import StackFile
    from ..probes.capture import Capture
    from ..probes.matrix import PingMatrix
    from ..probes.names import NameSurvey
    from ..topology.sandbox import Sandbox
    from .figure import Figure

__all__ = [
    "draw_architecture",
    "draw_before_after",
    "draw_cnm",
    "draw_matrix",
    "draw_names",
    "draw_nested_packet",
    "draw_packet_path",
    "draw_peers",
    "draw_subnets",
    "draw_swarm",
]


def draw_architecture(stack: StackFile) -> Figure:
    """Draw a stack file: its services on their networks, who connects to whom, the published ports, the volumes.

    Networks are bands, a service stands on its own; what two services have no common network for is marked.
    `stack_services_table` and `reach_table` say the same as tables.

    Parameters
    ----------
    stack
        What `read_stack` gives. Nothing need be deployed.
    """
    from .drawings.architecture import draw

    return draw(stack)


def draw_subnets(topology: Topology, network: str | Sequence[str] | None = None, *, local: bool = False) -> Figure:
    """Draw which container is on which subnet, with which address, node by node.

    Merged from all nodes: ``docker network inspect`` tells only the containers of the node that is asked. Beyond 12
    containers of one node on a network, they are counted by service. Beyond 10 nodes, or where the sheet would be too
    tall to read, a heat map counts them by node and network, above it the services of each network and what stands
    out. `endpoints_table` says the same as a table.

    Parameters
    ----------
    topology
        A snapshot.
    network
        Name or id of the only network to draw, or several, or the name of a stack: its networks; None for all overlay
        networks.
    local
        With no `network`: also the local networks (``docker_gwbridge``, ``bridge``...).

    Raises
    ------
    ObjectNotFound
        No network of that name.
    """
    from .drawings.subnets import draw

    return draw(topology, network, local=local)


def draw_before_after(before: Topology, after: Topology, network: str | Sequence[str] | None = None) -> Figure:
    """Draw two subnet maps side by side, with what appeared and what vanished.

    Of a large swarm, one map of what each node gained and lost on each network; nodes where nothing changed are only
    counted. What a node holds that did not answer both times is not compared. `compare` says the same as a table.

    Parameters
    ----------
    before, after
        Two snapshots of the same swarm.
    network
        Name or id of the only network to draw, or several, or the name of a stack: its networks; None for all overlay
        networks.

    Raises
    ------
    ObjectNotFound
        No network of that name, neither before nor after.
    """
    from .drawings.subnets import draw_pair

    return draw_pair(before, after, network)


def draw_peers(topology: Topology, network: str | Sequence[str] | None = None) -> Figure:
    """Draw which node sees which node as a peer, network by network; where the views disagree, it is marked.

    Beyond 12 nodes, or where the sheet would be too tall to read, the view of each node is one sign.
    `peers_table` says the same as a table.

    Parameters
    ----------
    topology
        A snapshot.
    network
        Name or id of the only network to draw, or several, or the name of a stack: its networks; None for all overlay
        networks.

    Raises
    ------
    ObjectNotFound
        No network of that name.
    """
    from .drawings.peers import draw

    return draw(topology, network)


def draw_swarm(topology: Topology) -> Figure:
    """Draw the nodes on their common network: role, address, state, and the containers that run on each.

    Beyond 9 nodes: what stands out (nodes down or drained, services that lack tasks, tasks without a node), one tile
    per node with its number of containers, and how each service is spread.

    `nodes_table`, `services_table` and `containers_table` say the same as tables.
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


def draw_matrix(matrix: PingMatrix) -> Figure:
    """Draw who answers whom, and how fast, as a square: who asks in rows, who is asked in columns.

    `matrix_table` says the same as a table.

    Parameters
    ----------
    matrix
        What `ping_matrix` gives.
    """
    from .drawings.matrix import draw

    return draw(matrix)


def draw_names(survey: NameSurvey) -> Figure:
    """Draw what a DNS server answered: each name, the addresses it gave, who holds each and where.

    Many addresses of one name are drawn by node, or counted; `names_table` lists them all.

    Parameters
    ----------
    survey
        What `explore_names` gives.
    """
    from .drawings.names import draw

    return draw(survey)


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


def draw_packet_path(topology: Topology, packet: Capture | VxlanPacket) -> Figure:
    """Draw the way of a packet: name, DNS, address, container, overlay network, node, underlay, node, container.

    `packets_table` says the same as a table.

    Parameters
    ----------
    topology
        A snapshot of the swarm where it was captured.
    packet
        A whole capture: its first packet is drawn, with the name that led to it; and where none passed, how far it went
        and why. Or one captured packet.
    """
    from .drawings.path import draw_path, draw_way

    return draw_path(topology, packet) if isinstance(packet, VxlanPacket) else draw_way(topology, packet)
