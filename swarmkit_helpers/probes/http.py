"""HTTP requests sent from inside the lab: from a node's own network, or from a container."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode, urlsplit

from ..errors import EngineRefused, TargetRefused
from ..lab.cluster import Lab
from ..lab.images import ALPINE
from ..lab.locate import locate
from ..outcome import MARKS, Outcome
from ..simulation import simulated_html
from .execution import run_tool
from .target import check_target

__all__ = ["HttpResult", "http_get", "http_post", "parse_answer", "url_host"]

URL = re.compile(r"http://[A-Za-z0-9._-]+(?::(?P<port>\d{1,5}))?(?:/[\w./?=&%-]*)?", re.ASCII)
# RFC 6265, section 4.1.1.
COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+=[!#-+\--:<-\[\]-~]*")
# Not wget: BusyBox's keeps no page whose status is an error. The pipe stays open at this end, since servers drop a
# request whose sender has hung up. Not as process 1: that one ignores what `timeout` sends.
SCRIPT = 'mkfifo /tmp/asked && exec 3<>/tmp/asked && printf %s "$4" >&3 && timeout "$1" nc "$2" "$3" <&3; exit $?'
TIMED_OUT = (124, 143)
TIMED_OUT_SAID = "Terminated"
HIGHEST_PORT = 65_535
# A request waits in a pipe, whole.
MOST_BYTES = 32_768
STATUS_LINE = re.compile(r"HTTP/\d\.\d (\d{3})")
SHOWN_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class HttpResult:
    """One request and its answer."""

    source: str
    url: str
    outcome: Outcome
    """``passed``: an answer with status 200; ``failed``: another, or none; ``not_run``: it could not be sent."""
    status: int | None
    """HTTP status; None when nothing answered."""
    body: str
    """The page, whatever its status."""
    reason: str
    command: str
    headers: tuple[tuple[str, str], ...] = ()
    """Of the answer, in its order; names in lower case."""
    simulated: bool = False
    """True when no real engine is behind it."""

    @property
    def cookies(self) -> dict[str, str]:
        """What the answer asks the browser to keep, by name."""
        found: SimpleCookie = SimpleCookie()
        for name, value in self.headers:
            if name == "set-cookie":
                try:
                    found.load(value)
                except CookieError:
                    continue
        return {name: morsel.value for name, morsel in found.items()}

    def __str__(self) -> str:
        return self.reason

    def _repr_html_(self) -> str:
        page = f'<pre style="font-family: monospace">{escape(self._shown())}</pre>' if self.status else ""
        sign = MARKS[self.outcome].sign
        told = f"<p><code>{escape(self.command)}</code></p><p><strong>{sign}</strong> {escape(self.reason)}</p>{page}"
        return f"{simulated_html(self.simulated)}{told}"

    def _shown(self) -> str:
        """The headers that a reader of a page needs, then the beginning of the page."""
        told = [
            f"{name}: {value}" for name, value in self.headers if name in ("content-type", "set-cookie", "location")
        ]
        return "\n".join([f"HTTP {self.status}", *told, "", self.body[:SHOWN_CHARACTERS]]).strip()


def http_get(lab: Lab, url: str, *, source: str, timeout_s: int = 3) -> HttpResult:
    """Send one GET request from a node's network, or from a container's.

    Parameters
    ----------
    url
        ``http://10.0.3.62:80/``.
    source
        A node's name (the request leaves from the machine itself) or a container's.
    timeout_s
        How long to wait for the whole answer, in seconds, on a usual machine.

    Raises
    ------
    ObjectNotFound, NameAmbiguous, NodeUnreachable
    """
    return _send(lab, url, "GET", "", {}, source, round(lab.patience(timeout_s)))


def http_post(
    lab: Lab,
    url: str,
    form: Mapping[str, str],
    *,
    source: str,
    cookies: Mapping[str, str] | None = None,
    timeout_s: int = 3,
) -> HttpResult:
    """Send a form, as a browser does, from a node's network, or from a container's.

    Parameters
    ----------
    url, source, timeout_s
        As for `http_get`.
    form
        Field -> value: ``{"vote": "a"}``.
    cookies
        Name -> value, sent along: ``{"voter_id": "1a2b3c"}``; those of an answer are in `HttpResult.cookies`.

    Raises
    ------
    ObjectNotFound, NameAmbiguous, NodeUnreachable
    """
    return _send(lab, url, "POST", urlencode(form), cookies or {}, source, round(lab.patience(timeout_s)))


def url_host(url: str) -> str:
    """The name or address in the URL of a page.

    Raises
    ------
    TargetRefused
        It is no ``http://`` address, or its host can be no target.
    """
    if not _is_url(url):
        raise TargetRefused(url, "ce n'est pas une adresse http://…")
    return check_target(str(urlsplit(url).hostname))


def _is_url(url: str) -> bool:
    found = URL.fullmatch(url)
    return found is not None and 0 < int(found["port"] or 80) <= HIGHEST_PORT


def _send(
    lab: Lab, url: str, method: str, form: str, cookies: Mapping[str, str], source: str, timeout_s: int
) -> HttpResult:
    def not_run(reason: str, command: str = "") -> HttpResult:
        return HttpResult(source, url, "not_run", None, "", reason, command, simulated=lab.simulated)

    if not _is_url(url):
        return not_run(f"« {url} » n'est pas une adresse http://…")
    pairs = [f"{name}={value}" for name, value in cookies.items()]
    for pair in pairs:
        if not COOKIE.fullmatch(pair):
            return not_run(f"« {pair} » ne peut pas être un cookie.")
    request = _request(url, method, form, pairs)
    if len(request) > MOST_BYTES:
        return not_run(f"La requête est trop longue : {len(request)} octets, {MOST_BYTES} au plus.")
    if source in lab.nodes:
        node, network, where = lab.node(source), "host", f"nœud {source}"
    else:
        place = locate(lab, source)
        node, network, where = place.node, f"container:{place.id}", f"conteneur {source}"
    command = f"{_command(url, method, form, pairs)}   # {where}"
    parts = urlsplit(url)
    argv = ["sh", "-c", SCRIPT, "ask", str(timeout_s), str(parts.hostname), str(parts.port or 80), request]
    try:
        exit_code, output = run_tool(node, argv, image=ALPINE, network=network, timeout_s=timeout_s + 20)
    except EngineRefused as err:
        return not_run(f"Requête impossible : {err.detail}", command)
    answer = parse_answer(source, url, command, exit_code, output, timeout_s=timeout_s)
    return replace(answer, simulated=lab.simulated)


def parse_answer(source: str, url: str, command: str, exit_code: int, output: str, *, timeout_s: int) -> HttpResult:
    """Read what came back, or why nothing did.

    Parameters
    ----------
    exit_code, output
        Of the command that sent the request.
    """
    late = exit_code in TIMED_OUT
    if late:
        output = output.rstrip().removesuffix(TIMED_OUT_SAID)
    found = STATUS_LINE.match(output)
    if not found:
        why = f"aucune réponse en {timeout_s} s" if late else (output.strip().splitlines() or ["aucune réponse"])[-1]
        return HttpResult(source, url, "failed", None, "", f"{url} n'a pas répondu : {why}", command)
    status = int(found[1])
    head, _, page = output.replace("\r\n", "\n").partition("\n\n")
    headers = tuple(
        (name.strip().lower(), value.strip()) for name, colon, value in map(_halves, head.splitlines()[1:]) if colon
    )
    reason = f"{url} a répondu (statut 200)." if status == 200 else f"{url} a répondu le statut {status}."
    if late:
        reason = f"{url} n'a pas fini de répondre en {timeout_s} s (statut {status})."
    outcome: Outcome = "passed" if status == 200 and not late else "failed"
    return HttpResult(source, url, outcome, status, page.strip(), reason, command, headers)


def _halves(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _request(url: str, method: str, form: str, cookies: list[str]) -> str:
    """The request as it is written on the wire: HTTP/1.0, so that the answer comes in one piece."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {path} HTTP/1.0", f"Host: {parts.netloc}", "Connection: close", "Accept: text/html, */*"]
    lines += [f"Cookie: {'; '.join(cookies)}"] if cookies else []
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
    return "\r\n".join([*lines, "", form])


def _command(url: str, method: str, form: str, cookies: list[str]) -> str:
    """The command that a learner would type for it."""
    words = ["wget", "-q", "-O", "-"]
    words += ["--header", f"Cookie: {'; '.join(cookies)}"] if cookies else []
    words += ["--post-data", form] if method == "POST" else []
    return shlex.join([*words, url])
