"""Substitutes: what an archive holds, and a cache in which nothing broken is believed."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmkit_helpers.errors import DiskFull, ImageUnavailable
from swarmkit_helpers.lab import substitutes
from swarmkit_helpers.lab.substitutes import Directory, File, Link, Recipe, Suite, cached, machine_suite

ROOT = Path(__file__).parents[2]
BOOKWORM = Suite("debian", "bookworm", "amd64", "Debian GNU/Linux 12 (bookworm)")
HELLO = Recipe(
    reference="cours/bonjour:1",
    packages=("bonjour",),
    command=("bonjour", "--fort"),
    busybox=False,
    tree={
        "etc/bonjour.conf": File("fort\n", 0o600),
        "srv/data": Directory(0o700, 999),
        "usr/bin/salut": Link("bonjour"),
    },
    users={"bonjour": 999},
    ports=("80/tcp",),
    env={"LANG": "C.UTF-8"},
    stop_signal="SIGQUIT",
)
GREETING = Recipe(
    reference="cours/salutation:1",
    base=HELLO,
    tree={"srv/data/mot": File("salut\n"), "etc/bonjour.conf": File("doucement\n")},
    command=("bonjour",),
    entrypoint=("salut",),
    directory="/srv",
    volumes=("/srv/data",),
    env={"MOT": "salut"},
)
SHELL = Recipe(reference="cours/shell:1", packages=("busybox-static",), programs=(), command=("sh",))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache"
    monkeypatch.setenv("SWARMLAB_CACHE", str(path))
    return path


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packages unpacked without mmdebstrap: what is tested here begins after it. Each build is counted."""
    builds: list[str] = []

    def unpack(recipe: Recipe, suite: Suite, root: Path) -> dict[str, str]:
        builds.append(recipe.reference)
        for name, text in {
            "bin/bonjour": "#!/bin/sh\n",
            "usr/lib/bonjour/data": "é" * 5000,
            "usr/share/doc/bonjour/copyright": "tous",
            "var/lib/dpkg/status": str(time.time_ns()),
            "etc/hostname": "machine",
            "packages": "bonjour\t1.0\n",
        }.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if name.startswith(("bin", "usr")):
                os.utime(path, (1_700_000_000, 1_700_000_000))
        (root / "bin/bonjour").chmod(0o755)
        return {"bonjour": "1.0"}

    monkeypatch.setattr(substitutes, "_unpack", unpack)
    monkeypatch.setattr(substitutes, "machine_suite", lambda image: BOOKWORM)
    return builds


def opened(archive: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, tarfile.TarInfo]]:
    """Manifest, configuration and entries of the last layer, each digest checked as the engine does."""
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}

        def read(name: str) -> bytes:
            stream = tar.extractfile(members[name])
            assert stream is not None
            return stream.read()

        (manifest,) = json.loads(read("manifest.json"))
        config_bytes, layer_names = read(manifest["Config"]), manifest["Layers"]
        assert manifest["Config"] == f"{hashlib.sha256(config_bytes).hexdigest()}.json"
        config = json.loads(config_bytes)
        layers = [read(name) for name in layer_names]
        assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
        with tarfile.open(fileobj=io.BytesIO(layers[-1])) as layer:
            return manifest, config, {member.name: member for member in layer}


# --- what an archive holds ------------------------------------------------------------------------


def test_the_archive_says_what_it_is(cache: Path, unpacked: list[str]) -> None:
    manifest, config, _ = opened(cached(HELLO))
    assert manifest["RepoTags"] == ["cours/bonjour:1"]
    assert (config["architecture"], config["os"], config["created"]) == ("amd64", "linux", "2023-11-14T22:13:20Z")
    assert config["config"] == {
        "Cmd": ["bonjour", "--fort"],
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
        "ExposedPorts": {"80/tcp": {}},
        "Labels": {
            "org.swarmlab.substitute": "true",
            "org.swarmlab.of": "cours/bonjour:1",
            "org.swarmlab.packages": "bonjour=1.0",
        },
        "StopSignal": "SIGQUIT",
        "WorkingDir": "/",
    }


def test_the_layer_holds_packages_accounts_and_the_recipes_own(cache: Path, unpacked: list[str]) -> None:
    archive = cached(HELLO)
    _, _, layer = opened(archive)
    assert list(layer) == sorted(layer)
    assert {member.mtime for member in layer.values()} == {1_700_000_000}
    assert {(member.uname, member.gname) for member in layer.values()} == {("", "")}
    assert (layer["bin"].linkname, layer["lib64"].linkname) == ("usr/bin", "usr/lib64")
    assert layer["usr/bin/bonjour"].mode & 0o777 == 0o755
    assert layer["usr/bin/salut"].linkname == "bonjour"
    assert (layer["etc/bonjour.conf"].mode, layer["etc/bonjour.conf"].size) == (0o600, 5)
    assert (layer["srv/data"].mode, layer["srv/data"].uid, layer["srv/data"].gid) == (0o700, 999, 999)
    assert layer["tmp"].mode == 0o1777
    assert not [name for name in layer if "/doc/" in name or "dpkg/" in name or name in ("packages", "etc/hostname")]
    with tarfile.open(archive) as tar:
        name = next(member for member in tar.getnames() if member.endswith("layer.tar"))
        with tarfile.open(fileobj=tar.extractfile(name)) as inner:
            passwd, release = inner.extractfile("etc/passwd"), inner.extractfile("etc/os-release")
            assert passwd is not None and release is not None
            assert b"bonjour:x:999:999:bonjour:/:/usr/sbin/nologin\n" in passwd.read()
            assert "Substitut de cours/bonjour:1" in release.read().decode()


def test_the_same_packages_give_the_same_bytes(
    cache: Path, unpacked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cached(HELLO).read_bytes()
    monkeypatch.setenv("SWARMLAB_CACHE", str(tmp_path / "elsewhere"))
    assert cached(HELLO).read_bytes() == first
    assert len(unpacked) == 2


def test_an_archive_written_otherwise_has_another_format(cache: Path, unpacked: list[str]) -> None:
    digests = [hashlib.sha256(cached(recipe).read_bytes()).hexdigest()[:16] for recipe in (HELLO, GREETING)]
    assert (substitutes.FORMAT, *digests) == (4, "9ffd86a45e5d0c3e", "2dde52c14971b29d"), (
        "raise FORMAT, so that caches are built again, then note both"
    )


def test_what_is_not_a_substitute_is_not_labelled_so(cache: Path, unpacked: list[str]) -> None:
    _, config, _ = opened(cached(replace(HELLO, substitute=False)))
    assert config["config"]["Labels"]["org.swarmlab.substitute"] == "false"


# --- an image on another --------------------------------------------------------------------------


def test_an_image_on_a_base_adds_one_layer_of_its_own(cache: Path, unpacked: list[str]) -> None:
    base, archive = cached(HELLO), cached(GREETING)
    assert unpacked == ["cours/bonjour:1"], "packages are unpacked for the base alone"
    below, below_config, _ = opened(base)
    manifest, config, layer = opened(archive)
    assert manifest["RepoTags"] == ["cours/salutation:1"]
    assert manifest["Layers"][:-1] == below["Layers"]
    assert set(layer) == {"etc", "etc/bonjour.conf", "etc/os-release", "srv", "srv/data", "srv/data/mot"}
    assert config["created"] == below_config["created"]
    assert config["history"][:-1] == below_config["history"] and len(config["history"]) == 2
    said = config["config"]
    assert said["Env"][1:] == ["LANG=C.UTF-8", "MOT=salut"], "the base's, then its own"
    assert (said["Entrypoint"], said["Cmd"], said["WorkingDir"]) == (["salut"], ["bonjour"], "/srv")
    assert said["Volumes"] == {"/srv/data": {}} and "ExposedPorts" not in said
    assert said["Labels"]["org.swarmlab.packages"] == "bonjour=1.0"
    assert said["Labels"]["org.swarmlab.of"] == "cours/salutation:1"


def test_an_image_on_a_base_is_the_same_bytes_each_time(
    cache: Path, unpacked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cached(GREETING).read_bytes()
    monkeypatch.setenv("SWARMLAB_CACHE", str(tmp_path / "elsewhere"))
    assert cached(GREETING).read_bytes() == first


def test_images_on_one_base_asked_at_once_build_it_once(cache: Path, unpacked: list[str]) -> None:
    recipes = [replace(GREETING, reference=f"cours/salutation:{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        archives = list(pool.map(cached, recipes))
    assert unpacked == ["cours/bonjour:1"]
    assert len({opened(archive)[0]["Layers"][0] for archive in archives}) == 1


def test_another_base_is_another_image(cache: Path, unpacked: list[str]) -> None:
    assert cached(GREETING) != cached(replace(GREETING, base=replace(HELLO, env={})))


def test_a_damaged_base_is_built_again_for_the_next_image(cache: Path, unpacked: list[str]) -> None:
    truncate(cached(HELLO))
    notices: list[str] = []
    opened(cached(GREETING, notice=notices.append))
    assert "tronquée" in notices[0] and len(unpacked) == 2


# --- what is kept ---------------------------------------------------------------------------------


def test_programs_are_named_by_patterns_and_some_of_it_left_out(cache: Path, unpacked: list[str]) -> None:
    chosen = replace(HELLO, programs=("usr/bin/bon*",), keep=("usr/lib/*",), without=("*/data",), tree={})
    _, _, layer = opened(cached(chosen))
    assert "usr/bin/bonjour" in layer and "usr/lib/bonjour" in layer
    assert "usr/lib/bonjour/data" not in layer
    with pytest.raises(ImageUnavailable, match=r"il manque /usr/bin/mal\*"):
        cached(replace(chosen, programs=("usr/bin/mal*",)))


# --- the cache ------------------------------------------------------------------------------------


def test_an_image_is_built_once(cache: Path, unpacked: list[str]) -> None:
    assert cached(HELLO) == cached(HELLO)
    assert unpacked == ["cours/bonjour:1"]
    assert cache.stat().st_mode & 0o777 == 0o700


def truncate(archive: Path) -> None:
    os.truncate(archive, archive.stat().st_size // 2)


def alter(archive: Path) -> None:
    with archive.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff")


def forget_sum(archive: Path) -> None:
    archive.with_suffix(".json").unlink()


def halve_sum(archive: Path) -> None:
    truncate(archive.with_suffix(".json"))


def foreign_sum(archive: Path) -> None:
    archive.with_suffix(".json").write_text("[]", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (truncate, "tronquée"),
        (alter, "altérée"),
        (forget_sum, "écriture interrompue"),
        (halve_sum, "écriture interrompue"),
        (foreign_sum, "écriture interrompue"),
    ],
)
def test_a_broken_cache_is_said_and_built_again(cache: Path, unpacked: list[str], damage: Any, said: str) -> None:
    archive = cached(HELLO)
    good = archive.read_bytes()
    damage(archive)
    notices: list[str] = []
    assert cached(HELLO, notice=notices.append).read_bytes() == good
    assert said in notices[0] and "cours/bonjour:1" in notices[0]
    assert len(unpacked) == 2
    cached(HELLO)
    assert len(unpacked) == 2


@pytest.mark.parametrize(
    "change", [{"packages": ("autre",)}, {"command": ("sh",)}, {"tree": {}}, {"substitute": False}]
)
def test_another_recipe_is_another_file(cache: Path, unpacked: list[str], change: dict[str, Any]) -> None:
    assert cached(HELLO) != cached(replace(HELLO, **change))


def test_another_suite_is_another_file(cache: Path, unpacked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = cached(HELLO)
    monkeypatch.setattr(substitutes, "machine_suite", lambda image: replace(BOOKWORM, codename="trixie"))
    second = cached(HELLO)
    assert first != second and first.exists(), "a recent archive may be another checkout's"
    os.utime(first, (0, 0))
    second.unlink()
    cached(HELLO)
    assert not first.exists() and not first.with_suffix(".json").exists()


def test_what_a_killed_build_left_is_removed(cache: Path, unpacked: list[str]) -> None:
    leftover = cache / ".cours_bonjour_1-abcd.tmp"
    (leftover / "root/etc").mkdir(parents=True)
    others = cache / ".cours_autre_1-abcd.tmp"
    others.mkdir()
    cached(HELLO)
    assert not leftover.exists()
    assert others.exists(), "another image's build may be under way"


def test_two_threads_build_once(cache: Path, unpacked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    quick = substitutes._unpack

    def slow(*args: Any) -> dict[str, str]:
        time.sleep(0.2)
        return quick(*args)

    monkeypatch.setattr(substitutes, "_unpack", slow)
    notices: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        paths = [pool.submit(cached, HELLO, notice=notices.append) for _ in range(4)]
    assert len({path.result() for path in paths}) == 1
    assert len(unpacked) == 1
    assert sum("attente" in notice for notice in notices) == 3


def test_two_processes_build_once(cache: Path, unpacked: list[str], tmp_path: Path) -> None:
    def build() -> None:
        cached(HELLO)
        (tmp_path / f"built-{os.getpid()}").write_text(str(len(unpacked)), encoding="ascii")

    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=build) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert sorted(path.read_text("ascii") for path in tmp_path.glob("built-*")) == ["0", "0", "1"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_no_half_file(
    cache: Path, unpacked: list[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(target: Path, *args: Any) -> None:
        target.write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(substitutes, "_write_layer", full)
    with pytest.raises(DiskFull) as caught:
        cached(HELLO)
    assert caught.value.where == cache and "cours/bonjour:1" in caught.value.doing
    assert [path.name for path in cache.iterdir()] == ["cours_bonjour_1.lock"]


def test_a_cache_that_cannot_be_written(unpacked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMLAB_CACHE", "/proc/nulle-part")
    with pytest.raises(ImageUnavailable, match="/proc/nulle-part ne peut pas être écrit") as caught:
        cached(HELLO)
    assert "SWARMLAB_CACHE" in (caught.value.remedy or "")


# --- machines that cannot build -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "trixie", "PRETTY_NAME": "Debian 13"}, ("debian", "trixie")),
        (
            {"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_CODENAME": "noble", "UBUNTU_CODENAME": "noble"},
            ("ubuntu", "noble"),
        ),
        (
            {"ID": "linuxmint", "ID_LIKE": "ubuntu debian", "VERSION_CODENAME": "wilma", "UBUNTU_CODENAME": "noble"},
            ("ubuntu", "noble"),
        ),
        (
            {"ID": "linuxmint", "ID_LIKE": "debian", "VERSION_CODENAME": "faye", "DEBIAN_CODENAME": "bookworm"},
            ("debian", "bookworm"),
        ),
    ],
)
def test_the_suite_is_the_machines(
    monkeypatch: pytest.MonkeyPatch, release: dict[str, str], expected: tuple[str, str]
) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: release)
    suite = machine_suite("alpine:latest")
    assert (suite.distribution, suite.codename) == expected


@pytest.mark.parametrize("release", [{"ID": "fedora", "PRETTY_NAME": "Fedora 44"}, {"ID": "debian"}])
def test_another_distribution_is_refused(monkeypatch: pytest.MonkeyPatch, release: dict[str, str]) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: release)
    with pytest.raises(ImageUnavailable, match="Debian ou Ubuntu"):
        machine_suite("alpine:latest")


def test_no_mmdebstrap(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageUnavailable, match="mmdebstrap") as caught:
        cached(SHELL)
    assert "apt-get install --no-install-recommends mmdebstrap" in (caught.value.remedy or "")


def test_not_root(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ImageUnavailable, match="root") as caught:
        cached(SHELL)
    assert "sudo" in (caught.value.remedy or "")


@pytest.fixture
def failing_mmdebstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mmdebstrap that says what a file holds and fails."""
    said = tmp_path / "said"
    command = tmp_path / "bin" / "mmdebstrap"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\ncat '{said}' >&2\nexit 25\n", encoding="ascii")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(substitutes, "machine_suite", lambda image: BOOKWORM)
    yield said


@pytest.mark.parametrize(
    ("said", "error", "expected"),
    [
        (
            "E: Failed to fetch http://d/InRelease  Temporary failure resolving 'd'\nE: x",
            ImageUnavailable,
            "téléchargés",
        ),
        ("I: ok\nE: Unable to locate package busybox-static\nE: y", ImageUnavailable, "Unable to locate package"),
        ("", ImageUnavailable, "sans rien dire"),
        ("E: Write error - write (28: No space left on device)", DiskFull, "Plus de place"),
        ("E: You don't have enough free space in /x/archives/.", DiskFull, "Plus de place"),
        (
            "E: Failed to fetch http://d/P  Error writing to file - write (28: No space left on device)",
            DiskFull,
            "Plus",
        ),
    ],
)
def test_why_mmdebstrap_failed(
    cache: Path, failing_mmdebstrap: Path, said: str, error: type[Exception], expected: str
) -> None:
    failing_mmdebstrap.write_text(said, encoding="utf-8")
    with pytest.raises(error, match=expected):
        cached(SHELL)
    assert [path.name for path in cache.iterdir()] == ["cours_shell_1.lock"]


# --- with real packages ---------------------------------------------------------------------------


@pytest.mark.swarm
def test_busybox_for_real(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = cached(SHELL)
    _, config, layer = opened(archive)
    assert {"usr/bin/ash", "usr/bin/sh", "usr/bin/ping", "usr/bin/wget", "usr/bin/nslookup"} <= layer.keys()
    assert layer["usr/bin/ash"].linkname == "busybox" and layer["usr/bin/busybox"].isreg()
    assert config["config"]["Labels"]["org.swarmlab.packages"].startswith("busybox-static=")
    assert archive.stat().st_size < 4_000_000
    time.sleep(1.1)  # so that a date of building, were there one left, would differ
    monkeypatch.setenv("SWARMLAB_CACHE", str(tmp_path / "elsewhere"))
    assert cached(SHELL).read_bytes() == archive.read_bytes()


@pytest.mark.swarm
def test_a_command_prepares_what_is_kept(cache: Path) -> None:
    script = "mkdir -p /srv; echo fait > /srv/note; touch -d 2020-01-01 /srv/note"
    prepared = replace(SHELL, keep=("srv/*",), prepare=("/bin/busybox", "sh", "-ec", script))
    _, config, layer = opened(cached(prepared))
    assert layer["srv/note"].size == len("fait\n")
    assert config["created"] > "2020-01-02", "it is dated as the packages"
    with pytest.raises(ImageUnavailable, match=r"de quoi lancer /bin/busybox \(rien ne va\)"):
        cached(replace(SHELL, prepare=("/bin/busybox", "sh", "-c", "echo rien ne va >&2; exit 1")))


@pytest.mark.swarm
def test_a_program_that_no_package_holds(cache: Path) -> None:
    with pytest.raises(ImageUnavailable, match="il manque /usr/bin/inconnu"):
        cached(replace(SHELL, programs=("usr/bin/inconnu",)))


@pytest.mark.swarm
def test_a_package_that_does_not_exist(cache: Path) -> None:
    with pytest.raises(ImageUnavailable, match="Unable to locate package paquet-inexistant") as caught:
        cached(replace(SHELL, packages=("paquet-inexistant",)))
    assert "apt-cache policy paquet-inexistant" in (caught.value.remedy or "")


@pytest.mark.swarm
def test_no_network_for_real(cache: Path) -> None:
    code = (
        "from swarmkit_helpers.lab.substitutes import *\n"
        "cached(Recipe(reference='cours/shell:1', packages=('busybox-static',), programs=(), command=('sh',)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "ne peuvent pas être téléchargés" in done.stderr and "apt-get update" in done.stderr
    assert [path.name for path in cache.iterdir()] == ["cours_shell_1.lock"]


@pytest.mark.swarm
def test_a_full_disk_for_real(cache: Path) -> None:
    cache.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", str(cache)], check=True)
    try:
        with pytest.raises(DiskFull) as caught:
            cached(SHELL)
        assert caught.value.where == cache
        assert [path.name for path in cache.iterdir()] == ["cours_shell_1.lock"]
    finally:
        subprocess.run(["umount", str(cache)], check=True)


@pytest.mark.swarm
def test_a_build_killed_in_the_middle(cache: Path) -> None:
    code = (
        "from swarmkit_helpers.lab.substitutes import *\n"
        "cached(Recipe(reference='cours/shell:1', packages=('busybox-static',), programs=(), command=('sh',)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as process:
        deadline = time.monotonic() + 30
        while not list(cache.glob(".*.tmp/root/etc")):
            assert time.monotonic() < deadline and process.poll() is None, "the build never began"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert list(cache.glob(".*.tmp")), "nothing was left half done: the test proves nothing"
    while busy := working_in(cache):
        assert time.monotonic() < deadline, f"still running: {busy}"
        time.sleep(0.05)
    assert cached(SHELL).exists()
    assert not list(cache.glob(".*.tmp"))


def working_in(directory: Path) -> list[str]:
    """Command lines of the processes that speak of a directory, but this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(directory) in words and entry.parent.name != str(os.getpid()):
            found.append(words)
    return found
