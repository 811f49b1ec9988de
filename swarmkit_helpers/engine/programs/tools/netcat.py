"""``nc``, as BusyBox's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from ...net.pipe import Pipe
from .. import catalogue
from ..options import Usage, read_options
from ..streams import BrokenPipe, PipeReader
from ..system import System
from .names import lookup

__all__ = ["nc"]

LAST_PORT = 65_535


async def nc(system: System, argv: Sequence[str]) -> int:
    """Carry bytes between the standard streams, or a program, and a TCP connection."""
    options = read_options(argv, "lp:w:i:f:e:n", rest_of="e")
    command = options.rest if "e" in options else []
    words = options.rest
    if "e" in options:
        # Words before -e are the address and the port.
        place = next(i for i, word in enumerate(argv) if word.startswith("-e"))
        words = read_options(argv[:place], "lp:w:i:f:n").rest
        command = list(argv[place + 1 :]) if argv[place] == "-e" else [argv[place][2:], *argv[place + 1 :]]
    if "l" in options:
        port = options.get("p") or (words[-1] if words else "")
        if not port.isdigit():
            raise Usage("")
        return await _listen(system, int(port), command, again=len(options.all("l")) > 1)
    if len(words) != 2:
        raise Usage("")
    wrong = next((value for value in (options.get("w"), options.get("i")) if value and not value.isdigit()), None)
    if wrong is not None:
        system.complain(f"nc: invalid number '{wrong}'")
        return 1
    if not words[1].isdigit() or int(words[1]) > LAST_PORT:
        system.complain(f"nc: bad port '{words[1]}'")
        return 1
    host, port_number = words[0], int(words[1])
    address = lookup(system, host)
    if address is None:
        system.complain(f"nc: bad address '{host}'")
        return 1
    wait_s = float(options.get("w") or 127)
    try:
        pipe = await asyncio.wait_for(
            system.world.fabric.connect(system.stack, address, port_number),
            max(0.05, wait_s / system.world.clock.speed),
        )
    except ConnectionRefusedError:
        system.complain(f"nc: can't connect to remote host ({address}): Connection refused")
        return 1
    except TimeoutError:
        said = "timed out" if "w" in options else f"can't connect to remote host ({address}): Connection timed out"
        system.complain(f"nc: {said}")
        return 1
    except OSError as err:
        system.complain(f"nc: can't connect to remote host ({address}): {err.strerror or err}")
        return 1
    try:
        return await _speak(system, pipe, command)
    finally:
        pipe.abort()


async def _speak(system: System, pipe: Pipe, command: Sequence[str]) -> int:
    if command:
        return await _serve(system, pipe, command)
    sending = asyncio.create_task(_send(system, pipe))
    try:
        while data := await pipe.read():
            system.write(data)
        return 0
    finally:
        sending.cancel()


async def _send(system: System, pipe: Pipe) -> None:
    """What comes in; at its end nothing more is sent, and answers still come."""
    while data := await system.stdin.read(65_536):
        pipe.write(data)
    pipe.close()


async def _serve(system: System, pipe: Pipe, command: Sequence[str]) -> int:
    """Run a program whose standard streams are the connection."""
    child = catalogue.child(system, command)
    reader = PipeReader()

    async def carry() -> None:
        while data := await pipe.read():
            reader.feed_data(data)
        reader.feed_eof()

    carrying = asyncio.create_task(carry())
    try:
        if catalogue.find(system, command[0]) is None:
            system.complain(f"nc: can't execute '{command[0]}': No such file or directory")
            return 127
        return await catalogue.run(replace(child, stdin=reader, write=pipe.write, tty=False), command)
    except BrokenPipe:
        return 141
    finally:
        carrying.cancel()
        pipe.abort()


async def _listen(system: System, port: int, command: Sequence[str], *, again: bool) -> int:
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    taken = False

    async def handler(pipe: Pipe) -> None:
        nonlocal taken
        if taken and not again:
            return
        taken = True
        status = await _speak(system, pipe, command)
        if not again and not ended.done():
            ended.set_result(status)

    try:
        system.world.fabric.listen(system.stack, port, handler)
    except OSError:
        system.complain("nc: bind: Address already in use")
        return 1
    try:
        return await ended
    finally:
        system.world.fabric.unlisten(system.stack, port)
