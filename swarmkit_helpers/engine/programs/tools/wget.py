"""``wget``, as BusyBox's."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from ..files import FileError, FileSystem
from ..options import Options, Usage, read_options
from ..system import System
from .names import lookup
from .requests import Answer, Failure, Target, ask, request_of, target_of

__all__ = ["wget"]

LONG = (
    "header=", "post-data=", "post-file=", "spider", "no-check-certificate", "quiet", "timeout=", "user-agent=",
    "continue", "server-response", "output-document=",
)  # fmt: skip
MOST_REDIRECTIONS = 5
PATIENCE_S = 900.0
BAR = "*" * 32


@dataclass(frozen=True)
class _Run:
    """One command line."""

    system: System
    options: Options
    form: bytes | None

    def given(self, letter: str, name: str = "") -> str:
        """An option's value, by its letter or its long name."""
        return self.options.get(letter) or (self.options.get(name) if name else "")

    def has(self, letter: str, name: str) -> bool:
        """Whether an option was given."""
        return letter in self.options or name in self.options

    def tell(self, text: str) -> None:
        """Say what is done, unless that is not wanted."""
        if not self.has("q", "quiet"):
            self.system.complain(text)


async def wget(system: System, argv: Sequence[str]) -> int:
    """Fetch pages."""
    options = read_options(argv, "cqSO:o:U:P:Y:T:t:", long=LONG)
    if not options.rest:
        raise Usage("")
    try:
        form = _form(system, options)
        for url in options.rest:
            await _fetch(_Run(system, options, form), url)
    except Failure as err:
        system.complain(f"wget: {err}")
        return err.code
    return 0


def _form(system: System, options: Options) -> bytes | None:
    if "post-file" in options:
        try:
            return FileSystem(system).read(options.get("post-file"))
        except FileError as err:
            raise Failure(f"can't open '{options.get('post-file')}': {err}") from None
    return options.get("post-data").encode("utf-8", "surrogateescape") if "post-data" in options else None


async def _fetch(run: _Run, url: str) -> None:
    system, form = run.system, run.form
    place = target_of(url)
    named = run.given("O", "output-document") or posixpath.join(run.given("P"), _file_of(place))
    for turn in range(MOST_REDIRECTIONS + 1):
        place = target_of(url)
        address = lookup(system, place.host)
        if address is None:
            raise Failure(f"bad address '{place.host}'")
        if not turn:
            run.tell(f"Connecting to {place.netloc} ({address}:{place.port})")
        answer = await _asked(run, place, address, form)
        if run.has("S", "server-response"):
            for line in [answer.line, *(f"{name}: {value}" for name, value in answer.headers), ""]:
                system.complain(f"  {line}")
        location = answer.header("location")
        if answer.status not in (301, 302, 303, 307, 308) or not location:
            break
        if turn == MOST_REDIRECTIONS:
            raise Failure("too many redirections")
        url, form = urljoin(f"{place.scheme}://{place.netloc}{place.path}", location), None
    if answer.status not in (200, 204, 206):
        raise Failure(f"server returned error: {answer.line}")
    if "spider" in run.options:
        run.tell("remote file exists")
        return
    _save(system, named, answer, run.tell, chosen="O" in run.options)


def _file_of(target: Target) -> str:
    return target.path.partition("?")[0].rstrip("/").rpartition("/")[2] or "index.html"


async def _asked(run: _Run, target: Target, address: str, form: bytes | None) -> Answer:
    where = f"can't connect to remote host ({address})"
    agent = run.given("U", "user-agent") or "Wget"
    request = request_of("POST" if form is not None else "GET", target, agent, run.options.all("header"), form)
    wait_s = float(run.given("T", "timeout") or PATIENCE_S)
    try:
        answer = await ask(run.system, target, address, request, wait_s)
    except ConnectionRefusedError:
        raise Failure(f"{where}: Connection refused") from None
    except TimeoutError:
        raise Failure(f"{where}: Connection timed out") from None
    except OSError as err:
        raise Failure(f"{where}: {err.strerror or err}") from None
    if target.scheme != "http":
        raise Failure("error getting response: only http is simulated")
    if not answer.line.startswith("HTTP/"):
        raise Failure("error getting response")
    return answer


def _save(system: System, name: str, answer: Answer, tell: Callable[[str], None], *, chosen: bool) -> None:
    bar = f"{posixpath.basename(name)[:20]:<20} 100% |{BAR}| {len(answer.body):5d}  0:00:00 ETA"
    files = FileSystem(system)
    if name != "-":
        if not chosen and files.exists(name):
            raise Failure(f"can't open '{name}': File exists")
        try:
            files.write(name, answer.body)
        except FileError as err:
            raise Failure(f"can't open '{name}': {err}") from None
    tell("writing to stdout" if name == "-" else f"saving to '{name}'")
    if name == "-":
        system.write(answer.body)
    if not answer.whole:
        raise Failure("connection closed prematurely")
    if answer.status != 204:
        tell(bar)
    tell("written to stdout" if name == "-" else f"'{name}' saved")
