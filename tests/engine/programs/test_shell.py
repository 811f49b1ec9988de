"""The shell, against the machine's own sh for what needs no container, and against what was seen of BusyBox's."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swarmkit_helpers.engine.programs import catalogue
from swarmkit_helpers.engine.programs.streams import PipeReader

from .bench import Bench, play

DASH = "/bin/dash"


def ours(script: str, *arguments: str, programs: frozenset[str] = catalogue.TOOLS) -> tuple[int, str]:
    """Exit code and output of our shell."""
    found: list[tuple[int, str]] = []

    async def scenario() -> None:
        bench = Bench()
        bench.add("c", programs)
        code, out, _ = await bench.run("c", "sh", "-c", script, "name", *arguments)
        found.append((int(code), out))
        await bench.close()

    play(scenario())
    return found[0]


def theirs(script: str, *arguments: str) -> tuple[int, str]:
    """The same of dash."""
    done = subprocess.run(
        [DASH, "-c", script, "name", *arguments],
        capture_output=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": "/root"},
    )
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape")


SCRIPTS = [
    "echo a  b; echo 'a  b'; echo \"a  b\"",
    'x="a  b"; echo $x; echo "$x"',
    'for w in "$@"; do echo "<$w>"; done',
    'for w in $*; do echo "<$w>"; done; for w in "$*"; do echo "<$w>"; done',
    "for w; do printf '[%s]' \"$w\"; done",
    'echo "${1:-none}" "${9:-none}" "${9:+some}" "${1:+some}" "${#1}" $#',
    "x=file.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.}",
    "echo $((1 + 2 * 3)) $((7 / 2)) $((7 % 3)) $((-7 / 2)) $((1 << 4)) $((3 > 2 ? 10 : 20)) $(( (1+2)*3 ))",
    "i=0; while [ $i -lt 3 ]; do echo $i; i=$((i + 1)); done",
    "i=0; until [ $i -ge 2 ]; do i=$((i + 1)); [ $i = 1 ] && continue; echo $i; done",
    "case abc in x) echo no;; a*) echo yes;; *) echo other;; esac",
    'case "a*" in "a*") echo quoted;; esac; case ab in "a*") echo bad;; a?) echo good;; esac',
    "if false; then echo 1; elif true; then echo 2; else echo 3; fi",
    "false || echo or; true && echo and; ! false; echo $?",
    '(exit 3); echo $?; { echo group; }; (x=1; echo $x); echo "[$x]"',
    'f() { echo "$1-$#"; return 4; }; f a b; echo $?',
    'echo one | { read x; echo "got $x"; }; printf \'a b c\\n\' | while read x y; do echo "$x/$y"; done',
    'x=$(echo hi; echo there); echo "$x"; echo $x; echo `echo back`',
    "printf '%s|%5d|%-5s|%05d|%x|%c\\n' a 42 b 7 255 hello",
    "printf '%s\\n' a b c; printf '\\036%s\\037' x; printf '%b' 'a\\nb\\n'",
    "echo err >&2; echo out 2>/dev/null; { echo a; echo b >&2; } 2>&1",
    "cat <<EOF\nhello $1 $((1+1))\nEOF\ncat <<'EOF'\nhello $1\nEOF\n",
    "exec 3>&1; echo x >&3; exec 3>&-",
    "set -- a 'b c' d; echo $#; shift; echo \"$1\"; shift 2; echo $#",
    "set -e; false || true; echo here; false; echo never",
    "trap 'echo bye' EXIT; echo hi; exit 5",
    'IFS=:; x=a:b::c; for w in $x; do echo "<$w>"; done',
    "x='*'; echo \"$x\"; echo '*'",
    "unset x; echo ${x-unset} ${x:=set} $x",
    "for i in 1 2 3; do for j in a b; do [ $i = 2 ] && break 2; echo $i$j; done; done",
    "eval 'echo $((2*3))'; command echo cmd; type : >/dev/null && echo ok",
    "sleep 0.01 & wait; echo done",
    "{ sleep 0.01; echo bg; } & wait $!; echo $?",
    "x=1; x=2 true; echo $x; x=3 :; echo $x",
    "test -z '' && test -n a && [ a = a -a b != c ] && [ ! -e /nope ]; echo $?",
    "echo a\\\nb; echo 'x'\\''y'",
    "nope_such_command; echo $?",
    "exit 300",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_says_what_dash_says(script: str) -> None:
    arguments = ("first one", "", "third")
    assert ours(script, *arguments) == theirs(script, *arguments)


WORDS = st.text(alphabet=" ab:\t\n*?'\\\"$", max_size=8)
PARTS = st.sampled_from(
    ["$x", '"$x"', "'$x'", "a", "'b c'", '"b  c"', "\\ ", "${x}", '"${x}"', "$*", "$@", '"$@"', '"$*"', "${x:-d e}",
     '"${x:-d e}"', "${n-'p  q'}", "${n:-$x}", "${#x}", "$(printf %s \"$x\")", '"$(printf %s "$x")"', "$((1+1))", "''"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    value=WORDS,
    arguments=st.lists(WORDS, max_size=3),
    parts=st.lists(PARTS, min_size=1, max_size=5),
    spaced=st.booleans(),
)
def test_words_are_split_and_quoted_as_dash_does(
    value: str, arguments: list[str], parts: list[str], spaced: bool
) -> None:
    # Where "$@" touches another expansion, dash loses empty arguments, or finds some that are not there.
    assume('"$@"' not in parts or spaced or len(parts) == 1)
    quoted = "'" + value.replace("'", "'\\''") + "'"
    line = (" " if spaced else "").join(parts)
    script = f"set -f; x={quoted}; for w in {line}; do printf '<%s>' \"$w\"; done; echo"
    assert ours(script, *arguments) == theirs(script, *arguments)


@settings(max_examples=40, deadline=None)
@given(value=st.text(alphabet=" ab:,", max_size=8), separators=st.sampled_from([":", " :", ",", ": ,", ""]))
def test_fields_are_split_as_dash_does(value: str, separators: str) -> None:
    script = f"IFS='{separators}'; x='{value}'; for w in $x; do printf '<%s>' \"$w\"; done; "
    script += 'printf "%s\\n" "$x" | { read a b; printf "[%s][%s]" "$a" "$b"; }'
    assert ours(script) == theirs(script)


def in_alpine(script: str) -> tuple[int, str, str]:
    """What a script does where sh is BusyBox's."""
    found: list[tuple[int, str, str]] = []

    async def scenario() -> None:
        bench = Bench()
        bench.add("c")
        found.append(await bench.run("c", "sh", "-c", script))
        await bench.close()

    play(scenario())
    return found[0]


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("nope", 127, "sh: nope: not found\n"),
        ("if then", 2, 'sh: syntax error: unexpected "then"\n'),
        ("echo $((", 2, "sh: syntax error: missing '))'\n"),
        ("echo ${a?b}", 2, "sh: a: b\n"),
        ("cat < /nope", 1, "sh: can't open /nope: no such file\n"),
        ("> /nope/x", 1, "sh: can't create /nope/x: nonexistent directory\n"),
        ("for", 2, "sh: syntax error: bad for loop variable\n"),
        ('echo "abc', 2, "sh: syntax error: unterminated quoted string\n"),
        ("cd /nope", 2, "sh: cd: line 0: can't cd to /nope: No such file or directory\n"),
        ("/etc/hosts", 126, "sh: /etc/hosts: Permission denied\n"),
        ("timeout 1 sleep 5", 143, "Terminated\n"),
        ("sleep abc", 1, "sleep: invalid number 'abc'\n"),
        ("trap exit TERM; kill -TERM $$; echo not", 0, ""),
    ],
)
def test_errors_are_those_of_busybox(script: str, code: int, said: str) -> None:
    """Seen on the real image: ``docker exec … sh -c``."""
    assert in_alpine(script) == (code, "", said)


def test_a_stuck_reader_and_an_endless_writer_end() -> None:
    assert in_alpine("yes | head -n 2; while :; do echo y; done | head -n 1") == (0, "y\ny\ny\n", "")


def test_a_trapped_signal_ends_a_loop() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.add("c")
        run = bench.start("c", "sh", "-c", "trap exit TERM; echo up; while :; do sleep 0.2; done", pid=1)
        await run.until("up")
        run.signal("SIGTERM")
        assert await run.wait() == 0
        await bench.close()

    play(scenario())


def test_lines_are_read_as_they_are_typed() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.add("c")
        typed = PipeReader()
        run = bench.start("c", "sh", stdin=typed, tty=True)
        await run.until("/ # ")
        typed.feed_data(b"x=1\nif true; then\necho $x\nfi\nfi\ncd /tmp\n")
        await run.until("/tmp # ")
        assert run.out == "1\n"
        assert run.err == '/ # / # > > > / # sh: syntax error: unexpected "fi"\n/ # /tmp # '.replace("> > > ", "> > ")
        typed.feed_data(b"exit 3\n")
        assert await run.wait() == 3
        await bench.close()

    play(scenario())


def test_ctrl_c_ends_what_runs_in_front() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.add("c")
        typed = PipeReader()
        run = bench.start("c", "sh", stdin=typed, tty=True)
        typed.feed_data(b"sleep 1000000; echo $?\n")
        await asyncio.sleep(0.05)
        run.signal("SIGINT")
        await run.until("130")
        typed.feed_eof()
        assert await run.wait() == 0
        await bench.close()

    play(scenario())
