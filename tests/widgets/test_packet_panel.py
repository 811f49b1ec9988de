"""The packet panel without a lab: what it shows of a capture, its buttons, what goes wrong."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.probes.capture import Capture
from swarmkit_helpers.probes.target import check_target
from swarmkit_helpers.show.widgets.packets import PacketMeans, PacketPanel, PacketRequest
from swarmkit_helpers.topology.model import Topology
from swarmkit_helpers.topology.packet import VxlanPacket
from tests.show.captures import SWARM, WAYS

from .fakes import WAIT_S, press_enter
from .test_ping_panel import BAD, text


class FakeCapture:
    """Packets that pass one after the other; `play` happens after the first."""

    def __init__(self, found: Capture, stop: threading.Event, play: Callable[[], None]) -> None:
        self.found = found
        self.stop = stop
        self.play = play
        self.node = found.node
        self.result: Capture | None = None
        self.closed = False

    def __iter__(self) -> Iterator[VxlanPacket]:
        packets = iter(self.found.packets)
        yield from [packet for packet in [next(packets, None)] if packet]
        self.play()
        yield from packets
        self.result = self.found

    def __enter__(self) -> FakeCapture:
        return self

    def __exit__(self, *failure: object) -> None:
        self.closed = True


class FakeLab:
    def __init__(self) -> None:
        self.found = WAYS["wire"]
        self.asked: list[PacketRequest] = []
        self.captures: list[FakeCapture] = []
        self.play: Callable[[], None] = lambda: None
        self.survey: Callable[[], Topology] = lambda: SWARM
        self.running = threading.Event()

    def capture(self, request: PacketRequest, stop: threading.Event) -> FakeCapture:
        check_target(request.target)
        self.asked.append(request)
        self.captures.append(FakeCapture(self.found, stop, self._play))
        return self.captures[-1]

    def _play(self) -> None:
        self.running.set()
        self.play()

    def panel(self, **fields: object) -> PacketPanel:
        fields = {"source": "alpine1", "target": "tasks.my-nginx"} | fields
        return PacketPanel(PacketMeans(lambda: self.survey(), self.capture), **fields)  # type: ignore[arg-type]


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


def test_before_anything_it_is_ready_and_captures_nothing(lab: FakeLab) -> None:
    panel = lab.panel()
    assert panel.state == "ready" and lab.asked == []
    assert panel.node.options == (
        ("nœud de la source", ""),
        ("manager", "manager"),
        ("worker1", "worker1"),
        ("worker2", "worker2"),
    )
    assert panel.node.value == "" and panel.request.node is None
    panel.later.click()
    assert panel.packet.value is None and panel.chosen.layout.display == "none"
    assert "alpine1 vers tasks.my-nginx" in text(panel.static_html())


def test_fields_are_labelled_and_in_the_tab_order(lab: FakeLab) -> None:
    panel = lab.panel()
    fields = (panel.source.chooser.field, panel.target, panel.node.field, panel.count, panel.packet.field)
    assert [field.description for field in fields] == ["Source", "Cible", "Écoute", "Pings", "Paquet"]
    assert [b.description for b in (panel.run_button, panel.stop_button)] == ["Lancer la capture", "Arrêter"]
    assert all(
        field.tabbable is None for field in (*fields, panel.earlier, panel.later, panel.run_button, panel.stop_button)
    )


def test_a_capture_gives_its_commands_its_way_its_table_and_headers(lab: FakeLab) -> None:
    panel = lab.panel(node="worker2", count=3)
    panel.run()
    assert panel.state == "done" and lab.captures[0].closed
    assert lab.asked == [PacketRequest("alpine1", "tasks.my-nginx", "worker2", 3)]
    said = text(panel.account.value)
    assert "docker container exec alpine1 nslookup tasks.my-nginx" in said
    assert "tcpdump -n -i eth0" in said and "udp port 4789 or esp" in said
    assert "2 paquets VXLAN sur worker1, dont 2 de cet échange." in said
    assert "Parti de worker1 (10.0.3.63) vers worker2 (10.0.3.64)" in said and "VNI 4097 (réseau nginx-net)" in said
    assert said.count("<img alt=") == 1 and "octets ajoutés" in said
    labels = [label.replace("\N{NO-BREAK SPACE}", " ") for label, _ in panel.packet.options]
    assert labels == [
        "1 · 0,00 ms · ICMP echo request · alpine1 → my-nginx.3",
        "2 · 0,40 ms · ICMP echo reply · my-nginx.3 → alpine1",
    ]
    assert "10.0.1.20 (alpine1) → 10.0.1.7 (my-nginx.3)" in panel.nested.value
    panel.packet.value = 1
    assert "10.0.1.7 (my-nginx.3) → 10.0.1.20 (alpine1)" in panel.nested.value
    panel.later.click()
    assert panel.packet.value == 1
    panel.earlier.click()
    panel.earlier.click()
    assert panel.packet.value == 0 and panel.chosen.layout.display != "none"
    assert panel.account.value in panel.static_html() and panel.nested.value in panel.static_html()


def test_packets_are_counted_while_they_pass(lab: FakeLab) -> None:
    panel = lab.panel()
    seen: list[tuple[str, str]] = []
    lab.play = lambda: seen.append((panel.state_line.value, panel.live.value))
    panel.run()
    assert "1\N{NO-BREAK SPACE}paquet sur worker1" in seen[0][0] and "1\N{NO-BREAK SPACE}paquet VXLAN" in seen[0][1]
    assert panel.live.value == ""


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_shown_and_explained(lab: FakeLab, way: str) -> None:
    lab.found = WAYS[way]
    panel = lab.panel().run()
    assert panel.state == "done" and panel.message.value == ""
    reason = text(html.escape(lab.found.route.reason))
    assert reason in text(panel.account.value)
    assert bool(panel.packet.options) == bool(lab.found.packets)
    assert (panel.nested.value != "") == bool(lab.found.packets)


def test_a_run_that_finds_nothing_forgets_the_packets_before(lab: FakeLab) -> None:
    panel = lab.panel().run()
    lab.found = WAYS["vip_silent"]
    panel._started = 0.0
    panel.run()
    assert panel.packet.options == () and panel.nested.value == "" and panel.chosen.layout.display == "none"
    assert "n'a pas IPVS" in html.unescape(panel.static_html())


@pytest.mark.parametrize("target", BAD)
def test_what_is_no_target_is_refused_and_nothing_is_captured(lab: FakeLab, target: str) -> None:
    panel = lab.panel()
    panel.target.value = target
    panel.run()
    assert panel.state == "failed" and lab.asked == []
    assert "ne peut pas être une cible" in text(panel.message.value) and "<b>" not in panel.message.value
    panel.target.value = "my-nginx.3"
    panel.run()
    assert panel.state == "done" and panel.message.value == ""


def test_a_double_click_captures_once_and_the_stop_button_ends_it(lab: FakeLab) -> None:
    panel = lab.panel()
    lab.play = lambda: lab.captures[-1].stop.wait(WAIT_S) and None
    panel.run_button.click()
    panel.run_button.click()
    assert lab.running.wait(WAIT_S)
    assert panel.state == "running" and panel.stop_button.button_style == "warning"
    panel.run_button.click()
    panel.stop_button.click()
    assert panel.wait(WAIT_S) and panel.state == "stopped" and len(lab.asked) == 1 and lab.captures[0].closed


def test_enter_in_the_target_starts_it(lab: FakeLab) -> None:
    panel = lab.panel()
    press_enter(panel.target, "alpine9")
    assert panel.wait(WAIT_S) and [request.target for request in lab.asked] == ["alpine9"]


@pytest.mark.parametrize(
    ("raised", "state", "said"),
    [
        (KeyboardInterrupt(), "interrupted", ""),
        (errors.NodeUnreachable("worker1", "le moteur s'est arrêté"), "failed", "« worker1 » ne répond pas"),
        (errors.ObjectNotFound("container", "alpine1"), "failed", "Le conteneur « alpine1 » n'existe pas"),
        (errors.NodeUnknown("worker9", ["manager"]), "failed", "worker9"),
        (ZeroDivisionError("<script>"), "failed", "Erreur inattendue : ZeroDivisionError : <script>"),
    ],
)
def test_what_goes_wrong_is_told_and_it_stays_usable(
    lab: FakeLab, raised: BaseException, state: str, said: str
) -> None:
    def fail() -> None:
        raise raised

    panel = lab.panel()
    lab.play = fail
    panel.run()
    assert panel.state == state and said in text(panel.message.value) and "<script>" not in panel.message.value
    assert lab.captures[0].closed
    assert "1\N{NO-BREAK SPACE}paquet" in panel.static_html()
    lab.play = lambda: None
    panel.run()
    assert panel.state == "done"


def test_a_node_and_a_source_that_left_stay_chosen_and_are_asked_for(lab: FakeLab) -> None:
    panel = lab.panel(node="worker9")
    gone = tuple(c for c in SWARM.containers if c.name != "alpine1")
    lab.survey = lambda: replace(SWARM, containers=gone)
    panel.source.button.click()
    assert (panel.node.value, panel.source.value) == ("worker9", "alpine1")
    panel.run()
    assert lab.asked[0].node == "worker9"


def test_nothing_runs_in_an_empty_swarm(lab: FakeLab) -> None:
    lab.survey = lambda: replace(SWARM, containers=())
    assert lab.panel(source=None, target="").source.value == ""


def test_where_to_listen_is_written_too(lab: FakeLab) -> None:
    panel = lab.panel()
    panel.node.field.value = "WORKER2"
    assert panel.request.node == "worker2"
    panel.node.field.value = "worker9"
    assert panel.request.node == "worker9" and "worker9" in panel.node.note.value
    panel.node.field.value = "nœud de la source"
    assert panel.request.node is None
