"""``Config`` of a container: what it asks for, checked, and completed by its image."""

from __future__ import annotations

import posixpath
from typing import Any

from ..kinds import Json
from ..refusal import Refusal
from .signals import name_of

__all__ = ["check_health", "checked", "command", "completed"]

MILLISECOND = 1_000_000
TEXTS = ("Hostname", "Domainname", "User")
ATTACHED = ("AttachStdin", "AttachStdout", "AttachStderr")


def checked(config: Json) -> None:
    """Refuse what the engine refuses in it.

    Raises
    ------
    Refusal
        400.
    """
    directory = config.get("WorkingDir") or ""
    if directory and not directory.startswith("/"):
        raise Refusal(400, f"the working directory '{directory}' is invalid, it needs to be an absolute path")
    if config.get("StopSignal"):
        name_of(config["StopSignal"])
    for variable in config.get("Env") or ():
        if not variable or variable.startswith("="):
            raise Refusal(400, f"invalid environment variable: {variable}")
    check_health(config.get("Healthcheck"))


def check_health(health: Json | None) -> None:
    """Refuse a health check that the engine refuses.

    Raises
    ------
    Refusal
        400.
    """
    for key in ("Interval", "Timeout", "StartPeriod"):
        if (value := (health or {}).get(key)) and value < MILLISECOND:
            raise Refusal(400, f"{key} in Healthcheck cannot be less than 1ms")
    if ((health or {}).get("Retries") or 0) < 0:
        raise Refusal(400, "Retries in Healthcheck cannot be negative")


def completed(config: Json, image: Json | None, short_id: str) -> Json:
    """``Config`` as `inspect` shows it: in the engine's order, with what the image adds.

    Parameters
    ----------
    image
        ``Config`` of the image; None for none.

    Raises
    ------
    Refusal
        400: neither says what to run.
    """
    bare = image is None
    image = image or {}
    entrypoint, words = config.get("Entrypoint"), config.get("Cmd")
    if not entrypoint:
        words = words or image.get("Cmd")
        if entrypoint is None:
            entrypoint = image.get("Entrypoint")
    if entrypoint == [""]:
        entrypoint = None
    if not entrypoint and not words:
        raise Refusal(400, "No command specified")
    directory = config.get("WorkingDir") or image.get("WorkingDir") or ""
    ports = dict(sorted({**(image.get("ExposedPorts") or {}), **(config.get("ExposedPorts") or {})}.items()))
    labels = {**(image.get("Labels") or {}), **(config.get("Labels") or {})}
    made: Json = {key: config.get(key) or "" for key in TEXTS}
    made["Hostname"] = made["Hostname"] or short_id
    made["User"] = made["User"] or image.get("User") or ""
    made |= {key: bool(config.get(key)) for key in ATTACHED}
    if ports:
        made["ExposedPorts"] = ports
    made |= {key: bool(config.get(key)) for key in ("Tty", "OpenStdin", "StdinOnce")}
    made["Env"] = _variables(config.get("Env"), image.get("Env")) if not bare or config.get("Env") else None
    made["Cmd"] = words
    if health := _health(config.get("Healthcheck"), image.get("Healthcheck")):
        made["Healthcheck"] = health
    made["Image"] = config.get("Image") or ""
    made["Volumes"] = {**(config.get("Volumes") or {}), **(image.get("Volumes") or {})} or None
    made["WorkingDir"] = posixpath.normpath(directory) if directory else ""
    made["Entrypoint"] = entrypoint
    for key in ("NetworkDisabled", "MacAddress"):
        if config.get(key):
            made[key] = config[key]
    made["OnBuild"] = None
    made["Labels"] = dict(sorted(labels.items())) if labels or not bare else None
    if signal := config.get("StopSignal") or image.get("StopSignal"):
        made["StopSignal"] = signal
    if config.get("StopTimeout") is not None:
        made["StopTimeout"] = config["StopTimeout"]
    if shell := config.get("Shell") or image.get("Shell"):
        made["Shell"] = shell
    return made


def command(config: Json) -> tuple[str, list[str]]:
    """``Path`` and ``Args``: the program and its words."""
    words = [*(config["Entrypoint"] or ()), *(config["Cmd"] or ())]
    return words[0], words[1:]


def _variables(asked: list[str] | None, image: list[str] | None) -> list[str]:
    names = {variable.partition("=")[0] for variable in asked or ()}
    return [*(asked or ()), *(given for given in image or () if given.partition("=")[0] not in names)]


def _health(asked: Json | None, image: Json | None) -> Json | None:
    if asked is None or not image:
        found: dict[str, Any] | None = asked if asked is not None else image
    else:
        found = {**image, **{key: value for key, value in asked.items() if value}}
    return {key: value for key, value in found.items() if value} if found is not None else None
