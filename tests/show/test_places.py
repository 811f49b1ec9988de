"""Where a figure says that it shows a node or a network, the reader finds that node's or network's name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from swarmkit_helpers.show import figures
from swarmkit_helpers.show.figure import Figure, Place
from swarmkit_helpers.topology.model import Topology

from . import drawn, swarms

SWARMS: dict[str, Topology] = {
    "course": swarms.before_move(),
    "silent": swarms.silenced(swarms.before_move(), "worker2"),
    "ten": swarms.large(10, 4, 3),
    "large": swarms.large(30, 4, 3),
}
VIEWS: dict[str, Callable[[Topology], Figure]] = {
    "swarm": figures.draw_swarm,
    "subnets": figures.draw_subnets,
    "peers": figures.draw_peers,
    "pair": lambda topology: figures.draw_before_after(topology, topology),
}
every_figure = pytest.mark.parametrize(("swarm", "view"), [(swarm, view) for swarm in SWARMS for view in VIEWS])


def holds(place: Place, x: float, y: float) -> bool:
    return place.left <= x <= place.left + place.width and place.top <= y <= place.top + place.height


@every_figure
def test_each_place_lies_on_the_sheet_and_holds_its_name(swarm: str, view: str) -> None:
    figure = VIEWS[view](SWARMS[swarm])
    width, height = figure.css_size
    middles = [
        (text, (box.x0 + box.x1) / 2 / width, 1 - (box.y0 + box.y1) / 2 / height) for text, box in drawn.boxes(figure)
    ]
    assert figure.places
    for place in figure.places:
        assert min(place.width, place.height) > 0
        assert min(place.left, place.top) >= 0
        assert max(place.left + place.width, place.top + place.height) <= 1
        assert place.name in [text for text, x, y in middles if holds(place, x, y)], place


@every_figure
def test_nothing_that_is_drawn_is_left_out(swarm: str, view: str) -> None:
    topology = SWARMS[swarm]
    places = VIEWS[view](topology).places
    nodes = {place.name for place in places if place.kind == "node"}
    networks = {place.name for place in places if place.kind == "network"}
    # The peers of a large swarm are summed up, and its changes name only the nodes that changed: none here.
    summed_up = {("large", "peers"), ("large", "pair"), ("ten", "pair")}
    assert nodes == (set() if (swarm, view) in summed_up else {node.name for node in topology.nodes})
    assert networks == (set() if view == "swarm" else {n.name for n in topology.networks if n.driver == "overlay"})


def test_a_network_that_is_gone_has_no_place() -> None:
    before = swarms.before_move()
    after = swarms.alpines()
    places = figures.draw_before_after(before, after).places
    assert [place.name for place in places].count("nginx-net") == 1
    assert [place.name for place in places].count("ingress") == 2
