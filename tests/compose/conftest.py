"""Stack files written by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Protocol

import pytest

from swarmkit_helpers.compose.file import StackFile, read_stack
from swarmkit_helpers.errors import StackFileError

HEAD = 'version: "3.8"\nservices:\n  a:\n    image: alpine\n'
"""Four lines: what the tests put after it begins on line 5."""


class Read(Protocol):
    def __call__(self, *texts: str, variables: Mapping[str, str] | None = None) -> StackFile: ...


class Refusals(Protocol):
    def __call__(self, *texts: str, variables: Mapping[str, str] | None = None) -> list[tuple[int, str, str]]: ...


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of its own, with nothing in the environment but HOME."""
    monkeypatch.chdir(tmp_path)
    for name in ("A", "B", "U", "V"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/root")
    return tmp_path


@pytest.fixture
def read(place: Path) -> Read:
    """Read texts as files ``stack.yml``, ``stack1.yml``…; one that begins with spaces is of service ``a``."""

    def read_texts(*texts: str, variables: Mapping[str, str] | None = None) -> StackFile:
        files = []
        for index, text in enumerate(texts):
            file = Path(f"stack{index or ''}.yml")
            (place / file).write_text(HEAD + text if text.startswith("    ") else dedent(text), "utf-8")
            files.append(file)
        return read_stack(files, variables=variables)

    return read_texts


@pytest.fixture
def refusals(read: Read) -> Refusals:
    """What is wrong with texts: line, path and message of each problem."""

    def refusals_of(*texts: str, variables: Mapping[str, str] | None = None) -> list[tuple[int, str, str]]:
        with pytest.raises(StackFileError) as caught:
            read(*texts, variables=variables)
        return [
            (line, path, message.replace("\N{NO-BREAK SPACE}", " ")) for _, line, path, message in caught.value.problems
        ]

    return refusals_of
