"""The embedded lab: up, down, what is left after every kind of accident, and what is said of a machine without root.

The engine behind it is `small_engine`, which answers where the lab asks; `tests/engine` is about the real one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from swarmkit_helpers.actions.stacks import Deployment, Removal
from swarmkit_helpers.cli import cli
from swarmkit_helpers.course.checks import CheckResult
from swarmkit_helpers.course.restore import Restoration
from swarmkit_helpers.course.sections import SECTIONS
from swarmkit_helpers.errors import (
    BackendUnavailable,
    EngineStartFailed,
    FaultUnavailable,
    LabDamaged,
    LabNameRefused,
    LabNotUp,
    LabOfAnotherKind,
    NodeUnknown,
    PageUnavailable,
)
from swarmkit_helpers.lab import connection, embedded, faults, local, local_faults, record
from swarmkit_helpers.lab.cluster import Capabilities, Lab
from swarmkit_helpers.lab.record import NODES, Record, directory_of, home, lab_names
from swarmkit_helpers.lab.supervisor import Supervisor
from swarmkit_helpers.probes.capture import Capture
from swarmkit_helpers.probes.dns import Resolution
from swarmkit_helpers.probes.execution import Execution
from swarmkit_helpers.probes.http import HttpResult
from swarmkit_helpers.probes.logs import ServiceLogs
from swarmkit_helpers.probes.ping import PingResult
from swarmkit_helpers.probes.reach import Reach
from swarmkit_helpers.show.figures import draw_nested_packet
from swarmkit_helpers.show.tables import packets_table
from swarmkit_helpers.simulation import SIMULATED
from tests.show import swarms

NBSP = "\N{NO-BREAK SPACE}"
SMALL = str(Path(__file__).with_name("small_engine.py"))
NAME = "e1"


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Labs of each test in a directory of its own, with a short path; what is left in it is a fault."""
    with tempfile.TemporaryDirectory(prefix="swarmlab-") as made:
        place = Path(made) / "labs"
        monkeypatch.setenv("SWARMLAB_HOME", str(place))
        monkeypatch.delenv("SWARMLAB_SPEED", raising=False)
        use(monkeypatch)
        monkeypatch.setattr(embedded, "form_swarm", lambda lab, timeout_s: None)
        yield place
        for name in lab_names():
            connection.down(name)
        assert not place.exists()


def use(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(embedded, "PROGRAM", (sys.executable, "-S", SMALL, *words, "--"))


def no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "lacks", lambda: ["il faut être root"])


def process_of(name: str = NAME) -> Supervisor:
    found = Supervisor.read(directory_of(name) / embedded.PID_FILE)
    assert found is not None
    return found


def swarmlab(*words: str) -> str:
    done = CliRunner().invoke(cli, words, catch_exceptions=False, standalone_mode=False)
    return done.output.replace(NBSP, " ")


def test_up_gives_the_course_s_nodes_simulated() -> None:
    lab = connection.start(NAME, "embedded")
    assert [(node.name, node.hostname, node.address, node.role) for node in lab.nodes.values()] == [
        ("manager", "manager.i2tch.loc", "10.0.3.62", "manager"),
        ("worker1", "worker1.i2tch.loc", "10.0.3.63", "worker"),
        ("worker2", "worker2.i2tch.loc", "10.0.3.64", "worker"),
    ]
    assert (lab.backend, lab.simulated, lab.manager.simulated) == ("embedded", True, True)
    assert lab.capabilities.asdict() == {"ipvs": True, "esp": True, "netem": True, "capture": True, "internet": False}
    assert "<strong>simulé</strong>" in lab._repr_html_()
    assert [seen.engine for seen in connection.status(NAME)] == ["20.10.24"] * 3


def test_it_outlives_the_command_that_starts_it_and_is_nobody_s_child() -> None:
    connection.start(NAME, "embedded")
    stat = Path(f"/proc/{process_of().pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    assert int(stat[1]) != os.getpid()
    assert int(stat[3]) != os.getsid(0)


def test_up_again_is_the_same_lab() -> None:
    connection.start(NAME, "embedded")
    before = process_of()
    for backend in ("auto", "embedded"):
        assert connection.start(NAME, backend).simulated
    assert connection.connect(NAME) == connection.attach(NAME)
    assert process_of() == before and before.lives()


def test_directory_and_sockets_are_private() -> None:
    connection.start(NAME, "embedded")
    directory = directory_of(NAME)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in directory.glob("*.sock")} == {
        "control.sock",
        "manager.sock",
        "worker1.sock",
        "worker2.sock",
    }
    assert {path.stat().st_mode & 0o777 for path in directory.glob("*.sock")} == {0o600}


def test_the_process_is_given_nothing_that_leads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    connection.start(NAME, "embedded")
    environment = Path(f"/proc/{process_of().pid}/environ").read_text("utf-8")
    assert "192.0.2.1" not in environment and "DOCKER" not in environment


def test_down_leaves_nothing_and_twice_is_harmless(own_home: Path) -> None:
    connection.start(NAME, "embedded")
    process = process_of()
    assert connection.down(NAME) is True
    assert not process.lives() and not own_home.exists()
    assert connection.down(NAME) is False


def test_down_kills_a_process_that_does_not_obey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STOP_S", 0.05)
    use(monkeypatch, "deaf")
    connection.start(NAME, "embedded")
    process = process_of()
    assert connection.down(NAME) is True
    assert not process.lives()


def test_down_kills_a_process_that_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STOP_S", 0.05)
    connection.start(NAME, "embedded")
    process = process_of()
    os.kill(process.pid, signal.SIGSTOP)
    assert connection.down(NAME) is True
    assert not process.lives()


def test_a_killed_process_is_noticed_and_removed() -> None:
    connection.start(NAME, "embedded")
    os.kill(process_of().pid, signal.SIGKILL)
    assert process_of().gone(5)
    with pytest.raises(LabDamaged, match="son processus n'existe plus") as caught:
        connection.start(NAME)
    assert f"swarmlab down --name {NAME}" in str(caught.value)
    assert [seen.answers for seen in connection.status(NAME)] == [False] * 3
    assert connection.down(NAME) is True


def test_a_stranger_with_its_number_is_left_alone(own_home: Path) -> None:
    connection.start(NAME, "embedded")
    file = directory_of(NAME) / embedded.PID_FILE
    os.kill(process_of().pid, signal.SIGKILL)
    assert process_of().gone(5)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        born, boot = file.read_text("utf-8").splitlines()
        file.write_text(f"{stranger.pid} {born.split(maxsplit=1)[1]}\n{boot}\n", "utf-8")
        assert connection.down(NAME) is True
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", ["", "12", "x y\nz\n", "\0\0\n\n"])
def test_a_file_that_names_no_process(own_home: Path, content: str) -> None:
    own_home.mkdir()
    (own_home / "pid").write_text(content, "utf-8")
    assert Supervisor.read(own_home / "pid") is None
    (own_home / "pid").unlink()
    own_home.rmdir()


@pytest.mark.parametrize("left", ["directory", "record cut short", "starting", "started, and not recorded"])
def test_up_and_down_after_a_start_that_was_killed(own_home: Path, left: str) -> None:
    if left.startswith("started"):
        connection.start(NAME, "embedded")
        Record.standing(NAME).having(state="starting").write()
    else:
        directory_of(NAME).mkdir(parents=True, mode=0o700)
    if left == "record cut short":
        (directory_of(NAME) / "lab.json").write_text('{"name": "e', "utf-8")
    if left == "starting":
        Record(NAME, "embedded", "starting", NODES, (os.geteuid(), os.getegid())).write()
    before = Supervisor.read(directory_of(NAME) / embedded.PID_FILE)
    with pytest.raises(LabDamaged):
        connection.attach(NAME)
    said: list[str] = []
    assert embedded.up(NAME, notice=said.append).simulated
    assert "avait été interrompu" in said[0]
    assert before is None or not before.lives()
    Record.standing(NAME).having(state="stopping").write()
    assert connection.down(NAME) is True


def test_a_lock_alone_is_removed_by_down(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    no_root(monkeypatch)
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / f".{NAME}.lock").touch()
    assert connection.down(NAME)
    assert not own_home.exists() or list(own_home.iterdir()) == []
    assert not connection.down(NAME)


def test_a_start_that_is_killed_leaves_a_process_that_down_finds(own_home: Path) -> None:
    code = f"""
import os, signal
from swarmkit_helpers.lab import embedded
embedded.PROGRAM = ({sys.executable!r}, "-S", {SMALL!r}, "--")
embedded._await_answer = lambda directory, word: os.kill(os.getpid(), signal.SIGKILL)
embedded.up({NAME!r})
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while not (directory_of(NAME) / "control.sock").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process = process_of()
    assert process.lives()
    assert connection.down(NAME) is True
    assert not process.lives()


def test_a_process_that_dies_at_start_gives_its_last_words(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    use(monkeypatch, "mute")
    with pytest.raises(EngineStartFailed, match="plus rien ne va"):
        connection.start(NAME, "embedded")
    assert not own_home.exists()


def test_a_failed_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    seen: list[Supervisor] = []

    def refuse(lab: Lab, timeout_s: float) -> None:
        seen.append(process_of())
        raise RuntimeError("no swarm today")

    monkeypatch.setattr(embedded, "form_swarm", refuse)
    with pytest.raises(RuntimeError):
        connection.start(NAME, "embedded")
    assert not seen[0].lives() and not own_home.exists()


def test_a_page_of_a_node_is_led_to_through_the_process() -> None:
    lab = connection.start(NAME, "embedded")
    assert lab.url("worker1", 5000) == "http://127.0.0.1:45000/"
    with pytest.raises(PageUnavailable, match="nothing leads there"):
        lab.url("worker1", 81)
    connection.down(NAME)
    with pytest.raises(LabNotUp):
        lab.url("worker1", 5000)


# --- which kind of lab ----------------------------------------------------------------------------


def test_without_root_the_lab_is_simulated_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    no_root(monkeypatch)
    said: list[str] = []
    assert connection.start(NAME, notice=said.append).backend == "embedded"
    assert len(said) == 1
    assert "Labo simulé" in said[0] and "il faut être root" in said[0]
    assert connection.start(NAME, notice=said.append).simulated
    assert len(said) == 1, "of a lab that is up nothing is chosen"


def test_with_root_and_an_engine_the_lab_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(local, "lacks", list)
    monkeypatch.setattr(local, "up", lambda name, notice: asked.append(name))
    connection.start(NAME)
    assert asked == [NAME]


def test_a_lab_of_another_kind_is_said(own_home: Path) -> None:
    directory_of(NAME).mkdir(parents=True)
    Record(NAME, "local", "up", NODES, (os.geteuid(), os.getegid())).write()
    for start in (lambda: connection.start(NAME, "embedded"), lambda: embedded.up(NAME)):
        with pytest.raises(LabOfAnotherKind, match="« local »".replace(" ", NBSP)) as caught:
            start()
        assert f"swarmlab down --name {NAME}" in str(caught.value)
    Record(NAME, "embedded", "up", NODES, (os.geteuid(), os.getegid())).write()
    with pytest.raises(LabOfAnotherKind, match="« embedded »".replace(" ", NBSP)):
        connection.start(NAME, "local")


@pytest.mark.parametrize("backend", ["dind", "remote", "lune"])
def test_a_kind_that_does_not_exist_yet(backend: str) -> None:
    with pytest.raises(BackendUnavailable, match="--backend embedded"):
        connection.start(NAME, backend)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), 1001])
def test_a_speed_that_is_none(speed: float) -> None:
    with pytest.raises(BackendUnavailable, match="n'est pas un nombre au-dessus de 0"):
        connection.start(NAME, "embedded", speed=speed)


@pytest.mark.parametrize(("asked", "speed"), [("1", 1), ("2,5", 2.5), (" ", embedded.SPEED)])
def test_the_speed_may_be_chosen(monkeypatch: pytest.MonkeyPatch, asked: str, speed: float) -> None:
    monkeypatch.setenv("SWARMLAB_SPEED", asked)
    connection.start(NAME, "embedded")
    assert Record.standing(NAME).speed == speed
    assert f"--speed\0{speed:g}\0" in Path(f"/proc/{process_of().pid}/cmdline").read_text("utf-8")


def test_a_speed_that_is_no_number_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMLAB_SPEED", "vite")
    with pytest.raises(BackendUnavailable, match="vite"):
        connection.start(NAME, "embedded")


def test_a_name_that_is_none() -> None:
    for start in (connection.start, embedded.up, connection.down, connection.attach):
        with pytest.raises(LabNameRefused):
            start("../etc")


# --- where it is ----------------------------------------------------------------------------------


def test_a_path_too_long_for_sockets_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SWARMLAB_HOME", str(tmp_path / ("long" * 20)))
    with pytest.raises(BackendUnavailable, match="trop long") as caught:
        connection.start(NAME, "embedded")
    assert "export SWARMLAB_HOME=" in str(caught.value)


def test_the_account_s_own_directory_where_the_system_s_is_closed(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    monkeypatch.delenv("SWARMLAB_HOME")
    monkeypatch.setattr(record, "SYSTEM_HOME", own_home.parent / "absent" / "swarmlab")
    monkeypatch.setenv("XDG_STATE_HOME", str(own_home.parent / "state"))
    assert home() == own_home.parent / "state" / "swarmlab"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(own_home.parent))
    assert home() == own_home.parent / ".local/state/swarmlab"
    monkeypatch.setattr(record, "SYSTEM_HOME", own_home.parent / "swarmlab")
    assert home() == own_home.parent / "swarmlab"
    monkeypatch.setenv("SWARMLAB_HOME", str(own_home))


def test_a_lab_that_root_made_for_this_account_is_found(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    system = own_home.parent / "system"
    monkeypatch.setattr(record, "SYSTEM_HOME", system)
    monkeypatch.setattr(record, "_homes", lambda: [own_home, system])
    (system / "ours").mkdir(parents=True)
    assert directory_of("ours") == system / "ours"
    assert directory_of("autre") == own_home / "autre"
    assert lab_names() == ["ours"]
    (system / "ours").rmdir()


# --- the command ----------------------------------------------------------------------------------


def test_the_command_says_that_it_is_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    no_root(monkeypatch)
    said = swarmlab("up", "--name", NAME)
    assert "Labo simulé" in said and f"Le labo « {NAME} » est démarré (embedded, simulé)." in said
    assert "est déjà démarré (embedded, simulé)" in swarmlab("up", "--name", NAME)
    assert "simulé" in swarmlab("status", "--name", NAME)
    read = json.loads(swarmlab("status", "--json", "--name", NAME))
    assert (read["backend"], read["simulated"], read["up"]) == ("embedded", True, True)
    assert swarmlab("env", "worker1", "--name", NAME).strip() == (
        f"export DOCKER_HOST=unix://{directory_of(NAME)}/worker1.sock"
    )
    assert swarmlab("url", "worker1", "80", "--name", NAME).strip() == "http://127.0.0.1:40080/"
    assert "supprimé" in swarmlab("down", "--name", NAME)
    assert "rien à supprimer" in swarmlab("down", "--name", NAME)


def test_the_speed_is_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    swarmlab("up", "--backend", "embedded", "--speed", "1", "--name", NAME)
    assert Record.standing(NAME).speed == 1


# --- faults ---------------------------------------------------------------------------------------


def test_faults_are_asked_of_the_process() -> None:
    lab = connection.start(NAME, "embedded")
    assert faults.faults(lab) == faults.Faults()
    faults.stop_node(lab, "worker2")
    faults.cut_link(lab, "worker1")
    faults.slow_link(lab, "manager.i2tch.loc", delay_ms=20, loss=0.1)
    faults.fill_disk(lab, "worker1")
    faults.hide_image(lab, "nginx:latest")
    assert faults.faults(lab) == faults.Faults(
        {"worker1": faults.Link(up=False), "manager": faults.Link(True, 20.0, 0.1)},
        frozenset({"worker1"}),
        frozenset({"nginx:latest"}),
        frozenset({"worker2"}),
    )
    for _ in range(2):
        faults.start_node(lab, "worker2")
        faults.mend_link(lab, "worker1")
        faults.free_disk(lab, "worker1")
        faults.show_image(lab, "nginx:latest")
    assert faults.faults(lab) == faults.Faults({"manager": faults.Link(True, 20.0, 0.1)})
    faults.mend(lab)
    assert faults.faults(lab) == faults.Faults()


@pytest.mark.parametrize("asked", [{"delay_ms": -1}, {"delay_ms": float("nan")}, {"loss": 1.5}, {"delay_ms": 1e9}])
def test_a_link_that_cannot_be_so(asked: dict[str, float]) -> None:
    lab = connection.start(NAME, "embedded")
    with pytest.raises(FaultUnavailable, match="manager"):
        faults.slow_link(lab, "manager", **asked)


def test_a_fault_of_a_node_that_does_not_exist() -> None:
    lab = connection.start(NAME, "embedded")
    for fault in (faults.stop_node, faults.start_node, faults.cut_link, faults.mend_link, faults.fill_disk):
        with pytest.raises(NodeUnknown):
            fault(lab, "worker9")


def test_what_a_real_lab_cannot_be_given(own_home: Path) -> None:
    lab = Lab("vrai", "local", connection.start(NAME, "embedded").nodes)
    for fault in (
        lambda: faults.fill_disk(lab, "worker1"),
        lambda: faults.hide_image(lab, "nginx:latest"),
        lambda: faults.slow_link(lab, "worker1", loss=0.5),
    ):
        with pytest.raises(FaultUnavailable, match="Impossible de") as caught:
            fault()
        assert "→" in str(caught.value)


def test_faults_of_real_engines_are_recorded_and_only_those_are_mended(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    real = Lab(NAME, "local", connection.start(NAME, "embedded").nodes, Capabilities(netem=True))
    done: list[tuple[object, ...]] = []
    monkeypatch.setattr(local_faults, "check", lambda lab, doing: None)

    def noted(name: str) -> Callable[..., None]:
        return lambda record, node, *more, **options: done.append((name, node.name, *more, *options.values()))

    for name in ("stop", "start", "slow", "quicken", "set_link"):
        monkeypatch.setattr(local_faults, name, noted(name))
    assert faults.faults(real) == faults.Faults()
    faults.stop_node(real, "worker1")
    faults.cut_link(real, "worker2")
    faults.slow_link(real, "manager", delay_ms=5, loss=0.5)
    links = {"worker2": faults.Link(up=False), "manager": faults.Link(True, 5.0, 0.5)}
    assert faults.faults(real) == faults.Faults(links, stopped=frozenset({"worker1"}))
    assert done == [("stop", "worker1"), ("set_link", "worker2", False), ("slow", "manager", 5, 0.5)]
    faults.mend_link(real, "manager")
    done.clear()
    faults.mend(real)
    assert done == [("quicken", "worker2"), ("set_link", "worker2", True), ("start", "worker1")]
    assert faults.faults(real) == faults.Faults()


def test_faults_are_commands_of_the_same_names() -> None:
    swarmlab("up", "--backend", "embedded", "--name", NAME)
    assert "Aucune panne" in swarmlab("fault", "list", "--name", NAME)
    swarmlab("fault", "stop-node", "worker2", "--name", NAME)
    swarmlab("fault", "cut-link", "worker1", "--name", NAME)
    swarmlab("fault", "fill-disk", "manager", "--name", NAME)
    swarmlab("fault", "hide-image", "nginx:latest", "--name", NAME)
    said = swarmlab("fault", "slow-link", "manager", "--delay-ms", "20", "--loss", "0.1", "--name", NAME)
    assert said.splitlines() == [
        "worker2 : moteur arrêté",
        "manager : lien dégradé (20 ms de plus, 10 % des paquets perdus)",
        "worker1 : lien coupé",
        "manager : disque plein",
        "nginx:latest : image absente des registres",
    ]
    for words in ("start-node worker2", "mend-link worker1", "free-disk manager", "show-image nginx:latest"):
        said = swarmlab("fault", *words.split(), "--name", NAME)
    assert said.splitlines() == ["manager : lien dégradé (20 ms de plus, 10 % des paquets perdus)"]
    assert "Aucune panne" in swarmlab("fault", "mend", "--name", NAME)
    with pytest.raises(NodeUnknown):
        swarmlab("fault", "cut-link", "worker9", "--name", NAME)


# --- what is shown --------------------------------------------------------------------------------


def test_every_result_says_that_the_lab_is_simulated() -> None:
    ping = PingResult("a", "b", "passed", 1, 1, (0.1,), "10.0.1.2", "", "", "", simulated=True)
    shown: list[Any] = [
        ping,
        Resolution("a", "b", "127.0.0.11", (), "", simulated=True),
        Execution("a", ("ip", "addr"), 0, "", simulated=True),
        HttpResult("a", "http://b/", "passed", 200, "", "", "", simulated=True),
        ServiceLogs("web", 10, (), simulated=True),
        Reach(("a", "b"), {("a", "b"): ping, ("b", "a"): ping}, simulated=True),
        Capture("manager", ping, (), "b"),
        Restoration(SECTIONS["13"], (), simulated=True),
        faults.Faults(stopped=frozenset({"worker1"}), simulated=True),
        Deployment("app", (), (), (), (), (), simulated=True),
        Removal("app", (), (), simulated=True),
    ]
    for result in shown:
        assert "simulé" in result._repr_html_(), type(result)
        assert "simulé" not in _real(result)._repr_html_(), type(result)
    check = CheckResult("13.4", "titre", "passed", "vu", simulated=True)
    assert all("simulé" in check._repr_mimebundle_()[kind] for kind in ("text/plain", "text/html"))
    assert "simulé" not in str(replace(check, simulated=False))


def _real(result: Any) -> Any:
    if isinstance(result, Capture):
        return replace(result, result=replace(result.result, simulated=False))
    return replace(result, simulated=False)


def test_captured_packets_say_it_without_a_snapshot() -> None:
    packet = replace(swarms.PING, simulated=True)
    assert packets_table([packet]).attrs["notes"] == (SIMULATED,)
    assert draw_nested_packet(packet).alt.endswith(SIMULATED)
    assert packets_table([swarms.PING]).attrs["notes"] == ()
