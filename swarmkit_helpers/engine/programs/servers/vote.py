"""The page where one votes: a vote is JSON at the end of redis's list ``votes``."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from email.utils import formatdate
from html import escape

from ..system import System
from ..tools.names import lookup
from ..tools.waiting import Interruption
from .http import Reply, Request, serve_pages
from .pages import filled
from .resp import Wrong, ask
from .watch import static

__all__ = ["vote"]

LIST = "votes"
VOTER = "voter_id"
VOTER_AGE_S = 365 * 24 * 3600
TIMEOUT_S = 2.0


class _Lost(Exception):
    """redis does not answer; its message says why."""


async def vote(system: System) -> int:
    """Serve the page on port 80."""
    stop = Interruption(system, "SIGTERM", "SIGINT")
    names = {"a": system.environment.get("OPTION_A", "Chats"), "b": system.environment.get("OPTION_B", "Chiens")}
    host = system.environment.get("REDIS_HOST", "redis")

    def page(voter: str, *, choice: str = "", refusal: str = "", status: int = 200) -> Reply:
        notice = (
            f'<p class="notice good" role="status" id="vote-taken">✔ Vote enregistré : {escape(names[choice])}</p>'
            if choice
            else ""
        )
        if refusal:
            said = f"✘ Votre vote n'est pas enregistré : {escape(refusal)}"
            notice = f'<p class="notice" role="alert" id="vote-refused">{said}</p>'
        buttons = "\n    ".join(
            f'<button class="choice of-{key}" id="{key}" name="vote" value="{key}" '
            f'aria-pressed="{"true" if key == choice else "false"}">'
            f"{'✔ ' if key == choice else ''}{escape(name)}</button>"
            for key, name in names.items()
        )
        values = {**names, "notice": notice, "buttons": buttons, "container": system.stack.hostname}
        expires = formatdate(time.time() + VOTER_AGE_S, usegmt=True)
        cookie = f"{VOTER}={voter}; Expires={expires}; Max-Age={VOTER_AGE_S}; HttpOnly; Path=/; SameSite=Lax"
        headers = [("Cache-Control", "no-store"), ("Set-Cookie", cookie)]
        return Reply(filled("vote.html", values), status, headers=headers)

    async def answer(request: Request) -> Reply:
        if request.path != "/":
            return static(request.path)
        voter = _voter_of(request.cookies.get(VOTER))
        if request.method in ("GET", "HEAD"):
            return page(voter)
        if request.method != "POST":
            return Reply(b"Method Not Allowed", 405, "text/plain", [("Allow", "GET, HEAD, OPTIONS, POST")])
        choice = request.form.get("vote", "")
        if choice not in names:
            return page(voter, refusal="ce choix n'existe pas.", status=400)
        try:
            await _cast(system, host, voter, choice)
        except _Lost as err:
            system.say(f"vote {choice} de {voter} refusé, {host} ne répond pas ({err})")
            return page(voter, refusal="redis ne répond pas. Votez à nouveau dans un instant.", status=503)
        system.say(f"vote {choice} de {voter} → redis")
        return page(voter, choice=choice)

    ending = asyncio.Event()
    serving = asyncio.ensure_future(serve_pages(system, 80, answer, ending))
    try:
        await stop.first(serving)
    finally:
        ending.set()
    return 0


def _voter_of(cookie: str | None) -> str:
    """The voter that a cookie names, else a new one."""
    return cookie if cookie and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", cookie) else secrets.token_hex(8)


async def _cast(system: System, host: str, voter: str, choice: str) -> None:
    """Put a vote at the end of redis's list.

    Raises
    ------
    _Lost
    """
    address = lookup(system, host)
    if address is None:
        raise _Lost(f"Error -2 connecting to {host}:6379. Name or service not known.")
    limit_s = max(0.05, TIMEOUT_S / system.world.clock.speed)
    try:
        pipe = await asyncio.wait_for(system.world.fabric.connect(system.stack, address, 6379), limit_s)
        try:
            said = await asyncio.wait_for(
                ask(pipe, "RPUSH", LIST, json.dumps({"voter_id": voter, "vote": choice})), limit_s
            )
        finally:
            pipe.abort()
    except TimeoutError:
        raise _Lost("Timeout connecting to server") from None
    except OSError as err:
        raise _Lost(
            f"Error {err.errno or 111} connecting to {host}:6379. {err.strerror or 'Connection refused'}."
        ) from None
    if isinstance(said, Wrong):
        raise _Lost(str(said))
