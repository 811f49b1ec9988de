"""The report of a run of the course: report.json, junit.xml."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

from .checks import CheckResult

__all__ = ["Report", "SectionReport"]

Status = Literal["passed", "failed", "not_run"]


@dataclass(frozen=True, slots=True)
class SectionReport:
    """One section, as it was run."""

    id: str
    notebook: str
    status: Status
    duration_s: float
    cells: int = 0
    """Code cells that were executed."""
    checks: tuple[CheckResult, ...] = ()
    error: str | None = None
    """Why it is not passed, in French; None when it is."""

    def asdict(self) -> dict[str, Any]:
        """As report.json has it."""
        checks = [
            {
                "id": check.id,
                "title": check.title,
                "outcome": check.outcome,
                "observed": check.observed,
                **({"cause": check.cause} if check.cause else {}),
                **({"lack": check.lack} if check.lack else {}),
            }
            for check in self.checks
        ]
        return {
            "id": self.id,
            "notebook": self.notebook,
            "status": self.status,
            "duration_s": round(self.duration_s, 1),
            "cells": self.cells,
            "checks": checks,
            **({"error": self.error} if self.error else {}),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run."""

    backend: str
    engine: str
    """Version of the engine."""
    nodes: int
    capabilities: dict[str, bool]
    sections: tuple[SectionReport, ...] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """True when there was something to run and each section passed."""
        return bool(self.sections) and all(section.status == "passed" for section in self.sections)

    def asdict(self) -> dict[str, Any]:
        """As report.json has it."""
        checks = [check for section in self.sections for check in section.checks]
        return {
            "lab": {
                "backend": self.backend,
                "engine": self.engine,
                "nodes": self.nodes,
                "capabilities": self.capabilities,
            },
            "sections": [section.asdict() for section in self.sections],
            "totals": {
                "sections": len(self.sections),
                "cells": sum(section.cells for section in self.sections),
                "checks": len(checks),
                **{word: _count(checks, word) for word in ("passed", "failed", "not_run")},
                "duration_s": round(sum(section.duration_s for section in self.sections), 1),
            },
        }

    def write(self, directory: Path) -> None:
        """Write report.json and junit.xml, each whole or not at all."""
        _replace(directory / "report.json", json.dumps(self.asdict(), ensure_ascii=False, indent=1) + "\n")
        root = self._junit()
        ElementTree.indent(root)
        text = ElementTree.tostring(root, encoding="unicode")
        _replace(directory / "junit.xml", f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')

    def _junit(self) -> ElementTree.Element:
        root = ElementTree.Element("testsuites", name="cours")
        for section in self.sections:
            group = f"section_{section.id}"
            seconds = f"{section.duration_s:.1f}"
            suite = ElementTree.SubElement(root, "testsuite", name=group, time=seconds)
            whole = ElementTree.SubElement(suite, "testcase", classname=group, name=section.notebook, time=seconds)
            if section.status == "failed":
                ElementTree.SubElement(whole, "failure", message=section.error or "échec")
            for check in section.checks:
                case = ElementTree.SubElement(suite, "testcase", classname=group, name=f"{check.id} {check.title}")
                if check.outcome == "failed":
                    ElementTree.SubElement(case, "failure", message=f"{check.observed} {check.cause}".strip())
                elif check.outcome == "not_run":
                    ElementTree.SubElement(case, "skipped", message=check.observed)
            suite.set("tests", str(1 + len(section.checks)))
            suite.set("failures", str(len(suite.findall("testcase/failure"))))
            suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
        return root


def _count(checks: Sequence[CheckResult], outcome: str) -> int:
    return sum(check.outcome == outcome for check in checks)


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)
