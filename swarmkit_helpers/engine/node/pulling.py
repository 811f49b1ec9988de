"""What the engine tells while it brings an image from a registry."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from ..clock import Clock
from ..kinds import Json
from ..refusal import Refusal
from .image import Image
from .reference import Reference

__all__ = ["HUB", "offline", "progress"]

HUB = "https://registry-1.docker.io/v2/"

ASKING_S = 0.4
CHUNK_S = 0.1
CHUNKS = 4
BAR = 50
SHORT = 12


async def progress(clock: Clock, name: Reference, image: Image, *, present: bool) -> AsyncIterator[Json]:
    """Tell it, at the pace of a good network.

    Parameters
    ----------
    present
        Whether the host has the image already.
    """
    await clock.sleep(ASKING_S)
    yield {"status": f"Pulling from {name.path}", "id": name.tag or name.digest}
    if not present:
        async for told in _layers(clock, image):
            yield told
    yield {"status": f"Digest: {image.manifest}"}
    what = "Image is up to date" if present else "Downloaded newer image"
    yield {"status": f"Status: {what} for {name.familiar}"}


async def _layers(clock: Clock, image: Image) -> AsyncIterator[Json]:
    for layer in image.layers:
        identity, total = hashlib.sha256(b"compressed " + layer).hexdigest()[:SHORT], max(1, len(layer))
        yield {"status": "Pulling fs layer", "progressDetail": {}, "id": identity}
        for status, end in (("Downloading", "Download complete"), ("Extracting", "Pull complete")):
            for part in range(1, CHUNKS + 1):
                await clock.sleep(CHUNK_S)
                current = total * part // CHUNKS
                detail = {"current": current, "total": total}
                yield {"status": status, "progressDetail": detail, "progress": _bar(current, total), "id": identity}
            if status == "Downloading":
                yield {"status": "Verifying Checksum", "progressDetail": {}, "id": identity}
            yield {"status": end, "progressDetail": {}, "id": identity}


def _bar(current: int, total: int) -> str:
    done = BAR * current // total
    arrow = "=" * done + (">" if done < BAR else "")
    return f"[{arrow:<{BAR}}]  {_size(current):>6}/{_size(total)}"


def _size(count: int) -> str:
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.4g}{unit}"


def offline(url: str = HUB) -> Refusal:
    """What the engine says where no registry can be reached."""
    where = url.split("/")[2]
    lookup = f"dial tcp: lookup {where} on 10.255.255.53:53: dial udp 10.255.255.53:53: connect: network is unreachable"
    return Refusal(500, f'Get "{url}": {lookup}')
