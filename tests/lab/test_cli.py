"""The command `swarmlab`: what it prints, its exit codes, and how it says no."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmkit_helpers.errors import BackendUnavailable
from swarmkit_helpers.lab import local, packages
from swarmkit_helpers.lab.record import home

from .machine import traces

pytestmark = pytest.mark.swarm


@pytest.fixture(scope="module")
def name() -> Iterator[str]:
    chosen = f"i{os.getpid()}"
    local.up(chosen)
    yield chosen
    local.down(chosen)


def swarmlab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "swarmkit_helpers.cli", *words], capture_output=True, text=True, check=False
    )


def test_up_says_that_it_is_up(name: str) -> None:
    done = swarmlab("up", "--name", name)
    assert done.returncode == 0
    assert "est déjà démarré (local)" in done.stdout
    assert "substitution" in done.stdout


def test_status(name: str) -> None:
    read = json.loads(swarmlab("status", "--json", "--name", name).stdout)
    assert (read["name"], read["backend"], read["up"]) == (name, "local", True)
    assert [node["name"] for node in read["nodes"]] == ["manager", "worker1", "worker2"]
    assert all(node["answers"] for node in read["nodes"])
    assert set(read["substitutes"]) == {"alpine:latest", "nginx:latest"}


def test_env_reaches_that_node(name: str) -> None:
    line = swarmlab("env", "worker1", "--name", name).stdout.strip()
    assert line == f"export DOCKER_HOST=unix://{home()}/{name}/worker1/docker.sock"
    assert swarmlab("env", "worker1.i2tch.loc", "--name", name).stdout.strip() == line


def test_url_is_the_address_that_the_lab_gives(name: str) -> None:
    done = swarmlab("url", "worker1", "5000", "--name", name)
    assert (done.returncode, done.stdout.strip()) == (0, local.attach(name).url("worker1", 5000))
    refused = swarmlab("url", "worker1", "0", "--name", name)
    assert refused.returncode == 1
    assert "un port est un nombre de 1 à 65535" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_doctor_tells_each_lack_with_its_remedy() -> None:
    done = swarmlab("doctor", "--json")
    assert done.returncode == 0
    read = json.loads(done.stdout)
    assert read["ready"] is True
    assert {found["name"] for found in read["findings"]} >= {"root", "paquets", "disque", "ipvs", "esp", "netem"}
    assert all(found["remedy"] for found in read["findings"] if not found["present"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["env", "worker9"], 1, ["worker9", "manager, worker1, worker2"]),
        (["restore", "77"], 1, ["77", "00, 10, 11"]),
        (["run", "77"], 1, ["77", "00, 10, 11"]),
        (["up", "--backend", "dind"], 1, ["dind", "swarmlab up --backend local"]),
        (["up", "--backend", "embedded"], 1, ["existe déjà", "local", "swarmlab down"]),
    ],
)
def test_what_does_not_exist(name: str, words: list[str], code: int, said: list[str]) -> None:
    done = swarmlab(*words, "--name", name)
    assert done.returncode == code
    assert done.stderr.startswith("✘ ")
    assert "Traceback" not in done.stderr
    assert all(part in done.stderr for part in said), done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["status", "--name", "absent"], 1, "swarmlab up --name absent"),
        (["env", "manager", "--name", "absent"], 1, "swarmlab up --name absent"),
        (["restore", "12", "--name", "absent"], 1, "swarmlab up --name absent"),
        (["up", "--name", "Pas Un Nom"], 1, "ne peut pas nommer un labo"),
        (["up", "--name", "../etc"], 1, "ne peut pas nommer un labo"),
        (["down", "--name", "../etc"], 1, "ne peut pas nommer un labo"),
        (["status", "--name", ""], 1, "ne peut pas nommer un labo"),
        (["up", "--inconnue"], 2, "option inconnue"),
        (["env"], 2, "il manque"),
        (["danser"], 2, "Commande incorrecte : commande inconnue : danser"),
        (["run", "--jobs", "99"], 2, "un nombre de 1 à 8 est attendu"),
        (["run", "--out", __file__], 2, "un dossier est attendu"),
        (["url", "manager", "x"], 2, "un nombre entier est attendu"),
        (["up", "--backend", "lune"], 2, "choisissez parmi auto, local"),
    ],
)
def test_what_is_refused(words: list[str], code: int, said: str) -> None:
    done = swarmlab(*words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr.replace("\N{NO-BREAK SPACE}", " "), done.stderr
    assert "Traceback" not in done.stderr


def test_down_of_nothing_is_no_error() -> None:
    done = swarmlab("down", "--name", "absent")
    assert done.returncode == 0
    assert "rien à supprimer" in done.stdout


def test_without_an_engine_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda **options: packages.NEEDS[:2])
    with pytest.raises(BackendUnavailable, match=r"docker\.io, iptables") as caught:
        local.up("sansmoteur")
    assert caught.value.remedy is not None
    assert "apt-get install" in caught.value.remedy
    assert not (home() / "sansmoteur").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_removes_the_lab_it_started(sent: signal.Signals, tmp_path: Path) -> None:
    chosen = f"j{os.getpid()}"
    command = subprocess.Popen(
        [sys.executable, "-m", "swarmkit_helpers.cli", "run", "13", "--name", chosen, "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Whoever runs the tests in the background (nohup, &) makes them, and all they start, deaf to SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        deadline = time.monotonic() + 60
        while not any(tmp_path.glob("13_*.ipynb")) and time.monotonic() < deadline:
            time.sleep(0.1)
        command.send_signal(sent)
        said, _ = command.communicate(timeout=60)
        assert command.returncode == 130, said
        assert traces(chosen) == []
    finally:
        local.down(chosen)
