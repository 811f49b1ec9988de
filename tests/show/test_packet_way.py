"""The way of a captured packet: how far it went, why no further, and how that is drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmkit_helpers.probes.capture import Capture
from swarmkit_helpers.show import figures, tables
from swarmkit_helpers.topology.packet import VxlanPacket

from . import captures, drawn, swarms
from .captures import BALANCER, OUT, SWARM, TASK, VIP, WAYS, packet, there_and_back

each_way = pytest.mark.parametrize("way", WAYS)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@each_way
def test_each_way_is_told_from_the_others(way: str) -> None:
    assert WAYS[way].route.kind == way.split(",")[0]


@each_way
def test_it_is_drawn_whole_and_told_in_words(way: str) -> None:
    capture = WAYS[way]
    figure = figures.draw_packet_path(SWARM, capture)
    assert drawn.overlaps(figure) == [] and drawn.outside(figure) == []
    assert drawn.smallest(figure) >= 8.5 and 900 <= figure.css_size[0] <= 1000
    assert plain(capture.route.reason.split(".")[0]) in plain(figure.alt)
    assert "None" not in figure.alt and "None" not in " ".join(drawn.texts(figure))
    assert not any(f" {sign}" in figure.alt for sign in ":;?!»")
    assert capture.target in drawn.texts(figure)[0]


@each_way
def test_a_simulated_lab_and_a_silent_node_are_said(way: str) -> None:
    swarm = swarms.silenced(replace(SWARM, simulated=True), "manager")
    figure = figures.draw_packet_path(swarm, WAYS[way])
    assert drawn.texts(figure)[0].endswith("(simulé)") or "(simulé)" in drawn.texts(figure)[1]
    assert "Relevé incomplet" in figure.alt


@each_way
def test_the_legend_explains_what_is_drawn_and_nothing_else(way: str) -> None:
    capture = WAYS[way]
    figure = figures.draw_packet_path(SWARM, capture)
    said = [plain(text) for text in drawn.texts(figure)]
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "X"]
    assert ("le chemin s'arrête là" in said) == (len(crosses) > 1)
    # Whatever was sent and not answered is seen to stop somewhere.
    assert bool(crosses) == (not capture.answered or capture.route.address is None)
    network = capture.route.network
    assert [text for text in said if text.startswith("réseau ") and "(VNI " in text] == (
        [f"réseau {network.name} (VNI {network.vxlan_id})"] if network else []
    )
    idle = way.partition(",")[0] in ("vip_silent", "vip_local", "unknown", "not_run") or bool(crosses)
    idle = idle or (way.startswith("local") and way != "local, itself")
    assert ("rien n'y passe" in said) == ((idle and capture.route.kind != "silent") or way == "silent, nobody")
    assert ("étape du chemin" in said) == any(text in "12345678" for text in said)
    known = capture.route.request is not None or capture.route.kind == "encrypted"
    assert ("chemin réel, capturé sur le réseau des machines" in said) == known


@pytest.mark.parametrize("way", ["elsewhere", "local", "local, itself", "encrypted", "wire, nothing back"])
def test_what_nobody_answered_is_not_drawn_as_a_whole_way(way: str) -> None:
    lost = replace(WAYS[way], result=captures.pinged(WAYS[way].target, WAYS[way].address, 0))
    figure = figures.draw_packet_path(SWARM, lost)
    assert any(line.get_marker() == "X" for line in figure.axes[0].lines)
    assert "le chemin s'arrête là" in [plain(text) for text in drawn.texts(figure)]
    assert drawn.overlaps(figure) == [] and drawn.outside(figure) == []


def test_a_reply_that_the_capture_missed_is_neither_drawn_nor_denied() -> None:
    missed = replace(WAYS["wire"], packets=WAYS["wire"].packets[:1])
    said = [plain(text) for text in drawn.texts(figures.draw_packet_path(SWARM, missed))]
    assert "réponse" not in said and "aucune réponse" not in said
    assert "réponse" in drawn.texts(figures.draw_packet_path(SWARM, WAYS["wire"]))
    assert "aucune réponse" in drawn.texts(figures.draw_packet_path(SWARM, WAYS["wire, nothing back"]))


def test_a_captured_ping_shows_the_name_then_each_step() -> None:
    said = drawn.texts(figures.draw_packet_path(SWARM, WAYS["wire"]))
    for word in ("nom", "tasks.my-nginx", "DNS 127.0.0.11", "donne 2\N{NO-BREAK SPACE}adresses", TASK, "148 octets"):
        assert word in said
    assert sorted(text for text in said if text in "1234567") == list("1234567")


def test_an_address_has_no_dns_step() -> None:
    said = drawn.texts(figures.draw_packet_path(SWARM, WAYS["wire, an address"]))
    assert "adresse donnée" in said and not any("DNS" in text for text in said)
    assert sorted(text for text in said if text in "1234567") == list("123456")
    assert "aucun nom à résoudre" in figures.draw_packet_path(SWARM, WAYS["wire, an address"]).alt


def test_a_vip_that_ipvs_answers() -> None:
    """On a full kernel: in the packet, the task's address stands for the VIP, the balancer's for the source's."""
    capture = WAYS["wire, balanced"]
    route = capture.route
    assert route.balanced and route.address == VIP
    assert route.holder is not None and route.holder.kind == "vip"
    assert route.end is not None and (route.end.name, route.end.address) == ("my-nginx.3", TASK)
    assert route.request is not None and route.request.inner_source == BALANCER
    assert route.reply is not None and route.reply.inner_source == TASK
    said = drawn.texts(figures.draw_packet_path(SWARM, capture))
    for word in (
        "IPVS choisit une tâche",
        "VIP du service my-nginx",
        "répartiteur lb-nginx-net",
        "à la place de alpine1",
    ):
        assert word in said
    assert "l'adresse 10.0.1.7 a remplacé la VIP 10.0.1.2" in plain(route.reason).replace("son adresse", "l'adresse")
    assert sorted(text for text in said if text in "12345678") == list("12345678")


def test_a_vip_without_ipvs_says_where_it_stops_and_why() -> None:
    route = WAYS["vip_silent"].route
    assert "n'a pas IPVS" in route.reason and "Essayez tasks.my-nginx" in route.reason
    said = drawn.texts(figures.draw_packet_path(SWARM, WAYS["vip_silent"]))
    assert "absent de ce noyau" in said and "tâches de my-nginx, non atteintes" in said
    assert "le chemin s'arrête là" in said


def test_a_vip_pings_back_from_its_own_node() -> None:
    assert "jamais un ping" in WAYS["vip_local"].route.reason


def test_an_encrypted_network_is_not_an_absent_packet() -> None:
    assert "4 paquets ESP" in WAYS["encrypted"].route.reason
    said = drawn.texts(figures.draw_packet_path(captures.CIPHERED, WAYS["encrypted"]))
    assert "paquets ESP" in said and "aucun paquet VXLAN" in " ".join(said)
    assert "n'a pas ESP" in WAYS["silent, no ESP"].route.reason
    leaked = replace(WAYS["wire"], topology=captures.CIPHERED)
    assert "pourtant ce paquet est lisible" in leaked.route.reason


def test_only_the_packets_of_this_ping_are_its_own() -> None:
    others = (
        *there_and_back("10.0.1.5", TASK, ("manager", "worker2")),
        *there_and_back("10.0.1.20", "10.0.1.9", ("worker1", "manager")),
        swarms.ARP,
        packet("10.0.1.20", TASK, OUT, "ARP request"),
    )
    mine = there_and_back("10.0.1.20", TASK, OUT)
    capture = replace(WAYS["wire"], packets=(*others, *mine))
    assert capture.icmp == capture.own == mine
    assert capture.route.request == mine[0] and capture.route.reply == mine[1]
    assert "8 paquets VXLAN" in plain(str(capture)) and "dont 2 du ping" in str(capture)
    unknown = replace(capture, topology=None, source=None)
    assert len(unknown.icmp) == 6 and unknown.route.kind == "wire"


def test_one_packet_may_still_be_drawn_alone() -> None:
    figure = figures.draw_packet_path(SWARM, WAYS["wire"].icmp[0])
    assert "DNS" not in " ".join(drawn.texts(figure)) and "148 octets" in drawn.texts(figure)


@each_way
def test_a_capture_says_itself_in_a_cell(way: str) -> None:
    capture: Capture = WAYS[way]
    page = capture._repr_html_()
    assert "tcpdump" in page and capture.route.reason.split(".")[0] in str(capture)
    assert page.count("<code>") == (3 if capture.asked else 2)


def test_a_page_is_no_ping() -> None:
    with pytest.raises(TypeError, match="HTTP"):
        _ = WAYS["wire, balanced"].ping
    assert WAYS["wire, balanced"].icmp == () and len(WAYS["wire, balanced"].own) == 2


# --- the bytes, counted in the packet -------------------------------------------------------------

OPTIONS = replace(swarms.PING, outer_ipv4_bytes=24, outer_bytes=152)
TAGGED = replace(swarms.PING, outer_ethernet_bytes=18, outer_bytes=152)


@pytest.mark.parametrize(("captured", "added", "cost"), [(swarms.PING, 50, 50), (OPTIONS, 54, 54), (TAGGED, 54, 50)])
def test_what_vxlan_adds_is_counted_in_the_packet(captured: VxlanPacket, added: int, cost: int) -> None:
    assert (captured.added_bytes, captured.mtu_cost_bytes) == (added, cost)
    assert tables.packets_table([captured])["octets ajoutés"][0] == added
    figure = figures.draw_nested_packet(captured)
    said = plain(" ".join(drawn.texts(figure)))
    assert f"= {added} octets ajoutés" in said and f"{cost} octets = " in said
    parts = f"{captured.outer_ipv4_bytes} + 8 + 8 + 14"
    assert f"{cost} octets = {parts} : ce que perd la MTU" in said and parts in figure.alt
    assert drawn.overlaps(figure) == [] and drawn.outside(figure) == []
