"""Where a registry answers, an image is pinned to its digest, as ``docker stack deploy`` does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from swarmkit_helpers.lab import record
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.images import ALPINE, TOOLS, provide

from . import oracle

pytestmark = pytest.mark.swarm

STACK = "registre"
REFERENCE = "127.0.0.1:5000/cours/bonjour:1"
FILE = """
version: "3.8"
services:
  un: {image: "%s", command: sleep 1d, deploy: {placement: {constraints: [node.role == manager]}}}
  deux: {image: alpine, command: sleep 1d}
"""
CONFIG = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {0}}}}}
http: {{addr: "127.0.0.1:5000"}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "stack.yml"
    path.write_text(FILE % REFERENCE, "utf-8")
    return path


@pytest.fixture
def registry(parked: Lab, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A registry beside the manager's engine, reached from that node only, that holds one image."""
    config = tmp_path / "registry.yml"
    config.write_text(CONFIG.format(tmp_path / "registry"), encoding="ascii")
    pid = (record.home() / parked.name / parked.manager.name / "pid").read_text("ascii").strip()
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "docker-registry", "serve", str(config)]
    provide([parked.manager], [ALPINE, TOOLS], internet=False)
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(inside, stdout=log, stderr=log) as process:
        try:
            push(parked, ALPINE)
            yield process
        finally:
            process.terminate()
            oracle.clear(parked, STACK)
            parked.manager.api.remove_image(REFERENCE, force=True)


def push(lab: Lab, image: str) -> None:
    api = lab.manager.api
    api.tag(image, REFERENCE)
    deadline = time.monotonic() + 20
    while errors := [line for line in api.push(REFERENCE, stream=True, decode=True) if "error" in line]:
        assert time.monotonic() < deadline, errors
        time.sleep(0.1)


def test_an_image_is_pinned_as_the_cli_pins_it(parked: Lab, registry: subprocess.Popen[bytes], file: Path) -> None:
    online = replace(parked, capabilities=replace(parked.capabilities, internet=True))
    for cli in oracle.CLIS:
        oracle.clear(parked, STACK)
        oracle.cli_deploy(cli, parked, [file], STACK)
        after_cli = oracle.report(parked, STACK)
        oracle.clear(parked, STACK)
        oracle.ours(online, [file], STACK)
        assert oracle.report(parked, STACK) == after_cli
    task = after_cli["services"][f"{STACK}_un"]["TaskTemplate"]
    first = task["ContainerSpec"]["Image"]
    assert first.startswith(f"{REFERENCE}@sha256:") and task["Placement"]["Platforms"][0]["OS"] == "linux"
    assert after_cli["services"][f"{STACK}_deux"]["TaskTemplate"]["ContainerSpec"]["Image"] == "alpine:latest"
    assert not oracle.ours(online, [file], STACK).updated

    push(parked, TOOLS)
    assert [item.name for item in oracle.ours(online, [file], STACK).updated] == [f"{STACK}_un"]
    second = oracle.report(parked, STACK)
    assert second["services"][f"{STACK}_un"]["TaskTemplate"]["ContainerSpec"]["Image"] not in ("", first)
    oracle.cli_deploy(oracle.CLIS[0], parked, [file], STACK)
    assert oracle.report(parked, STACK) == second

    registry.terminate()
    registry.wait(10)
    assert not oracle.ours(online, [file], STACK).updated, "the digest is kept while no registry answers"
    assert not oracle.ours(parked, [file], STACK).updated
    assert oracle.report(parked, STACK) == second
