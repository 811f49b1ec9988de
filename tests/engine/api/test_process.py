"""The process that serves a world: its control, its ports, its token, its end."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HOSTS = ("manager=manager.i2tch.loc=10.0.3.62", "worker1=worker1.i2tch.loc=10.0.3.63")
PATIENCE_S = 60.0
Ask = Callable[..., tuple[int, Any]]


class Unix(http.client.HTTPConnection):
    """A connection to a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("d", timeout=PATIENCE_S)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(str(self.path))


def answered(connection: http.client.HTTPConnection, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": token} if token else {})
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        said = answer.read()
        return answer.status, json.loads(said) if said[:1] in (b"{", b"[") else said
    finally:
        connection.close()


def waited(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


@contextmanager
def serving(directory: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", "swarmkit_helpers.engine", str(directory), "--speed", "50", *options]
    words += [word for host in HOSTS for word in ("--host", host)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE)
    last = directory / ("endpoints.json" if "--tcp" in options else "control.sock")
    try:
        waited(lambda: last.exists() or process.poll() is not None)
        assert process.poll() is None
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert b"Traceback" not in errors, errors.decode()


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A short path: a unix socket's is."""
    made = Path(f"/tmp/swk{os.getpid()}-{time.monotonic_ns() % 10**6}")
    yield made
    shutil.rmtree(made, ignore_errors=True)


def asked(directory: Path, name: str = "control") -> Ask:
    return lambda method, path, body=None: answered(Unix(directory / f"{name}.sock"), method, path, body, "")


def test_control(place: Path) -> None:
    with serving(place) as process:
        control = asked(place)
        status, about = control("GET", "/status")
        assert (status, about["pid"], about["speed"]) == (200, process.pid, 50.0)
        assert about["hosts"]["manager"] == {"hostname": "manager.i2tch.loc", "address": "10.0.3.62", "running": True}
        assert about["faults"] == {"links": {}, "full_disks": [], "missing_images": [], "stopped": []}
        assert stat.S_IMODE((place / "control.sock").stat().st_mode) == 0o600
        status, faults = control("POST", "/faults", {"links": {"worker1": {"loss": 0.5}}, "full_disks": ["manager"]})
        assert faults["links"] == {"worker1": {"up": True, "delay_ms": 0.0, "loss": 0.5}}
        status, said = control("POST", "/images", {"hosts": ["manager"], "references": ["alpine"]})
        assert (status, "no space left on device" in said["message"]) == (500, True)
        assert control("POST", "/faults", {"full_disks": []})[1]["links"] == faults["links"]
        assert control("POST", "/images", {"hosts": ["manager"], "references": ["alpine"]}) == (200, {})
        assert len(asked(place, "manager")("GET", "/images/json")[1]) == 1
        assert control("POST", "/faults", {"stopped": ["worker1"]})[1]["stopped"] == ["worker1"]
        waited(lambda: not (place / "worker1.sock").exists())
        assert control("POST", "/faults", {"stopped": []})[1]["stopped"] == []
        waited((place / "worker1.sock").exists)
        assert asked(place, "worker1")("GET", "/_ping") == (200, b"OK")


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/faults", {"nothing": []}, 400, "no such fault: nothing"),
        ("/faults", {"stopped": ["nobody"]}, 400, "no such host: 'nobody'"),
        ("/faults", {"stopped": "manager"}, 400, "stopped: not a list of names"),
        ("/faults", {"links": []}, 400, "links: not an object"),
        ("/faults", {"links": {"manager": {"loss": 2}}}, 400, "links: manager: loss is a number from 0 to 1"),
        ("/faults", {"links": {"manager": {"up": 1}}}, 400, "links: manager: up is true or false"),
        ("/faults", {"links": {"manager": {"delay_ms": True}}}, 400, "links: manager: delay_ms is a number from 0 to"),
        ("/faults", b"{", 400, "unexpected end of JSON input"),
        ("/faults", b"[]", 400, "not an object"),
        ("/faults", b" " * 300_000, 413, "request body too large: more than 262144 bytes"),
        ("/forward", {"host": "manager", "port": 0}, 400, "no port: 0"),
        ("/forward", {"host": "manager", "port": True}, 400, "no port: True"),
        ("/forward", {"host": 5, "port": 80}, 400, "no such host: 5"),
        ("/images", {"hosts": ["manager"], "references": [5]}, 400, "references: not a list of names"),
        ("/images", {"hosts": ["manager"], "references": ["nothing"]}, 500, 'Get "https://registry-1.docker.io/v2/"'),
        ("/status", {}, 404, "page not found"),
    ],
)
def test_what_control_refuses(shared: Path, path: str, body: Any, status: int, said: str) -> None:
    found, answer = asked(shared)("POST", path, body)
    assert (found, answer["message"][: len(said)]) == (status, said)
    assert asked(shared)("GET", "/status")[1]["faults"]["stopped"] == []


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """One process for several tests that change nothing."""
    made = Path(f"/tmp/sws{os.getpid()}")
    with serving(made):
        yield made
    shutil.rmtree(made, ignore_errors=True)


def test_a_port_that_leads_in(place: Path) -> None:
    with serving(place):
        control, manager = asked(place), asked(place, "manager")
        control("POST", "/images", {"hosts": ["manager"], "references": ["nginx"]})
        bound = {"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}}
        manager("POST", "/containers/create?name=web", {"Image": "nginx", "HostConfig": bound})
        assert manager("POST", "/containers/web/start")[0] == 204
        _, opened = control("POST", "/forward", {"host": "manager", "port": 8080})
        assert control("POST", "/forward", {"host": "manager", "port": 8080})[1] == opened
        page = answered(http.client.HTTPConnection("127.0.0.1", opened["port"], timeout=30), "GET", "/", None, "")
        assert page[0] == 200 and b"nginx" in page[1]
        _, shut = control("POST", "/forward", {"host": "manager", "port": 9})
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            answered(http.client.HTTPConnection("127.0.0.1", shut["port"], timeout=30), "GET", "/", None, "")


def test_ports_want_their_token(place: Path) -> None:
    with serving(place, "--tcp") as process:
        file = place / "endpoints.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        about = json.loads(file.read_text("utf-8"))
        assert set(about["hosts"]) == {"manager", "worker1"} and not list(place.glob("*.sock"))
        for url, path in ((about["hosts"]["manager"], "/_ping"), (about["control"], "/status")):
            port = int(url.rpartition(":")[2])

            def tried(token: str, path: str = path, port: int = port) -> int:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                return answered(connection, "GET", path, None, token)[0]

            assert [tried(token) for token in ("", "Bearer", "Bearer wrong", "Basic " + about["token"])] == [401] * 4
            assert tried("Bearer " + about["token"]) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert not file.exists()


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "asked", "directory gone", "socket replaced"])
def test_its_end(place: Path, how: str) -> None:
    with serving(place) as process:
        asked(place, "manager")("POST", "/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62"})
        if how.startswith("SIG"):
            process.send_signal(signal.Signals[how])
        elif how == "asked":
            assert asked(place)("POST", "/stop") == (200, {})
        elif how == "directory gone":
            shutil.rmtree(place)
        else:
            (place / "control.sock").unlink()
            (place / "control.sock").write_text("another's", "utf-8")
        assert process.wait(PATIENCE_S) == 0
        assert not list(place.glob("manager.sock"))
