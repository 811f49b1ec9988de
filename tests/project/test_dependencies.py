"""pyproject.toml, requirements.lock and environment.yml name the same dependencies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = [Requirement(text) for texts in PROJECT["project"]["optional-dependencies"].values() for text in texts]
BUILD = {"hatchling", "editables"}
CONDA_NAMES = {
    "docker": "docker-py",
    "jupyter-client": "jupyter_client",
    "jupyter-server": "jupyter_server",
    "matplotlib": "matplotlib-base",
}
PYTHONS = ("3.11", "3.12", "3.13")


def locked() -> dict[str, list[tuple[Version, Marker | None]]]:
    """Each name of the lock -> its versions, each with the marker under which it holds."""
    found: dict[str, list[tuple[Version, Marker | None]]] = {}
    for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            pin = Requirement(line.removesuffix("\\").strip())
            (specifier,) = pin.specifier
            assert specifier.operator == "==", line
            found.setdefault(canonicalize_name(pin.name), []).append((Version(specifier.version), pin.marker))
    return found


def conda() -> dict[str, str]:
    """Each name of environment.yml -> its range."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    assert all(isinstance(entry, str) for entry in entries), "no pip section: conda solves all"
    return {name: limits.strip() for name, _, limits in (entry.partition(" ") for entry in entries)}


@pytest.mark.parametrize("wanted", RUNTIME + EXTRAS, ids=lambda wanted: wanted.name)
def test_lock_holds_it_within_its_range_on_every_python(wanted: Requirement) -> None:
    pins = locked().get(canonicalize_name(wanted.name), [])
    for python in PYTHONS:
        scope = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
        versions = [version for version, marker in pins if marker is None or marker.evaluate(scope)]
        assert len(versions) == 1, f"{wanted.name} on Python {python}: {versions}"
        assert versions[0] in wanted.specifier


def test_every_pin_of_the_lock_has_its_checksums() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)[1:]
    assert len(entries) == sum(len(pins) for pins in locked().values()) > len(RUNTIME + EXTRAS)
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_lock_says_how_it_is_made_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert text.splitlines()[1] == "#    make lock"
    assert re.findall(r"https?:|file:|--index-url|--find-links|--extra-index-url| @ ", text) == []


def test_conda_has_the_same_dependencies_with_the_same_ranges() -> None:
    wanted = {
        CONDA_NAMES.get(requirement.name, requirement.name.lower()): str(requirement.specifier)
        for requirement in RUNTIME + [extra for extra in EXTRAS if extra.name in BUILD]
    }
    wanted |= {"python": PROJECT["project"]["requires-python"], "pip": ""}
    assert conda() == wanted


def test_conda_pins_nothing_and_asks_only_conda_forge() -> None:
    assert {name: limits for name, limits in conda().items() if "=" in limits.replace(">=", "")} == {}
    channels = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["channels"]
    assert channels == ["conda-forge", "nodefaults"]


def test_the_build_uses_what_the_lock_holds() -> None:
    for text in PROJECT["build-system"]["requires"]:
        wanted = Requirement(text)
        assert wanted.name in BUILD
        assert all(version in wanted.specifier for version, _ in locked()[wanted.name])
