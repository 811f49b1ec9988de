"""A process that answers as the embedded engine does where the lab asks it, and no more: it holds no swarm."""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

FAULTS = ("links", "full_disks", "missing_images", "stopped")


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    hosts: tuple[str, ...] = ()
    faults: dict[str, object]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, content: object, status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Engine(Handler):
    def do_GET(self) -> None:
        if self.path.endswith("/info"):
            self.answer({"ServerVersion": "20.10.24", "Swarm": {"LocalNodeState": "active"}})
        elif self.path.endswith("/version"):
            self.answer({"ApiVersion": "1.41", "Version": "20.10.24"})
        else:
            self.answer({"message": "page not found"}, 404)


class Control(Handler):
    def do_GET(self) -> None:
        self.answer({"pid": os.getpid(), "hosts": self.server.hosts, "faults": self.server.faults})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/stop":
            if "deaf" in sys.argv:
                return self.answer({})
            self.answer({})
            threading.Timer(0.02, os._exit, [0]).start()
        elif self.path == "/forward" and body["port"] == 81:
            self.answer({"message": "nothing leads there"}, 400)
        elif self.path == "/forward":
            self.answer({"port": 40000 + body["port"]})
        elif self.path == "/images":
            self.answer({})
        elif self.path == "/faults":
            self.server.faults = {**self.server.faults, **body}
            self.answer(self.server.faults)
        else:
            self.answer({"message": "page not found"}, 404)
        return None


def main() -> None:
    if "mute" in sys.argv:
        sys.exit("plus rien ne va")
    directory = Path(sys.argv[sys.argv.index("--") + 1])
    hosts = tuple(
        word.split("=")[0] for before, word in zip(sys.argv, sys.argv[1:], strict=False) if before == "--host"
    )
    os.umask(0o177)
    servers = [Server(str(directory / f"{host}.sock"), Engine) for host in hosts]
    control = Server(str(directory / "control.sock"), Control)
    control.hosts, control.faults = hosts, dict.fromkeys(FAULTS, ())
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ready = int(sys.argv[sys.argv.index("--ready") + 1])
    os.write(ready, b".")
    os.close(ready)
    control.serve_forever()


if __name__ == "__main__":
    main()
