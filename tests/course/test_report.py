"""The report: its fields are a contract with what reads it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from swarmkit_helpers.course.checks import CheckResult
from swarmkit_helpers.course.export import external_loads, images_without_alt
from swarmkit_helpers.course.report import Report, SectionReport

CHECKS = (
    CheckResult("13.1", "Le service est là", "passed", "5/5"),
    CheckResult("13.2", "Le VIP répond", "not_run", "pas d'IPVS", lack="ipvs"),
    CheckResult("13.3", "Le réseau est vide", "failed", "2 conteneurs", "le service y est encore", "docker service ls"),
)
REPORT = Report(
    backend="local",
    engine="20.10.24",
    nodes=3,
    capabilities={"ipvs": False},
    sections=(
        SectionReport("13", "13_deplacer_service.ipynb", "failed", 31.24, 24, CHECKS, "contrôle 13.3 échoué"),
        SectionReport("14", "14_dns_decouverte.ipynb", "passed", 10.0, 30, CHECKS[:1]),
    ),
)


def test_json(tmp_path: Path) -> None:
    REPORT.write(tmp_path)
    read = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert read["lab"] == {"backend": "local", "engine": "20.10.24", "nodes": 3, "capabilities": {"ipvs": False}}
    assert read["totals"] == {
        "sections": 2,
        "cells": 54,
        "checks": 4,
        "passed": 2,
        "failed": 1,
        "not_run": 1,
        "duration_s": 41.2,
    }
    section = read["sections"][0]
    assert {key: section[key] for key in ("id", "notebook", "status", "duration_s", "cells")} == {
        "id": "13",
        "notebook": "13_deplacer_service.ipynb",
        "status": "failed",
        "duration_s": 31.2,
        "cells": 24,
    }
    assert [(check["id"], check["outcome"], check["observed"]) for check in section["checks"]] == [
        ("13.1", "passed", "5/5"),
        ("13.2", "not_run", "pas d'IPVS"),
        ("13.3", "failed", "2 conteneurs"),
    ]
    assert section["checks"][1]["lack"] == "ipvs"
    assert [path.name for path in tmp_path.glob("*.draft")] == []


def test_junit(tmp_path: Path) -> None:
    REPORT.write(tmp_path)
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot().findall("testsuite")
    assert [(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped")) for s in suites] == [
        ("section_13", "4", "2", "1"),
        ("section_14", "2", "0", "0"),
    ]


@pytest.mark.parametrize(("sections", "passed"), [((), False), (REPORT.sections, False), (REPORT.sections[1:], True)])
def test_passed_only_when_something_ran_and_all_of_it_passed(sections: tuple[SectionReport, ...], passed: bool) -> None:
    assert Report("local", "20.10.24", 3, {}, sections).passed is passed


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        "<script src='//cdn.example/x.js'></script>",
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        '<img alt="a" src="http://example/x.png">',
        "<style>@import url(https://cdn.example/x.css);</style>",
        "<style>a { background: url('https://cdn.example/x.png') }</style>",
        '<script type="module">import x from "y"; import("https://cdn.example/x.mjs")</script>',
        '<script type="module">import x from "https://cdn.example/x.mjs"</script>',
    ],
)
def test_what_a_page_would_fetch_is_found(html: str) -> None:
    assert external_loads(html) != []


def test_links_to_follow_are_not_fetched() -> None:
    assert external_loads('<a href="https://docs.docker.com/">doc</a><img alt="a" src="data:image/png;base64,x">') == []


def test_images_that_say_nothing_are_found() -> None:
    html = '<img src="a"><img alt="" src="b"><img alt="   " src="c"><img src="d" alt="Trois nœuds">'
    assert len(images_without_alt(html)) == 3
