"""A ping told packet by packet, on real engines: nothing of it is left, however it ends."""

from __future__ import annotations

import html
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.record import home
from swarmkit_helpers.panels import name_panel, ping_panel
from swarmkit_helpers.probes.execution import TOOL_LABEL, exec_container
from swarmkit_helpers.probes.live import LivePing, ping_live
from swarmkit_helpers.probes.ping import ping
from swarmkit_helpers.topology.fetch import snapshot
from tests.widgets.test_ping_panel import BAD

pytestmark = pytest.mark.swarm


@pytest.fixture(scope="module")
def net(lab: Lab) -> Iterator[Lab]:
    """alpine1 on manager and alpine2 on worker1, both on test-net."""
    restore(lab, "11")
    create_network(lab, "test-net", attachable=True)
    run_container(lab, "alpine1", node="manager", network="test-net")
    run_container(lab, "alpine2", node="worker1", network="test-net")
    yield lab
    restore(lab, "11")


def pings_in(lab: Lab, container: str) -> list[str]:
    return [line for line in exec_container(lab, container, "ps").output.splitlines() if " ping" in line]


def tools(lab: Lab) -> list[str]:
    return [container.name for container in snapshot(lab).containers if TOOL_LABEL in container.labels]


def stopped_after(live: LivePing, packets: int) -> list[int]:
    seen = []
    for reply in live:
        if reply.rtt_ms is not None:
            seen.append(reply.number)
        if len(seen) == packets:
            live.stop()
    return seen


def test_it_tells_each_packet_and_ends_as_ping_does(net: Lab) -> None:
    live = ping_live(net, "alpine2", "alpine1", count=3)
    assert live.result is None
    begun, came = time.monotonic(), []
    for reply in live:
        came.append((reply.number, time.monotonic() - begun))
        assert reply.rtt_ms is not None and reply.rtt_ms > 0 and "bytes from" in reply.line
    assert [number for number, _ in came] == [1, 2, 3]
    # one after the other, not all together at the end
    assert came[2][1] - came[0][1] >= 0.3
    plain, result = ping(net, "alpine2", "alpine1", count=3), live.result
    assert result is not None
    assert (result.outcome, result.sent, result.received) == (plain.outcome, plain.sent, plain.received)
    assert (result.command, result.address) == (plain.command, plain.address)
    assert result.output.splitlines()[0] == plain.output.splitlines()[0]
    assert pings_in(net, "alpine2") == []


def test_nothing_is_sent_before_it_is_asked_for(net: Lab) -> None:
    ping_live(net, "alpine2", "alpine1", count=100)
    assert pings_in(net, "alpine2") == []


def test_a_stop_ends_it_at_once_and_leaves_nothing(net: Lab) -> None:
    live = ping_live(net, "alpine2", "alpine1", count=100)
    begun = time.monotonic()
    seen = stopped_after(live, 3)
    assert time.monotonic() - begun < 10
    assert 3 <= len(seen) <= 5 and live.result is not None
    assert live.result.sent <= 6 and live.result.outcome == "passed"
    assert pings_in(net, "alpine2") == []


def test_a_stop_of_a_ping_that_nobody_answers(net: Lab) -> None:
    stop = threading.Event()
    live = ping_live(net, "alpine2", "10.0.1.250", count=100, stop=stop)
    threading.Timer(1.0, stop.set).start()
    replies = list(live)
    assert live.result is not None and live.result.outcome == "failed" and live.result.received == 0
    assert 1 <= len(replies) <= 20 and {reply.rtt_ms for reply in replies} == {None}
    assert pings_in(net, "alpine2") == []


def test_leaving_the_loop_ends_it(net: Lab) -> None:
    with ping_live(net, "alpine2", "alpine1", count=100) as live:
        next(iter(live))
        assert len(pings_in(net, "alpine2")) == 1
    assert pings_in(net, "alpine2") == []
    assert live.result is None


def test_an_error_in_the_loop_ends_it(net: Lab) -> None:
    with pytest.raises(KeyboardInterrupt), ping_live(net, "alpine2", "alpine1", count=100) as live:
        for _ in live:
            raise KeyboardInterrupt
    assert pings_in(net, "alpine2") == []


def test_what_may_not_be_cut_is_sent_from_beside(net: Lab) -> None:
    live = ping_live(net, "alpine2", "alpine1", count=2, size=1422, dont_fragment=True)
    assert [reply.number for reply in live if reply.rtt_ms is not None] == [1, 2]
    too_big = ping_live(net, "alpine2", "alpine1", count=1, size=1423, dont_fragment=True)
    assert [reply.rtt_ms for reply in too_big] == [None]
    assert too_big.result is not None and "MTU (1450 octets)" in too_big.result.reason
    stopped = ping_live(net, "alpine2", "alpine1", count=100, dont_fragment=True)
    assert len(stopped_after(stopped, 2)) >= 2
    assert tools(net) == []


@pytest.mark.parametrize(("size", "cut", "timed"), [(0, True, False), (4, True, True), (15, False, False)])
def test_a_packet_too_small_to_carry_a_time_is_not_lost(net: Lab, size: int, cut: bool, timed: bool) -> None:
    live = ping_live(net, "alpine2", "alpine1", count=2, size=size, dont_fragment=not cut)
    replies = list(live)
    assert [(reply.number, reply.came_back, reply.rtt_ms is not None) for reply in replies] == [
        (1, True, timed),
        (2, True, timed),
    ]
    assert live.result is not None and live.result.outcome == "passed"
    assert ("sans durée" in live.result.reason) != timed
    panel = ping_panel(net, "alpine2", "alpine1", count=2, size=size, dont_fragment=not cut, run=True)
    assert "perdu" not in html.unescape(panel.static_html()).replace("✕ perdu", "")


def test_unknown_names(net: Lab) -> None:
    live = ping_live(net, "alpine2", "inconnu", count=100)
    assert list(live) == [] and live.result is not None
    assert live.result.outcome == "failed" and "n'est pas connu" in live.result.reason


def test_a_source_that_stops_meanwhile(net: Lab) -> None:
    run_container(net, "passager", node="worker2", network="test-net")
    late = ping_live(net, "passager", "alpine1")
    live = ping_live(net, "passager", "alpine1", count=100)
    for reply in live:
        if reply.number == 2:
            stop_container(net, "passager")
    assert live.result is not None and live.result.outcome == "failed"
    assert "«\N{NO-BREAK SPACE}passager\N{NO-BREAK SPACE}» s'est sans doute arrêté" in live.result.reason
    # chosen while it ran, pinged once it no longer does
    assert list(late) == [] and late.result is not None and late.result.outcome == "not_run"
    panel = ping_panel(net, "passager", "alpine1", run=True)
    assert panel.state == "done" and "exited" in panel.static_html()
    remove_container(net, "passager")
    gone = ping_panel(net, "passager", "alpine1", run=True)
    assert gone.state == "failed" and "n'existe pas" in html.unescape(gone.static_html())


@pytest.mark.parametrize("target", BAD)
def test_what_is_no_target_is_refused_before_anything_runs(net: Lab, target: str) -> None:
    with pytest.raises(errors.TargetRefused):
        ping_live(net, "alpine2", target)


def test_the_panel_over_a_real_lab(net: Lab) -> None:
    panel = ping_panel(net, "alpine2", "alpine1", count=2, run=True)
    assert panel.state == "done" and [reply.number for reply in panel.replies] == [1, 2]
    said = panel.static_html().replace("\N{NO-BREAK SPACE}", " ")
    assert "docker container exec alpine2 ping -c 2 -i 0.5 -W 2 alpine1" in said
    assert "conteneur alpine1 (nœud manager, réseau test-net)" in said
    panel.count.value = 100
    panel._started = 0.0
    panel.start()
    while len(panel.replies) < 2:
        assert not panel.wait(0.05)
    assert len(pings_in(net, "alpine2")) == 1
    panel.stop()
    assert panel.wait(10) and panel.state == "stopped"
    assert pings_in(net, "alpine2") == []


def test_the_name_panel_over_a_real_lab(net: Lab) -> None:
    panel = name_panel(net, "alpine2", ["alpine1", "inconnu"], run=True)
    assert panel.state == "done" and panel.survey is not None
    address = panel.survey.answers[0].addresses[0]
    assert address in panel.static_html() and "<img alt=" in panel.static_html()


def test_an_engine_that_dies_meanwhile() -> None:
    name = f"m{os.getpid()}"
    own = local.up(name)
    try:
        create_network(own, "test-net", attachable=True)
        run_container(own, "alpine1", node="manager", network="test-net")
        run_container(own, "alpine2", node="worker1", network="test-net")
        panel = ping_panel(own, "alpine2", "alpine1", count=100)
        panel.start()
        while not panel.replies:
            assert not panel.wait(0.05)
        os.kill(int((home() / name / "worker1" / "pid").read_text("ascii")), signal.SIGKILL)
        assert panel.wait(90)
        assert panel.state == "failed" and "worker1" in panel.message.value
        assert panel.run_button.button_style == "primary" and "paquet 1" in panel.static_html()
        panel._started = 0.0
        panel.run()
        assert panel.state == "failed" and "worker1" in panel.message.value
    finally:
        local.down(name)
