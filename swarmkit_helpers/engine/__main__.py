"""``python -m swarmkit_helpers.engine DIRECTORY --host manager=manager.i2tch.loc=10.0.3.62 …``: serve a world."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

import click

from .api.control import Control
from .api.server import Server, serve, serve_tcp
from .world import World

__all__ = ["HostType", "Named", "main"]

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOOK_EVERY_S = 2.0
END_S = 1.0


@dataclass(frozen=True, slots=True)
class Named:
    """A host to be made."""

    name: str
    hostname: str
    address: str


class HostType(click.ParamType[Named]):
    """``name=hostname=address``."""

    name = "NAME=HOSTNAME=ADDRESS"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Named:
        """Read it."""
        if isinstance(value, Named):
            return value
        parts = str(value).split("=")
        if len(parts) != 3 or not all(parts) or "/" in parts[0] or parts[0].startswith("."):
            self.fail(f"{value!r} is not NAME=HOSTNAME=ADDRESS", param, ctx)
        try:
            IPv4Address(parts[2])
        except AddressValueError:
            self.fail(f"{parts[2]!r} is not an IPv4 address", param, ctx)
        return Named(*parts)


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", "hosts", type=HostType(), multiple=True, required=True, help="A host of the world; repeat it.")
@click.option("--subnet", default="10.0.3.0/24", show_default=True, help="Of the hosts' wire.")
@click.option("--speed", type=float, default=1.0, show_default=True, help="Seconds of the engines in one second.")
@click.option("--seed", type=int, help="Of all that chance decides, but ids.")
@click.option("--tcp", is_flag=True, help="Ports of 127.0.0.1 and a token, where there are no unix sockets.")
@click.option("--ready", type=int, help="A descriptor to write a byte to, and close, once all engines answer.")
def main(
    directory: Path,
    hosts: tuple[Named, ...],
    subnet: str,
    speed: float,
    seed: int | None,
    tcp: bool,
    ready: int | None,
) -> None:
    """Serve simulated engines, each on DIRECTORY/NAME.sock, until SIGTERM, or POST /stop on DIRECTORY/control.sock.

    With --tcp their addresses and the token are in DIRECTORY/endpoints.json.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=LOG_FORMAT)
    for what in ("name", "hostname", "address"):
        if len({getattr(host, what) for host in hosts}) != len(hosts):
            raise click.UsageError(f"two hosts of one {what}")
    if not speed > 0:
        raise click.UsageError("--speed must be above 0")
    if not tcp and not hasattr(socket, "AF_UNIX"):
        raise click.UsageError("this system has no unix sockets: --tcp")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = secrets.token_urlsafe(32) if tcp else None
    asyncio.run(_serve(directory, hosts, {"subnet": subnet, "speed": speed, "seed": seed}, token, ready))


async def _serve(
    directory: Path, hosts: tuple[Named, ...], given: dict[str, Any], token: str | None, ready: int | None
) -> None:
    world = World({host.hostname: host.address for host in hosts}, **given)
    named = {host.name: world.hosts[host.hostname] for host in hosts}
    control = Control(world, named, token)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, control.stopped.set)
    servers: dict[str, Server] = {}
    try:
        for name, host in named.items():
            served = serve(host, directory / f"{name}.sock") if token is None else serve_tcp(host, token)
            servers[name] = await served
        own = directory / "control.sock"
        door = Server(control, own if token is None else None)
        await door.open()
        servers[""] = door
        if token is not None:
            own = directory / "endpoints.json"
            _publish(own, token, servers)
        if ready is not None:
            with os.fdopen(ready, "wb") as told, suppress(BrokenPipeError):
                told.write(b".")
        await _until_stopped(control, own)
        if token is not None:
            own.unlink(missing_ok=True)
    finally:
        await asyncio.sleep(0.05)  # the answer to /stop goes out
        for server in servers.values():
            await server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await world.close()


def _publish(path: Path, token: str, servers: dict[str, Server]) -> None:
    where = {name: server.url for name, server in servers.items()}
    about = {"token": token, "control": where.pop(""), "hosts": where}
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(opened, json.dumps(about).encode())
    finally:
        os.close(opened)


async def _until_stopped(control: Control, own: Path) -> None:
    """Return when it is asked to, or when its file is no longer there: its directory was removed under it."""
    made = own.stat()
    while not control.stopped.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await control.stopped.wait()
        try:
            now = own.stat()
        except OSError:
            return
        if (now.st_ino, now.st_dev) != (made.st_ino, made.st_dev):
            return


if __name__ == "__main__":
    main()
