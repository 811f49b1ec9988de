"""nginx: static pages of its container, and its two logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ...net.pipe import Pipe
from ..files import FileError, FileSystem
from ..system import System
from ..tools.waiting import Interruption
from .http import Reply, Request, read_request, written

__all__ = ["nginx"]

VERSION = "nginx/1.22.1"
ROOT = "/usr/share/nginx/html"
PAGE = """\
<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><title>nginx dans le conteneur {name}</title></head>
<body>
<h1>nginx fonctionne</h1>
<p>Cette page vient du conteneur <strong>{name}</strong>.</p>
<p>nginx simulé : aucun vrai serveur ne tourne dans ce conteneur simulé.</p>
</body>
</html>
"""
ERROR = """\
<html>
<head><title>{status}</title></head>
<body>
<center><h1>{status}</h1></center>
<hr><center>nginx/1.22.1</center>
</body>
</html>
"""
REASONS = {400: "400 Bad Request", 404: "404 Not Found", 405: "405 Not Allowed"}
KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css",
    "js": "application/javascript",
    "txt": "text/plain; charset=utf-8",
}
KINDS |= {"png": "image/png", "svg": "image/svg+xml", "json": "application/json"}


async def nginx(system: System, argv: Sequence[str]) -> int:
    """Serve pages on port 80."""
    words = list(argv[1:])
    if "-v" in words or "-V" in words:
        system.complain(f"nginx version: {VERSION}")
        return 0
    if "-t" in words:
        system.complain("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok")
        system.complain("nginx: configuration file /etc/nginx/nginx.conf test is successful")
        return 0
    if "-s" in words:
        process = system.container.process
        name = {"stop": "SIGTERM", "quit": "SIGQUIT", "reload": "SIGHUP"}.get(words[-1])
        if name is None or process is None:
            system.complain(f'nginx: invalid option: "-s {words[-1]}"')
            return 1
        process.signal(name)
        return 0
    stop = Interruption(system, "SIGTERM", "SIGQUIT", "SIGINT")
    system.handlers["SIGHUP"] = lambda: _note(system, "signal 1 (SIGHUP) received, reconfiguring")
    try:
        system.world.fabric.listen(system.stack, 80, lambda pipe: _answer(system, pipe))
    except OSError:
        for _ in range(5):
            _note(system, "bind() to 0.0.0.0:80 failed (98: Address already in use)", "emerg")
            await system.world.clock.sleep(0.5)
        _note(system, "still could not bind()", "emerg")
        return 1
    for said in (
        'using the "epoll" event method',
        VERSION,
        "OS: Linux (simulated)",
        "start worker processes",
        "start worker process 8",
    ):
        _note(system, said)
    await stop.wait()
    system.world.fabric.unlisten(system.stack, 80)
    number, how = {"SIGQUIT": (3, "shutting down"), "SIGTERM": (15, "exiting"), "SIGINT": (2, "exiting")}[stop.signal]
    _note(system, f"signal {number} ({stop.signal}) received, {how}")
    _note(system, "exit")
    return 0


def _note(system: System, said: str, level: str = "notice") -> None:
    system.complain(f"{datetime.now(UTC):%Y/%m/%d %H:%M:%S} [{level}] {system.pid}#{system.pid}: {said}")


async def _answer(system: System, pipe: Pipe) -> None:
    request = await read_request(pipe)
    if request is None:
        return
    reply = _reply(system, request)
    reason = REASONS.get(reply.status, "").partition(" ")[2]
    pipe.write(written(request, reply, VERSION, reason))
    sent = 0 if request.method == "HEAD" else len(reply.body)
    moment = f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}"
    agent, referer = request.headers.get("user-agent", "-"), request.headers.get("referer", "-")
    line = request.line.replace('"', "\\x22")
    system.say(
        f'{request.remote} - - [{moment}] "{line}" {reply.status} {sent} "{referer}" "{agent}" '
        f'"{request.headers.get("x-forwarded-for", "-")}"'
    )


def _reply(system: System, request: Request) -> Reply:
    if not request.method:
        return _error(400)
    if request.method not in ("GET", "HEAD"):
        return _error(405)
    path = request.path + ("index.html" if request.path.endswith("/") else "")
    name = f"{ROOT}{path}"
    files = FileSystem(system)
    try:
        content = files.read(name)
    except FileError:
        if path == "/index.html":
            content = PAGE.encode()
        else:
            _note(system, f'*1 open() "{name}" failed (2: No such file or directory)', "error")
            return _error(404)
    hostname = system.stack.hostname.encode()
    content = content.replace(b"{name}", hostname) if path == "/index.html" else content
    return Reply(
        content.replace(b"@conteneur@", hostname), kind=KINDS.get(name.rpartition(".")[2], "application/octet-stream")
    )


def _error(status: int) -> Reply:
    return Reply(ERROR.format(status=REASONS[status]).replace("\n", "\r\n").encode(), status)
