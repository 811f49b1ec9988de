"""The health of a container: a command that the engine runs in it now and then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..kinds import Json
from ..refusal import Refusal
from .process import Process

if TYPE_CHECKING:
    from .container import Container
    from .containers import Containers

__all__ = ["begin", "end"]

INTERVAL_S = 30.0
TIMEOUT_S = 30.0
RETRIES = 3
KEPT = 5
MOST_OUTPUT = 4096
NANO = 1e9


def begin(containers: Containers, container: Container) -> None:
    """Look after it, if it asks for that."""
    check = container.config.get("Healthcheck") or {}
    test = check.get("Test") or []
    if not test or test[0] == "NONE":
        container.health = None
        return
    container.health = {"Status": "starting", "FailingStreak": 0, "Log": []}
    container.checking = asyncio.get_running_loop().create_task(_look_after(containers, container, check))


def end(container: Container) -> None:
    """Look after it no more: it does not run."""
    if container.checking is not None:
        container.checking.cancel()
        container.checking = None
    if container.health is not None:
        container.health = container.health | {"Status": "unhealthy"}


async def _look_after(containers: Containers, container: Container, check: Json) -> None:
    clock = container.host.world.clock
    begun = clock.time()
    interval = (check.get("Interval") or 0) / NANO or INTERVAL_S
    while True:
        await clock.sleep(interval)
        if container.state.status != "running":
            continue
        start = clock.now()
        code, output = await _ask(containers, container, check)
        early = clock.time() - begun < (check.get("StartPeriod") or 0) / NANO
        result = {"Start": start, "End": clock.now(), "ExitCode": code, "Output": output}
        _note(container, result, check, early=early)


def _note(container: Container, result: Json, check: Json, *, early: bool) -> None:
    before = container.health
    assert before is not None
    status, streak = before["Status"], before["FailingStreak"]
    if result["ExitCode"] == 0:
        status, streak = "healthy", 0
    elif not (early and status == "starting"):
        streak += 1
        if streak >= (check.get("Retries") or RETRIES):
            status = "unhealthy"
    container.health = {"Status": status, "FailingStreak": streak, "Log": [*before["Log"], result][-KEPT:]}
    if status != before["Status"]:
        container.host.containers.tell(container, f"health_status: {status}")


async def _ask(containers: Containers, container: Container, check: Json) -> tuple[int, str]:
    test = check["Test"]
    shell = container.config.get("Shell") or ["/bin/sh", "-c"]
    words = [*shell, *test[1:]] if test[0] == "CMD-SHELL" else test[1:] if test[0] == "CMD" else test
    process = containers.create_exec(container, {"Cmd": words, "AttachStdout": True, "AttachStderr": True})
    reading = process.subscribe()
    try:
        process.start()
    except Refusal as err:
        return -1, err.message
    timeout = (check.get("Timeout") or 0) / NANO or TIMEOUT_S
    if not await _ends_within(container, process, timeout):
        process.signal("SIGKILL")
        return -1, f"Health check exceeded timeout ({_duration(timeout)})"
    output = b"".join([data async for _, data in reading])
    assert process.exit_code is not None
    return process.exit_code, output[:MOST_OUTPUT].decode(errors="replace")


def _duration(seconds: float) -> str:
    """As Go writes it: ``1m30s``, ``200ms``."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    before = (f"{hours:g}h" if hours else "") + (f"{minutes:g}m" if hours or minutes else "")
    return f"{before}{rest:g}s"


async def _ends_within(container: Container, process: Process, seconds: float) -> bool:
    try:
        await asyncio.wait_for(process.wait(), seconds / container.host.world.clock.speed)
    except TimeoutError:
        return False
    return True
