"""The stage's last good result, kept in the repository with the commit that it belongs to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .comparison import table
from .delivery import project_files, tree_digest

__all__ = ["RESULT", "fits", "is_current", "watched_digest", "write"]

RESULT = Path("docs/full-kernel.json")
PAGE = Path("docs/full-kernel.md")
WATCHED = ("notebooks", *(f"swarmkit_helpers/{room}" for room in ("actions", "course", "lab", "probes", "topology")))
"""What the stage proves something about: once it has changed, the result is of the past."""
BUILDING_S = 300.0
"""To build the guest, where it is not kept."""
MARGIN = 1.2
INTRODUCTION = """\
# Le cours sous un noyau complet

Ce tableau est écrit par `make test-full-kernel`, à partir de deux rapports du même cours : celui de la machine où les
tests tournent d'ordinaire, et celui d'un invité émulé, dont le noyau a IPVS, ESP et netem.

"""


def watched_digest(project: Path) -> str:
    """Checksum of all files that the stage proves something about."""
    files = [name for name in project_files(project) if any(name.is_relative_to(room) for room in WATCHED)]
    return tree_digest(project, files)


def is_current(project: Path) -> bool:
    """True when the recorded result was got with these very files."""
    return _recorded(project).get("watched") == watched_digest(project)


def fits(project: Path, left_s: float) -> bool:
    """True when what the recorded result took, and some more, fits in that many seconds."""
    steps = _recorded(project).get("steps", {}).values()
    return bool(steps) and MARGIN * sum(step["duration_s"] for step in steps) + BUILDING_S <= left_s


def _recorded(project: Path) -> dict[str, Any]:
    try:
        recorded: dict[str, Any] = json.loads((project / RESULT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return recorded


def write(project: Path, report: Mapping[str, Any], facts: Mapping[str, Any], here: Mapping[str, Any] | None) -> None:
    """Record a good result; with this machine's own report, the page of what differs by kernel too."""
    words = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(words, cwd=project, capture_output=True, text=True, check=True).stdout.strip()
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True)
    result = {
        "commit": commit,
        "clean": not changed.stdout.strip(),
        "watched": watched_digest(project),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "kernel": facts["kernel"],
        "slowness": facts["slowness"],
        "steps": facts["steps"],
        "lab": report["lab"],
        "totals": report["totals"],
        "sections": {section["id"]: section["duration_s"] for section in report["sections"]},
    }
    (project / RESULT).parent.mkdir(exist_ok=True)
    (project / RESULT).write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if here is not None:
        (project / PAGE).write_text(INTRODUCTION.replace(" :", "\N{NO-BREAK SPACE}:") + table(here, report), "utf-8")
