"""The ping panel without a lab: its states, its buttons, what it says of what goes wrong."""

from __future__ import annotations

import html
import threading
from dataclasses import replace

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.show.widgets import panel as panels
from swarmkit_helpers.show.widgets.panel import State
from swarmkit_helpers.show.widgets.ping import PingPanel, target_choices
from swarmkit_helpers.show.widgets.sources import source_choices
from swarmkit_helpers.topology.model import Topology
from tests.show import swarms

from .fakes import WAIT_S, FakeLab, press_enter

BAD = ["", " ", "-f", "--help", "a b", "a;b", "$(id)", "`id`", "a'b", 'a"b', "a\nb", "x" * 10_000, "é", "<b>x</b>"]


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab(swarms.alpines())


@pytest.fixture
def panel(lab: FakeLab) -> PingPanel:
    return PingPanel(lab.means(), source="alpine2", target="alpine1", count=3)


def text(value: str) -> str:
    return html.unescape(value).replace("\N{NO-BREAK SPACE}", " ")


def inviting(panel: PingPanel) -> tuple[bool, bool]:
    """Which of the two buttons stands out; both can always be pressed, and so keep the keyboard's focus."""
    buttons = (panel.run_button, panel.stop_button)
    assert not any(button.disabled for button in buttons)
    run, stop = (button.button_style != "" for button in buttons)
    return run, stop


def test_before_anything_it_is_ready_and_sends_nothing(lab: FakeLab, panel: PingPanel) -> None:
    assert panel.state == "ready" and "prêt" in panel.state_line.value
    assert inviting(panel) == (True, False)
    assert lab.sent == []
    assert "svg" not in panel.static_html()
    assert "alpine2 vers alpine1" in panel.static_html()


def test_fields_are_labelled_and_in_the_order_of_use(panel: PingPanel) -> None:
    source, target, numbers, buttons = panel.view.children[:4]
    field, opener, refresh = source.children[0].children
    assert [field.description for field in (field, refresh, target)] == ["Source", "Actualiser", "Cible"]
    assert [field.description for field in numbers.children] == [
        "Paquets",
        "Octets",
        "interdire la fragmentation (DF)",
    ]
    assert [field.description for field in buttons.children[:2]] == ["Lancer le ping", "Arrêter"]
    # A field out of the tab order would have a tabbable of its own.
    assert all(
        field.tabbable is None for field in (field, opener, refresh, target, *numbers.children, *buttons.children)
    )


def test_a_run_tells_each_packet_then_what_happened_and_why(lab: FakeLab, panel: PingPanel) -> None:
    panel.run()
    assert panel.state == "done" and inviting(panel) == (True, False)
    assert [(reply.number, reply.rtt_ms) for reply in panel.replies] == [(1, 0.1), (2, 0.3), (3, None)]
    assert lab.sent[0].closed
    live, account = text(panel.live.value), text(panel.account.value)
    assert live.count("<circle") == 2 and live.count("<path") == 4
    assert "paquet 1 : revenu en 0,10 ms" in live and "paquet 3 : perdu" in live
    assert "sur worker1 : <code>docker container exec alpine2 ping -c 3 alpine1" in account
    assert "le DNS du conteneur, 127.0.0.11, a donné 10.0.1.2 pour alpine1" in account
    assert "conteneur alpine1 (nœud manager, réseau test-net)" in account
    assert "2 réponses pour 3 paquets, 33 % de perte" in account and "perte partielle" in account
    assert "3 packets transmitted" in account


def test_its_command_is_told_from_the_first_packet_on_and_stays_when_the_rest_fails(
    lab: FakeLab, panel: PingPanel
) -> None:
    told: list[str] = []

    def fail() -> None:
        told.append(text(panel.account.value))
        raise errors.NodeUnreachable("worker1", "le moteur s'est arrêté")

    lab.play = fail
    panel.run()
    (early,) = told
    assert "sur worker1 : <code>docker container exec alpine2 ping -c 3 alpine1" in early
    assert panel.state == "failed" and text(panel.account.value) == early


def test_a_manager_that_dies_after_the_ping_leaves_its_account(lab: FakeLab, panel: PingPanel) -> None:
    def fail() -> Topology:
        raise errors.NodeUnreachable("manager", "le moteur s'est arrêté")

    lab.survey = fail
    panel.run()
    assert panel.state == "done" and panel.result is not None
    assert "perte partielle" in text(panel.account.value)
    assert "« manager » ne répond pas" in text(panel.message.value)


def test_its_static_state_says_as_much_as_the_widget(panel: PingPanel) -> None:
    panel.run()
    assert panel.live.value in panel.static_html() and panel.account.value in panel.static_html()
    assert "fini" in repr(panel)


def test_a_double_click_runs_once(lab: FakeLab, panel: PingPanel) -> None:
    panel.run_button.click()
    panel.run_button.click()
    assert panel.wait(WAIT_S)
    panel.run_button.click()
    assert panel.wait(WAIT_S)
    assert len(lab.sent) == 1


def test_while_it_runs_only_the_stop_button_is_there(lab: FakeLab, panel: PingPanel) -> None:
    lab.play = lambda: lab.sent[-1].stop.wait(WAIT_S) and None
    panel.start()
    assert lab.running.wait(WAIT_S)
    assert panel.state == "running" and inviting(panel) == (False, True)
    panel.start()
    panel.stop_button.click()
    assert panel.wait(WAIT_S)
    assert panel.state == "stopped" and inviting(panel) == (True, False)
    assert "arrêté" in panel.state_line.value
    assert len(lab.sent) == 1 and lab.sent[0].closed


def test_it_runs_again(lab: FakeLab, panel: PingPanel) -> None:
    panel.run()
    panel.target.value = "10.0.1.4"
    panel.run()
    assert [ping.request.target for ping in lab.sent] == ["alpine1", "10.0.1.4"]
    assert len(panel.replies) == 3


def test_enter_in_the_target_starts_it(lab: FakeLab, panel: PingPanel) -> None:
    press_enter(panel.target, "alpine9")
    assert panel.wait(WAIT_S)
    assert [ping.request.target for ping in lab.sent] == ["alpine9"]


@pytest.mark.parametrize("target", BAD)
def test_what_is_no_target_is_refused_in_words_and_nothing_is_sent(lab: FakeLab, panel: PingPanel, target: str) -> None:
    panel.target.value = target
    panel.run()
    assert panel.state == "failed" and lab.sent == []
    assert "ne peut pas être une cible" in text(panel.message.value)
    assert 'role="alert"' in panel.message.value and "<b>" not in panel.message.value
    assert len(panel.message.value) < 1000
    panel.target.value = "alpine1"
    panel.run()
    assert panel.state == "done" and panel.message.value == ""


def test_a_kernel_that_is_interrupted_leaves_it_usable(lab: FakeLab, panel: PingPanel) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    lab.play = interrupt
    panel.run()
    assert panel.state == "interrupted" and "interrompu" in panel.state_line.value
    assert lab.sent[0].closed and inviting(panel) == (True, False)
    assert [reply.number for reply in panel.replies] == [1]
    lab.play = lambda: None
    panel.run()
    assert panel.state == "done" and len(panel.replies) == 3


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (errors.ObjectNotFound("container", "alpine2"), "Le conteneur « alpine2 » n'existe pas"),
        (errors.NodeUnreachable("worker1", "le moteur s'est arrêté"), "« worker1 » ne répond pas"),
        (ZeroDivisionError("<script>"), "Erreur inattendue : ZeroDivisionError : <script>"),
    ],
)
@pytest.mark.parametrize("in_thread", [False, True])
def test_what_goes_wrong_is_shown(
    lab: FakeLab, panel: PingPanel, raised: Exception, said: str, in_thread: bool
) -> None:
    def fail() -> None:
        raise raised

    lab.play = fail
    if in_thread:
        panel.start()
        assert panel.wait(WAIT_S)
    else:
        panel.run()
    assert panel.state == "failed" and inviting(panel) == (True, False)
    assert said in text(panel.message.value) and "<script>" not in panel.message.value
    # what was seen before stays, and the saved notebook says both
    assert "paquet 1" in panel.static_html() and panel.message.value in panel.static_html()


def test_a_source_that_left_stays_chosen_until_another_is(lab: FakeLab, panel: PingPanel) -> None:
    left = tuple(replace(c, state="exited") if c.name == "alpine2" else c for c in lab.topology.containers)
    lab.topology = replace(lab.topology, containers=left)
    panel.source.button.click()
    assert panel.source.value == "alpine2"
    assert [label for label, _ in panel.source.chooser.options] == ["alpine1 (manager)", "alpine2 (ne tourne pas)"]
    panel.source.choose("alpine1")
    panel.source.button.click()
    assert [label for label, _ in panel.source.chooser.options] == ["alpine1 (manager)"]


def test_a_source_that_is_written_is_found_or_said_not_to_be_there(lab: FakeLab, panel: PingPanel) -> None:
    panel.source.chooser.field.value = "alpine1"
    assert panel.request.source == "alpine1"
    panel.source.chooser.field.value = "introuvable"
    assert "« introuvable » n'est pas dans la liste" in text(panel.source.chooser.note.value)
    # The ping is told of what is written, not of what was chosen before.
    assert panel.request.source == "introuvable"
    panel.source.button.click()
    assert panel.request.source == "introuvable"


def test_a_refresh_that_fails_says_so(lab: FakeLab, panel: PingPanel) -> None:
    def fail() -> Topology:
        raise errors.NodeUnreachable("manager", "le moteur s'est arrêté")

    lab.survey = fail
    panel.source.button.click()
    assert "« manager » ne répond pas" in text(panel.message.value)
    assert panel.state == "ready" and panel.source.value == "alpine2"


def test_nothing_runs_in_an_empty_swarm() -> None:
    empty = PingPanel(FakeLab(swarms.no_swarm()).means())
    assert empty.source.value == "" and empty.source.chooser.options == ()


def test_sources_that_share_a_name_are_told_apart() -> None:
    both = swarms.alpines()
    twins = replace(both, containers=tuple(replace(c, name="alpine") for c in both.containers))
    choices = source_choices(twins)
    assert [label for label, _ in choices] == ["alpine (manager)", "alpine (worker1)"]
    assert [value for _, value in choices] == [c.id for c in twins.containers]


def test_targets_are_what_a_swarm_can_be_asked_for() -> None:
    targets = target_choices(swarms.before_move())
    assert {"my-nginx", "tasks.my-nginx", "10.0.1.2", "10.0.1.5", "worker2.i2tch.loc"} <= set(targets)
    assert len(targets) == len(set(targets))


def test_only_one_of_many_threads_starts_it(lab: FakeLab, panel: PingPanel) -> None:
    lab.play = lambda: lab.sent[-1].stop.wait(WAIT_S) and None
    threads = [threading.Thread(target=panel.start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lab.running.wait(WAIT_S)
    panel.stop()
    assert panel.wait(WAIT_S) and len(lab.sent) == 1


def test_a_click_right_after_a_refusal_is_meant(lab: FakeLab, panel: PingPanel) -> None:
    panel.target.value = "--help"
    panel.run_button.click()
    assert panel.wait(WAIT_S) and panel.state == "failed"
    panel.target.value = "alpine1"
    panel.run_button.click()
    assert panel.wait(WAIT_S) and panel.state == "done" and len(lab.sent) == 1


def test_a_click_some_time_after_another_is_meant(
    lab: FakeLab, panel: PingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "DOUBLE_CLICK_S", 0.0)
    for _ in range(2):
        panel.run_button.click()
        assert panel.wait(WAIT_S)
    assert len(lab.sent) == 2


def test_an_interrupt_before_the_first_packet_leaves_it_usable(
    lab: FakeLab, panel: PingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the panel was saying that it runs."""
    show = panel._show

    def interrupted(state: State, detail: str = "") -> None:
        monkeypatch.undo()
        show(state, detail)
        raise KeyboardInterrupt

    monkeypatch.setattr(panel, "_show", interrupted)
    panel.run()
    assert panel.state == "interrupted" and inviting(panel) == (True, False) and lab.sent == []
    panel.run()
    assert panel.state == "done" and len(lab.sent) == 1


def test_a_thread_that_cannot_start_leaves_it_usable(
    lab: FakeLab, panel: PingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            panel.start()
    assert panel.state == "failed" and inviting(panel) == (True, False)
    panel.start()
    assert panel.wait(WAIT_S) and panel.state == "done" and len(lab.sent) == 1
