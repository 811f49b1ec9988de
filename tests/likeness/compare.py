"""Compares two normalised plays of a scenario, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from .events import event_key
from .operations import operation

__all__ = ["ABSENT", "Compared", "Difference", "compare"]

ABSENT = "(absent)"
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of an answer that is not the same."""

    scenario: str
    step: int
    call: str
    host: str
    operation: str
    field: str
    real: str
    embedded: str

    def __str__(self) -> str:
        return (
            f"{self.scenario} {self.step} {self.host} {self.call}\n    {self.field}\n"
            f"      real     {self.real}\n      embedded {self.embedded}"
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared of a scenario: per step its operation and its count of fields; and what differs."""

    steps: tuple[tuple[str, int], ...]
    differences: tuple[Difference, ...]


def compare(real: Any, embedded: Any) -> Compared:
    """Compare two plays of one scenario.

    Raises
    ------
    ValueError
        They are not of the same scenario, as it is written now.
    """
    calls = [[(step["call"], step["host"]) for step in played["steps"]] for played in (real, embedded)]
    if real["scenario"] != embedded["scenario"] or calls[0] != calls[1]:
        raise ValueError(f"not the same requests: {real['scenario']} was changed since it was recorded")
    steps, differences = [], []
    for number, (one, other) in enumerate(zip(real["steps"], embedded["steps"], strict=True)):
        asked = operation(one["call"])
        compared = [pair for pair in fields(one, other, "") if pair[0] not in ("call", "host")]
        steps.append((asked, len(compared)))
        differences += [
            Difference(real["scenario"], number, one["call"], one["host"], asked, field, shown(left), shown(right))
            for field, left, right in compared
            if left is ABSENT or right is ABSENT or left != right or type(left) is not type(right)
        ]
    return Compared(tuple(steps), tuple(differences))


def fields(one: Any, other: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Give each field of either, with its value in both."""
    if isinstance(one, dict) and isinstance(other, dict) and (one or other):
        for name in [*one, *(name for name in other if name not in one)]:
            yield from fields(one.get(name, ABSENT), other.get(name, ABSENT), f"{place}.{name}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and (one or other):
        for number, (left, right) in enumerate(pairs(one, other)):
            yield from fields(left, right, f"{place}[{number}]")
    else:
        yield place, one, other


def pairs(one: list[Any], other: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair two lists: events by what they tell, so that one that lacks makes no others differ; others by place."""
    if not all(isinstance(item, dict) and "Actor" in item for item in (*one, *other)):
        yield from zip_longest(one, other, fillvalue=ABSENT)
        return
    known, told = [event_key(item) for item in one], [event_key(item) for item in other]
    for how, begin, end, start, stop in SequenceMatcher(None, known, told, autojunk=False).get_opcodes():
        if how == "equal":
            yield from zip(one[begin:end], other[start:stop], strict=True)
        else:
            yield from ((item, ABSENT) for item in one[begin:end])
            yield from ((ABSENT, item) for item in other[start:stop])


def shown(value: Any) -> str:
    text = value if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
