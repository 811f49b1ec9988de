"""Patterns of names and platforms: as Go reads them."""

from __future__ import annotations

import pytest

from swarmkit_helpers.engine.api.patterns import BadPattern, compiled
from swarmkit_helpers.engine.node.platforms import Platform, platform
from swarmkit_helpers.engine.refusal import Refusal


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("alp*", "alpine:latest", True),
        ("*", "a/b", False),
        ("*/*", "a/b", True),
        ("alpin?", "alpine", True),
        ("[a-c]lpine", "alpine", True),
        ("[^a]lpine", "alpine", False),
        (r"\*", "*", True),
        ("a.c", "abc", False),
        ("", "", True),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert bool(compiled(pattern).fullmatch(text)) is fits


@pytest.mark.parametrize("pattern", ["[", "a[b", "[]", "\\", "[z-a]"])
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(BadPattern, match="syntax error in pattern"):
        compiled(pattern)


@pytest.mark.parametrize(
    ("text", "shown", "runs"),
    [
        ("linux", "linux/amd64", True),
        ("LINUX/x86_64", "linux/amd64", True),
        ("linux/amd64/v9", "linux/amd64/v9", True),
        ("macos", "darwin/amd64", False),
        ("arm", "linux/arm", False),
        ("linux/arm/v7", "linux/arm/v7", False),
        ("linux/arm64/v8", "linux/arm64/v8", False),
        ("linux/386", "linux/386", False),
    ],
)
def test_platforms(text: str, shown: str, runs: bool) -> None:
    assert (str(platform(text)), platform(text).runs(Platform())) == (shown, runs)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foo", '"foo": unknown operating system or architecture: invalid argument'),
        ("a/b/c/d", '"a/b/c/d": cannot parse platform specifier: invalid argument'),
        ("lin*x", '"lin*x": wildcards not yet supported: invalid argument'),
        (
            "/",
            '"" is an invalid component of "/": platform specifier component must match "^[A-Za-z0-9_-]+$": '
            "invalid argument",
        ),
    ],
)
def test_what_is_no_platform(text: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        platform(text)
    assert (refused.value.status, refused.value.message) == (400, message)
