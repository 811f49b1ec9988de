"""Writes docs/likeness.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from .compare import Compared, Difference
from .explained import EXPLAINED, Explanation, explanation
from .normal import RULES, UNORDERED, UNORDERED_FIELDS, UNORDERED_TEXTS
from .operations import NOT_ASKED, OPERATIONS

__all__ = ["PAGE", "page", "unexplained"]

PAGE = Path(__file__).parents[2] / "docs" / "likeness.md"

HEAD = """\
# How like the real engine the embedded one is

The same requests are played on three real engines (Debian's docker.io 20.10.24, API 1.41) and on the embedded ones,
and their answers are compared field by field: statuses, headers, bodies, streams and error messages. This page is
made by `python -m tests.likeness page`; a test holds that it is what the comparison gives now, and that no difference
is without a reason. What the real engines answered is kept in `tests/likeness/recorded/`, made by
`python -m tests.likeness record`; a test marked `swarm` records a part of it anew and compares.
"""


def unexplained(compared: Iterable[Compared]) -> list[Difference]:
    """Differences without a reason."""
    return [difference for one in compared for difference in one.differences if explanation(difference) is None]


def page(compared: Mapping[str, Compared]) -> str:
    """Give the whole page for what was compared, by scenario."""
    calls: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    reasons: dict[str, list[Explanation]] = {}
    explained: Counter[Explanation] = Counter()
    lacking: Counter[str] = Counter()
    for one in compared.values():
        for asked, fields in one.steps:
            calls[asked] += 1
            counts[asked] += fields
        for difference in one.differences:
            if why := explanation(difference):
                explained[why] += 1
                if why not in (known := reasons.setdefault(difference.operation, [])):
                    known.append(why)
            else:
                lacking[difference.operation] += 1
    numbers = {why: number for number, why in enumerate((why for why in EXPLAINED if why in explained), 1)}
    rows = [
        f"| `{asked}` | {calls[asked]} | {counts[asked]} | {lacking[asked]} | "
        + ", ".join(f"[{numbers[why]}](#reasons)" for why in sorted(reasons.get(asked, []), key=numbers.__getitem__))
        + " |"
        for asked in [*OPERATIONS, "others"]
        if calls[asked]
    ]
    return "\n".join(
        [
            HEAD,
            f"**{len(compared)} scenarios, {sum(calls.values())} requests and waits,",
            f"{sum(counts.values())} fields compared;",
            f"{sum(explained.values())} differ for a reason that is given below; {sum(lacking.values())} without.**",
            "",
            "## Operations",
            "",
            "| operation | asked | fields compared | unexplained differences | reasons of the others |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "“others” are routes and methods that do not exist, and the waits between the requests.",
            "",
            *(f"- `{asked}` is not asked: {why}." for asked, why in NOT_ASKED.items()),
            "",
            "## Reasons",
            "",
            *(f"{number}. {why.why} ({explained[why]} fields)" for why, number in numbers.items()),
            "",
            "## What is not compared",
            "",
            "An id is replaced by the place where it was first seen: the same id is still the same wherever it stands.",
            "",
            "| taken out | because |",
            "|---|---|",
            *(f"| {rule.name} | {rule.why} |" for rule in RULES),
            "",
            "These lists have no order of their own, and are sorted: "
            + ", ".join(
                f"`{name}`"
                for name in [
                    *(name.replace(" body", " ").strip() for name in (*UNORDERED, *UNORDERED_TEXTS)),
                    *UNORDERED_FIELDS,
                ]
            )
            + ".",
            "",
            "Events of one container, of one of its execs, or between it and one network stay in their order; those of",
            "different objects are put one object after the other. How often a node that joins is updated before its",
            "engine is known is chance: that is told once.",
            "",
        ]
    )
