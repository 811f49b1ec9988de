"""psql: statements given with -c, or read line by line; tables as it draws them."""

from __future__ import annotations

from collections.abc import Sequence

from ...kinds import Json
from ..options import Usage, read_options
from ..system import System
from .database.tables import NUMBERS
from .postgres import Connection, Failure, connect

__all__ = ["psql"]

LONG = ("command=", "username=", "dbname=", "host=", "port=", "no-align", "tuples-only", "version", "field-separator=")
SHORT = {"command": "c", "username": "U", "dbname": "d", "host": "h", "no-align": "A", "tuples-only": "t"}
SOCKET = 'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed:'


async def psql(system: System, argv: Sequence[str]) -> int:
    """Ask a PostgreSQL server."""
    try:
        options = read_options(argv, "c:U:d:h:p:AtqXwWF:v:P:1ab", long=LONG)
    except Usage as err:
        system.complain(f'psql: {err}\npsql: hint: Try "psql --help" for more information.')
        return 1
    if "version" in options:
        system.say("psql (PostgreSQL) 15.20 (simulated)")
        return 0

    def given(letter: str) -> str:
        long = next((name for name, short in SHORT.items() if short == letter), "")
        return options.get(letter) or options.get(long)

    def has(letter: str) -> bool:
        return letter in options or any(short == letter and name in options for name, short in SHORT.items())

    rest = list(options.rest)
    database = given("d") or (rest.pop(0) if rest else "")
    user = given("U") or (rest.pop(0) if rest else "") or system.environment.get("PGUSER") or "root"
    host = given("h") or system.environment.get("PGHOST", "")
    if database.startswith(("postgres://", "postgresql://")):
        system.complain("psql: error: connection URIs are not simulated")
        return 2
    password = system.environment.get("PGPASSWORD")
    try:
        connection = await connect(system, "" if host.startswith("/") else host, user, password)
    except Failure as err:
        if "no password supplied" in str(err):
            system.say(f"Password for user {user}: ")
        where = f"{SOCKET} " if not host else ""
        system.complain(f"psql: error: {where}{err}")
        return 2
    form = _Form(
        aligned=not has("A"), bare=has("t"), separator=options.get("F") or options.get("field-separator") or "|"
    )
    commands = [value for name, value in options.given if name in ("c", "command")]
    try:
        if commands:
            status = 0
            for command in commands:
                status = await _run(system, connection, command, form)
            return status
        return await _typed(system, connection, form, database or user)
    except Failure as err:
        system.complain(
            f"{err}\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request."
        )
        return 2
    finally:
        connection.close()


async def _typed(system: System, connection: Connection, form: _Form, database: str) -> int:
    if system.tty:
        system.say('psql (15.20, simulated)\nType "help" for help.\n')
    pending = ""
    while True:
        if system.tty:
            system.write(f"{database}{'-' if pending else '='}# ".encode())
        line = (await system.stdin.readline()).decode("utf-8", "replace")
        if not line:
            break
        if line.strip() in ("\\q", "exit", "quit") and not pending:
            break
        pending += line
        if pending.strip().startswith("\\") or pending.rstrip().endswith(";"):
            await _run(system, connection, pending.rstrip("\n"), form)
            pending = ""
    if pending.strip():
        await _run(system, connection, pending.rstrip("\n"), form)
    return 0


class _Form:
    """How results are written."""

    def __init__(self, *, aligned: bool, bare: bool, separator: str) -> None:
        self.aligned, self.bare, self.separator = aligned, bare, separator


async def _run(system: System, connection: Connection, statement: str, form: _Form) -> int:
    if statement.strip().startswith("\\"):
        return await _described(system, connection, statement.split(), form)
    answer = await connection.execute(statement)
    if "error" in answer:
        _complain(system, statement, answer)
        return 1
    for result in answer["results"]:
        if result["notice"]:
            system.complain(f"NOTICE:  {result['notice']}")
        if result["columns"]:
            system.write(_drawn(result, form).encode("utf-8", "surrogateescape"))
        else:
            system.say(result["tag"])
    return 0


def _complain(system: System, statement: str, answer: Json) -> None:
    system.complain(f"ERROR:  {answer['error']}")
    position = answer["position"]
    if position:
        before = statement[: position - 1]
        number, column = before.count("\n"), len(before.rpartition("\n")[2])
        head = f"LINE {number + 1}: "
        system.complain(f"{head}{statement.split(chr(10))[number]}\n{' ' * (len(head) + column)}^")
    for name in ("detail", "hint"):
        if answer[name]:
            system.complain(f"{name.upper()}:  {answer[name]}")


def _drawn(result: Json, form: _Form, title: str = "") -> str:
    rows = [["" if value is None else value for value in row] for row in result["rows"]]
    names, kinds = result["columns"], result["kinds"]
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})"
    if not form.aligned:
        lines = [form.separator.join(row) for row in rows]
        lines = lines if form.bare else [form.separator.join(names), *lines, count]
        return "".join(f"{line}\n" for line in lines)
    widths = [
        max(len(name), *(len(row[place]) for row in rows)) if rows else len(name) for place, name in enumerate(names)
    ]

    def cell(text: str, place: int) -> str:
        return f" {text:>{widths[place]}} " if kinds[place] in NUMBERS else f" {text:<{widths[place]}} "

    def line(row: list[str]) -> str:
        cells = [cell(text, place) for place, text in enumerate(row)]
        # Nothing follows the last column.
        cells[-1] = cells[-1][:-1] if kinds[-1] in NUMBERS else f" {row[-1]}"
        return "|".join(cells)

    body = [line(row) for row in rows]
    if form.bare:
        return "".join(f"{one}\n" for one in body) + "\n"
    rule = "+".join("-" * (width + 2) for width in widths)
    lines = [*([f"{title:^{len(rule)}}".rstrip()] if title else []), _centred(names, widths), rule, *body]
    return "".join(f"{one}\n" for one in lines) + f"{count}\n\n"


def _centred(names: list[str], widths: list[int]) -> str:
    """Names in the middle, the odd space after."""
    cells = []
    for name, width in zip(names, widths, strict=True):
        left = (width - len(name)) // 2
        cells.append(f" {' ' * left}{name}{' ' * (width - len(name) - left)} ")
    return "|".join(cells)


async def _described(system: System, connection: Connection, words: list[str], form: _Form) -> int:
    if words[0] == "\\q":
        return 0
    if words[0] not in ("\\dt", "\\d"):
        system.complain(f"invalid command {words[0]}: it is not simulated")
        return 1
    answer = await connection.execute("SELECT current_user")
    owner = answer["results"][0]["rows"][0][0]
    known = [name for name in ("votes",) if "error" not in await connection.execute(f"SELECT count(*) FROM {name}")]
    wanted = [name for name in known if len(words) < 2 or name == words[1]]
    if not wanted:
        named = len(words) > 1
        system.complain(f'Did not find any relation named "{words[1]}".' if named else "Did not find any relations.")
        return int(named)
    result = {
        "columns": ["Schema", "Name", "Type", "Owner"],
        "kinds": ["name"] * 4,
        "rows": [["public", name, "table", owner] for name in wanted],
    }
    system.write(_drawn(result, form, "List of relations").encode())
    return 0
