"""What differs by kernel: one table made from two reports of the same course."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmkit_helpers.lab.kernel import LACKS
from swarmkit_helpers.outcome import MARKS, Outcome

__all__ = ["differences", "table"]

Report = Mapping[str, Any]


def differences(here: Report, guest: Report) -> list[tuple[str, str, Outcome, Outcome, str]]:
    """Each check whose outcome differs: its number, its title, its outcome here, in the guest, and why, in French.

    Sections are compared only where both reports have them.
    """
    there = {check["id"]: check for section in guest["sections"] for check in section["checks"]}
    rows = []
    for section in here["sections"]:
        for check in section["checks"]:
            other = there.get(check["id"])
            if other is not None and other["outcome"] != check["outcome"]:
                lack = check.get("lack") or other.get("lack")
                why = LACKS[lack].effect if lack else (check if check["outcome"] != "passed" else other)["observed"]
                rows.append((check["id"], check["title"], check["outcome"], other["outcome"], why))
    return rows


def table(here: Report, guest: Report) -> str:
    """The same in Markdown, with the capabilities and the durations of each section."""
    lines = ["| le noyau a | cette machine | l'invité |", "|---|---|---|"]
    for name, present in guest["lab"]["capabilities"].items():
        lines.append(f"| {name} | {_yes(here['lab']['capabilities'][name])} | {_yes(present)} |")
    lines += ["", "| contrôle | ce qui est attendu | cette machine | l'invité | pourquoi |", "|---|---|---|---|---|"]
    for identity, title, outcome, other, why in differences(here, guest):
        lines.append(f"| {identity} | {title} | {MARKS[outcome].word} | {MARKS[other].word} | {why} |")
    lines += ["", "| section | cette machine, s | l'invité, s |", "|---|---|---|"]
    durations = {section["id"]: section["duration_s"] for section in here["sections"]}
    for section in guest["sections"]:
        before = durations.get(section["id"])
        lines.append(f"| {section['id']} | {_french(before)} | {_french(section['duration_s'])} |")
    return "\n".join(lines) + "\n"


def _yes(present: bool) -> str:
    return "oui" if present else "non"


def _french(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f}".replace(".", ",")
