"""Secrets and configs: data that services read as files."""

from __future__ import annotations

import base64
import re
from typing import Any, Literal

from ..kinds import Json
from .lookup import find
from .rpc import refused
from .store import Store

__all__ = ["MOST_BYTES", "DataKind", "create_data", "remove_data", "update_data"]

DataKind = Literal["secret", "config"]
MOST_BYTES: dict[DataKind, int] = {"secret": 512_000, "config": 1_024_000}
"""Size from which on each is refused."""
NAME = re.compile(r"[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?")


def create_data(store: Store, kind: DataKind, given: Json) -> Json:
    """Create a secret or a config, and return what the API answers.

    Raises
    ------
    Refusal
        As the engine says it; 501 for a secret of a driver.
    """
    name = given.get("Name") or ""
    if kind == "secret" and (driver := (given.get("Driver") or {}).get("Name")):
        raise refused("Unknown", f'plugin "{driver}" not found')
    if not name:
        raise refused("InvalidArgument", "name must be provided")
    if len(name) > 64 or not NAME.fullmatch(name):
        message = "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be"
        raise refused("InvalidArgument", f"{message} [a-zA-Z0-9]")
    data = _encoded(given.get("Data"))
    size = len(base64.b64decode(data))
    if not 0 < size < MOST_BYTES[kind]:
        message = f"{kind} data must be larger than 0 and less than {MOST_BYTES[kind]} bytes"
        raise refused("InvalidArgument", message)
    if any(one["Spec"]["Name"] == name for one in store.all(kind)):
        raise refused("AlreadyExists", f"{kind} {name} already exists")
    spec: Json = {"Name": name, "Labels": given.get("Labels") or {}, "Data": data}
    if given.get("Templating") is not None:
        spec["Templating"] = {key: value for key, value in given["Templating"].items() if value}
    return {"ID": store.create(kind, {"Spec": spec})["ID"]}


def update_data(store: Store, kind: DataKind, reference: str, version: int, given: Json) -> None:
    """Change its labels: nothing else can be changed.

    Raises
    ------
    Refusal
        As the engine says it.
    """
    found = find(store, kind, reference)
    data = _encoded(given.get("Data"))
    other = bool(data) if kind == "secret" else bool(data) and data != found["Spec"]["Data"]
    if (given.get("Name") or "") != found["Spec"]["Name"] or other:
        raise refused("InvalidArgument", "only updates to Labels are allowed")
    spec = found["Spec"] | {"Labels": given.get("Labels") or {}}
    store.update(kind, found["ID"], {"Spec": spec}, version=version)


def remove_data(store: Store, kind: DataKind, reference: str) -> None:
    """Remove it, if no service uses it.

    Raises
    ------
    Refusal
        As the engine says it.
    """
    found = find(store, kind, reference)
    word = kind.capitalize()
    users = [
        service["Spec"]["Name"]
        for service in store.all("service")
        for one in service["Spec"]["TaskTemplate"]["ContainerSpec"].get(f"{word}s", ())
        if one[f"{word}ID"] == found["ID"]
    ]
    if users:
        plural = "" if len(users) == 1 else "s"
        name = found["Spec"]["Name"]
        message = f"{kind} '{name}' is in use by the following service{plural}: {', '.join(users)}"
        raise refused("InvalidArgument", message)
    store.remove(kind, found["ID"])


def _encoded(data: Any) -> str:
    if isinstance(data, bytes):
        return base64.b64encode(data).decode()
    return data or ""
