"""Redirections: ``2>&1``, ``<file``, here-documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..files import FileError, FileSystem
from ..streams import Description, reader_of
from .endings import Abort
from .state import encoded
from .tree import Redirection

if TYPE_CHECKING:
    from .interpreter import Interpreter

__all__ = ["redirect", "restore"]

Descriptors = dict[int, Description]


class _Failure(Exception):
    """A redirection that failed."""


async def redirect(
    shell: Interpreter, redirections: tuple[Redirection, ...], *, special: bool = False
) -> Descriptors | None:
    """Redirect; the descriptors as they were, for `restore`. None when it failed: that is told."""
    previous = shell.descriptors
    shell.descriptors = {number: held.hold() for number, held in previous.items()}
    try:
        for one in redirections:
            await _redirect(shell, one)
    except _Failure as err:
        shell.complain(str(err))
        restore(shell, previous)
        shell.status = 2 if shell.dash else 1
        if special:
            raise Abort(shell.status) from None
        return None
    except BaseException:
        restore(shell, previous)
        raise
    return previous


def restore(shell: Interpreter, previous: Descriptors) -> None:
    """Have the descriptors lead where they did."""
    for description in shell.descriptors.values():
        description.release()
    shell.descriptors = previous


async def _redirect(shell: Interpreter, redirection: Redirection) -> None:
    number, operator = redirection.number, redirection.operator
    target = await shell.expander.text(redirection.word)
    if operator == "<<":
        shell.point(number, Description(reader_of(encoded(target))))
        return
    if operator in ("<&", ">&"):
        _duplicate(shell, number, target)
        return
    files = FileSystem(shell.surroundings())
    path = files.path(target)
    known = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
    if path in known or path.startswith("/dev/fd/"):
        _duplicate(shell, number, str(known.get(path, path.removeprefix("/dev/fd/"))))
        return
    reads, writes = operator in ("<", "<>"), operator != "<"
    if files.is_fifo(target):
        shell.point(number, await files.kept.fifos[path].open(reads=reads, writes=writes))
        return
    try:
        shell.point(number, _opened(files, path, operator))
    except FileError as err:
        _cannot(shell, target, operator, str(err))


def _cannot(shell: Interpreter, target: str, operator: str, why: str) -> None:
    said = {"No such file or directory": "no such file"} if operator == "<" else {}
    if operator != "<":
        said = {"No such file or directory": "nonexistent directory"}
    if shell.dash:
        verb = "open" if operator == "<" else "create"
        dash = {"No such file or directory": "No such file" if operator == "<" else "Directory nonexistent"}
        raise _Failure(f"cannot {verb} {target}: {dash.get(why, why)}")
    raise _Failure(f"can't {'open' if operator == '<' else 'create'} {target}: {said.get(why, why)}")


def _duplicate(shell: Interpreter, number: int, target: str) -> None:
    if target == "-":
        closed = shell.descriptors.pop(number, None)
        if closed is not None:
            closed.release()
        return
    held = shell.descriptors.get(int(target)) if target.isdigit() else None
    if held is None:
        known = target.isdigit()
        raise _Failure(f"{target}: Bad file descriptor" if known else f"syntax error: bad fd number: {target}")
    shell.point(number, held.hold())


def _opened(files: FileSystem, path: str, operator: str) -> Description:
    if operator == "<":
        if files.is_directory(path):
            return Description(reader_of(b""))
        if path == "/dev/zero":
            return Description(reader_of(bytes(65_536)))
        return Description(reader_of(files.read(path)))
    content = b""
    if operator == "<>" and files.is_file(path):
        content = files.read(path)
    elif operator in (">", ">|") or not files.is_file(path):
        files.write(path, b"")
    else:
        files.writable(path)
    return Description(reader_of(content), lambda data: files.write(path, data, append=True))
