"""A real JupyterLab with the course's settings, on loopback, for the tests that ask it or that open it in a browser."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import tenacity

__all__ = ["Server", "serve"]

ROOT = Path(__file__).parents[1]


class Server:
    """A running JupyterLab."""

    def __init__(self, facts: dict[str, Any], log: Path) -> None:
        self.facts = facts
        self.runtime = log.parent / "runtime"
        self._log = log
        self._answers()
        self.first_words = self.lines

    # The file with its port is written before it listens.
    @tenacity.retry(stop=tenacity.stop_after_delay(60), wait=tenacity.wait_fixed(0.1), reraise=True)
    def _answers(self) -> None:
        self.get("/lab").raise_for_status()

    @property
    def lines(self) -> list[str]:
        """All that it has logged until now."""
        return self._log.read_text("utf-8").splitlines()

    @property
    def errors(self) -> list[str]:
        """Errors that it has logged."""
        return [line for line in self.lines if line.startswith("[E ") or "Traceback" in line]

    def page(self, path: str) -> str:
        """Address of one of its pages for a browser, token included."""
        return f"http://127.0.0.1:{self.facts['port']}{path}?token={self.facts['token']}"

    def get(self, path: str, *, token: bool = True) -> requests.Response:
        return self.ask("GET", path, token=token)

    def ask(self, method: str, path: str, *, token: bool = True, **more: Any) -> requests.Response:
        headers = more.pop("headers", {}) | ({"Authorization": f"token {self.facts['token']}"} if token else {})
        # No proxy of the machine is between this test and loopback.
        with requests.Session() as session:
            session.trust_env = False
            url = f"http://127.0.0.1:{self.facts['port']}{path}"
            return session.request(method, url, headers=headers, timeout=30, allow_redirects=False, **more)

    def setting(self, plugin: str) -> dict[str, Any]:
        """What a plugin's settings are when the user has none."""
        answer = self.get(f"/lab/api/settings/{plugin}").json()
        assert answer["raw"] in ("", "{}"), "the user has none"
        properties = answer["schema"]["properties"]
        return {name: described.get("default") for name, described in properties.items()}


@contextmanager
def serve(home: Path, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a JupyterLab as `make lab` does, with a home of its own; it is stopped at the end, with its kernels.

    Parameters
    ----------
    home
        An empty directory: settings, runtime files and log go there.
    options
        More words for ``jupyter lab``.
    environment
        More variables, for it and its kernels.
    """
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "DISPLAY"))}
    own = {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    words = ["--config=jupyter/jupyter_lab_config.py", "--ServerApp.port=0", f"--LabApp.workspaces_dir={home}"]
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *words, *options],
            cwd=ROOT,
            env=inherited | own | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield Server(_facts(home / "runtime" / f"jpserver-{process.pid}.json"), log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@tenacity.retry(stop=tenacity.stop_after_delay(60), wait=tenacity.wait_fixed(0.1))
def _facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return facts
