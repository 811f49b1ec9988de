"""The JupyterLab that `make lab` opens, started for real on loopback: in French, silent, with its token."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmkit_helpers.lab.page import Url, jupyter_base

from ..jupyter import Server, serve

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("home")) as server:
        yield server


def test_speaks_french(server: Server) -> None:
    assert server.setting("@jupyterlab/translation-extension:plugin")["locale"] == "fr_FR"
    french = server.get("/lab/api/translations/fr_FR").json()
    assert french["data"]["jupyterlab"]["menu\x04File"] == ["Fichier"]


def test_asks_for_no_news_and_no_updates(server: Server) -> None:
    settings = server.setting("@jupyterlab/apputils-extension:notification")
    assert (settings["fetchNews"], settings["checkForUpdates"]) == ("false", False)
    page = server.get("/lab").text
    assert json.loads(page.split('type="application/json">')[1].split("</script>")[0])["news"] == {"disabled": True}


def test_listens_on_loopback_only(server: Server) -> None:
    port = f"{server.facts['port']:04X}"
    listening = [
        fields[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for fields in map(str.split, Path(table).read_text("ascii").splitlines()[1:])
        if fields[3] == "0A" and fields[1].endswith(f":{port}")
    ]
    assert listening == [f"0100007F:{port}"]


def test_keeps_its_token(server: Server) -> None:
    assert len(server.facts["token"]) >= 32
    assert server.get("/api/contents", token=False).status_code == 403
    assert server.get("/api/contents").status_code == 200


class Page(http.server.BaseHTTPRequestHandler):
    """A page of a node, as a relay on loopback brings it: it tells what was asked, and sends two events."""

    second = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        events = self.path == "/events"
        self.send_header("Content-Type", "text/event-stream" if events else "text/plain")
        self.end_headers()
        if events:
            self.wfile.write(b"data: 1\n\n")
            self.second.wait(20)
            self.wfile.write(b"data: 2\n\n")
        else:
            self.wfile.write(f"page {self.path}".encode())

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Set-Cookie", "voter_id=1a2b; Path=/")
        self.end_headers()
        self.wfile.write(b"form " + form)

    def log_message(self, format: str, *words: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page() -> Iterator[int]:
    """Port of a page on loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving.server_port
        serving.shutdown()
        thread.join()


def test_pages_of_the_lab_pass_through_it(server: Server, page: int) -> None:
    answer = server.get(Url(page, node="worker1", port=5000, base=server.facts["base_url"]).link)
    assert (answer.status_code, answer.text) == (200, "page /")
    assert server.get(f"/proxy/{page}/static/a.css?b=1").text == "page /static/a.css?b=1"


def test_a_form_passes_through_it(server: Server, page: int) -> None:
    answer = server.ask("POST", f"/proxy/{page}/", data={"vote": "a"})
    assert (answer.status_code, answer.text) == (200, "form vote=a")
    assert answer.cookies["voter_id"] == "1a2b"


def test_events_pass_through_it_as_they_are_sent(server: Server, page: int) -> None:
    Page.second.clear()
    headers = {"Accept": "text/event-stream"}
    with server.ask("GET", f"/proxy/{page}/events", headers=headers, stream=True) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"data: 1"
        # The second is only sent now: the first was not held back for it.
        Page.second.set()
        assert [line for line in lines if line] == [b"data: 2"]


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "DELETE"])
def test_no_page_without_its_token(server: Server, page: int, method: str) -> None:
    for path in (f"/proxy/{page}/", f"/proxy/127.0.0.1:{page}/", f"/proxy/absolute/{page}/"):
        answer = server.ask(method, path, token=False)
        assert answer.status_code in (302, 403)
        assert "page /" not in answer.text
        assert answer.status_code == 403 or answer.headers["Location"].startswith("/login?")


def test_no_page_beyond_loopback(server: Server, page: int) -> None:
    for host in ("10.0.3.62", "192.0.2.53", "example.org", "0.0.0.0", "localhost.example.org"):
        for kind in ("proxy", "proxy/absolute"):
            assert server.get(f"/{kind}/{host}:{page}/").status_code == 403


def test_a_page_that_is_not_there_is_an_error_of_the_page_alone(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert server.get(f"/proxy/{port}/").status_code == 500
    assert server.get("/api/contents").status_code == 200


def test_it_is_no_jupyter_on_another_machine(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(server.runtime))
    monkeypatch.setenv("JPY_PARENT_PID", str(server.facts["pid"]))
    for name in ("SWARMLAB_PROXY", "JUPYTERHUB_SERVICE_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    assert jupyter_base() is None


def test_opens_on_the_notebooks(server: Server) -> None:
    assert server.facts["root_dir"] == str(ROOT / "notebooks")


def test_starts_without_a_warning(server: Server) -> None:
    assert server.first_words != []
    assert [line for line in server.first_words if line.startswith(("[W ", "[E "))] == []
