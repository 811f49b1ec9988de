from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.lines import Line2D

from swarmkit_helpers.errors import ObjectNotFound
from swarmkit_helpers.show import figures
from swarmkit_helpers.show.figure import Figure
from swarmkit_helpers.show.palette import SHAPES, network_styles
from swarmkit_helpers.topology.model import Endpoint, Network, Node, Peer, Task, Topology
from swarmkit_helpers.topology.sandbox import Sandbox

from . import drawn, stacks, swarms

NBSP = "\N{NO-BREAK SPACE}"
BEFORE, AFTER, ALPINES, LONE = swarms.before_move(), swarms.after_move(), swarms.alpines(), swarms.no_swarm()
SILENT = swarms.silenced(BEFORE, "worker2")
SIMULATED = replace(ALPINES, simulated=True)
STACK = stacks.recorded()

FIGURES: dict[str, Callable[[], Figure]] = {
    "subnets": lambda: figures.draw_subnets(BEFORE),
    "subnets of one network": lambda: figures.draw_subnets(BEFORE, "nginx-net"),
    "subnets with local networks": lambda: figures.draw_subnets(BEFORE, local=True),
    "subnets of alpines": lambda: figures.draw_subnets(ALPINES),
    "subnets without a node": lambda: figures.draw_subnets(SILENT),
    "subnets of no swarm": lambda: figures.draw_subnets(LONE),
    "subnets of 12 containers and 4 networks": lambda: figures.draw_subnets(swarms.large(3, 12, 4)),
    "subnets of 50 containers": lambda: figures.draw_subnets(swarms.large(3, 50, 4)),
    "subnets of 7 networks": lambda: figures.draw_subnets(swarms.large(5, 7, 7)),
    "subnets of a stack": lambda: figures.draw_subnets(STACK, "app"),
    "before and after of a stack": lambda: figures.draw_before_after(
        replace(STACK, services=(), networks=(), endpoints=()), STACK, "app"
    ),
    "peers of a stack": lambda: figures.draw_peers(STACK, "app"),
    "swarm with a stack": lambda: figures.draw_swarm(STACK),
    "architecture": lambda: figures.draw_architecture(stacks.voting()),
    "architecture with ports in host mode": lambda: figures.draw_architecture(stacks.voting_host()),
    "before and after": lambda: figures.draw_before_after(BEFORE, AFTER),
    "before and after of one network": lambda: figures.draw_before_after(BEFORE, AFTER, "nginx-net"),
    "before and after, one above the other": lambda: figures.draw_before_after(
        swarms.large(3, 5, 4), swarms.large(3, 6, 4)
    ),
    "before and after of no swarm": lambda: figures.draw_before_after(LONE, LONE),
    "before and after of a silent node": lambda: figures.draw_before_after(BEFORE, SILENT),
    "peers": lambda: figures.draw_peers(AFTER),
    "peers of one network": lambda: figures.draw_peers(ALPINES, "test-net"),
    "peers without a node": lambda: figures.draw_peers(SILENT),
    "peers of no swarm": lambda: figures.draw_peers(LONE),
    "peers of 12 nodes": lambda: figures.draw_peers(swarms.large(12, 2, 3)),
    "peers of 13 nodes": lambda: figures.draw_peers(swarms.large(13, 2, 3)),
    "swarm": lambda: figures.draw_swarm(BEFORE),
    "swarm without a node": lambda: figures.draw_swarm(SILENT),
    "swarm of no swarm": lambda: figures.draw_swarm(LONE),
    "swarm of 7 nodes": lambda: figures.draw_swarm(swarms.large(7, 30, 4)),
    "swarm of one node": lambda: figures.draw_swarm(swarms.large(1, 3, 1)),
    "cnm": lambda: figures.draw_cnm(ALPINES, "alpine1", swarms.SANDBOX),
    "cnm of an empty sandbox": lambda: figures.draw_cnm(ALPINES, "alpine1", Sandbox()),
    "nested packet": lambda: figures.draw_nested_packet(swarms.PING, ALPINES),
    "nested packet, unnamed": lambda: figures.draw_nested_packet(swarms.ARP),
    "packet path": lambda: figures.draw_packet_path(ALPINES, swarms.PING),
    "packet path of ARP": lambda: figures.draw_packet_path(ALPINES, swarms.ARP),
    "packet path of strangers": lambda: figures.draw_packet_path(LONE, swarms.PING),
}


def markers(figure: Figure) -> list[str]:
    return [str(line.get_marker()) for line in figure.findobj(Line2D) if line.get_marker() not in ("None", None, "")]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_runs_into_another_nor_off_the_sheet(name: str) -> None:
    figure = FIGURES[name]()
    assert drawn.overlaps(figure) == []
    assert drawn.outside(figure) == []
    assert drawn.smallest(figure) >= 8.5


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_an_alternative_text_of_sentences(name: str) -> None:
    alt = FIGURES[name]().alt
    assert len(alt) > 20 and alt.endswith(".")
    assert not any(f" {sign}" in alt for sign in ":;?!»"), "espaces insécables"
    assert "  " not in alt and "None" not in alt


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_fits_a_page(name: str) -> None:
    width, _ = FIGURES[name]().css_size
    assert 500 <= width <= 1200


def test_public_names_are_the_drawings() -> None:
    assert set(figures.__all__) == {name for name in vars(figures) if name.startswith("draw_")}


def test_the_checker_of_overlaps_sees_one() -> None:
    figure = Figure(figsize=(4, 1))
    for x in (0.1, 0.15):
        figure.text(x, 0.5, "nginx-net")
    assert drawn.overlaps(figure) == [("nginx-net", "nginx-net")]
    figure.text(0.95, 0.5, "hors de la feuille")
    assert drawn.outside(figure) == ["hors de la feuille"]


# --- subnets --------------------------------------------------------------------------------------


def test_subnets_show_every_address_where_it_is() -> None:
    figure = figures.draw_subnets(BEFORE)
    said = drawn.texts(figure)
    for endpoint in BEFORE.endpoints:
        assert endpoint.address in said
    for word in ("10.0.1.0/24", "passerelle 10.0.1.1", "VXLAN 4097", "VIP my-nginx", "nginx-net-2", "lb-nginx-net"):
        assert word in said
    placed = dict(drawn.boxes(figure))
    # matplotlib counts y upwards: each container stands in the band of its node.
    assert placed["worker1"].y1 > placed["10.0.1.6"].y0 > placed["worker2"].y1
    assert placed["worker2"].y1 > placed["10.0.1.7"].y0
    assert placed["10.0.1.5"].x0 == pytest.approx(placed["10.0.1.6"].x0)
    assert placed["10.0.0.6"].x0 < placed["10.0.1.5"].x0


def test_subnets_alt_is_computed_from_the_data() -> None:
    alt = figures.draw_subnets(BEFORE, "nginx-net").alt
    assert alt == (
        f"Carte des sous-réseaux, fusionnée de 3{NBSP}nœuds. Réseau nginx-net (sous-réseau 10.0.1.0/24, passerelle "
        f"10.0.1.1, VXLAN 4097, VIP my-nginx 10.0.1.2){NBSP}: 5{NBSP}conteneurs, "
        "2 sur manager (my-nginx.1 10.0.1.5, my-nginx.5 10.0.1.9), 1 sur worker1 (my-nginx.2 10.0.1.6) "
        "et 2 sur worker2 (my-nginx.3 10.0.1.7, my-nginx.4 10.0.1.8)."
    )


def test_kinds_of_endpoints_have_their_own_shapes() -> None:
    assert len({shape for shape, _ in SHAPES.values()}) == len(SHAPES)
    shapes = markers(figures.draw_subnets(BEFORE))
    tally = {shape: shapes.count(shape) for shape, _ in SHAPES.values()}
    # 5 tasks on two networks, 3 balancers, 3 sandboxes, and one of each in the legend.
    assert tally == {"o": 11, "D": 4, "s": 4}
    said = drawn.texts(figures.draw_subnets(BEFORE))
    assert all(meaning in said for _, meaning in SHAPES.values())


def test_colour_is_never_the_only_cue() -> None:
    styles = list(network_styles(swarms.large(1, 1, 7)).values())
    assert len({style.line for style in styles}) == len({style.color for style in styles}) == 7
    many = list(network_styles(swarms.large(1, 1, 30)).values())
    assert len({(style.color, style.line) for style in many}) == 30
    said = drawn.texts(figures.draw_subnets(BEFORE))
    # Once above its line, once in the legend.
    assert all(said.count(name) == 2 for name in ("ingress", "nginx-net", "nginx-net-2"))


def test_a_network_keeps_its_style_when_another_is_created() -> None:
    fewer = network_styles(ALPINES)
    more = network_styles(replace(ALPINES, networks=(*ALPINES.networks, swarms.overlay("zz-net", 9))))
    assert all(more[name] == fewer[name] for name in ("ingress", "test-net"))


def test_where_a_network_is_not_listed_it_is_absent() -> None:
    assert drawn.texts(figures.draw_subnets(ALPINES, "test-net")).count("absent") == 2  # worker2, legend
    assert drawn.texts(figures.draw_subnets(BEFORE, "ingress")).count("absent") == 0


def test_local_networks_only_on_request() -> None:
    assert "docker_gwbridge" not in drawn.texts(figures.draw_subnets(BEFORE))
    assert "docker_gwbridge" in drawn.texts(figures.draw_subnets(BEFORE, local=True))
    assert "docker_gwbridge" in drawn.texts(figures.draw_subnets(BEFORE, "docker_gwbridge"))


def test_a_stacks_name_stands_for_its_networks() -> None:
    figure = figures.draw_subnets(STACK, "app")
    said = drawn.texts(figure)
    assert said[0] == "Conteneurs de la pile app, nœud par nœud"
    assert {"app_backend", "app_default", "app_frontend"} <= set(said)
    assert "ingress" not in said
    assert figures.draw_subnets(STACK, ["app_backend", "app"]).alt == figure.alt
    assert "et 1 autre VIP" in said


def test_several_networks_may_be_chosen() -> None:
    figure = figures.draw_subnets(STACK, ["app_frontend", "app_backend"])
    said = drawn.texts(figure)
    assert said[0] == "Conteneurs des réseaux app_frontend et app_backend, nœud par nœud"
    assert "app_default" not in said
    assert "app_default" not in figures.draw_peers(STACK, ["app_frontend", "app_backend"]).alt
    # One of two: what only the other network carries has no line.
    assert "app_visualizer.1" not in said


def test_peers_of_a_stack_are_those_of_its_networks() -> None:
    alt = figures.draw_peers(STACK, "app").alt
    assert all(f"Réseau {name}" in alt for name in ("app_backend", "app_default", "app_frontend"))
    assert "Réseau ingress" not in alt


def test_a_task_of_a_global_service_goes_by_its_node() -> None:
    said = drawn.texts(figures.draw_swarm(STACK))
    assert {"app_probe.manager", "app_probe.worker1", "app_probe.worker2"} <= set(said)


def test_a_crowd_is_counted_by_service() -> None:
    said = drawn.texts(figures.draw_subnets(swarms.large(3, 52, 4)))
    assert "app_service0 × 13" in said
    assert "13 adresses" in said
    assert not any(text.startswith("app_service0.") for text in said)


def test_twelve_containers_are_still_named() -> None:
    said = drawn.texts(figures.draw_subnets(swarms.large(3, 12, 1)))
    assert sum(text.startswith("app_service0.") for text in said) == 36


def test_a_hundred_nodes_and_two_thousand_containers() -> None:
    swarm = swarms.large(100, 20, 4)
    assert len(swarm.containers) == 2000
    for figure in (figures.draw_subnets(swarm), figures.draw_peers(swarm), figures.draw_swarm(swarm)):
        width, height = figure.css_size
        assert width <= 1000 and height <= 3000
        assert drawn.overlaps(figure) == []
        assert drawn.outside(figure) == []
        assert len(figure.alt) < 2000
    # On each node, five containers on each network, and three more of other services on the first.
    assert drawn.texts(figures.draw_subnets(swarm)).count("8") == 100
    assert "2000 conteneurs" in figures.draw_swarm(swarm).alt.replace(NBSP, " ")


def test_nothing_to_draw_is_said_in_a_sentence() -> None:
    assert "Aucun réseau overlay dans ce relevé" in " ".join(drawn.texts(figures.draw_subnets(LONE)))
    assert "aucun nœud n'a donc de pair" in figures.draw_peers(LONE).alt
    assert "Aucun nœud dans ce relevé." in drawn.texts(figures.draw_swarm(replace(LONE, nodes=())))


# --- before and after -----------------------------------------------------------------------------


def test_before_after_marks_what_vanished_and_what_appeared() -> None:
    figure = figures.draw_before_after(BEFORE, AFTER, "nginx-net")
    said = drawn.texts(figure)
    assert said.count("−") == 8 + 1  # five tasks, three balancers, and the legend
    assert said.count("+") == 0
    assert f"8{NBSP}adresses de moins et aucune adresse de plus" in figure.alt
    placed = dict(drawn.boxes(figure))
    assert placed["Avant"].x1 < placed["Après"].x0


def test_before_after_of_a_network_that_did_not_exist(before: Topology) -> None:
    without = replace(before, networks=tuple(n for n in before.networks if n.name != "nginx-net-2"))
    figure = figures.draw_before_after(without, AFTER, "nginx-net-2")
    assert "n'existe pas" in drawn.texts(figure)
    assert "absent" not in drawn.texts(figure)
    assert "Le réseau nginx-net-2 n'existe pas." in figure.alt


def test_a_silent_node_has_lost_nothing_on_the_map() -> None:
    figure = figures.draw_before_after(BEFORE, SILENT)
    assert "−" not in drawn.texts(figure)
    assert "contenu inconnu, moteur sans réponse" in " ".join(drawn.texts(figure))


# --- peers ----------------------------------------------------------------------------------------


def test_peers_agree() -> None:
    figure = figures.draw_peers(BEFORE, "nginx-net")
    assert f"3{NBSP}pairs, vues concordantes" in drawn.texts(figure)
    assert "worker1 voit manager, worker1 et worker2." in figure.alt
    assert "X" not in markers(figure)


def test_a_disagreement_is_marked_and_said() -> None:
    peers = tuple(p for p in BEFORE.peers if (p.network, p.node, p.peer) != ("nginx-net", "worker1", "worker2"))
    figure = figures.draw_peers(replace(BEFORE, peers=peers), "nginx-net")
    assert markers(figure).count("X") == 2  # the cell and the legend
    assert f"vues en désaccord{NBSP}: worker1" in drawn.texts(figure)
    assert "worker1 voit manager et worker1, sans voir worker2." in figure.alt


def test_a_node_that_sees_nobody_though_others_see_it_disagrees() -> None:
    peers = tuple(p for p in BEFORE.peers if not (p.network == "nginx-net" and p.node == "worker1"))
    alt = figures.draw_peers(replace(BEFORE, peers=peers), "nginx-net").alt
    assert "vues en désaccord" in alt and "worker1 ne voit personne." in alt


def test_a_peer_that_is_no_node_of_the_lab_has_its_column() -> None:
    stranger = Peer("nginx-net", "manager", "10.0.3.99", "10.0.3.99")
    said = drawn.texts(figures.draw_peers(replace(BEFORE, peers=(*BEFORE.peers, stranger)), "nginx-net"))
    assert "10.0.3.99" in said


def test_a_large_disagreement_names_the_odd_ones() -> None:
    swarm = swarms.large(20, 1, 1)
    peers = tuple(p for p in swarm.peers if (p.node, p.peer) != ("worker007", "worker003"))
    alt = figures.draw_peers(replace(swarm, peers=peers)).alt.replace(NBSP, " ")
    assert "worker007 : 19 pairs, sans worker003" in alt


# --- swarm ----------------------------------------------------------------------------------------


def test_swarm_shows_roles_and_what_runs() -> None:
    figure = figures.draw_swarm(BEFORE)
    said = drawn.texts(figure)
    for word in ("manager", "manager, leader", "10.0.3.62", "worker1.i2tch.loc", f"état{NBSP}: ready", "my-nginx.5"):
        assert word in said
    assert "manager (10.0.3.62, manager, leader, ready)" in figure.alt


def test_swarm_shows_a_task_that_waits_and_why() -> None:
    waiting = Task("w".ljust(25, "x"), "db", 1, None, "pending", "running", error="no suitable node")
    preparing = Task("p".ljust(25, "x"), "web", 1, "worker1", "preparing", "running")
    figure = figures.draw_swarm(replace(ALPINES, tasks=(waiting, preparing)))
    said = drawn.texts(figure)
    assert f"Sans nœud{NBSP}: db.1 (no suitable node)." in said
    assert "web.1  preparing" in said
    assert drawn.overlaps(figure) == []


def test_swarm_counts_what_was_stopped() -> None:
    stopped = tuple(replace(c, state="exited") for c in BEFORE.containers)
    said = drawn.texts(figures.draw_swarm(replace(BEFORE, containers=stopped)))
    assert f"2{NBSP}conteneurs arrêtés" in said


# --- the model, the packets -----------------------------------------------------------------------


def test_cnm_joins_interfaces_endpoints_and_networks() -> None:
    figure = figures.draw_cnm(ALPINES, "alpine1", swarms.SANDBOX)
    said = drawn.texts(figure)
    for word in ("SANDBOX", "ENDPOINT", "RÉSEAU", "eth0, MTU 1450", "test-net", "docker_gwbridge", "127.0.0.11"):
        assert word in said
    assert "Un endpoint relie eth0 au réseau test-net (overlay, 10.0.1.0/24), avec alpine2" in figure.alt
    assert "Un endpoint relie eth1 au réseau docker_gwbridge (bridge, 172.18.0.0/16)" in figure.alt
    assert markers(figure).count("D") == 2 + 1
    placed = dict(drawn.boxes(figure))
    assert abs(placed["10.0.1.2/24"].y0 - placed["10.0.1.2"].y0) < 40, "l'endpoint est face à son interface"


def test_cnm_of_a_container_on_no_network() -> None:
    alone = replace(ALPINES, endpoints=())
    figure = figures.draw_cnm(alone, "alpine1", Sandbox())
    assert f"Aucun endpoint{NBSP}: ce conteneur n'est relié à aucun réseau." in figure.alt


def test_nested_packet_marks_the_fifty_bytes() -> None:
    figure = figures.draw_nested_packet(swarms.PING, ALPINES)
    said = drawn.texts(figure)
    assert f"50 octets = 20 + 8 + 8 + 14{NBSP}: ce que perd la MTU de l'overlay" in said
    assert f"trame sur le réseau des machines{NBSP}: 148 octets" in said
    assert f"trame du conteneur{NBSP}: 98 octets" in said
    assert "10.0.3.63 (worker1) → 10.0.3.62 (manager)" in said
    assert "10.0.1.4 (alpine2) → 10.0.1.2 (alpine1)" in said
    assert "VNI 4097 (réseau test-net)" in said
    assert "port 45678 → 4789" in said
    assert "64 octets" in said  # 98 - 14 - 20


def test_nested_packet_of_an_odd_size_tells_its_own_numbers() -> None:
    figure = figures.draw_nested_packet(replace(swarms.PING, outer_bytes=152))
    assert "152 − 98 = 54 octets ajoutés à cette trame." in drawn.texts(figure)


def test_packet_path_names_both_ends() -> None:
    figure = figures.draw_packet_path(ALPINES, swarms.PING)
    said = drawn.texts(figure)
    for word in ("nœud worker1", "nœud manager", "conteneur alpine2", "conteneur alpine1", "test-net", "148 octets"):
        assert word in said
    assert sorted(text for text in said if text in "12345") == list("12345")
    assert "Départ : conteneur alpine2 (10.0.1.4), sur worker1 (10.0.3.63)." in figure.alt.replace(NBSP, " ")


def test_packet_path_finds_an_arp_sender_by_its_mac() -> None:
    said = drawn.texts(figures.draw_packet_path(ALPINES, swarms.ARP))
    assert "conteneur alpine2" in said
    assert "tous (diffusion)" in said


# --- rules of all figures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "draw",
    [
        figures.draw_subnets,
        figures.draw_peers,
        figures.draw_swarm,
        lambda t: figures.draw_before_after(t, t),
        lambda t: figures.draw_cnm(t, "alpine1", swarms.SANDBOX),
        lambda t: figures.draw_nested_packet(swarms.PING, t),
        lambda t: figures.draw_packet_path(t, swarms.PING),
    ],
)
def test_simulated_and_missing_nodes_are_said_in_title_and_alt(draw: Callable[[Topology], Figure]) -> None:
    figure = draw(swarms.silenced(SIMULATED, "worker2"))
    assert drawn.texts(figure)[0].endswith("(simulé)")
    for note in (f"Labo simulé{NBSP}: aucun vrai moteur", f"Relevé incomplet{NBSP}: worker2 n'a pas répondu"):
        assert note in figure.alt
        assert any(note in text for text in drawn.texts(figure))
    assert "simulé" not in " ".join(drawn.texts(draw(ALPINES)))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: figures.draw_subnets(BEFORE, "rien"),
        lambda: figures.draw_subnets(STACK, ["app", "rien"]),
        lambda: figures.draw_peers(BEFORE, "rien"),
        lambda: figures.draw_peers(STACK, "rien"),
        lambda: figures.draw_before_after(BEFORE, AFTER, "rien"),
        lambda: figures.draw_cnm(BEFORE, "rien", Sandbox()),
    ],
)
def test_an_unknown_name_is_one_clear_error(ask: Callable[[], Figure]) -> None:
    with pytest.raises(ObjectNotFound, match="rien"):
        ask()


def test_the_picture_is_twice_as_fine_as_the_page() -> None:
    figure = figures.draw_subnets(BEFORE)
    width, height = figure.css_size
    assert struct.unpack(">II", figure.to_png()[16:24]) == pytest.approx((2 * width, 2 * height), abs=2)


def test_a_huge_picture_stays_within_reason() -> None:
    figure = Figure(figsize=(10, 400))
    width, height = struct.unpack(">II", figure.to_png()[16:24])
    assert width >= 960 and width * height < 40_000_000


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=63).filter(lambda n: n[0].isalnum())


@st.composite
def swarms_of_any_shape(draw: st.DrawFn) -> Topology:
    labels = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    nodes = tuple(
        Node(name, f"{name}.lan", f"10.0.3.{n}", f"id{n}", "worker" if n else "manager", not n, "ready")
        for n, name in enumerate(labels)
    )
    networks = tuple(
        Network(
            f"id-{n}",
            name,
            "overlay",
            "swarm",
            tuple(draw(st.sets(st.sampled_from(labels)))),
            f"10.{n}.0.0/16",
            None,
            n,
        )
        for n, name in enumerate(draw(st.lists(names, max_size=4, unique=True)))
    )
    endpoints = tuple(
        Endpoint(
            network.name,
            node,
            f"{name}.{n}",
            draw(st.sampled_from(list(SHAPES))),
            f"10.1.{n}.255",
            16,
            None,
            container=f"c{n}",
        )
        for network in networks
        for node in labels
        for n, name in enumerate(draw(st.lists(names, max_size=14)))
    )
    peers = tuple(
        Peer(network.name, a, b, "10.0.3.1")
        for network in networks
        for a in labels
        for b in labels
        if draw(st.booleans())
    )
    return Topology("any", "local", False, "", nodes, networks, endpoints=endpoints, peers=peers)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(swarms_of_any_shape())
def test_any_swarm_is_drawn_without_collision(swarm: Topology) -> None:
    for figure in (
        figures.draw_subnets(swarm),
        figures.draw_peers(swarm),
        figures.draw_swarm(swarm),
        figures.draw_before_after(swarm, replace(swarm, endpoints=swarm.endpoints[::2])),
    ):
        assert drawn.overlaps(figure) == []
        assert drawn.outside(figure) == []
        assert figure.alt
