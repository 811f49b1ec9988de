"""The pictures that are kept: one of each kind of figure, and of the sizes that are drawn otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from swarmkit_helpers.show import figures
from swarmkit_helpers.show.figure import Figure
from tests.widgets import probed

from . import captures, fleets, stacks, surveys, swarms

BEFORE, AFTER, ALPINES = swarms.before_move(), swarms.after_move(), swarms.alpines()


def way(name: str) -> Figure:
    """The way of a packet that was captured, or not."""
    capture = captures.WAYS[name]
    return figures.draw_packet_path(capture.topology or captures.SWARM, capture)


PICTURES: dict[str, Callable[[], Figure]] = {
    "swarm-3": lambda: figures.draw_swarm(BEFORE),
    "swarm-5-ailing": lambda: figures.draw_swarm(fleets.ailing(fleets.fleet(5, 20, 2))),
    "swarm-30": lambda: figures.draw_swarm(fleets.fleet(30, 500, 7)),
    "swarm-100-ailing": lambda: figures.draw_swarm(fleets.ailing(fleets.fleet(100, 2000, 7))),
    "subnets-3": lambda: figures.draw_subnets(BEFORE),
    "subnets-none": lambda: figures.draw_subnets(swarms.no_swarm()),
    "subnets-long-names": lambda: figures.draw_subnets(fleets.fleet(3, 12, 3, long=True)),
    "subnets-20-networks": lambda: figures.draw_subnets(fleets.fleet(3, 60, 20)),
    "subnets-100-ailing": lambda: figures.draw_subnets(fleets.ailing(fleets.fleet(100, 2000, 4))),
    "before-after-3": lambda: figures.draw_before_after(BEFORE, AFTER),
    "before-after-30": lambda: figures.draw_before_after(
        fleets.fleet(30, 500, 7), fleets.ailing(fleets.fleet(30, 500, 7))
    ),
    "peers-3": lambda: figures.draw_peers(AFTER),
    "peers-100-ailing": lambda: figures.draw_peers(fleets.ailing(fleets.fleet(100, 2000, 4))),
    "cnm": lambda: figures.draw_cnm(ALPINES, "alpine1", swarms.SANDBOX),
    "matrix-2": lambda: figures.draw_matrix(probed.matrix(2, 1)),
    "matrix-12": lambda: figures.draw_matrix(
        probed.matrix(3, 4, {(0, 2): "failed", (1, 5): "leaked", (3, 7): "not_run"})
    ),
    "matrix-40": lambda: figures.draw_matrix(probed.matrix(4, 10, {(0, 2): "failed"})),
    "names": lambda: figures.draw_names(probed.survey(mute=True)),
    "names-no-ipvs": lambda: figures.draw_names(replace(probed.survey(), ipvs=False)),
    "names-by-node": lambda: figures.draw_names(surveys.of_one(6, 140)),
    "names-100-nodes": lambda: figures.draw_names(surveys.large(100, 2000, 7)),
    "nested-packet": lambda: figures.draw_nested_packet(swarms.PING, ALPINES),
    "packet-alone": lambda: figures.draw_packet_path(ALPINES, swarms.PING),
    "path-wire": lambda: way("wire"),
    "path-balanced": lambda: way("wire, balanced"),
    "path-no-reply": lambda: way("wire, nothing back"),
    "path-vip-silent": lambda: way("vip_silent"),
    "path-encrypted": lambda: way("encrypted"),
    "path-apart": lambda: way("apart"),
    "path-elsewhere": lambda: way("elsewhere"),
    "path-local": lambda: way("local"),
    "architecture": lambda: figures.draw_architecture(stacks.voting()),
    "simulated": lambda: figures.draw_swarm(replace(ALPINES, simulated=True)),
}
