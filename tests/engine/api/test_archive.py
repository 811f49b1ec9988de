"""Files of containers in and out: what `docker cp` and `docker export` were answered by docker 20.10.24."""

from __future__ import annotations

import base64
import io
import json
import stat
import tarfile
from typing import Any

import pytest

from .fake import Client, request
from .lab import Lab, run

TAR = "Content-Type: application/x-tar\r\n"
PROCESSING = "Error processing tar file(exit status 1): "


def packed(*entries: tuple[str, bytes | None]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in entries:
            entry = tarfile.TarInfo(name)
            entry.mtime, entry.mode = 1_700_000_000, 0o640
            if data is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            entry.size = len(data or b"")
            archive.addfile(entry, io.BytesIO(data or b""))
    return made.getvalue()


def unpacked(data: bytes) -> dict[str, bytes | None]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            entry.name: file.read() if (file := archive.extractfile(entry)) is not None else None for entry in archive
        }


async def seen(lab: Lab, path: str) -> dict[str, Any] | int:
    client = await Client.to(lab.path, request("HEAD", f"/containers/one/archive?path={path}"))
    first, headers = await client.head()
    client.close()
    if first.split()[1] != "200":
        return int(first.split()[1])
    found: dict[str, Any] = json.loads(base64.b64decode(headers["X-Docker-Container-Path-Stat"]))
    return found


def test_what_the_engine_makes_is_there_and_what_the_kernel_makes_is_not() -> None:
    async def test(lab: Lab) -> None:
        await lab.ask("POST", "/containers/create?name=one", {"Image": "alpine", "Cmd": ["sleep", "100000"]})
        empty = await seen(lab, "/etc/hostname")
        assert isinstance(empty, dict) and empty["size"] == 0
        await lab.ask("POST", "/containers/one/start")
        folder = await seen(lab, "/etc")
        assert isinstance(folder, dict)
        assert (folder["name"], folder["size"], folder["mode"]) == ("etc", 4096, 2**31 + 0o755)
        name = await seen(lab, "etc/hostname")
        assert isinstance(name, dict) and (name["size"], name["mode"], name["linkTarget"]) == (13, 0o644, "")
        temporary = await seen(lab, "/tmp")
        assert isinstance(temporary, dict) and temporary["mode"] == 2**31 + 2**20 + 0o777
        assert isinstance(await seen(lab, "/proc"), dict)
        assert [await seen(lab, path) for path in ("/proc/version", "/dev/null", "/nothing")] == [404] * 3
        assert await seen(lab, "/etc/hostname/") == 500
        _, found = await lab.ask("GET", "/containers/one/json")
        _, data = await lab.ask("GET", "/containers/one/archive?path=/etc/hostname")
        assert unpacked(data) == {"hostname": f"{found['Id'][:12]}\n".encode()}
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            entry = archive.next()
            assert entry is not None and data[100:107] == b"%07o" % (stat.S_IFREG | 0o644)
        _, data = await lab.ask("GET", "/containers/one/archive?path=/etc")
        assert {"etc", "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/passwd"} <= set(unpacked(data))
        _, data = await lab.ask("GET", "/containers/one/archive?path=/etc/.")
        assert "./hosts" in unpacked(data)

    run(test)


def test_there_and_back() -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one")
        data = packed(("d", None), ("d/a", b"one"), ("b", b"two"))
        assert await lab.ask("PUT", "/containers/one/archive?path=/tmp", data, TAR) == (200, b"")
        _, back = await lab.ask("GET", "/containers/one/archive?path=/tmp/d")
        assert unpacked(back) == {"d": None, "d/a": b"one"}
        about = await seen(lab, "/tmp/b")
        assert isinstance(about, dict)
        assert (about["mode"], about["mtime"]) == (0o640, "2023-11-14T22:13:20Z")
        _, changes = await lab.ask("GET", "/containers/one/changes")
        paths = ["/tmp", "/tmp/b", "/tmp/d", "/tmp/d/a"]
        assert changes == [{"Path": path, "Kind": 0 if path == "/tmp" else 1} for path in paths]
        _, whole = await lab.ask("GET", "/containers/one/export")
        assert unpacked(whole)["tmp/d/a"] == b"one"
        told = [event["Action"] for event in lab.host.events.past() if event["Type"] == "container"]
        assert told[-3:] == ["extract-to-dir", "archive-path", "export"]

    run(test)


@pytest.mark.parametrize(
    ("where", "data", "status", "message"),
    [
        ("path=/tmp", b"not a tar", 500, f"{PROCESSING}unexpected EOF"),
        ("path=/tmp", b"\xff" * 2_000, 500, f"{PROCESSING}archive/tar: invalid tar header"),
        ("path=/tmp", packed(("f", b"x" * 5_000))[:3_000], 500, f"{PROCESSING}unexpected EOF"),
        ("path=/tmp", packed(("../../evil", b"x")), 500, f'{PROCESSING}"../../evil" is outside of "/tmp"'),
        ("path=/etc/hostname", packed(("a", b"x")), 500, "extraction point is not a directory"),
        ("path=/nothing", packed(("a", b"x")), 404, "Could not find the file /nothing in container one"),
        ("", packed(("a", b"x")), 400, "bad parameter: pathcannot be empty"),
        (
            "path=/&noOverwriteDirNonDir=1",
            packed(("etc", b"x")),
            500,
            f'{PROCESSING}cannot overwrite directory "/etc" with non-directory "/"',
        ),
        (
            "path=/etc&noOverwriteDirNonDir=1",
            packed(("hostname", None)),
            500,
            f'{PROCESSING}cannot overwrite non-directory "/etc/hostname" with directory "/etc"',
        ),
    ],
)
def test_what_cannot_be_put(where: str, data: bytes, status: int, message: str) -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one")
        answer = await lab.ask("PUT", f"/containers/one/archive?{where}", data, TAR)
        assert answer == (status, {"message": message})
        assert lab.host.containers.find("one").files.get("/evil") is None

    run(test)


def test_nothing_is_put_on_what_is_read_only_or_full() -> None:
    async def test(lab: Lab) -> None:
        shut = {"ReadonlyRootfs": True, "Binds": ["data:/data:ro", "other:/other"]}
        await lab.runs("one", HostConfig=shut)
        data = packed(("a", b"x"))
        put = "/containers/one/archive?path="
        assert (await lab.ask("PUT", f"{put}/tmp", data, TAR))[1] == {"message": "container rootfs is marked read-only"}
        assert (await lab.ask("PUT", f"{put}/data", data, TAR))[1] == {"message": "mounted volume is marked read-only"}
        assert await lab.ask("PUT", f"{put}/other", data, TAR) == (200, b"")
        assert lab.host.volumes.files("other") == {"/a": b"x"}
        lab.host.world.faults.full_disks.add(lab.host.hostname)
        status, said = await lab.ask("PUT", f"{put}/other", data, TAR)
        assert status == 500 and said["message"].endswith("no space left on device")

    run(test)
