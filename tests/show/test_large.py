"""What the figures of a large swarm say, in values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmkit_helpers.show import figures
from swarmkit_helpers.show.census import attention, census, per_node, spreads
from swarmkit_helpers.show.drawings.heatmap import levels

from . import drawn, fleets

NBSP = "\N{NO-BREAK SPACE}"
HEALTHY = fleets.fleet(100, 2000, 4)
AILING = fleets.ailing(HEALTHY)
NAMES = [network.name for network in HEALTHY.networks]


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def test_the_census_counts_each_attachment_once_and_each_container_once() -> None:
    counted = census(HEALTHY, NAMES)
    containers = [e for e in HEALTHY.endpoints if e.kind == "container"]
    assert sum(counted.cells.values()) == len(containers)
    assert counted.on_network("boutique_frontend") == len(HEALTHY.containers_of("boutique_frontend")) == 1040
    assert sum(counted.held.values()) == 2000
    assert list(counted.services["boutique_frontend"].items()) == [
        ("boutique_web", 480),
        ("boutique_api", 400),
        ("boutique_cache", 160),
    ]
    assert counted.users["boutique_frontend"] == {node.name for node in HEALTHY.nodes}


def test_a_census_of_some_networks_and_nodes_leaves_the_others_out() -> None:
    counted = census(HEALTHY, ["boutique_data"], ["worker01"])
    assert set(counted.cells) <= {("worker01", "boutique_data")}
    assert counted.on_network("boutique_frontend") == 0


def test_the_spread_of_a_service_puts_first_what_lacks_tasks() -> None:
    first = spreads(AILING)[0]
    assert (first.service.name, first.short) == ("boutique_web", 2)
    assert sum(first.per_node.values()) == sum(
        c.service == "boutique_web" and c.state == "running" for c in AILING.containers
    )
    assert all(spread.short == 0 for spread in spreads(HEALTHY))


def test_a_healthy_swarm_calls_for_nothing() -> None:
    assert attention(HEALTHY) == []
    assert "Rien d'anormal dans ce relevé." in drawn.texts(figures.draw_swarm(HEALTHY))


def test_what_stands_out_is_named() -> None:
    said = plain(" ".join(attention(AILING)))
    for sentence in (
        "1 nœud drain : worker46.",
        "1 nœud down, sans réponse : worker94.",
        "1 service en dessous du nombre voulu : boutique_web 478/480.",
        f"Sans nœud : boutique_web.1 et boutique_web.2 ({fleets.REFUSAL}).",
        "1 nœud sans aucun conteneur, pourtant ready : worker95.",
    ):
        assert sentence in said
    for figure in (figures.draw_swarm(AILING), figures.draw_subnets(AILING)):
        assert said in plain(figure.alt)


def test_a_loaded_node_and_a_lost_quorum_are_named() -> None:
    crowded = replace(HEALTHY, containers=tuple(replace(c, node="worker07") for c in HEALTHY.containers[:60]))
    rest = (*crowded.containers, *HEALTHY.containers[60:])
    assert "worker07 79." in " ".join(attention(replace(HEALTHY, containers=rest)))
    lost = {"manager1", "manager2", "manager3"}
    down = tuple(replace(n, state="down") if n.name in lost else n for n in HEALTHY.nodes)
    assert "Plus de quorum : 2 sur 5 managers prêts." in plain(" ".join(attention(replace(HEALTHY, nodes=down))))


def test_the_swarm_of_many_nodes_counts_them_all() -> None:
    said = [plain(text) for text in drawn.texts(figures.draw_swarm(HEALTHY))]
    assert {node.name for node in HEALTHY.nodes} <= set(said)
    assert said.count("20") == sum(number == 20 for number in per_node(HEALTHY).values()) == 100
    assert {"480/480", "400/400", "80/80"} <= set(said)
    alt = plain(figures.draw_swarm(HEALTHY).alt)
    assert "Conteneurs par nœud disponible : de 20 à 20, médiane 20." in alt
    assert "boutique_web : 480/480 sur 100 nœuds, 4 ou 5 par nœud." in alt


def test_the_heat_map_holds_the_counts() -> None:
    counted = census(HEALTHY, ["paie_frontend"])
    said = drawn.texts(figures.draw_subnets(HEALTHY, "paie_frontend"))
    numbers = [number for (_, network), number in counted.cells.items() if network == "paie_frontend"]
    for number in set(numbers):
        # In its cell, with a single network once more in the total; the class of 7 alone is in the legend.
        assert said.count(str(number)) == 2 * numbers.count(number) + (number == 7)
    alt = plain(figures.draw_subnets(HEALTHY).alt)
    assert "Réseau boutique_data (sous-réseau 10.3.0.0/16, VXLAN 4099) : 80 conteneurs sur 80 nœuds, 1 par nœud" in alt


def test_a_container_on_two_networks_is_one_in_the_total() -> None:
    said = drawn.texts(figures.draw_subnets(HEALTHY))
    assert said.count("20") == 100


@pytest.mark.parametrize(
    ("most", "bounds"), [(0, ()), (1, (1,)), (3, (1, 2, 3)), (8, (2, 4, 6, 8)), (10, (3, 5, 8, 10))]
)
def test_levels_reach_the_largest_number(most: int, bounds: tuple[int, ...]) -> None:
    assert levels(range(most + 1)) == bounds


def test_changes_of_a_large_swarm_leave_out_what_a_silent_node_hides() -> None:
    figure = figures.draw_before_after(HEALTHY, AILING)
    told = {node.name for node in AILING.nodes if node.answered}
    was = census(HEALTHY, NAMES, told).on_network("boutique_frontend")
    now = census(AILING, NAMES, told).on_network("boutique_frontend")
    assert f"Réseau boutique_frontend : de {was} à {now} conteneurs." in plain(figure.alt)
    said = [plain(text) for text in drawn.texts(figure)]
    assert f"{was} → {now}" in said and "95 nœuds sans aucun changement." in said
    assert "worker94" in said and "worker10" not in said
    assert "Nœuds : worker46 (ready → drain) et worker94 (ready → down, sans réponse)." in plain(figure.alt)


def test_nothing_changed_is_said() -> None:
    said = [plain(text) for text in drawn.texts(figures.draw_before_after(HEALTHY, HEALTHY))]
    assert "Aucun changement." in said and "100 nœuds sans aucun changement." in said


def test_many_networks_are_counted_even_on_three_nodes() -> None:
    figure = figures.draw_subnets(fleets.fleet(3, 60, 20))
    assert "en nombres de conteneurs" in figure.alt
    assert figure.css_size[1] < 1000
    assert "ordre" in drawn.texts(figures.draw_peers(fleets.fleet(3, 60, 20)))


def test_a_disagreement_among_many_is_one_cross() -> None:
    swarm = fleets.fleet(30, 60, 1)
    peers = tuple(p for p in swarm.peers if (p.network, p.node, p.peer) != ("ingress", "worker07", "worker03"))
    figure = figures.draw_peers(replace(swarm, peers=peers), "ingress")
    assert [str(line.get_marker()) for line in figure.axes[0].lines].count("X") == 2  # its sign and the legend
    assert "worker07 : 29 pairs, sans worker03" in " ".join(plain(text) for text in drawn.texts(figure))


@pytest.mark.parametrize("networks", [1, 7, 20])
@pytest.mark.parametrize(("machines", "containers"), [(3, 5), (3, 60), (10, 100), (30, 500), (100, 2000)])
def test_every_size_fits_a_notebook(machines: int, containers: int, networks: int) -> None:
    swarm = fleets.ailing(fleets.fleet(machines, containers, networks)) if machines > 3 else None
    swarm = swarm or fleets.fleet(machines, containers, networks)
    for draw in (figures.draw_swarm, figures.draw_subnets, figures.draw_peers):
        figure = draw(swarm)
        width, height = figure.css_size
        assert width <= 960 and height <= 2600
        assert drawn.overlaps(figure) == []
        assert drawn.outside(figure) == []


@pytest.mark.parametrize("machines", [3, 12])
def test_the_longest_names_fit(machines: int) -> None:
    swarm = fleets.fleet(machines, 5 * machines, 4, long=True)
    assert {len(n.name) for n in swarm.networks} == {fleets.LONGEST, len("ingress")}
    ailing = fleets.ailing(swarm)
    for figure in (
        figures.draw_swarm(ailing),
        figures.draw_subnets(ailing),
        figures.draw_peers(ailing),
        figures.draw_before_after(swarm, ailing),
    ):
        assert drawn.overlaps(figure) == []
        assert drawn.outside(figure) == []


def test_a_large_swarm_without_any_network() -> None:
    bare = replace(HEALTHY, networks=(), endpoints=(), vips=(), peers=())
    assert "Aucun réseau overlay dans ce relevé" in figures.draw_subnets(bare).alt
    assert "480/480" in drawn.texts(figures.draw_swarm(bare))
    lone = replace(bare, nodes=tuple(replace(n, role=None, leader=False) for n in bare.nodes), services=())
    assert "machine hors swarm" in drawn.texts(figures.draw_swarm(lone))


def test_a_simulated_large_swarm_says_so() -> None:
    simulated = replace(AILING, simulated=True)
    for figure in (figures.draw_swarm(simulated), figures.draw_subnets(simulated)):
        assert drawn.texts(figure)[0].endswith("(simulé)")
        assert "Labo simulé" in figure.alt and "worker94 n'a pas répondu" in plain(figure.alt)


@pytest.mark.parametrize("machines", [3, 30])
def test_containers_of_no_service_are_autonomous_not_out_of_order(machines: int) -> None:
    swarm = fleets.fleet(machines, 20 * machines, 3)
    own = {"service": None}
    alone = replace(
        swarm,
        containers=tuple(replace(c, **own) if c.service == "boutique_web" else c for c in swarm.containers),  # type: ignore[arg-type]
        endpoints=tuple(replace(e, **own) if e.service == "boutique_web" else e for e in swarm.endpoints),  # type: ignore[arg-type]
    )
    for draw in (figures.draw_swarm, figures.draw_subnets):
        said = [plain(text) for text in [*drawn.texts(draw(alone)), draw(alone).alt]]
        assert not any("hors service" in text for text in said)
    assert any("autonomes" in plain(text) for text in drawn.texts(figures.draw_subnets(alone)))
    if machines == 3:
        held = [text for text in drawn.texts(figures.draw_swarm(alone)) if text.startswith("autonomes × ")]
        assert len(held) == 3 and "conteneur autonome" in drawn.texts(figures.draw_swarm(alone))
