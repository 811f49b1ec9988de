"""Runs a parsed script: commands, pipelines, jobs, traps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace

from .. import catalogue
from ..files import FileError, FileSystem
from ..status import KilledBy
from ..streams import BrokenPipe, Description, ended_reader, pipe_ends
from ..system import System
from .endings import Abort, Exit, Jump, Return
from .expansion import Expander, ExpansionError
from .redirections import redirect, restore
from .state import State, encoded
from .tree import (
    AndOr,
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Script,
    Simple,
    Subshell,
    Substitution,
    While,
)

__all__ = ["Interpreter"]

SIGPIPE = 141


class Interpreter(State):
    """One shell, or one of its subshells, that runs commands; its parameters are those of `State`."""

    def __init__(self, system: System, name: str, arguments: Sequence[str], *, dash: bool) -> None:
        super().__init__(system, name, arguments, dash=dash)
        self.expander = Expander(self)
        self.foreground: tuple[asyncio.Task[int], System] | None = None
        """The program that runs in front, which Ctrl-C ends."""

    # --- scripts --------------------------------------------------------------------------------------

    async def run(self, script: Script) -> int:
        """Run statements."""
        for statement in script.statements:
            await self._traps()
            if statement.background:
                self._begin(statement.body)
            else:
                await self._and_or(statement.body)
            await self._traps()
        return self.status

    async def _traps(self) -> None:
        while self.caught:
            name = self.caught.pop(0)
            action = self.traps.get(name)
            if action:
                from .parser import parse

                status = self.status
                await self.run(parse(action))
                self.status = status

    async def _and_or(self, command: AndOr) -> None:
        pipelines = [command.first, *(pipeline for _, pipeline in command.rest)]
        operators = ["", *(operator for operator, _ in command.rest)]
        for place, (operator, pipeline) in enumerate(zip(operators, pipelines, strict=True)):
            if (operator == "&&" and self.status) or (operator == "||" and not self.status):
                continue
            last = place == len(pipelines) - 1
            self.tested += not last or pipeline.negated
            try:
                await self._pipeline(pipeline)
            finally:
                self.tested -= not last or pipeline.negated
            if last and self.status and not pipeline.negated and "e" in self.options and not self.tested:
                raise Exit(self.status)

    async def _pipeline(self, pipeline: Pipeline) -> None:
        try:
            if len(pipeline.commands) == 1:
                await self._command(pipeline.commands[0])
            else:
                await self._piped(pipeline.commands)
        except Return as end:
            if pipeline.negated and not self.dash:
                raise Return(int(not end.status)) from None
            raise
        except Jump:
            if pipeline.negated and not self.dash:
                self.status = int(not self.status)
            raise
        if pipeline.negated:
            self.status = int(not self.status)

    async def _piped(self, commands: tuple[Command, ...]) -> None:
        tasks = []
        source: Description | None = None
        for place, command in enumerate(commands):
            shell = self.forked()
            if source is not None:
                shell.point(0, source)
            if place < len(commands) - 1:
                source, sink = pipe_ends()
                shell.point(1, sink)
            tasks.append(asyncio.create_task(shell.whole(Script(()), command)))
        self.status = (await _all(tasks))[-1]

    def _begin(self, body: AndOr) -> None:
        """Run beside what follows."""
        shell = self.forked()
        shell.point(0, Description(ended_reader()))
        shell.system.pid = self.system.container.next_pid()
        task = asyncio.create_task(shell.whole(Script(()), body))
        ended = asyncio.create_task(_end_with(self.system, task))
        task.add_done_callback(lambda _: ended.cancel())
        self.jobs[shell.system.pid] = task
        self.last_job = str(shell.system.pid)
        self.status = 0

    async def whole(self, script: Script, body: Command | AndOr | None = None) -> int:
        """Run all that this shell does, to its end, and close its descriptors; its exit code."""
        try:
            try:
                if isinstance(body, AndOr):
                    await self._and_or(body)
                elif body is not None:
                    await self._command(body)
                else:
                    await self.run(script)
            except (Exit, Return) as end:
                self.status = end.status
            except Jump:
                pass
            except ExpansionError as err:
                self.complain(str(err))
                self.status = 2
            return await self._farewell()
        except BrokenPipe:
            return SIGPIPE
        finally:
            for description in self.descriptors.values():
                description.release()
            self.descriptors = {}

    async def whole_end(self) -> int:
        """What is left to do at the end of a shell whose lines were typed; its exit code."""
        try:
            return await self._farewell()
        except BrokenPipe:
            return SIGPIPE

    async def _farewell(self) -> int:
        action = self.traps.pop("EXIT", None)
        if action:
            from .parser import parse

            status = self.status
            try:
                await self.run(parse(action))
                self.status = status
            except Exit as end:
                self.status = end.status
        return self.status

    def forked(self) -> Interpreter:
        """A copy that changes nothing here."""
        shell = Interpreter(replace(self.system, handlers={}), self.name, self.arguments, dash=self.dash)
        shell.inherit(self)
        return shell

    async def captured(self, script: Script) -> str:
        """What a script writes."""
        said: list[bytes] = []
        shell = self.forked()
        shell.point(1, Description(sink=said.append))
        self.status = await shell.whole(script)
        return b"".join(said).decode("utf-8", "surrogateescape").replace("\0", "")

    # --- commands -------------------------------------------------------------------------------------

    async def _command(self, command: Command) -> None:
        if isinstance(command, Simple):
            await self._simple(command)
            return
        if isinstance(command, Function):
            self.functions[command.name] = command.body
            self.status = 0
            return
        previous = await redirect(self, command.redirections)
        if previous is None:
            return
        try:
            await self._compound(command)
        except ExpansionError as err:
            raise self._fatal(err) from None
        finally:
            restore(self, previous)

    def _fatal(self, err: ExpansionError) -> Abort:
        """Say what is wrong with a word, where errors go now: the shell ends."""
        self.complain(str(err))
        self.status = 2
        return Abort(2)

    async def _compound(self, command: Command) -> None:
        if isinstance(command, Group):
            await self.run(command.body)
        elif isinstance(command, Subshell):
            self.status = await self.forked().whole(command.body)
        elif isinstance(command, If):
            await self._if(command)
        elif isinstance(command, While):
            await self._while(command)
        elif isinstance(command, For):
            await self._for(command)
        elif isinstance(command, Case):
            await self._case(command)

    async def _tested(self, script: Script) -> bool:
        self.tested += 1
        try:
            return await self.run(script) == 0
        finally:
            self.tested -= 1

    async def _if(self, command: If) -> None:
        for condition, body in command.branches:
            if await self._tested(condition):
                await self.run(body)
                return
        self.status = 0
        if command.otherwise is not None:
            await self.run(command.otherwise)

    async def _while(self, command: While) -> None:
        status = 0
        while True:
            await asyncio.sleep(0)
            if await self._tested(command.condition) == command.until:
                break
            if not await self._turn(command.body):
                status = self.status
                break
            status = self.status
        self.status = status

    async def _turn(self, body: Script) -> bool:
        """One turn of a loop; False at its end."""
        self.loops += 1
        try:
            await self.run(body)
        except Jump as jump:
            if jump.levels > 1:
                raise Jump(jump.levels - 1, ends=jump.ends) from None
            return not jump.ends
        finally:
            self.loops -= 1
        return True

    async def _for(self, command: For) -> None:
        words = self.arguments if command.words is None else await self.expander.fields(command.words)
        self.status = 0
        for word in list(words):
            self.assign(command.name, word)
            await asyncio.sleep(0)
            if not await self._turn(command.body):
                return

    async def _case(self, command: Case) -> None:
        text = await self.expander.text(command.word)
        self.status = 0
        for patterns, body in command.branches:
            for pattern in patterns:
                if await self.expander.is_match(pattern, text):
                    await self.run(body)
                    return

    async def _simple(self, command: Simple) -> None:
        from .builtins import BUILTINS, SPECIAL

        self.line = command.line
        words = await self.expander.fields(command.words)
        if not words:
            previous = await redirect(self, command.redirections)
            if previous is None:
                return
            restore(self, previous)
            # A command substitution leaves its own exit code.
            if not _substitutes(command):
                self.status = 0
            for name, word in command.assignments:
                self.assign(name, await self.expander.text(word))
            return
        if "x" in self.options:
            self.descriptors[2].write(encoded("+ " + " ".join(words) + "\n"))
        if words[0] == "exec":
            await self._exec(command, words[1:])
            return
        previous = await redirect(self, command.redirections, special=words[0] in SPECIAL)
        if previous is None:
            return
        kept_values = {name: (self.variables.get(name), name in self.exported) for name, _ in command.assignments}
        try:
            for name, word in command.assignments:
                self.assign(name, await self.expander.text(word))
            if words[0] in self.functions:
                await self._call(words)
            elif words[0] in BUILTINS:
                self.status = await BUILTINS[words[0]](self, words)
            else:
                self.exported |= {name for name, _ in command.assignments}
                self.status = await self.external(words)
            if 1 in self.descriptors:
                await self.descriptors[1].room()
            await asyncio.sleep(0)
        except ExpansionError as err:
            raise self._fatal(err) from None
        except FileError as err:
            self.complain(f"write error: {err}")
            self.status = 1
        finally:
            restore(self, previous)
            if words[0] not in SPECIAL:
                self.give_back(kept_values)

    async def _call(self, words: list[str]) -> None:
        arguments, self.arguments = self.arguments, words[1:]
        loops, self.loops = self.loops, 0
        self.locals.append({})
        try:
            await self._command(self.functions[words[0]])
        except Return as end:
            self.status = end.status
        finally:
            self.arguments, self.loops = arguments, loops
            for name, value in self.locals.pop().items():
                if value is None:
                    self.variables.pop(name, None)
                else:
                    self.variables[name] = value

    async def _exec(self, command: Simple, words: list[str]) -> None:
        for name, word in command.assignments:
            self.assign(name, await self.expander.text(word))
            self.exported.add(name)
        previous = await redirect(self, command.redirections)
        if previous is None:
            raise Abort(self.status)
        for description in previous.values():
            description.release()
        self.status = 0
        if not words:
            return
        self.system.handlers.clear()
        self.traps.clear()
        raise Exit(await self.external(words, instead=True))

    async def external(self, words: Sequence[str], *, instead: bool = False) -> int:
        """Run a program and wait for it; `instead` of the shell, its signals are the program's."""
        system = self.surroundings()
        program = catalogue.find(system, words[0])
        if program is None:
            return self._missing(words[0])
        system.pid = self.system.pid if instead else self.system.container.next_pid()
        if instead:
            system.handlers = self.system.handlers
            return await self._guarded(program(system, words), words[0])
        task = asyncio.ensure_future(self._guarded(program(system, words), words[0]))
        self.foreground = (task, system)
        try:
            await asyncio.wait([task])
        finally:
            self.foreground = None
            if not task.done():
                task.cancel()
        status = KilledBy("INT") if task.cancelled() else task.result()
        if isinstance(status, KilledBy) and status.said and 2 in self.descriptors:
            self.descriptors[2].write(encoded(f"{status.said}\n"))
        return status

    async def _guarded(self, running: Awaitable[int], name: str) -> int:
        try:
            return await running
        except BrokenPipe:
            return SIGPIPE
        except FileError as err:
            self.descriptors[2].write(encoded(f"{name}: write error: {err}\n"))
            return 1

    def _missing(self, name: str) -> int:
        files = FileSystem(self.surroundings())
        if "/" in name and files.exists(name):
            self.complain(f"{name}: Permission denied")
            return 126
        self.complain(f"{name}: not found")
        return 127


def _substitutes(command: Simple) -> bool:
    """Whether it has a command substitution."""
    words = (*command.words, *(word for _, word in command.assignments))
    return any(isinstance(part, Substitution) for word in words for part in word)


async def _all(tasks: list[asyncio.Task[int]]) -> list[int]:
    """Wait for all; none is left if this is cancelled."""
    try:
        await asyncio.wait(tasks)
    finally:
        for task in tasks:
            task.cancel()
    return [KilledBy("TERM") if task.cancelled() else task.result() for task in tasks]


async def _end_with(system: System, task: asyncio.Task[int]) -> None:
    """End a job with its container."""
    await system.container.ended.wait()
    task.cancel()
