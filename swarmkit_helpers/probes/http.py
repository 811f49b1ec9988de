"""HTTP requests sent from inside the lab: from a node's own network, or from a container."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Literal

from ..errors import EngineRefused
from ..lab.cluster import Lab
from ..lab.locate import locate
from .execution import run_tool

__all__ = ["HttpResult", "http_get"]

STATUS = re.compile(r"HTTP/\d\.\d (\d{3})")
# Not wget's own -T: with it Debian's BusyBox crashes. Not as process 1 either: that one ignores what `timeout` sends.
SCRIPT = 'timeout "$1" wget -q -S -O - "$2"; exit $?'
TIMED_OUT = (124, 143)


@dataclass(frozen=True, slots=True)
class HttpResult:
    """One GET request."""

    source: str
    url: str
    outcome: Literal["passed", "failed", "not_run"]
    """``passed``: an answer with status 200; ``failed``: another, or none; ``not_run``: it could not be sent."""
    status: int | None
    """HTTP status; None when nothing answered."""
    body: str
    reason: str
    command: str

    def __str__(self) -> str:
        return self.reason

    def _repr_html_(self) -> str:
        mark = {"passed": "✔", "failed": "✘", "not_run": "–"}[self.outcome]
        page = f'<pre style="font-family: monospace">{escape(self.body[:600])}</pre>' if self.body else ""
        return f"<p><code>{escape(self.command)}</code></p><p><strong>{mark}</strong> {escape(self.reason)}</p>{page}"


def http_get(lab: Lab, url: str, *, source: str, timeout_s: int = 3) -> HttpResult:
    """Send one GET request from a node's network, or from a container's.

    Parameters
    ----------
    url
        ``http://10.0.3.62:80/``.
    source
        A node's name (the request leaves from the machine itself) or a container's.
    timeout_s
        How long to wait for an answer, in seconds.

    Raises
    ------
    ObjectNotFound, NodeUnreachable
    """
    if not re.fullmatch(r"http://[A-Za-z0-9._-]+(?::\d{1,5})?(?:/[\w./?=&%-]*)?", url):
        return HttpResult(source, url, "not_run", None, "", f"« {url} » n'est pas une adresse http://…", "")
    argv = ["sh", "-c", SCRIPT, "get", str(timeout_s), url]
    if source in lab.nodes:
        node, network, where = lab.node(source), "host", f"nœud {source}"
    else:
        place = locate(lab, source)
        node, network, where = place.node, f"container:{place.id}", f"conteneur {source}"
    command = f"wget -q -O - {url}   # {where}"
    try:
        exit_code, output = run_tool(node, argv, image="alpine", network=network, timeout_s=timeout_s + 20)
    except EngineRefused as err:
        return HttpResult(source, url, "not_run", None, "", f"Requête impossible : {err.detail}", command)
    found = STATUS.search(output)
    status = int(found[1]) if found else None
    body = "\n".join(line for line in output.splitlines() if not re.match(r"\s+[A-Z][\w-]*(: |/\d)", line)).strip()
    if exit_code == 0 and status == 200:
        return HttpResult(source, url, "passed", status, body, f"{url} a répondu (statut 200).", command)
    if status:
        return HttpResult(source, url, "failed", status, "", f"{url} a répondu le statut {status}.", command)
    why = output.strip().splitlines()[-1:] or ["aucune réponse"]
    if exit_code in TIMED_OUT:
        why = [f"aucune réponse en {timeout_s} s"]
    return HttpResult(source, url, "failed", None, "", f"{url} n'a pas répondu : {why[0]}", command)
