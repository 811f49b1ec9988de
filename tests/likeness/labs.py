"""Three engines to play against, real ones or embedded ones."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .driver import ADDRESSES, play
from .normal import normalised
from .steps import Scenario

__all__ = ["embedded_lab", "played_by", "played_embedded", "real_lab"]

SPEED = 20.0
REFERENCES = ("alpine:latest", "nginx:latest", "swarmlab/outils:latest")


@contextmanager
def real_lab(name: str) -> Iterator[dict[str, Path]]:
    """Three real engines, removed at the end."""
    from swarmkit_helpers.lab import local
    from swarmkit_helpers.lab.record import home

    try:
        local.up(name, references=REFERENCES)
        yield {host: home() / name / host / "docker.sock" for host in ADDRESSES}
    finally:
        local.down(name)


@contextmanager
def embedded_lab(speed: float = SPEED) -> Iterator[dict[str, Path]]:
    """Three embedded engines in a loop of their own, in a thread."""
    from swarmkit_helpers.engine.api.server import serve
    from swarmkit_helpers.engine.world import World

    begun, ended = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    async def run(directory: Path) -> None:
        world = World({f"{name}.i2tch.loc": address for name, address in ADDRESSES.items()}, speed=speed)
        servers = []
        try:
            for name in ADDRESSES:
                host = world.hosts[f"{name}.i2tch.loc"]
                await host.start()
                for reference in REFERENCES:
                    host.images.provide(reference)
                servers.append(await serve(host, directory / f"{name}.sock"))
            begun.set()
            await asyncio.to_thread(ended.wait)
        finally:
            for server in servers:
                await server.close()
            await world.close()

    def thread(directory: Path) -> None:
        try:
            asyncio.run(run(directory))
        except BaseException as error:
            failed.append(error)
        finally:
            begun.set()

    with tempfile.TemporaryDirectory(prefix="like") as directory:
        runner = threading.Thread(target=thread, args=(Path(directory),), daemon=True)
        runner.start()
        begun.wait(30)
        try:
            if failed:
                raise failed[0]
            yield {name: Path(directory) / f"{name}.sock" for name in ADDRESSES}
        finally:
            ended.set()
            runner.join(30)
    if failed:
        raise failed[0]


def played_embedded(scenarios: Sequence[Scenario], labs: int = 4) -> dict[str, Any]:
    """Play scenarios in several embedded labs at once: they wait more than they work."""
    waiting = list(scenarios)
    played = {}

    def some() -> None:
        with embedded_lab() as sockets:
            while True:
                try:
                    scenario = waiting.pop(0)
                except IndexError:
                    return
                played[scenario.name] = played_by(scenario, sockets)

    with ThreadPoolExecutor(labs) as pool:
        for future in [pool.submit(some) for _ in range(min(labs, len(waiting)))]:
            future.result()
    return {scenario.name: played[scenario.name] for scenario in scenarios}


def played_by(scenario: Scenario, sockets: Mapping[str, Path]) -> Any:
    """Play a scenario, and take chance out of what came of it."""
    return normalised(play(scenario, sockets))
