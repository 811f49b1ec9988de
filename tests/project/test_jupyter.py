"""The JupyterLab that `make lab` opens, started for real on loopback: in French, silent, with its token."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import tenacity

ROOT = Path(__file__).parents[2]


class Server:
    """A running JupyterLab."""

    def __init__(self, facts: dict[str, Any], log: Path) -> None:
        self.facts = facts
        self.get("/lab").raise_for_status()
        self.first_words = log.read_text("utf-8").splitlines()

    def get(self, path: str, *, token: bool = True) -> requests.Response:
        headers = {"Authorization": f"token {self.facts['token']}"} if token else {}
        # No proxy of the machine is between this test and loopback.
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"http://127.0.0.1:{self.facts['port']}{path}", headers=headers, timeout=30)

    def setting(self, plugin: str) -> dict[str, Any]:
        """What a plugin's settings are when the user has none."""
        answer = self.get(f"/lab/api/settings/{plugin}").json()
        assert answer["raw"] in ("", "{}"), "the user has none"
        properties = answer["schema"]["properties"]
        return {name: described.get("default") for name, described in properties.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "DISPLAY"))}
    environment |= {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    words = ["--config=jupyter/jupyter_lab_config.py", "--ServerApp.port=0", f"--LabApp.workspaces_dir={home}"]
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *words],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            facts = _facts(home / "runtime" / f"jpserver-{process.pid}.json")
            yield Server(facts, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@tenacity.retry(stop=tenacity.stop_after_delay(60), wait=tenacity.wait_fixed(0.1))
def _facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return facts


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


def test_opens_on_the_notebooks(server: Server) -> None:
    assert server.facts["root_dir"] == str(ROOT / "notebooks")


def test_starts_without_a_warning(server: Server) -> None:
    assert server.first_words != []
    assert [line for line in server.first_words if line.startswith(("[W ", "[E "))] == []
