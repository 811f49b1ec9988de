"""RESP, the protocol of redis (version 2): what clients ask, what the server answers."""

from __future__ import annotations

from ...net.pipe import Pipe

__all__ = ["Simple", "Value", "Wrong", "ask", "read_command", "read_value", "write_value"]


class Simple(str):
    """A status: ``OK``."""


class Wrong(str):
    """An error: ``ERR unknown command``."""


Value = None | int | bytes | Simple | Wrong | list["Value"]
MOST_BYTES = 16 * 2**20


async def read_command(pipe: Pipe) -> list[bytes] | None:
    """A command and its words; None at the end."""
    line = await pipe.read_line()
    if not line.endswith(b"\n"):
        return None
    if not line.startswith(b"*"):
        return line.split()
    words = []
    for _ in range(_size(line)):
        head = await pipe.read_line()
        if not head.startswith(b"$"):
            return None
        words.append(await _bulk(pipe, _size(head)))
    return words


def _size(line: bytes) -> int:
    text = line[1:].strip()
    size = int(text) if text.lstrip(b"-").isdigit() else 0
    return min(size, MOST_BYTES)


async def _bulk(pipe: Pipe, size: int) -> bytes:
    data = b""
    while len(data) < size + 2:
        part = await pipe.read(size + 2 - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data[:-2]


async def read_value(pipe: Pipe) -> Value:
    """One answer.

    Raises
    ------
    ConnectionResetError
        The other end closed before its end.
    """
    line = await pipe.read_line()
    if not line.endswith(b"\n"):
        raise ConnectionResetError
    kind, text = line[:1], line[1:].rstrip(b"\r\n")
    if kind == b"+":
        return Simple(text.decode())
    if kind == b"-":
        return Wrong(text.decode())
    if kind == b":":
        return int(text)
    size = _size(line)
    if size < 0:
        return None
    if kind == b"$":
        return await _bulk(pipe, size)
    return [await read_value(pipe) for _ in range(size)]


def write_value(value: Value) -> bytes:
    """An answer, as it is sent."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, Simple):
        return f"+{value}\r\n".encode()
    if isinstance(value, Wrong):
        return f"-{value}\r\n".encode()
    if isinstance(value, int):
        return f":{value}\r\n".encode()
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    return b"*%d\r\n" % len(value) + b"".join(write_value(one) for one in value)


async def ask(pipe: Pipe, *words: str | bytes) -> Value:
    """Send a command and read its answer.

    Raises
    ------
    ConnectionResetError
    """
    raw: list[Value] = [word.encode("utf-8", "surrogateescape") if isinstance(word, str) else word for word in words]
    pipe.write(write_value(raw))
    return await read_value(pipe)
