"""A process of a container: process 1, or an exec."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..ids import object_id
from ..kinds import Json
from ..programs.files import FileSystem
from ..programs.system import Program, System
from ..refusal import Refusal
from .executable import Unrunnable, executable
from .keys import keys_of
from .output import Output, Reading
from .signals import IGNORED, NUMBERS
from .users import User, user_of

if TYPE_CHECKING:
    from ..net.stack import Stack
    from .container import Container
    from .log import Stream

__all__ = ["Process", "environment"]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOT_RUN = 126
"""Exit code of an exec that could not start, whatever the reason."""

_log = logging.getLogger(__name__)


class Process:
    """One process; `start` begins it.

    Parameters
    ----------
    container
        Where it runs.
    stack
        Its network.
    argv
        Its words.
    variables
        Its environment.
    stdin
        What it reads.
    output
        Where its bytes go.
    shielded
        Whether it is process 1 of its namespace: Linux gives it no signal that it does not handle, but SIGKILL.
    body
        Body of the request that made an exec, with the API's keys; None for process 1.
    """

    def __init__(
        self,
        container: Container,
        stack: Stack,
        argv: Sequence[str],
        variables: dict[str, str],
        *,
        stdin: asyncio.StreamReader,
        output: Output,
        directory: str = "/",
        tty: bool = False,
        shielded: bool = False,
        body: Json | None = None,
    ) -> None:
        self.id = object_id()
        self.container = container
        self.argv = list(argv)
        self.exit_code: int | None = None
        self.running = False
        self.pid = 0
        """On its host; 0 before its start, and kept after its end."""
        self.output = output
        self.shielded = shielded
        self.body = body
        self.before_start: Callable[[Process], None] = lambda _: None
        """Called before its program is looked for; it may refuse."""
        self.after_end: Callable[[Process], None] = lambda _: None
        """Called when it has ended, or could not start: `pid` is 0 then."""
        self.size = (0, 0)
        """Height and width of its terminal."""
        self._ended = asyncio.Event()
        self._fatal = "SIGKILL"
        self._task: asyncio.Task[None] | None = None
        self.system = System(
            world=container.host.world,
            stack=stack,
            container=container,
            files=container.files,
            environment=variables,
            write=lambda data: self._write("stdout", data),
            error=lambda data: self._write("stderr", data),
            stdin=stdin,
            tty=tty,
            programs=container.programs,
            directory=directory,
        )

    def start(self) -> None:
        """Begin it.

        Raises
        ------
        Refusal
            400: its program cannot be run, and its exit code says so; 409: it has been started before; 500: nobody is
            to run it.
        """
        if self.exit_code is not None:
            raise Refusal(409, f"Error: Exec command {self.id} has already run")
        if self.running:
            raise Refusal(409, f"Error: Exec command {self.id} is already running")
        self.before_start(self)
        body = self.body or {}
        try:
            self.run_as(user_of(self.container, str(body.get("User") or self.container.config["User"])))
            self._enter(str(body.get("WorkingDir") or ""))
            program = executable(self.container, self.argv[0], self.system.environment)
        except Unrunnable as err:
            self._give_up()
            message = f"OCI runtime exec failed: exec failed: unable to start container process: {err}: unknown"
            raise Refusal(400, message) from err
        except Refusal:
            self._give_up()
            raise
        self.begin(program)

    def run_as(self, user: User) -> None:
        """Have it run by that user."""
        self.system.uid, self.system.gid = user.number, user.group

    def _enter(self, directory: str) -> None:
        """Refuse a directory that an exec cannot run in; none: its container's own."""
        if not directory:
            return
        if not directory.startswith("/"):
            raise Refusal(400, "OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown")
        files = FileSystem(self.system)
        problem = f'chdir to cwd ("{directory}") set in config.json failed'
        if not files.exists(directory):
            raise Unrunnable(f"{problem}: no such file or directory", NOT_RUN)
        if not files.is_directory(directory):
            hint = "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path"
            text = f"OCI runtime exec failed: exec failed: unable to start container process: {problem}"
            raise Refusal(400, f"{text}: not a directory: unknown: {hint} exists and is the expected type")

    def _give_up(self) -> None:
        """It could not start."""
        self.exit_code = NOT_RUN
        self._ended.set()
        self.output.end()
        self.after_end(self)

    def begin(self, program: Program) -> None:
        """Run that program."""
        self.running = True
        self.pid = self.container.host.next_pid()
        if self.shielded:
            self.system.pid = 1
        else:
            self.system.pid = self.container.next_pid()
        self._task = asyncio.get_running_loop().create_task(self._run(program), name=f"{self.argv[0]} {self.pid}")
        # a signal that comes before its first step leaves it none
        self._task.add_done_callback(lambda _: self._finish(128 + NUMBERS[self._fatal]))

    async def wait(self) -> int:
        """Wait for its end; return its exit code."""
        await self._ended.wait()
        assert self.exit_code is not None
        return self.exit_code

    def subscribe(self) -> Reading:
        """Follow what it writes from now on, until it ends."""
        return self.output.subscribe()

    def signal(self, name: str) -> None:
        """Send it a signal; one that has ended gets none.

        Parameters
        ----------
        name
            ``SIGTERM``.
        """
        if not self.running or self._task is None:
            return
        if name == "SIGKILL":
            self._task.cancel()
            # what it does about its cancellation, it does when it is dead already
            self._finish(128 + NUMBERS[name])
        elif handler := self.system.handlers.get(name):
            handler()
        elif name not in IGNORED and not self.shielded:
            self._fatal = name
            self._task.cancel()

    def resize(self, height: int, width: int) -> None:
        """Set the size of its terminal.

        Raises
        ------
        Refusal
            404: an exec that does not run.
        """
        if not self.running:
            raise Refusal(404, "no such exec")
        self.size = (height, width)
        self.signal("SIGWINCH")

    def inspect(self) -> Json:
        """Body of ``GET /exec/{id}/json``."""
        body = self.body or {}
        config = {
            "tty": bool(body.get("Tty")),
            "entrypoint": self.argv[0],
            "arguments": self.argv[1:],
            "privileged": bool(body.get("Privileged")),
        }
        if user := body.get("User"):
            config["user"] = user
        return {
            "ID": self.id,
            "Running": self.running,
            "ExitCode": self.exit_code,
            "ProcessConfig": config,
            "OpenStdin": bool(body.get("AttachStdin")),
            "OpenStderr": bool(body.get("AttachStderr")),
            "OpenStdout": bool(body.get("AttachStdout")),
            "CanRemove": False,
            "ContainerID": self.container.id,
            "DetachKeys": base64.b64encode(keys_of(body.get("DetachKeys") or "") or b"").decode(),
            "Pid": self.pid,
        }

    async def _run(self, program: Program) -> None:
        try:
            code = await program(self.system, self.argv)
        except asyncio.CancelledError:
            code = 128 + NUMBERS[self._fatal]
        except Exception:
            _log.exception("%s of container %s", self.argv, self.container.name)
            self._write("stderr", f"{self.argv[0]}: internal error of the simulated program\n".encode())
            code = 1
        self._finish(code & 0xFF)

    def _finish(self, code: int) -> None:
        if not self.running:
            return
        self.exit_code = code
        self.running = False
        self._ended.set()
        self.output.end()
        self.after_end(self)

    def _write(self, stream: Stream, data: bytes) -> None:
        if not self.running:
            return
        if self.system.tty:
            self.output.publish("stdout", data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        else:
            self.output.publish(stream, data)


def environment(container: Container, added: Sequence[str] = (), *, tty: bool = False) -> dict[str, str]:
    """The variables of a process: the engine's own, the container's, and those that an exec adds."""
    found = {"PATH": DEFAULT_PATH, "HOSTNAME": container.config["Hostname"]}
    if tty:
        found["TERM"] = "xterm"
    for variable in (*(container.config["Env"] or ()), *added):
        name, given, value = variable.partition("=")
        if given:
            found[name] = value
        else:
            found.pop(name, None)
    user = str(container.config["User"]).partition(":")[0]
    found.setdefault("HOME", "/root" if user in ("", "0", "root") else "/")
    return found
