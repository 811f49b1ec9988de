"""redis-server: strings and lists in memory, kept in /data at its end; and redis-cli."""

from __future__ import annotations

import asyncio
import json
import posixpath
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from ...net.pipe import Pipe
from ..files import FileError, FileSystem
from ..system import System
from ..tools.names import lookup
from ..tools.waiting import Interruption
from .resp import Simple, Value, Wrong, ask, read_command, write_value

__all__ = ["redis_cli", "redis_server"]

VERSION = "7.0.15"
PORT = 6379
DUMP = "dump.rdb"
OK = Simple("OK")
WRONG_KIND = Wrong("WRONGTYPE Operation against a key holding the wrong kind of value")
Keys = dict[bytes, bytes | list[bytes]]


class _Store:
    """The keys, and who waits for an element of a list."""

    def __init__(self) -> None:
        self.keys: Keys = {}
        self.pushed = asyncio.Event()

    def elements(self, key: bytes) -> list[bytes] | None:
        """The list of that key, empty where there is no key; None where it is something else."""
        found = self.keys.get(key, [])
        return found if isinstance(found, list) else None

    def keep(self, key: bytes, values: list[bytes]) -> None:
        """Keep a list, or nothing where it is empty."""
        if values:
            self.keys[key] = values
        else:
            self.keys.pop(key, None)

    def dumped(self) -> bytes:
        """All keys, for a file."""
        said = {
            key.decode("latin-1"): [part.decode("latin-1") for part in value]
            if isinstance(value, list)
            else value.decode("latin-1")
            for key, value in self.keys.items()
        }
        return json.dumps(said).encode()

    def load(self, raw: bytes) -> None:
        """Read what `dumped` wrote."""
        for key, value in json.loads(raw).items():
            held = [part.encode("latin-1") for part in value] if isinstance(value, list) else value.encode("latin-1")
            self.keys[key.encode("latin-1")] = held


async def redis_server(system: System, argv: Sequence[str]) -> int:
    """Serve redis's protocol on port 6379, or another that is asked for."""
    words = list(argv[1:])
    if "--version" in words or "-v" in words:
        system.say(f"Redis server v={VERSION} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=simulated")
        return 0
    port = int(words[words.index("--port") + 1]) if "--port" in words[:-1] else PORT
    stop = Interruption(system, "SIGTERM", "SIGINT")
    _log(system, "C", "# oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo")
    _log(
        system, "C", f"# Redis version={VERSION}, bits=64, commit=00000000, modified=0, pid={system.pid}, just started"
    )
    _log(system, "C", "# Configuration loaded")
    _log(system, "M", "* monotonic clock: simulated")
    store = _Store()
    folder = system.container.config.get("WorkingDir") or "/data"
    dump = posixpath.join(folder if isinstance(folder, str) else "/data", DUMP)
    files = FileSystem(system)
    with suppress(FileError, ValueError):
        store.load(files.read(dump))
    try:
        system.world.fabric.listen(
            system.stack, port, lambda pipe: _converse(system, store, pipe, lambda: _save(files, dump, store))
        )
    except OSError:
        _log(
            system,
            "M",
            f"# Warning: Could not create server TCP listening socket *:{port}: bind: Address already in use",
        )
        _log(system, "M", f"# Failed listening on port {port} (TCP), aborting.")
        return 1
    _log(system, "M", f"* Running mode=standalone, port={port}.")
    _log(system, "M", "# Server initialized")
    _log(system, "M", "* Ready to accept connections")
    await stop.wait()
    moment = int(datetime.now(UTC).timestamp())
    system.say(f"{system.pid}:signal-handler ({moment}) Received {stop.signal} scheduling shutdown...")
    _log(system, "M", "# User requested shutdown...")
    _log(system, "M", "* Saving the final RDB snapshot before exiting.")
    _save(files, dump, store)
    _log(system, "M", "* DB saved on disk")
    _log(system, "M", "# Redis is now ready to exit, bye bye...")
    system.world.fabric.unlisten(system.stack, port)
    return 0


def _save(files: FileSystem, path: str, store: _Store) -> None:
    files.kept.directories.add(posixpath.dirname(path))
    try:
        files.write(path, store.dumped())
    except FileError as err:
        _log(files.system, "M", f"# Failed opening the temp RDB file for saving: {err}")


def _log(system: System, role: str, said: str) -> None:
    moment = datetime.now(UTC)
    system.say(f"{system.pid}:{role} {moment:%d %b %Y %H:%M:%S}.{moment.microsecond // 1000:03d} {said}")


async def _converse(system: System, store: _Store, pipe: Pipe, save: Callable[[], None]) -> None:
    try:
        while (words := await read_command(pipe)) is not None:
            if not words:
                continue
            name = words[0].decode("utf-8", "replace").lower()
            if name == "quit":
                pipe.write(write_value(OK))
                return
            if name in ("save", "bgsave"):
                save()
                pipe.write(write_value(OK if name == "save" else Simple("Background saving started")))
                continue
            pipe.write(write_value(await _obey(system, store, name, words[1:])))
    except ConnectionResetError:
        return


async def _obey(system: System, store: _Store, name: str, words: list[bytes]) -> Value:
    if name in ("blmove", "blpop", "brpop"):
        return await _blocking(system, store, name, words)
    entry = COMMANDS.get(name)
    if entry is None:
        given = " ".join(f"'{word.decode('utf-8', 'replace')}'" for word in words)
        return Wrong(f"ERR unknown command '{name}', with args beginning with: {given}{' ' if given else ''}")
    fewest, most, act = entry
    if len(words) < fewest or (most is not None and len(words) > most):
        return Wrong(f"ERR wrong number of arguments for '{name}' command")
    return act(store, words)


async def _blocking(system: System, store: _Store, name: str, words: list[bytes]) -> Value:
    fewest = 3 if name == "blmove" else 2
    if len(words) < fewest:
        return Wrong(f"ERR wrong number of arguments for '{name}' command")
    try:
        wait_s = float(words[-1])
    except ValueError:
        return Wrong("ERR timeout is not a float or out of range")
    keys = words[:1] if name == "blmove" else words[:-1]
    deadline = system.world.clock.time() + (wait_s or 1e9)
    while True:
        for key in keys:
            held = store.elements(key)
            if held is None:
                return WRONG_KIND
            if held:
                if name == "blmove":
                    return _lmove(store, words[:4])
                value = held.pop(0 if name == "blpop" else -1)
                store.keep(key, held)
                return [key, value]
        left_s = deadline - system.world.clock.time()
        if left_s <= 0:
            return None
        store.pushed.clear()
        try:
            await asyncio.wait_for(store.pushed.wait(), max(0.001, left_s / system.world.clock.speed))
        except TimeoutError:
            return None


def _lmove(store: _Store, words: list[bytes]) -> Value:
    source, target = store.elements(words[0]), store.elements(words[1])
    if source is None or target is None:
        return WRONG_KIND
    if not source:
        return None
    value = source.pop(0 if words[2].upper() == b"LEFT" else -1)
    store.keep(words[0], source)
    target = store.elements(words[1]) or []
    target.insert(0 if words[3].upper() == b"LEFT" else len(target), value)
    store.keep(words[1], target)
    store.pushed.set()
    return value


def _push(store: _Store, words: list[bytes], *, left: bool) -> Value:
    held = store.elements(words[0])
    if held is None:
        return WRONG_KIND
    for word in words[1:]:
        held.insert(0 if left else len(held), word)
    store.keep(words[0], held)
    store.pushed.set()
    return len(held)


def _pop(store: _Store, words: list[bytes], *, left: bool) -> Value:
    held = store.elements(words[0])
    if held is None:
        return WRONG_KIND
    if not held:
        return None
    value = held.pop(0 if left else -1)
    store.keep(words[0], held)
    return value


def _lrange(store: _Store, words: list[bytes]) -> Value:
    held = store.elements(words[0])
    if held is None:
        return WRONG_KIND
    try:
        first, last = int(words[1]), int(words[2])
    except ValueError:
        return Wrong("ERR value is not an integer or out of range")
    size = len(held)
    first = max(0, first + size if first < 0 else first)
    last = last + size if last < 0 else last
    return list(held[first : last + 1])


def _lrem(store: _Store, words: list[bytes]) -> Value:
    held = store.elements(words[0])
    if held is None:
        return WRONG_KIND
    wanted = int(words[1])
    removed = 0
    for place in range(len(held)) if wanted >= 0 else reversed(range(len(held))):
        at = place - removed if wanted >= 0 else place
        if held[at] == words[2] and (not wanted or removed < abs(wanted)):
            del held[at]
            removed += 1
    store.keep(words[0], held)
    return removed


def _get(store: _Store, words: list[bytes]) -> Value:
    found = store.keys.get(words[0])
    return WRONG_KIND if isinstance(found, list) else found


def _set(store: _Store, words: list[bytes]) -> Value:
    store.keys[words[0]] = words[1]
    return OK


def _incr(store: _Store, words: list[bytes]) -> Value:
    found = store.keys.get(words[0], b"0")
    if isinstance(found, list):
        return WRONG_KIND
    if not found.lstrip(b"-").isdigit():
        return Wrong("ERR value is not an integer or out of range")
    store.keys[words[0]] = b"%d" % (int(found) + 1)
    return int(found) + 1


def _keys(store: _Store, words: list[bytes]) -> Value:
    import fnmatch

    pattern = words[0].decode("latin-1")
    return [key for key in store.keys if fnmatch.fnmatchcase(key.decode("latin-1"), pattern)]


def _kind(store: _Store, words: list[bytes]) -> Value:
    found = store.keys.get(words[0])
    return Simple("none" if found is None else "list" if isinstance(found, list) else "string")


def _delete(store: _Store, words: list[bytes]) -> Value:
    return sum(store.keys.pop(word, None) is not None for word in words)


def _flush(store: _Store, words: list[bytes]) -> Value:
    store.keys.clear()
    return OK


def _llen(store: _Store, words: list[bytes]) -> Value:
    held = store.elements(words[0])
    return WRONG_KIND if held is None else len(held)


def _info(store: _Store, words: list[bytes]) -> Value:
    said = f"# Server\r\nredis_version:{VERSION}\r\nredis_mode:standalone\r\nos:simulated\r\ntcp_port:{PORT}\r\n"
    return f"{said}\r\n# Keyspace\r\ndb0:keys={len(store.keys)},expires=0,avg_ttl=0\r\n".encode()


COMMANDS: dict[str, tuple[int, int | None, Callable[[_Store, list[bytes]], Value]]] = {
    "ping": (0, 1, lambda store, words: words[0] if words else Simple("PONG")),
    "echo": (1, 1, lambda store, words: words[0]),
    "select": (1, 1, lambda store, words: OK),
    "client": (1, None, lambda store, words: OK),
    "hello": (0, None, lambda store, words: Wrong("NOPROTO unsupported protocol version")),
    "command": (0, None, lambda store, words: []),
    "get": (1, 1, _get),
    "set": (2, None, _set),
    "incr": (1, 1, _incr),
    "del": (1, None, _delete),
    "exists": (1, None, lambda store, words: sum(word in store.keys for word in words)),
    "keys": (1, 1, _keys),
    "type": (1, 1, _kind),
    "dbsize": (0, 0, lambda store, words: len(store.keys)),
    "flushall": (0, 1, _flush),
    "flushdb": (0, 1, _flush),
    "info": (0, None, _info),
    "rpush": (2, None, lambda store, words: _push(store, words, left=False)),
    "lpush": (2, None, lambda store, words: _push(store, words, left=True)),
    "rpop": (1, 1, lambda store, words: _pop(store, words, left=False)),
    "lpop": (1, 1, lambda store, words: _pop(store, words, left=True)),
    "llen": (1, 1, _llen),
    "lrange": (3, 3, _lrange),
    "lrem": (3, 3, _lrem),
    "lmove": (4, 4, _lmove),
}


# --- redis-cli ----------------------------------------------------------------------------------------


async def redis_cli(system: System, argv: Sequence[str]) -> int:
    """Send a command, or those that are read line by line."""
    import shlex

    words = list(argv[1:])
    host, port, form = "127.0.0.1", PORT, "tty" if system.tty else "raw"
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("--version", "-v"):
            system.say(f"redis-cli {VERSION}")
            return 0
        if option in ("-h", "-p", "-n", "-a", "--user", "--pass") and words:
            value = words.pop(0)
            host = value if option == "-h" else host
            port = int(value) if option == "-p" and value.isdigit() else port
        elif option in ("--raw", "--no-raw", "--json"):
            form = {"--raw": "raw", "--no-raw": "tty", "--json": "json"}[option]
        else:
            system.complain(f"Unrecognized option or bad number of args for: '{option}'")
            return 1
    pipe = await _connected(system, host, port)
    if pipe is None:
        return 1
    try:
        if words:
            system.write(_shown(await ask(pipe, *words), form))
            return 0
        while line := (await system.stdin.readline()).decode("utf-8", "replace"):
            asked = shlex.split(line)
            if asked:
                system.write(_shown(await ask(pipe, *asked), form))
    except ConnectionResetError:
        system.complain("Error: Server closed the connection")
        return 1
    finally:
        pipe.abort()
    return 0


async def _connected(system: System, host: str, port: int) -> Pipe | None:
    address = lookup(system, host)
    why = "Name or service not known"
    if address is not None:
        try:
            return await system.world.fabric.connect(system.stack, address, port)
        except ConnectionRefusedError:
            why = "Connection refused"
        except TimeoutError:
            why = "Connection timed out"
        except OSError as err:
            why = err.strerror or str(err)
    system.complain(f"Could not connect to Redis at {host}:{port}: {why}")
    return None


def _shown(value: Value, form: str) -> bytes:
    if form == "json":
        return (
            json.dumps(_jsonable(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogateescape")
            + b"\n"
        )
    if form == "raw":
        # An error has an empty line after it.
        return _raw(value) + (b"\n\n" if isinstance(value, Wrong) else b"\n")
    return _pretty(value, "").encode() + b"\n"


def _jsonable(value: Value) -> object:
    if isinstance(value, list):
        return [_jsonable(one) for one in value]
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _raw(value: Value) -> bytes:
    if value is None:
        return b""
    if isinstance(value, list):
        return b"\n".join(_raw(one) for one in value)
    return value if isinstance(value, bytes) else str(value).encode()


def _pretty(value: Value, indent: str) -> str:
    if value is None:
        return "(nil)"
    if isinstance(value, Wrong):
        return f"(error) {value}"
    if isinstance(value, Simple):
        return str(value)
    if isinstance(value, int):
        return f"(integer) {value}"
    if isinstance(value, bytes):
        return f'"{_escaped(value)}"'
    if not value:
        return "(empty array)"
    wide = len(str(len(value)))
    lines = [f"{place:{wide}d}) {_pretty(one, indent + ' ' * (wide + 2))}" for place, one in enumerate(value, 1)]
    return f"\n{indent}".join(lines)


def _escaped(raw: bytes) -> str:
    known = {ord('"'): '\\"', ord("\\"): "\\\\", 10: "\\n", 13: "\\r", 9: "\\t", 7: "\\a", 8: "\\b"}
    return "".join(known.get(byte, chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in raw)
