"""The engine's packages: what is missing, what is said, what is installed, and that nothing is started."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from swarmkit_helpers import cli
from swarmkit_helpers.errors import BackendUnavailable
from swarmkit_helpers.lab import packages

DEBIAN = {"ID": "debian"}
MINT = {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}
FEDORA = {"ID": "fedora"}
COMMANDS = [command for need in packages.NEEDS for command in need.commands]


class Machine:
    """A machine of which the tests choose the system, the user and the commands; apt really only notes its calls."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = directory / "bin"
        self.policy = directory / "sbin" / "policy-rc.d"
        self.calls: list[list[str]] = []
        self.policies: list[str | None] = []
        self.said: list[str] = []
        self.brings: tuple[str, ...] = tuple(COMMANDS)
        self.code = 0
        self._set = monkeypatch.setattr
        self.bin.mkdir()
        self.policy.parent.mkdir()
        self._set(packages, "SYSTEM_PATH", str(self.bin))
        self._set(packages.missing, "__kwdefaults__", {"tests": False, "path": str(self.bin)})
        self._set(packages._no_daemon.__wrapped__, "__defaults__", (self.policy,))  # type: ignore[attr-defined]
        self._set(subprocess, "run", self._run)
        self.has("apt-get")
        self.is_a(DEBIAN)
        self.user(0)

    def has(self, *commands: str) -> None:
        for command in commands:
            (self.bin / command).write_text("#!/bin/sh\n", "utf-8")
            (self.bin / command).chmod(0o755)

    def is_a(self, release: dict[str, str]) -> None:
        self._set(platform, "freedesktop_os_release", lambda: release)

    def user(self, uid: int) -> None:
        self._set(os, "geteuid", lambda: uid)

    def _run(self, argv: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        self.calls.append(list(argv))
        self.policies.append(self.policy.read_text("utf-8") if self.policy.exists() else None)
        if "install" in argv and not self.code:
            self.has(*self.brings)
        return subprocess.CompletedProcess(list(argv), self.code, "Reading…\nE: Unable to locate package x\n", "")

    @property
    def apt(self) -> list[str]:
        """The apt-get calls, from their verb on."""
        return [" ".join(call[len(packages.APT_GET) :]) for call in self.calls if call[0] == "apt-get"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def swarmlab(*words: str) -> int:
    """The command's exit code."""
    with patch.object(sys, "argv", ["swarmlab", *words]), patch.object(signal, "signal"):
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def names(needs: Sequence[packages.Need]) -> list[str]:
    return [need.package for need in needs]


def test_all_is_missing_on_a_bare_machine(machine: Machine) -> None:
    bare = ["docker.io", "iptables", "iproute2", "dnsmasq-base", "util-linux", "mmdebstrap"]
    assert names(packages.missing()) == bare
    assert names(packages.missing(tests=True)) == [*bare, "docker-registry", "chromium"]


def test_an_engine_that_came_another_way_is_enough(machine: Machine) -> None:
    machine.has("dockerd")
    assert "docker.io" not in names(packages.missing())


def test_half_of_a_package_is_missing(machine: Machine) -> None:
    machine.has("ip")
    assert "iproute2" in names(packages.missing())
    machine.has("tc")
    assert "iproute2" not in names(packages.missing())


def test_nothing_is_missing_so_apt_is_not_called(machine: Machine) -> None:
    machine.has(*COMMANDS)
    assert swarmlab("packages", "--tests") == 0
    assert machine.calls == []


@pytest.mark.parametrize("release", [DEBIAN, MINT], ids=["debian", "mint"])
def test_root_on_a_debian_installs_only_what_is_missing(machine: Machine, release: dict[str, str]) -> None:
    machine.is_a(release)
    machine.has("dockerd", "iptables")
    packages.install(packages.missing(), notice=machine.said.append)
    wanted = ["iproute2", "dnsmasq-base", "util-linux", "mmdebstrap"]
    assert machine.apt == ["update", f"install --yes --no-install-recommends {' '.join(wanted)}"]
    assert machine.said == [f"Installation des paquets qui manquent\N{NO-BREAK SPACE}: {', '.join(wanted)}…"]
    assert packages.missing() == ()


def test_the_policy_stands_while_apt_installs_and_is_gone_after(machine: Machine) -> None:
    packages.install(packages.missing(), notice=machine.said.append)
    during = machine.policies[machine.calls.index(next(call for call in machine.calls if "install" in call))]
    assert during is not None
    assert f"/proc/{os.getpid()}" in during
    assert list(machine.policy.parent.iterdir()) == []


def test_the_policy_is_gone_after_a_failure_too(machine: Machine) -> None:
    machine.code = 100
    with pytest.raises(BackendUnavailable, match="apt-get a échoué \\(Unable to locate package x\\)"):
        packages.install(packages.missing(), notice=machine.said.append)
    assert list(machine.policy.parent.iterdir()) == []


def test_an_administrators_policy_stays(machine: Machine) -> None:
    machine.policy.write_text("#!/bin/sh\nexit 101\n", "utf-8")
    packages.install(packages.missing(), notice=machine.said.append)
    assert set(machine.policies) == {"#!/bin/sh\nexit 101\n"}
    assert machine.policy.read_text("utf-8") == "#!/bin/sh\nexit 101\n"


@pytest.mark.parametrize(
    ("unit", "alive", "code"),
    [
        ("docker.service", True, 101),
        ("docker.socket", True, 101),
        ("containerd.service", True, 101),
        ("docker-registry", True, 101),
        ("ssh.service", True, 0),
        ("docker.service", False, 0),
    ],
)
def test_the_policy_itself(tmp_path: Path, unit: str, alive: bool, code: int) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    policy = tmp_path / "policy-rc.d"
    policy.write_text(packages.POLICY.format(pid=os.getpid() if alive else gone.pid), "utf-8")
    policy.chmod(0o755)
    assert subprocess.run([policy, unit, "start"], check=False).returncode == code


def test_installed_but_still_incomplete_is_an_error(machine: Machine) -> None:
    machine.brings = ("dockerd",)
    with pytest.raises(BackendUnavailable, match="iptables est installé mais incomplet"):
        packages.install(packages.missing(), notice=machine.said.append)


@pytest.mark.parametrize(
    ("uid", "release", "told"),
    [
        (1000, DEBIAN, "→ sudo apt-get update && sudo apt-get install -y --no-install-recommends docker.io iptables"),
        (0, FEDORA, "de quoi fournir\N{NO-BREAK SPACE}: dockerd, iptables, ip, tc"),
    ],
    ids=["not root", "not a Debian"],
)
def test_elsewhere_what_to_do_is_said(
    machine: Machine, capsys: pytest.CaptureFixture[str], uid: int, release: dict[str, str], told: str
) -> None:
    machine.user(uid)
    machine.is_a(release)
    assert swarmlab("packages") == 1
    said = capsys.readouterr().err
    assert "docker.io manque (les moteurs Docker des trois nœuds)" in said
    assert told in said
    assert swarmlab("packages", "--optional") == 0
    assert machine.calls == []


def test_check_only_looks(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert swarmlab("packages", "--check") == 1
    assert "mmdebstrap manque" in capsys.readouterr().err
    assert machine.calls == []
