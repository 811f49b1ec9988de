"""The matrix panel without a lab."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.probes.matrix import PingMatrix
from swarmkit_helpers.show.widgets.matrix import MatrixMeans, MatrixPanel, network_choices
from swarmkit_helpers.topology.model import Topology
from tests.show import swarms

from . import probed
from .fakes import WAIT_S
from .test_ping_panel import text

FOUND = probed.matrix(3, 2, {(0, 2): "failed", (1, 3): "not_run"})


class Measured:
    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.play: Callable[[], None] = lambda: None
        self.found: PingMatrix = FOUND
        self.survey: Callable[[], Topology] = lambda: FOUND.topology

    def measure(self, networks: Sequence[str]) -> PingMatrix:
        self.asked.append(tuple(networks))
        self.play()
        return self.found

    def panel(self, networks: Sequence[str] = ()) -> MatrixPanel:
        return MatrixPanel(MatrixMeans(lambda: self.survey(), self.measure), networks=networks)


def test_it_offers_all_overlays_but_ingress_and_chooses_them() -> None:
    measured = Measured()
    panel = measured.panel()
    assert panel.networks.options == panel.networks.value == ("app_reseau-0", "app_reseau-1")
    assert network_choices(swarms.before_move()) == ("nginx-net", "nginx-net-2")
    assert panel.state == "ready" and measured.asked == [] and panel.pair.layout.display == "none"
    label, *boxes = panel.networks.box.children
    assert (label.value, panel.source.field.description, panel.target.field.description) == ("Réseaux", "De", "Vers")
    assert all(f.tabbable is None for f in (*boxes, panel.run_button, panel.source.field, panel.target.field))
    assert measured.panel(["app_reseau-1", "absent"]).networks.value == ("app_reseau-1",)


def test_a_measure_gives_the_figure_the_table_and_the_worst_pair() -> None:
    measured = Measured()
    panel = measured.panel(["app_reseau-0"]).run()
    assert panel.state == "done" and measured.asked == [("app_reseau-0",)]
    said = panel.static_html()
    assert said.count("<img alt=") == 1 and "<details><summary>le tableau" in said
    failed = next(pair for pair in FOUND.pairs if pair.outcome == "failed")
    assert (panel.source.value, panel.target.value) == (failed.source, failed.target)
    assert "ne répond pas" in panel.why.value and "raison failed" in panel.why.value
    assert panel.why.value in panel.static_html()


def test_a_pair_is_explained_with_its_command() -> None:
    panel = Measured().panel().run()
    names = FOUND.names
    panel.source.value, panel.target.value = names[0], names[0]
    assert "différents" in panel.why.value
    panel.target.value = names[1]
    pair = FOUND.pair(names[0], names[1])
    container = next(c for c in FOUND.topology.containers if c.label == names[0])
    said = text(panel.why.value)
    assert f"docker container exec {container.name} ping -c 1 -W 1 {pair.address}" in said
    assert pair.reason in said and f"sur {container.node} :" in said
    panel._started = 0.0
    panel.run()
    assert (panel.source.value, panel.target.value) == (names[0], names[1])


def test_a_pair_that_is_half_chosen_while_it_measures_stays_so() -> None:
    measured = Measured()
    panel = measured.panel().run()
    one, other = FOUND.names[:2]
    panel._started = 0.0
    panel.source.value, panel.target.value = other, one
    measured.play = lambda: setattr(panel.target, "value", other)
    panel.run()
    assert (panel.source.value, panel.target.value) == (other, other)


def test_a_pair_without_an_address_has_no_command() -> None:
    measured = Measured()
    lost = replace(FOUND.pairs[0], outcome="not_run", address=None)
    measured.found = replace(FOUND, pairs=(lost, *FOUND.pairs[1:]))
    panel = measured.panel().run()
    panel.source.value, panel.target.value = lost.source, lost.target
    assert "aucune commande" in panel.why.value


def test_no_network_chosen_measures_nothing_and_says_so() -> None:
    measured = Measured()
    panel = measured.panel()
    panel.networks.check()
    panel.run()
    assert panel.state == "failed" and measured.asked == []
    assert "Aucun réseau n'est choisi" in html.unescape(panel.message.value)
    panel.networks.check("app_reseau-0")
    panel.run()
    assert panel.state == "done" and panel.message.value == ""


@pytest.mark.parametrize(
    ("raised", "state", "said"),
    [
        (errors.TooManyContainers(60, 40), "failed", "60 conteneurs"),
        (errors.NodeUnreachable("manager", "le moteur s'est arrêté"), "failed", "« manager » ne répond pas"),
        (errors.ObjectNotFound("network", "app_reseau-0"), "failed", "app_reseau-0"),
        (KeyboardInterrupt(), "interrupted", ""),
        (ZeroDivisionError("<script>"), "failed", "Erreur inattendue"),
    ],
)
def test_what_goes_wrong_is_told_and_it_stays_usable(raised: BaseException, state: str, said: str) -> None:
    def fail() -> None:
        raise raised

    measured = Measured()
    panel = measured.panel().run()
    measured.play, panel._started = fail, 0.0
    panel.run()
    assert panel.state == state and said in text(panel.message.value) and "<script>" not in panel.message.value
    # what was measured before stays
    assert "<img alt=" in panel.static_html()
    measured.play = lambda: None
    panel.run()
    assert panel.state == "done" and panel.message.value == ""


def test_a_double_click_measures_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # However long the drawing of the first takes here.
    monkeypatch.setattr("swarmkit_helpers.show.widgets.panel.DOUBLE_CLICK_S", WAIT_S)
    measured = Measured()
    panel = measured.panel()
    panel.run_button.click()
    panel.run_button.click()
    assert panel.wait(WAIT_S)
    panel.run_button.click()
    assert panel.wait(WAIT_S) and len(measured.asked) == 1


def test_a_network_that_left_is_offered_no_more() -> None:
    measured = Measured()
    panel = measured.panel()
    left = tuple(n for n in FOUND.topology.networks if n.name != "app_reseau-1")
    measured.survey = lambda: replace(FOUND.topology, networks=left)
    panel.refresh_button.click()
    assert panel.networks.options == panel.networks.value == ("app_reseau-0",)


def test_a_refresh_that_fails_says_so() -> None:
    measured = Measured()
    panel = measured.panel()

    def fail() -> Topology:
        raise errors.NodeUnreachable("manager", "le moteur s'est arrêté")

    measured.survey = fail
    panel.refresh_button.click()
    assert "« manager » ne répond pas" in text(panel.message.value) and panel.state == "ready"


def test_nobody_to_ask() -> None:
    measured = Measured()
    measured.found = replace(FOUND, names=(), pairs=())
    panel = measured.panel().run()
    assert panel.state == "done" and panel.why.value == "" and panel.pair.layout.display == "none"
    measured.survey = lambda: swarms.no_swarm()
    assert measured.panel().networks.options == ()
