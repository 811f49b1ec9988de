"""Panels over a lab: what `show.widgets` draws, wired to the probes that do the work."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from .lab.cluster import Lab
from .probes.capture import LiveCapture, capture_live
from .probes.events import EventFollower
from .probes.live import LivePing, ping_live
from .probes.matrix import ping_matrix
from .probes.names import explore_names
from .show.widgets.live_map import LiveMap, MapMeans, View
from .show.widgets.matrix import MatrixMeans, MatrixPanel
from .show.widgets.names import NameMeans, NamePanel
from .show.widgets.packets import PacketMeans, PacketPanel, PacketRequest
from .show.widgets.ping import PingMeans, PingPanel, PingRequest
from .topology.fetch import snapshot

__all__ = ["live_map", "matrix_panel", "name_panel", "packet_panel", "ping_panel"]

INTERVAL_S = 0.5
"""Between two packets of the panel: slow enough to be watched."""


def live_map(lab: Lab, view: View = "swarm", *, follow: bool = True, minutes: float = 30.0) -> LiveMap:
    """Make a map of the swarm that follows it: what changes is seen and told without running the cell again.

    Each event of an engine makes the map read the swarm again (a burst of them, once); it also reads it every 5 s
    without any, for a task's state or a peer heard of by gossip makes no event. It spends at most a quarter of its time
    reading and drawing, a twentieth when nothing is heard. It stops by itself after `minutes`, or a minute after the
    last page that displays it is gone. `snapshot`, `compare` and the ``draw_`` functions do the same without a map.

    Parameters
    ----------
    view
        What is shown at first: ``swarm``, ``subnets`` or ``peers``.
    follow
        Follow at once; else its button does.
    minutes
        How long it follows, at most.

    Raises
    ------
    NodeUnreachable
        The manager's engine does not answer.
    """
    means = MapMeans(lambda: snapshot(lab), lambda on_event, on_link: EventFollower(lab, on_event, on_link))
    shown = LiveMap(means, view=view, minutes=minutes)
    if follow:
        shown.start()
    return shown


def ping_panel(
    lab: Lab,
    source: str | None = None,
    target: str = "",
    *,
    count: int = 5,
    size: int = 56,
    dont_fragment: bool = False,
    run: bool = False,
) -> PingPanel:
    """Make a panel that pings: who pings whom, each answer as it comes, what happened and why.

    `ping_live` and `ping` do the same without a panel.

    Parameters
    ----------
    source, target
        What is chosen at first: a container, and a container, a service, a VIP or an address.
    count, size, dont_fragment
        Packets, bytes of data in each, and whether they may be cut.
    run
        Ping at once, before the panel is shown: its result then stands in the saved notebook too.

    Raises
    ------
    NodeUnreachable
        The manager's engine does not answer.
    """

    def send(request: PingRequest, stop: threading.Event) -> LivePing:
        return ping_live(
            lab,
            request.source,
            request.target,
            count=request.count,
            size=request.size,
            dont_fragment=request.dont_fragment,
            interval_s=INTERVAL_S,
            stop=stop,
        )

    means = PingMeans(lambda: snapshot(lab), send, lab.capabilities.ipvs)
    panel = PingPanel(means, source=source, target=target, count=count, size=size, dont_fragment=dont_fragment)
    return panel.run() if run else panel


def name_panel(lab: Lab, source: str | None = None, names: Sequence[str] = (), *, run: bool = False) -> NamePanel:
    """Make a panel that asks the DNS of a container for names, and shows who holds the addresses it gives.

    `explore_names` does the same without a panel.

    Parameters
    ----------
    source
        The container that asks at first.
    names
        Names to ask first, the last one in the field.
    run
        Ask at once, before the panel is shown: the answers then stand in the saved notebook too.

    Raises
    ------
    NodeUnreachable
        The manager's engine does not answer.
    """
    means = NameMeans(lambda: snapshot(lab), lambda asker, asked: explore_names(lab, asker, asked))
    panel = NamePanel(means, source=source, names=names)
    return panel.run() if run else panel


def packet_panel(
    lab: Lab,
    source: str | None = None,
    target: str = "",
    *,
    node: str | None = None,
    count: int = 2,
    run: bool = False,
) -> PacketPanel:
    """Make a panel that captures VXLAN while a container pings: the packets, their headers, the way that they took.

    `capture_ping`, `packets_table`, `draw_nested_packet` and `draw_packet_path` do the same without a panel.

    Parameters
    ----------
    source, target
        What is chosen at first, as for `ping_panel`; a target that begins with ``http://`` is asked for a page, as by
        `capture_http`.
    node
        Where to listen; by default the node that runs the source.
    count
        Pings.
    run
        Capture at once, before the panel is shown: its result then stands in the saved notebook too.

    Raises
    ------
    NodeUnreachable
        The manager's engine does not answer.
    """

    def capture(request: PacketRequest, stop: threading.Event) -> LiveCapture:
        return capture_live(lab, request.source, request.target, count=request.count, node=request.node, stop=stop)

    means = PacketMeans(lambda: snapshot(lab), capture)
    panel = PacketPanel(means, source=source, target=target, node=node, count=count)
    return panel.run() if run else panel


def matrix_panel(lab: Lab, networks: Sequence[str] = (), *, run: bool = False) -> MatrixPanel:
    """Make a panel that pings all pairs of containers of some networks, and says why each answers or does not.

    `ping_matrix`, `draw_matrix` and `matrix_table` do the same without a panel.

    Parameters
    ----------
    networks
        The overlay networks chosen at first; all but ingress by default.
    run
        Measure at once, before the panel is shown: the result then stands in the saved notebook too.

    Raises
    ------
    NodeUnreachable
        The manager's engine does not answer.
    """
    means = MatrixMeans(lambda: snapshot(lab), lambda chosen: ping_matrix(lab, networks=chosen))
    panel = MatrixPanel(means, networks=networks)
    return panel.run() if run else panel
