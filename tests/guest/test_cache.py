"""What is kept of the guest: found again, rebuilt when what it is made of changes, never half a guest."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from guest import stage
from guest.cache import cached, digest, locked
from guest.errors import GuestError

CONTENT = {"le noyau": "6.1.192-2", "requirements.lock": "abc"}


class Builder:
    def __init__(self) -> None:
        self.built = 0
        self.said: list[str] = []

    def build(self, target: Path) -> None:
        self.built += 1
        (target / "root.ext4").write_text(str(self.built), "utf-8")

    def get(self, home: Path, content: dict[str, str]) -> Path:
        return cached(home, content, self.build, notice=self.said.append)


def test_is_built_once(tmp_path: Path) -> None:
    builder = Builder()
    first, second = builder.get(tmp_path, CONTENT), builder.get(tmp_path, dict(reversed(CONTENT.items())))
    assert first == second
    assert (builder.built, builder.said) == (1, [])
    assert (second / "root.ext4").read_text("utf-8") == "1"


def test_another_kernel_makes_another_and_the_former_goes(tmp_path: Path) -> None:
    builder = Builder()
    former = builder.get(tmp_path, CONTENT)
    newer = builder.get(tmp_path, CONTENT | {"le noyau": "6.1.200-1"})
    assert builder.said == ["L'invité est refait, car ceci a changé\N{NO-BREAK SPACE}: le noyau."]
    assert newer.exists()
    assert not former.exists()


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(target: Path) -> None:
        (target / "root.ext4").touch()
        raise GuestError("le disque", "rien")

    with pytest.raises(GuestError):
        cached(tmp_path, CONTENT, fail, notice=print)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_build_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "abc.tmp" / "draft").mkdir(parents=True)
    with locked(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_one_command_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(GuestError, match="une autre commande"), locked(tmp_path):
        pass


def test_each_part_counts() -> None:
    names = {digest(CONTENT | {name: "autre"}) for name in (*CONTENT, "de plus")}
    assert len(names | {digest(CONTENT)}) == 4


def test_no_space_is_told_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setenv("SWARMLAB_GUEST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stage.os, "geteuid", lambda: 0)
    monkeypatch.setattr(stage, "NEEDS", ())
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1024**3))
    with pytest.raises(GuestError, match=r"il reste 1\.0 Gio"):
        stage.run_stage(tmp_path, tmp_path / "out", (), broken=False, notice=print)
    assert not (tmp_path / "out").exists()


def test_needs_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.os, "geteuid", lambda: 1000)
    with pytest.raises(GuestError, match="root"):
        stage.run_stage(tmp_path, tmp_path / "out", (), broken=False, notice=print)
