"""What a page's address is, and what the browser opens where Jupyter is on another machine."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from swarmkit_helpers.errors import PageUnavailable
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.node import Node
from swarmkit_helpers.lab.page import Url, jupyter_base


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Jupyter, no hub: each test says what there is."""
    for name in ("SWARMLAB_PROXY", "JUPYTERHUB_SERVICE_PREFIX", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))


def started_by(monkeypatch: pytest.MonkeyPatch, directory: Path, **facts: object) -> None:
    """Make this process the kernel of a Jupyter that wrote these facts about itself."""
    monkeypatch.setenv("JPY_PARENT_PID", "4242")
    (directory / "jpserver-4242.json").write_text(json.dumps(facts), "utf-8")


def test_it_is_the_address_on_loopback() -> None:
    url = Url(40123, node="worker1", port=5000)
    assert url == "http://127.0.0.1:40123/" == url.link
    assert isinstance(url, str)
    assert url._repr_html_() == (
        '<p><a href="http://127.0.0.1:40123/" target="_blank" rel="noopener">http://127.0.0.1:40123/</a> '
        "(port 5000 de worker1)</p>"
    )


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("/", "/proxy/40123/"),
        ("/user/lea/", "/user/lea/proxy/40123/"),
        ("https://hub.example/user/lea", "https://hub.example/user/lea/proxy/40123/"),
    ],
)
def test_through_jupyter_the_link_is_another(base: str, link: str) -> None:
    url = Url(40123, node="worker1", port=5000, base=base)
    assert (str(url), url.link) == ("http://127.0.0.1:40123/", link)
    assert f'<a href="{link}"' in url._repr_html_()


def test_nothing_of_a_base_escapes_its_attribute() -> None:
    assert '"><b>' not in Url(1, node="a", port=2, base='/"><b>')._repr_html_()


def test_a_browser_of_this_machine_needs_no_jupyter() -> None:
    assert jupyter_base() is None


@pytest.mark.parametrize("asked", ["/", "/user/lea/", "https://hub.example/user/lea/", "http://10.0.0.1:8888"])
def test_the_variable_decides(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/other/")
    monkeypatch.setenv("SWARMLAB_PROXY", asked)
    assert jupyter_base() == asked


@pytest.mark.parametrize("asked", ["oui", "javascript:alert(1)", "//ailleurs/", "ftp://x/", "https://", '/"><script>'])
def test_what_is_no_address_is_said(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv("SWARMLAB_PROXY", asked)
    node = Node("worker1", "worker1.i2tch.loc", "10.0.3.63", "worker", "unix:///absent", "essai")
    lab = Lab("essai", "local", {"worker1": node}, forward=lambda node, port: 40123)
    with pytest.raises(PageUnavailable, match="SWARMLAB_PROXY") as said:
        lab.url("worker1", 5000)
    assert "export SWARMLAB_PROXY=/" in str(said.value)


def test_a_hub_says_where_its_server_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/lea/")
    assert jupyter_base() == "/user/lea/"


@pytest.mark.parametrize("hostname", ["localhost", "127.0.0.1", "127.0.0.2", "::1"])
def test_a_jupyter_on_loopback_is_read_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hostname: str) -> None:
    started_by(monkeypatch, tmp_path, hostname=hostname, base_url="/", port=1, sock="")
    assert jupyter_base() is None


@pytest.mark.parametrize("hostname", ["0.0.0.0", "::", "10.0.0.7", "serveur.example"])
def test_a_jupyter_beyond_loopback_is_read_from_afar(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hostname: str
) -> None:
    started_by(monkeypatch, tmp_path, hostname=hostname, base_url="/cours/", port=1, sock="")
    assert jupyter_base() == "/cours/"


def test_a_jupyter_that_says_localhost_and_listens_on_all_addresses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # What `jupyter lab --ip='*'` writes about itself. A free port, so that nothing really listens beyond loopback.
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        started_by(monkeypatch, tmp_path, hostname="localhost", base_url="/", port=port, sock="")
        assert jupyter_base() is None
        tables = tmp_path / "tcp"
        everywhere = f"   0: 00000000:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0\n"
        tables.write_text(f"  sl  local_address ...\n{everywhere}", "ascii")
        monkeypatch.setattr("swarmkit_helpers.lab.listeners.TABLES", (tables,))
        assert jupyter_base() == "/"


def test_a_jupyter_behind_a_socket_is_read_from_afar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started_by(monkeypatch, tmp_path, hostname="localhost", base_url="/", port=0, sock="/run/jupyter.sock")
    assert jupyter_base() == "/"


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_facts_that_cannot_be_read_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    monkeypatch.setenv("JPY_PARENT_PID", str(os.getpid()))
    (tmp_path / f"jpserver-{os.getpid()}.json").write_text(text, "utf-8")
    assert jupyter_base() is None
