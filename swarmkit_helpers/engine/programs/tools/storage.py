"""Programs on files: ``ls``, ``rm``, ``mkdir``, ``mkfifo`` and others."""

from __future__ import annotations

import posixpath
import secrets
import time
from collections.abc import Sequence

from ..files import FileError, FileSystem
from ..options import Usage, read_options
from ..system import System

__all__ = [
    "basename", "chmod", "cp", "df", "dirname", "ln", "ls", "mkdir", "mkfifo", "mktemp", "mv", "readlink",
    "rm", "rmdir", "stat", "sync", "touch", "which",
]  # fmt: skip


async def ls(system: System, argv: Sequence[str]) -> int:
    """List files."""
    options = read_options(argv, "1AaCxdLHRFplinshrSXvctuQw:", long=("color", "color=", "full-time"))
    files = FileSystem(system)
    names = options.rest or ["."]
    plain = [name for name in names if "d" in options or not files.is_directory(name)]
    folders = [name for name in names if name not in plain]
    missing = [name for name in plain if not files.exists(name)]
    for name in missing:
        system.complain(f"ls: {name}: No such file or directory")
    _entries(system, files, [(name, name) for name in plain if name not in missing], options.given)
    first = len(plain) == len(missing)
    titled = len(names) > 1 or "R" in options
    while folders:
        name = folders.pop(0)
        if titled:
            system.say(f"{'' if first else chr(10)}{name}:")
        first = False
        shown = [child for child in files.list(name) if "a" in options or "A" in options or not child.startswith(".")]
        pairs = [(child, posixpath.join(name, child)) for child in shown]
        if "R" in options:
            folders = [path for _, path in pairs if files.is_directory(path)] + folders
        if "a" in options:
            pairs = [(".", name), ("..", posixpath.join(name, "..")), *pairs]
        if "l" in options:
            system.say(f"total {4 * len(pairs)}")
        if "r" in options:
            pairs.reverse()
        _entries(system, files, pairs, options.given)
    return int(bool(missing))


def _entries(
    system: System, files: FileSystem, pairs: list[tuple[str, str]], given: tuple[tuple[str, str], ...]
) -> None:
    letters = {letter for letter, _ in given}
    if not {"l", "s"} & letters:
        if system.tty and "1" not in letters:
            system.say("  ".join(shown for shown, _ in pairs)) if pairs else None
        else:
            for shown, _ in pairs:
                system.say(shown)
        return
    for shown, path in pairs:
        system.say(f"{_long(files, path)} {shown}")


def _long(files: FileSystem, name: str) -> str:
    path = files.path(name)
    folder, fifo = files.is_directory(path), files.is_fifo(path)
    kind = "d" if folder else "p" if fifo else "c" if path.startswith("/dev/") else "-"
    size = 4096 if folder else 0 if fifo or kind == "c" else len(files.read(path))
    changed = time.gmtime(files.kept.changed.get(path, time.time()))
    return f"{kind}{_mode(_bits(files, path))}    1 root     root     {size:9d} {time.strftime('%b %e %H:%M', changed)}"


def _bits(files: FileSystem, path: str) -> int:
    default = 0o755 if files.is_directory(path) or files.program(path) else 0o666 if path.startswith("/dev") else 0o644
    return 0o1777 if path == "/tmp" else files.kept.modes.get(path, default)


def _mode(bits: int) -> str:
    said = "".join(letter if bits >> (8 - place) & 1 else "-" for place, letter in enumerate("rwxrwxrwx"))
    return said[:-1] + ("t" if said[-1] == "x" else "T") if bits & 0o1000 else said


async def stat(system: System, argv: Sequence[str]) -> int:
    """What is known of files."""
    options = read_options(argv, "c:Lft")
    if not options.rest:
        raise Usage("")
    files = FileSystem(system)
    status = 0
    for name in options.rest:
        if not files.exists(name):
            system.complain(f"stat: can't stat '{name}': No such file or directory")
            status = 1
            continue
        path = files.path(name)
        size = 4096 if files.is_directory(path) else len(files.read(path)) if files.is_file(path) else 0
        bits = _bits(files, path)
        kind = "directory" if files.is_directory(path) else "fifo" if files.is_fifo(path) else "regular file"
        changed = int(files.kept.changed.get(path, time.time()))
        values = {"%U": "root", "%G": "root", "%u": "0", "%g": "0", "%s": str(size), "%a": f"{bits:o}", "%n": name}
        values |= {"%F": kind, "%Y": str(changed), "%A": ("d" if kind == "directory" else "-") + _mode(bits)}
        said = options.get("c") or "  File: %n\n  Size: %s\t%F\nAccess: (%a/%A)  Uid: (%u/%U)   Gid: (%g/%G)"
        for key, value in values.items():
            said = said.replace(key, value)
        system.say(said)
    return status


async def rm(system: System, argv: Sequence[str]) -> int:
    """Remove files."""
    options = read_options(argv, "fiRr")
    files = FileSystem(system)
    status = 0
    if not options.rest and "f" not in options:
        raise Usage("")
    for name in options.rest:
        try:
            if files.is_directory(name) and files.path(name) not in files.files:
                if "r" not in options and "R" not in options:
                    system.complain(f"rm: '{name}' is a directory")
                    status = 1
                    continue
                files.remove_directory(name, recursive=True)
            else:
                files.remove(name)
        except FileError as err:
            if "f" in options and str(err) == "No such file or directory":
                continue
            system.complain(f"rm: can't remove '{name}': {err}")
            status = 1
    return status


async def rmdir(system: System, argv: Sequence[str]) -> int:
    """Remove empty directories."""
    return _each(system, argv, "p", lambda files, name: files.remove_directory(name), "rmdir: '{}': {}")


async def mkdir(system: System, argv: Sequence[str]) -> int:
    """Make directories."""
    options = read_options(argv, "pm:")
    if not options.rest:
        raise Usage("")
    files = FileSystem(system)
    status = 0
    for name in options.rest:
        path = files.path(name)
        parts = path.strip("/").split("/")
        wanted = ["/" + "/".join(parts[: place + 1]) for place in range(len(parts))] if "p" in options else [path]
        try:
            for one in wanted:
                if not ("p" in options and files.is_directory(one)):
                    files.make_directory(one)
        except FileError as err:
            system.complain(f"mkdir: can't create directory '{name}': {err}")
            status = 1
    return status


async def mkfifo(system: System, argv: Sequence[str]) -> int:
    """Make named pipes."""
    return _each(system, argv, "m:", lambda files, name: files.make_fifo(name), "mkfifo: {}: {}")


async def touch(system: System, argv: Sequence[str]) -> int:
    """Make files that are not there."""

    def one(files: FileSystem, name: str) -> None:
        if not files.exists(name):
            files.write(name, b"")
        files.kept.changed[files.path(name)] = time.time()

    return _each(system, argv, "camhd:t:r:", one, "touch: {}: {}")


def _each(system: System, argv: Sequence[str], letters: str, one: object, said: str) -> int:
    options = read_options(argv, letters)
    if not options.rest:
        raise Usage("")
    assert callable(one)
    status = 0
    for name in options.rest:
        try:
            one(FileSystem(system), name)
        except FileError as err:
            system.complain(said.format(name, err))
            status = 1
    return status


def _copied(system: System, argv: Sequence[str], applet: str, *, moved: bool) -> int:
    options = read_options(argv, "adfipPrRLHnu")
    files = FileSystem(system)
    if len(options.rest) < 2:
        raise Usage("")
    *sources, target = options.rest
    status = 0
    for source in sources:
        if not files.exists(source):
            verb = "rename" if moved else "stat"
            system.complain(f"{applet}: can't {verb} '{source}': No such file or directory")
            status = 1
            continue
        into = posixpath.join(target, posixpath.basename(source)) if files.is_directory(target) else target
        try:
            begun, ended = files.path(source), files.path(into)
            if files.is_directory(source):
                if not moved and not any(letter in options for letter in "arR"):
                    system.complain(f"{applet}: omitting directory '{source}'")
                    status = 1
                    continue
                files.kept.directories.add(ended)
                inside = [path for path in files.files if path.startswith(f"{begun}/")]
                for path in inside:
                    files.write(ended + path[len(begun) :], files.files[path])
                if moved:
                    files.remove_directory(source, recursive=True)
            else:
                files.write(into, files.read(source))
                files.kept.modes[ended] = _bits(files, begun)
                if moved:
                    files.remove(source)
        except FileError as err:
            system.complain(f"{applet}: can't create '{into}': {err}")
            status = 1
    return status


async def cp(system: System, argv: Sequence[str]) -> int:
    """Copy files."""
    return _copied(system, argv, "cp", moved=False)


async def mv(system: System, argv: Sequence[str]) -> int:
    """Move files."""
    return _copied(system, argv, "mv", moved=True)


async def ln(system: System, argv: Sequence[str]) -> int:
    """There are no links here: the file is copied."""
    options = read_options(argv, "sfnbSvT")
    if len(options.rest) != 2:
        raise Usage("")
    return _copied(system, ["cp", *options.rest], "ln", moved=False)


async def chmod(system: System, argv: Sequence[str]) -> int:
    """Keep the modes of files, which nothing here depends on but ``ls``; ``chown`` too."""
    words = [word for word in argv[1:] if not word.startswith("-")]
    files = FileSystem(system)
    status = 0
    for name in words[1:]:
        if not files.exists(name):
            system.complain(f"{argv[0]}: {name}: No such file or directory")
            status = 1
        elif argv[0].endswith("chmod"):
            path = files.path(name)
            octal = words[0].isdigit()
            files.kept.modes[path] = (
                int(words[0], 8) if octal else _bits(files, path) | (0o111 if "x" in words[0] else 0)
            )
    return status


async def mktemp(system: System, argv: Sequence[str]) -> int:
    """Make a file of a name that nobody has."""
    options = read_options(argv, "dqtup:")
    template = options.rest[0] if options.rest else "/tmp/tmp.XXXXXX"
    wide = len(template) - len(template.rstrip("X"))
    name = template[: len(template) - wide] + secrets.token_hex(wide)[:wide]
    files = FileSystem(system)
    try:
        if "d" in options:
            files.make_directory(name)
        else:
            files.write(name, b"")
    except FileError as err:
        system.complain(f"mktemp: {template}: {err}")
        return 1
    system.say(name)
    return 0


async def readlink(system: System, argv: Sequence[str]) -> int:
    """The whole path of a file; there are no links here."""
    options = read_options(argv, "fnsvq")
    if not options.rest:
        raise Usage("")
    if "f" not in options and argv[0].endswith("readlink"):
        return 1
    for name in options.rest:
        system.say(FileSystem(system).path(name))
    return 0


async def basename(system: System, argv: Sequence[str]) -> int:
    """The last part of a path."""
    words = read_options(argv, "as:").rest
    if not words:
        raise Usage("")
    name = posixpath.basename(words[0].rstrip("/")) or "/"
    system.say(name.removesuffix(words[1]) if len(words) > 1 and name != words[1] else name)
    return 0


async def dirname(system: System, argv: Sequence[str]) -> int:
    """A path without its last part."""
    words = read_options(argv, "").rest
    if not words:
        raise Usage("")
    system.say(posixpath.dirname(words[0].rstrip("/")) or ("/" if words[0].startswith("/") else "."))
    return 0


async def which(system: System, argv: Sequence[str]) -> int:
    """Where programs are."""
    from .. import catalogue

    status = 0
    for name in read_options(argv, "a").rest:
        found = catalogue.path_of(system, name)
        if found is None:
            status = 1
        else:
            system.say(found)
    return status


async def sync(system: System, argv: Sequence[str]) -> int:
    """Nothing has to be written to a disk."""
    return 0


async def df(system: System, argv: Sequence[str]) -> int:
    """The room of a file system that is only memory."""
    used = sum(map(len, system.files.values())) // 1024
    system.say("Filesystem           1K-blocks      Used Available Use% Mounted on")
    system.say(f"overlay               20511312 {used:9d}  {20511312 - used:8d}   1% /")
    return 0
