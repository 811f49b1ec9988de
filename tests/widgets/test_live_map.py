"""The live map without a lab: what it shows, what makes it draw again, what it says when engines fall silent."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.probes.events import EngineEvent
from swarmkit_helpers.show.widgets import live_map as maps
from swarmkit_helpers.show.widgets.hot_picture import MOST_SPOTS
from swarmkit_helpers.show.widgets.journal import clock
from swarmkit_helpers.show.widgets.live_map import LiveMap, MapMeans, target_tables
from swarmkit_helpers.show.widgets.pace import Pace
from swarmkit_helpers.topology.diff import same_state
from swarmkit_helpers.topology.model import Topology
from tests.show import swarms

from .fakes import WAIT_S

# Without any event it would read again after an hour.
QUICK = {"settle_s": 0.02, "longest_s": 0.1, "idle_s": 3600.0, "rest": 0.0, "idle_rest": 0.0}


class Swarm:
    """A swarm that is not there: it is as the test says, and its engines tell what the test says."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.failure: Exception | None = None
        self.followers = 0
        self.surveys = 0
        self.event: Callable[[EngineEvent], None] = lambda event: None
        self.link: Callable[[str, str | None], None] = lambda node, problem: None

    def means(self) -> MapMeans:
        return MapMeans(self._survey, self._follow)

    def map(self, **options: object) -> LiveMap:
        return LiveMap(self.means(), pace=Pace(**QUICK), **options)  # type: ignore[arg-type]

    def becomes(self, topology: Topology, node: str = "manager") -> None:
        """The swarm changes, and an engine tells an event of it."""
        self.topology = replace(topology, taken_at="2026-11-23T10:05:00Z")
        self.tell(node)

    def tell(self, node: str = "manager") -> None:
        self.event(EngineEvent(node, "service", "update", "my-nginx", 0.0))

    def _survey(self) -> Topology:
        self.surveys += 1
        if self.failure is not None:
            raise self.failure
        return self.topology

    @contextmanager
    def _follow(
        self, event: Callable[[EngineEvent], None], link: Callable[[str, str | None], None]
    ) -> Iterator[object]:
        self.event, self.link = event, link
        self.followers += 1
        for node in self.topology.nodes:
            link(node.name, None)
        try:
            yield None
        finally:
            self.followers -= 1


@pytest.fixture
def swarm() -> Swarm:
    return Swarm(swarms.before_move())


@pytest.fixture
def following(swarm: Swarm) -> Iterator[LiveMap]:
    """A map that follows the swarm, and has read it once since."""
    shown = swarm.map()
    shown.start()
    until(lambda: shown.readings > 1)
    yield shown
    shown.stop()
    assert shown.wait(WAIT_S) and swarm.followers == 0


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def text(value: str) -> str:
    return html.unescape(value).replace("\N{NO-BREAK SPACE}", " ")


def with_alpine(topology: Topology) -> Topology:
    more = swarms.alpines()
    return replace(
        topology,
        networks=(*topology.networks, *(n for n in more.networks if n.name == "test-net")),
        containers=(*topology.containers, *more.containers),
        endpoints=(*topology.endpoints, *(e for e in more.endpoints if e.network == "test-net")),
    )


def test_before_it_follows_it_shows_the_swarm_as_it_is(swarm: Swarm) -> None:
    shown = swarm.map()
    assert shown.state == "ready" and "ne suit pas encore" in shown.state_line.value
    assert shown.picture.targets == (("node", "manager"), ("node", "worker1"), ("node", "worker2"))
    assert "my-nginx.1" in shown.static_html() and 'alt="Schéma du swarm' in shown.static_html()
    assert swarm.followers == 0 and swarm.surveys == 1


def test_views_show_their_own_figure_and_table(swarm: Swarm) -> None:
    shown = swarm.map()
    seen = {}
    for _, view in shown.view_menu.options:
        shown.view_menu.value = view
        seen[view] = (shown._drawn[view].picture.split('"')[1], shown.table.value)
    assert seen["swarm"][0].startswith("Schéma du swarm") and "<th" in seen["swarm"][1]
    assert "10.0.1.5" in seen["subnets"][1] and seen["subnets"][0] != seen["peers"][0]
    assert seen["peers"][0].startswith("Pairs des réseaux overlay") and "vu par" in seen["peers"][1]
    assert shown.drawings == 3
    shown.view_menu.value = "swarm"
    assert shown.drawings == 3, "a view is drawn once for each state of the swarm"


def test_a_change_is_drawn_and_told_without_a_click(swarm: Swarm, following: LiveMap) -> None:
    assert following.state == "running" and following.drawings == 1
    before = following.table.value
    swarm.becomes(swarms.after_move())
    until(lambda: following.drawings == 2)
    until(lambda: bool(following.journal))
    assert following.table.value != before
    entry = following.journal[0]
    assert entry.said[0].startswith("réseau nginx-net sur worker1 : disparu")
    assert entry.said[-1].startswith("et ") and "autres changements" in entry.said[-1]
    assert "1 événement : service update sur manager" in text(entry.source)
    news = text(following.news.value)
    assert 'role="status"' in news and entry.at in news and len(news) < 1500


def test_nothing_is_drawn_when_nothing_really_changed(swarm: Swarm, following: LiveMap) -> None:
    later = tuple(replace(c, status="Up 2 minutes") for c in swarm.topology.containers)
    swarm.becomes(replace(swarm.topology, containers=later))
    until(lambda: following.readings >= 3)
    swarm.tell()
    until(lambda: following.readings >= 4)
    assert following.drawings == 1 and not following.journal
    assert clock("2026-11-23T10:05:00Z") in following.reading_line.value


def test_a_hundred_events_give_a_few_readings(swarm: Swarm, following: LiveMap) -> None:
    read, drawn = following.readings, following.drawings
    for n in range(100):
        swarm.becomes(swarms.after_move() if n % 2 else swarms.before_move())
    until(lambda: following.topology == swarm.topology)
    assert 1 <= following.readings - read <= 4 and following.drawings - drawn <= 3


def test_a_change_without_an_event_is_seen_later(swarm: Swarm) -> None:
    shown = LiveMap(swarm.means(), pace=Pace(**QUICK | {"idle_s": 0.05}))  # type: ignore[arg-type]
    shown.start()
    until(lambda: shown.readings > 1)
    swarm.topology = with_alpine(swarm.topology)
    until(lambda: bool(shown.journal))
    shown.stop()
    assert shown.wait(WAIT_S)
    assert shown.journal[0].source == "vu en relisant, sans événement"


def test_the_journal_is_bounded(swarm: Swarm, following: LiveMap) -> None:
    states = (swarms.before_move(), with_alpine(swarms.before_move()))
    for n in range(1, 2 * maps.MOST_ENTRIES):
        drawn = following.drawings
        swarm.becomes(states[n % 2])
        until(lambda drawn=drawn: following.drawings > drawn)  # type: ignore[misc]
    assert len(following.journal) == maps.MOST_ENTRIES
    assert following.past.value.count("<li>") == maps.MOST_ENTRIES - 1
    # Only the last word is said by a screen reader.
    assert "role=" not in following.past.value


def test_a_click_shows_the_tables_and_a_second_one_hides_them(swarm: Swarm) -> None:
    shown = swarm.map()
    shown.picture.spot(("node", "worker1")).click()
    assert shown.chosen == ("node", "worker1") == shown.chooser.value
    detail = text(shown.detail.value)
    assert "Nœud worker1" in detail and "my-nginx.2" in detail and "my-nginx.1" not in detail
    assert "docker_gwbridge" in detail and "Up 3 seconds" not in detail
    button = shown.picture.spot(("node", "worker1"))
    assert "swarm-map-chosen" in button._dom_classes and button.description == "nœud worker1, choisi"
    button.click()
    assert shown.chosen is None and shown.detail.value == ""
    assert "swarm-map-chosen" not in button._dom_classes and button.description == "nœud worker1"


def test_a_network_shows_what_no_single_node_tells(swarm: Swarm) -> None:
    shown = swarm.map(view="subnets")
    shown.picture.spot(("network", "nginx-net")).click()
    detail = text(shown.detail.value)
    assert "Réseau nginx-net" in detail and "4097" in detail
    assert all(address in detail for address in ("10.0.1.5", "10.0.1.6", "10.0.1.7"))
    assert "Pairs : quel nœud voit lequel" in detail
    # What is chosen stays so in the other views.
    shown.view_menu.value = "peers"
    assert "swarm-map-chosen" in shown.picture.spot(("network", "nginx-net"))._dom_classes


def test_the_menu_chooses_what_the_picture_does_not_show(swarm: Swarm) -> None:
    shown = swarm.map()
    labels = [label for label, _ in shown.chooser.options]
    assert labels == [
        "aucun",
        "nœud manager",
        "nœud worker1",
        "nœud worker2",
        "réseau ingress",
        "réseau nginx-net",
        "réseau nginx-net-2",
    ]
    shown.chooser.field.value = "ingress"
    assert "Réseau ingress" in text(shown.detail.value)


def test_what_is_chosen_follows_the_swarm_until_it_is_gone(swarm: Swarm, following: LiveMap) -> None:
    swarm.becomes(with_alpine(swarm.topology))
    until(lambda: following.drawings == 2)
    following.choose(("network", "test-net"))
    assert "10.0.1.4" in following.detail.value
    swarm.becomes(swarms.before_move())
    until(lambda: following.drawings == 3)
    until(lambda: "n'existe pas dans le relevé de" in text(following.detail.value))
    assert following.chosen == ("network", "test-net")
    assert following.chooser.options[-1][0] == "réseau test-net (n'existe plus)"
    following.choose(None)
    assert following.detail.value == ""


def test_buttons_stay_the_same_widgets_while_the_picture_changes(swarm: Swarm, following: LiveMap) -> None:
    kept = {target: following.picture.spot(target) for target in following.picture.targets}
    swarm.becomes(with_alpine(swarm.topology))
    until(lambda: following.drawings == 2)
    assert {target: following.picture.spot(target) for target in following.picture.targets} == kept
    for button in kept.values():
        sides = (button.layout.left, button.layout.top, button.layout.width, button.layout.height)
        assert all(side.endswith("%") and 0 <= float(side[:-1]) <= 100 for side in sides)


def test_each_target_is_reached_once_by_tab(swarm: Swarm) -> None:
    shown = swarm.map(view="peers")
    reached = [button for button in shown.picture.view.children[2:] if button.tabbable is not False]
    assert len(reached) == len(shown.picture.targets) < len(shown.picture.view.children[2:])
    assert len(set(shown.picture.targets)) == len(shown.picture.targets)


def test_the_comparison_with_a_reference_is_live(swarm: Swarm, following: LiveMap) -> None:
    following.mark_button.click()
    assert following.mark is swarm.topology
    assert f"repère de {clock(swarm.topology.taken_at)}" in following.compare_toggle.description
    assert following.journal[0].said == ("repère pris",)
    following.compare_toggle.value = True
    assert "Rien à montrer" in following.table.value
    swarm.becomes(swarms.after_move())
    until(lambda: "Rien à montrer" not in following.table.value)
    assert "my-nginx" in following.table.value and "Deux cartes des sous-réseaux" in following._drawn["pair"].picture
    assert ("network", "nginx-net-2") in following.picture.targets
    following.compare_toggle.value = False
    assert "Schéma du swarm" in following.picture._picture.value


def test_a_view_takes_the_place_of_the_comparison(swarm: Swarm) -> None:
    shown = swarm.map()
    # Without a reference, what is known now becomes it.
    shown.compare_toggle.value = True
    assert shown.mark is shown.topology and "Deux cartes" in shown.picture._picture.value
    shown.view_menu.value = "peers"
    assert not shown.compare_toggle.value and "Pairs des réseaux" in shown.picture._picture.value


def test_no_button_is_ever_disabled(swarm: Swarm, following: LiveMap) -> None:
    # One that is loses the keyboard's focus.
    controls = (following.run_button, following.stop_button, following.mark_button, following.compare_toggle)
    assert not any(control.disabled for control in (*controls, following.view_menu, following.chooser.field))


def test_a_silent_engine_is_named_and_the_map_goes_on(swarm: Swarm, following: LiveMap) -> None:
    swarm.link("worker2", "connexion refusée, le moteur est arrêté")
    swarm.becomes(swarms.silenced(swarms.before_move(), "worker2"))
    until(lambda: following.drawings == 2)
    assert "worker2 ne répond pas" in text(following.state_line.value) and following.state == "running"
    assert any("worker2 : son moteur n'est plus suivi" in said for entry in following.journal for said in entry.said)
    assert "Relevé incomplet" in text(following.static_html())
    swarm.link("worker2", None)
    swarm.becomes(swarms.before_move())
    until(lambda: following.drawings == 3)
    until(lambda: "ne répond pas" not in text(following.state_line.value))
    assert any("worker2 : son moteur répond de nouveau" in said for entry in following.journal for said in entry.said)


def test_without_a_manager_the_last_map_stays_until_it_answers(swarm: Swarm, following: LiveMap) -> None:
    picture = following.picture._picture.value
    swarm.failure = errors.NodeUnreachable("manager", "le moteur s'est arrêté")
    swarm.tell()
    until(lambda: "« manager » ne répond pas" in text(following.message.value))
    assert 'role="alert"' in following.message.value and following.state == "running"
    assert "le manager ne répond pas" in text(following.state_line.value)
    assert following.picture._picture.value == picture
    noted = len(following.journal)
    swarm.tell()
    until(lambda: swarm.surveys > 3)
    swarm.failure = None
    swarm.tell()
    until(lambda: following.message.value == "")
    assert "ne répond pas" not in text(following.state_line.value) and len(following.journal) == noted


def test_what_is_unexpected_ends_it_and_is_told(swarm: Swarm, following: LiveMap) -> None:
    swarm.failure = ZeroDivisionError("<script>")
    swarm.tell()
    assert following.wait(WAIT_S) and following.state == "failed"
    assert "ZeroDivisionError" in following.message.value and "<script>" not in following.message.value
    assert swarm.followers == 0


def test_stop_ends_at_once_and_it_starts_again(swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmkit_helpers.show.widgets.panel.DOUBLE_CLICK_S", 0.0)
    shown = swarm.map()
    for _ in range(3):
        shown.run_button.click()
        until(lambda: swarm.followers == 1)
        began = time.monotonic()
        shown.stop_button.click()
        assert shown.wait(WAIT_S) and time.monotonic() - began < 1
        assert shown.state == "stopped" and "arrêtée" in shown.state_line.value and swarm.followers == 0


def test_several_maps_leave_no_thread(swarm: Swarm) -> None:
    before = threading.active_count()
    several = [swarm.map() for _ in range(4)]
    for shown in several:
        shown.start()
    until(lambda: swarm.followers == 4)
    for shown in several:
        shown.stop()
    assert all(shown.wait(WAIT_S) for shown in several)
    assert threading.active_count() == before


def test_it_stops_by_itself_after_its_time(swarm: Swarm) -> None:
    shown = swarm.map(minutes=0.001)
    shown.start()
    assert shown.wait(WAIT_S) and shown.state == "done"
    assert "pendant 0.001 minutes" in text(shown.reading_line.value)
    assert "s'est arrêtée" in text(shown.state_line.value)


def test_it_stops_once_nobody_displays_it_and_starts_when_somebody_does(
    swarm: Swarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "UNSEEN_S", 0.2)
    monkeypatch.setattr(maps, "TICK_S", 0.02)
    monkeypatch.setattr("swarmkit_helpers.show.widgets.panel.DOUBLE_CLICK_S", 0.0)
    shown = swarm.map()
    shown.start()
    shown.view._view_count = 1
    time.sleep(0.4)
    assert shown.state == "running"
    shown.view._view_count = 0
    assert shown.wait(WAIT_S) and shown.state == "done"
    assert "aucune page ne l'affiche" in text(shown.reading_line.value)
    shown.view._view_count = 1
    until(lambda: shown.state == "running" and swarm.followers == 1)
    shown.stop()
    assert shown.wait(WAIT_S)
    assert "ne suit plus" not in text(shown.reading_line.value)


def test_one_reading_without_following(swarm: Swarm) -> None:
    shown = swarm.map()
    swarm.topology = swarms.after_move()
    assert shown.run() is shown
    assert shown.state == "ready" and shown.drawings == 2 and swarm.followers == 0
    swarm.failure = errors.NodeUnreachable("manager", "le moteur s'est arrêté")
    assert "« manager » ne répond pas" in text(shown.run().message.value)


def test_its_static_state_says_as_much_as_the_widget(swarm: Swarm) -> None:
    shown = swarm.map(view="subnets")
    shown.take_mark()
    swarm.topology = swarms.after_move()
    shown.run().choose(("node", "manager"))
    page = shown.static_html()
    assert page.count("<img alt=") == 1
    assert all(part.value in page for part in (shown.detail, shown.table, shown.news, shown.past, shown.reading_line))
    assert "ne suit pas encore" in text(repr(shown))


def test_a_large_swarm_stays_usable() -> None:
    shown = Swarm(swarms.large(100, 20, 4)).map()
    spots = len(shown.picture.view.children) - 2
    assert spots == 100
    for view in ("subnets", "peers"):
        shown.view_menu.value = view
        assert len(shown.picture.view.children) - 2 <= MOST_SPOTS
    wide = Swarm(swarms.large(200, 1, 2)).map()
    assert len(wide.picture.view.children) - 2 == MOST_SPOTS
    # What has no button is in the menu all the same.
    assert len(wide.chooser.options) == 1 + 200 + 2
    wide.choose(("node", "worker199"))
    assert "Nœud worker199" in text(wide.detail.value)


def test_a_swarm_that_is_none(swarm: Swarm) -> None:
    swarm.topology = swarms.no_swarm()
    shown = swarm.map()
    for view in ("subnets", "peers", "swarm"):
        shown.view_menu.value = view
    shown.picture.spot(("node", "manager")).click()
    assert "Nœud manager" in text(shown.detail.value)


def test_same_state_looks_at_all_but_instants() -> None:
    before = swarms.before_move()
    later = replace(
        before,
        taken_at="2026-11-23T11:00:00Z",
        containers=tuple(replace(c, status="Up 1 hour") for c in before.containers),
    )
    assert same_state(before, later)
    assert not same_state(before, replace(later, peers=later.peers[1:]))
    assert not same_state(before, replace(later, tasks=(replace(later.tasks[0], state="failed"), *later.tasks[1:])))


def test_a_network_that_is_not_there_has_no_tables() -> None:
    with pytest.raises(errors.ObjectNotFound):
        target_tables(swarms.before_move(), ("network", "test-net"))


def test_names_are_escaped() -> None:
    odd = swarms.large(2, 1, 1)
    named = replace(odd, nodes=tuple(replace(node, name=f"<b>{node.name}") for node in odd.nodes))
    shown = Swarm(named).map()
    shown.choose(("node", "<b>manager"))
    assert "<b>" not in shown.static_html()
