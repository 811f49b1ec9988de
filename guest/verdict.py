"""Whether what came out of the guest is good: all of the course passed, nothing left out, the broken mesh seen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swarmkit_helpers.course.sections import SECTIONS

from .errors import NBSP, GuestError

__all__ = ["faults", "read"]


def read(path: Path) -> dict[str, Any]:
    """A file of JSON that the guest left.

    Raises
    ------
    GuestError
        It is not there, or was cut short.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as err:
        console = path.parent / "console.log" if path.parent.name != "course" else path.parents[1] / "console.log"
        raise GuestError(f"l'invité n'a pas laissé {path.name}{NBSP}: {err}", f"lisez {console}") from err
    return found


def faults(
    report: Mapping[str, Any], facts: Mapping[str, Any], more: Sequence[Mapping[str, Any]], wanted: Sequence[str]
) -> list[str]:
    """Why the stage is not passed, in French; empty when it is.

    Parameters
    ----------
    report
        Of the course, as `swarmlab run` wrote it.
    facts
        Steps and what was left behind.
    more
        Of what was looked at beside the course: each says what was wrong.
    wanted
        Sections that had to run; all when empty.
    """
    ran = {section["id"] for section in report["sections"]}
    wrong = [f"la section {identity} n'a pas été exécutée" for identity in wanted or SECTIONS if identity not in ran]
    for section in report["sections"]:
        if section["status"] != "passed":
            wrong.append(f"section {section['id']}{NBSP}: {section.get('error', section['status'])}")
        for check in section["checks"]:
            if check["outcome"] == "not_run":
                wrong.append(f"le contrôle {check['id']} n'a pas été fait{NBSP}: {check['observed']}")
    steps = facts["steps"]
    wrong += [f"l'étape {name} a fini par {step['code']}" for name, step in steps.items() if step["code"]]
    wrong += [line for seen in more for line in seen["wrong"]]
    wrong += [f"le labo a laissé {left}" for left in facts.get("left", ["on ne sait quoi"])]
    return wrong
