"""What ``docker stack deploy`` asks of an engine: a socket that answers as an empty swarm, and keeps the requests."""

from __future__ import annotations

import json
import os
import re
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

__all__ = ["CLIS", "deploy", "major"]

Json = dict[str, Any]
CLIS = [found for place in ("/usr/bin", "/usr/local/bin") if (found := shutil.which("docker", path=place))]
"""Every docker CLI of this machine; Debian's own first."""
ANSWERS: Mapping[str, Any] = {
    "/_ping": "OK",
    "/version": {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.24", "Os": "linux"},
    "/info": {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": "n1"}, "OSType": "linux"},
    "/services": [],
    "/networks": [],
}


class _Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, socket: Path, external: Sequence[str]) -> None:
        super().__init__(str(socket), _Request)
        self.requests: dict[tuple[str, str], Json] = {}
        self.stored = {"secrets": list(external), "configs": list(external)}


class _Request(BaseHTTPRequestHandler):
    server: _Engine
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def answer(self, body: Any, status: int = 200) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Api-Version", "1.41"), ("OSType", "linux")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def where(self) -> str:
        return re.sub(r"^/v1\.\d+", "", self.path).partition("?")[0]

    def do_HEAD(self) -> None:
        self.answer("")

    def do_GET(self) -> None:
        path, _, name = self.where().removeprefix("/").partition("/")
        if self.where() in ANSWERS:
            self.answer(ANSWERS[self.where()])
        elif path in self.server.stored and not name:
            self.answer([{"ID": f"id-{one}", "Spec": {"Name": one}} for one in self.server.stored[path]])
        elif path == "networks":
            self.answer({"Name": name, "Id": f"id-{name}", "Scope": "swarm", "Driver": "overlay"})
        else:
            self.answer({"message": "not found"}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind = self.where().split("/")[1]
        self.server.requests[kind, body["Name"]] = body
        if kind in self.server.stored:
            self.server.stored[kind].append(body["Name"])
        self.answer({"ID": "x", "Id": "x"}, 201)


def major(cli: str) -> int:
    """The CLI's major version."""
    said = subprocess.run([cli, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"version (\d+)", said)[0])


def deploy(
    cli: str, files: Sequence[Path], place: Path, *, external: Sequence[str] = (), variables: Mapping[str, str]
) -> tuple[dict[tuple[str, str], Json], str]:
    """Deploy as the stack ``app``.

    Parameters
    ----------
    external
        Names of the secrets and configs that are there already, each with the id ``id-NAME``.
    variables
        All that the CLI finds in its environment.

    Returns
    -------
    requests
        Kind and name -> what the CLI asked to create.
    said
        What it wrote when it refused; empty when it did not.
    """
    socket = place / "docker.sock"
    engine = _Engine(socket, external)
    thread = threading.Thread(target=engine.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        words = [cli, "--host", f"unix://{socket}", "stack", "deploy", "--resolve-image", "never"]
        for file in files:
            words += ["--compose-file", str(file)]
        environment = {**variables, "DOCKER_CONFIG": str(place), "PATH": os.defpath}
        done = subprocess.run(
            [*words, "app"], capture_output=True, text=True, check=False, timeout=60, env=environment, cwd=place
        )
    finally:
        engine.shutdown()
        engine.server_close()
        thread.join()
        socket.unlink()
    return engine.requests, done.stderr if done.returncode else ""
