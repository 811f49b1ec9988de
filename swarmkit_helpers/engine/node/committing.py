"""A container's files and settings as a new image: ``docker commit``."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ..kinds import Json
from .description import SERVER_VERSION
from .image import Image, image_config, layer_of
from .settings import completed

if TYPE_CHECKING:
    from .container import Container

__all__ = ["committed"]


def committed(container: Container, base: Image | None, config: Json, *, author: str, comment: str) -> Image:
    """The image.

    Parameters
    ----------
    base
        What the container was made from.
    config
        What is to be changed in its settings; empty: nothing.
    """
    settings = completed(config, container.config, "") if config else container.config
    layer = _layer(container, base)
    layers = (*(base.layers if base is not None else ()), layer)
    now = container.host.world.clock.now()
    before = (base.body.get("history") or []) if base is not None else []
    step = {"created": now, "created_by": " ".join(container.config["Cmd"] or ()), "comment": comment}
    body = {
        "architecture": "amd64",
        "author": author,
        "comment": comment,
        "config": image_config(settings),
        "container": container.id,
        "container_config": image_config(container.config),
        "created": now,
        "docker_version": SERVER_VERSION,
        "history": [*before, step],
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in layers]},
    }
    return Image(json.dumps(body, separators=(",", ":"), sort_keys=True).encode(), layers)


def _layer(container: Container, base: Image | None) -> bytes:
    """What the container has changed; what it has removed leaves a mark."""
    original = container.original
    files = {path: data for path, data in container.own.items() if original.get(path) != data}
    gone = [path for path in original if path not in container.own]
    gone += [f"/usr/bin/{name}" for name in (base.programs if base else frozenset()) - container.programs]
    marks = {f"{path.rpartition('/')[0]}/.wh.{path.rpartition('/')[2]}": b"" for path in gone}
    return layer_of((), files | marks)
