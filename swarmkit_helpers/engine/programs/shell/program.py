"""The program ``sh``: where its script comes from, and its prompt."""

from __future__ import annotations

from collections.abc import Sequence

from .. import catalogue
from ..files import FileError, FileSystem
from ..status import KilledBy
from ..system import System
from .endings import Abort, Exit, Jump, Return
from .expansion import ExpansionError
from .interpreter import Interpreter
from .lexer import Incomplete, ScriptError
from .parser import parse
from .state import encoded

__all__ = ["sh"]


async def sh(system: System, argv: Sequence[str]) -> int:
    """Run a script: ``sh -c script``, ``sh file``, or line by line what is typed."""
    words = list(argv[1:])
    dash = "dash" in catalogue.available(system)
    options: set[str] = set()
    named = in_file = False
    text: str | None = None
    while words and words[0][:1] in ("-", "+") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        for letter in word[1:]:
            if letter not in "abCcefhilmnsuvx":
                said = f"sh: 0: Illegal option -{letter}" if dash else f"sh: illegal option -{letter}"
                system.complain(said)
                return 2
        options |= set(word[1:])
    if "c" in options:
        if not words:
            system.complain(f"{argv[0]}: 0: -c requires an argument" if dash else f"{argv[0]}: -c requires an argument")
            return 2
        text = words.pop(0)
        named = bool(words)
        name = words.pop(0) if words else argv[0]
    elif words and "s" not in options:
        name = words.pop(0)
        named = in_file = True
        try:
            text = FileSystem(system).read(name).decode("utf-8", "surrogateescape")
        except FileError as err:
            said = f"sh: 0: cannot open {name}: No such file" if dash else f"sh: can't open '{name}': {err}"
            system.complain(said)
            return 2
    else:
        name = argv[0]
    shell = Interpreter(system, name, words, dash=dash)
    shell.named, shell.in_file = named, in_file
    shell.options = options & set("aefux")
    if text is None:
        return await _typed(shell, prompts=system.tty or "i" in options)
    return await _whole(shell, text)


async def _whole(shell: Interpreter, text: str) -> int:
    if shell.system.tty:
        shell.system.handlers["SIGINT"] = lambda: _interrupted(shell)
    try:
        script = parse(text)
    except ScriptError as err:
        _refuse(shell, err)
        return 2
    return await shell.whole(script)


def _refuse(shell: Interpreter, err: ScriptError) -> None:
    """Say a syntax error, as each shell does."""
    shell.line = err.line
    said = str(err)
    if not shell.dash:
        shell.complain(f"syntax error: {said}")
        return
    word, _, rest = said.removeprefix("unexpected ").partition(" (expecting")
    if said.startswith("unexpected "):
        expected = f" (expecting{rest}" if rest else ""
        word = {"end of file": "end of file", "newline": "newline"}.get(word, word)
        said = f"{word[:1].upper() + word[1:] if word[:1] != chr(34) else word} unexpected{expected}"
    shell.complain(f"Syntax error: {said}" if said[:1] == '"' else f"Syntax error: {said[:1].upper()}{said[1:]}")


def _interrupted(shell: Interpreter) -> None:
    """Ctrl-C on the terminal: what runs in front gets it."""
    front = shell.foreground
    if front is None:
        return
    task, system = front
    handler = system.handlers.get("SIGINT")
    if handler is not None:
        handler()
    else:
        task.cancel()


async def _typed(shell: Interpreter, *, prompts: bool) -> int:
    """Read lines until the end of the input, and run each command once it is whole."""
    stdin = shell.system.stdin
    shell.in_file, shell.interactive = True, prompts
    line_number = begun = 1
    if prompts:
        shell.system.handlers["SIGINT"] = lambda: _interrupted(shell)
        # An interactive shell ignores it (POSIX, XCU sh).
        shell.system.handlers["SIGTERM"] = lambda: None
    pending = ""
    try:
        while True:
            if prompts:
                prompt = "> " if pending else f"{_home(shell)} # "
                shell.descriptors[2].write(encoded(prompt))
            line = await stdin.readline()
            if not line:
                break
            begun = begun if pending else line_number
            line_number += 1
            pending += line.decode("utf-8", "surrogateescape")
            if pending.endswith("\\\n"):
                continue
            try:
                script = parse(pending, begun)
            except Incomplete:
                continue
            except ScriptError as err:
                _refuse(shell, err)
                shell.status = 2
                pending = ""
                if not prompts:
                    return 2
                continue
            pending = ""
            try:
                await shell.run(script)
            except ExpansionError as err:
                shell.complain(str(err))
                shell.status = 2
                if not prompts:
                    return 2
            except Abort as end:
                if not prompts:
                    return end.status
            except (Return, Jump):
                pass
        if pending.strip():
            shell.complain(
                "syntax error: unterminated quoted string" if not shell.dash else "Syntax error: end of file"
            )
            shell.status = 2
    except Exit as end:
        shell.status = end.status
        if isinstance(end.status, KilledBy):
            return end.status
    return await shell.whole_end()


def _home(shell: Interpreter) -> str:
    home = shell.value("HOME")
    return "~" if home and home != "/" and shell.directory == home else shell.directory
