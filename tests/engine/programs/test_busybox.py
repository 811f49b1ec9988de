"""BusyBox's own programs on this machine, beside ours: exit code, output and errors are the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .oracle import needs_busybox, ours, theirs

FILES: Mapping[str, bytes] = {
    "f": b"alpha\nbeta 2\ngamma  3\n\ndelta\tx\nalpha\nBETA 10\nlast",
    "g": b"one:two:three\na:b:c\nnone\n:x\n",
    "n": b"10\n9\n-3\n 4\n4.5\nabc\n10\n",
    "d/x": b"1\n",
    "d/y.txt": b"alpha in y\n",
    "e": b"",
    "k": b"b 2 z\na 10 y\nc 2 x\na 9 w\n",
}
TYPED = b"in put\n"


def scripts() -> dict[str, list[str]]:
    """By what they are about; in the file, one on each line, with ↵ for an end of line in it."""
    text = Path(__file__).with_name("busybox_scripts.txt").read_text("utf-8")
    blocks = (block.splitlines() for block in text.removeprefix("@").split("\n@"))
    return {lines[0]: [line.replace("↵", "\n") for line in lines[1:]] for lines in blocks}


SCRIPTS = scripts()


@needs_busybox
@pytest.mark.parametrize("kind", SCRIPTS)
def test_it_does_what_busybox_does(kind: str) -> None:
    for script in SCRIPTS[kind]:
        said = ours(script, stdin=TYPED, files=FILES)
        assert (script, said) == (script, theirs(script, stdin=TYPED, files=FILES))


WORDS = st.sampled_from(
    ["a", "'b c'", '"$x"', "$x", '"$1"', "$#", "${x:-d}", "${u:-'e f'}", '"${u-g}"', "${x#a}", "${x%?}", "$(echo h)",
     "$((1+2))", "*", "'*'", "\\$x", '"a\\"b"', "${#x}", "d/*", "[fg]", "`echo i`", "~", '"$*"']
)  # fmt: skip
SIMPLE = st.one_of(
    st.lists(WORDS, min_size=1, max_size=4).map(lambda words: "echo " + " ".join(words)),
    st.lists(WORDS, min_size=1, max_size=3).map(lambda words: "printf '<%s>\\n' " + " ".join(words)),
    WORDS.map(lambda word: f"x={word}"),
    WORDS.map(lambda word: f"set -- {word} z"),
    st.sampled_from(
        ["true", "false", "cat f", "cat nofile", "(exit 3)", "[ $# -gt 1 ]", '[ "$x" = a ]', "echo $?", "cd d", "shift",
         "nosuch", "read x <g", "echo out >o", "cat o", "unset x", "x=1 env | grep -c ^x=", "return 4", "exit 5",
         "wc -l <f", "f() { echo in; return 2; }", "f", "test -e o", ": ${u?}", "break", "eval 'echo $x'"]
    ),
)  # fmt: skip


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Scripts made of smaller ones."""
    signs = st.sampled_from([" && ", " || ", "; ", " | ", "\n"])
    return st.one_of(
        st.tuples(inner, signs, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"if {two[0]}; then {two[1]}; else echo no; fi"),
        inner.map(lambda one: f"for x in 1 '2 3'; do {one}; done"),
        inner.map(lambda one: f"( {one} )"),
        inner.map(lambda one: f"{{ {one}; }} 2>/dev/null"),
        inner.map(lambda one: f"! {{ {one}; }}"),
        inner.map(lambda one: f'case "$x" in a) {one};; *c) echo c;; esac'),
        inner.map(lambda one: f"n=0; while [ $n -lt 2 ]; do n=$((n + 1)); {one}; done"),
        inner.map(lambda one: f'echo "$({one})"'),
    )


@needs_busybox
@settings(max_examples=150, deadline=None)
@given(script=st.recursive(SIMPLE, joined, max_leaves=5))
def test_scripts_do_what_they_do_with_busybox(script: str) -> None:
    whole = f'x=a; {script}\necho "$? $x $#"'
    assert ours(whole, "one", "t w o", files=FILES) == theirs(whole, "one", "t w o", files=FILES)
