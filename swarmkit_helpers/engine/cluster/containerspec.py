"""The container of a service: its spec as the engine keeps it, and what it refuses in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ..kinds import Json
from ..refusal import Refusal
from .rpc import refused
from .templates import check_templates

__all__ = ["check_container", "check_references", "container_spec", "kept"]

REFERENCE = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])"
    r"(?::[0-9]+)?/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*"
    r"(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
)
HEX_ID = re.compile(r"[0-9a-f]{64}")
MOUNT_TYPES = ("bind", "volume", "tmpfs", "npipe")
PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")
MILLISECOND = 1_000_000


def kept(source: Json, keys: Iterable[str]) -> Json:
    """Keys of an object that say something, as Go leaves out what is empty."""
    return {key: source[key] for key in keys if source.get(key)}


def container_spec(given: Json) -> Json:
    """A container spec as the engine keeps and shows it.

    Raises
    ------
    Refusal
        400: a value that it does not know.
    """
    builders: dict[str, Callable[[Any], Any]] = {
        "Privileges": _privileges,
        "Mounts": lambda mounts: [_mount(one) for one in mounts],
        "Healthcheck": lambda health: kept(health, ("Test", "Interval", "Timeout", "StartPeriod", "Retries")),
        "DNSConfig": lambda dns: kept(dns, ("Nameservers", "Search", "Options")),
        "Secrets": lambda references: [_reference(one, "Secret") for one in references],
        "Configs": lambda references: [_config(one) for one in references],
        "Ulimits": lambda limits: [{key: one.get(key, 0) for key in ("Name", "Hard", "Soft")} for one in limits],
    }
    empty_says_something = ("Privileges", "Healthcheck", "DNSConfig", "StopGracePeriod", "Init")
    order = (
        *("Image", "Labels", "Command", "Args", "Hostname", "Env", "Dir", "User", "Groups", "Privileges", "Init"),
        *(
            "StopSignal",
            "TTY",
            "OpenStdin",
            "ReadOnly",
            "Mounts",
            "StopGracePeriod",
            "Healthcheck",
            "Hosts",
            "DNSConfig",
        ),
        *("Secrets", "Configs", "Isolation", "Sysctls", "CapabilityAdd", "CapabilityDrop", "Ulimits"),
    )
    made: Json = {}
    for key in order:
        value = given.get(key)
        if key == "Isolation":
            made[key] = value if value in ("hyperv", "process") else "default"
        elif value or (value is not None and key in empty_says_something):
            made[key] = builders[key](value) if key in builders else value
    return made


def check_container(container: Json) -> None:
    """What the managers refuse in a container spec.

    Raises
    ------
    Refusal
        400 (501 for templates that are not known here).
    """
    check_templates(container)
    image = container.get("Image", "")
    if not image:
        raise refused("InvalidArgument", "ContainerSpec: image reference must be provided")
    if not REFERENCE.fullmatch(image) or HEX_ID.fullmatch(image):
        raise refused("InvalidArgument", f'ContainerSpec: "{image}" is not a valid repository/tag')
    targets: set[str] = set()
    for mount in container.get("Mounts", ()):
        if (target := mount.get("Target", "")) in targets:
            raise refused("InvalidArgument", f"ContainerSpec: duplicate mount point: {target}")
        targets.add(target)
    health = container.get("Healthcheck", {})
    for key in ("Interval", "Timeout", "StartPeriod"):
        if health.get(key, 0) and health[key] < MILLISECOND:
            raise refused("InvalidArgument", f"ContainerSpec: {key} in HealthConfig cannot be less than 1ms")
    if health.get("Retries", 0) < 0:
        raise refused("InvalidArgument", "ContainerSpec: Retries in HealthConfig cannot be negative")


def check_references(container: Json) -> None:
    """What the managers refuse in references to secrets and configs, before they look for them.

    Raises
    ------
    Refusal
        400.
    """
    for kind in ("Secret", "Config"):
        word = kind.lower()
        seen: dict[str, str] = {}
        for one in container.get(f"{kind}s", ()):
            name = one.get(f"{kind}Name", "")
            if not one.get(f"{kind}ID") or not name:
                raise refused("InvalidArgument", f"malformed {word} reference")
            if one.get("File") is None:
                if kind == "Config" and one.get("Runtime") is not None:
                    continue
                raise refused("InvalidArgument", f"malformed {word} reference, no target provided")
            target = one["File"].get("Name", "")
            if not target:
                words = "file secret" if kind == "Secret" else "file config"
                raise refused("InvalidArgument", f"malformed {words} reference, invalid target file name provided")
            if target in seen:
                pair = f"'{seen[target]}' and '{name}'"
                message = f"{word} references {pair} have a conflicting target: '{target}'"
                raise refused("InvalidArgument", message)
            seen[target] = name
    credential = (container.get("Privileges") or {}).get("CredentialSpec") or {}
    if wanted := credential.get("Config"):
        runtime = {one.get("ConfigID") for one in container.get("Configs", ()) if one.get("Runtime") is not None}
        if wanted not in runtime:
            message = f"CredentialSpec references config '{wanted}', but that config isn't in config references"
            raise refused("InvalidArgument", f"{message} with RuntimeTarget")


def _privileges(given: Json) -> Json:
    made: Json = {"CredentialSpec": None, "SELinuxContext": None}
    if given.get("CredentialSpec") is not None:
        names = [key.lower() for key in ("Config", "File", "Registry") if given["CredentialSpec"].get(key)]
        if len(names) != 1:
            raise Refusal(400, f"invalid CredentialSpec: {_credentials_refused(names)}")
        made["CredentialSpec"] = {key: given["CredentialSpec"].get(key, "") for key in ("Config", "File", "Registry")}
    if given.get("SELinuxContext") is not None:
        context = given["SELinuxContext"]
        made["SELinuxContext"] = {"Disable": bool(context.get("Disable"))}
        made["SELinuxContext"] |= {key: context.get(key) or "" for key in ("User", "Role", "Type", "Level")}
    return made


def _credentials_refused(names: list[str]) -> str:
    if not names:
        return 'must either provide "file", "registry", or "config" for credential spec'
    quoted = [f'"{name}"' for name in names]
    comma = "," if len(quoted) > 2 else ""
    return f"cannot specify both {', '.join(quoted[:-1])}{comma} and {quoted[-1]} credential specs"


def _mount(given: Json) -> Json:
    kind = (given.get("Type") or "bind").lower()
    if kind not in MOUNT_TYPES:
        raise Refusal(400, f'invalid MountType: "{given["Type"]}"')
    made: Json = {"Type": kind} | kept(given, ("Source", "Target", "ReadOnly"))
    if (bind := given.get("BindOptions")) is not None:
        propagation = bind.get("Propagation") or ""
        if propagation and propagation.lower() not in PROPAGATIONS:
            raise Refusal(400, f'invalid MountPropagation: "{propagation}"')
        if propagation or bind.get("NonRecursive"):
            made["BindOptions"] = {"Propagation": propagation.lower() or "rprivate"} | kept(bind, ("NonRecursive",))
    if (volume := given.get("VolumeOptions")) is not None:
        made["VolumeOptions"] = kept(volume, ("NoCopy", "Labels"))
        if volume.get("DriverConfig") is not None:
            made["VolumeOptions"]["DriverConfig"] = kept(volume["DriverConfig"], ("Name", "Options"))
    if (tmpfs := given.get("TmpfsOptions")) is not None:
        made["TmpfsOptions"] = kept(tmpfs, ("SizeBytes", "Mode"))
    return made


def _file(given: Json) -> Json:
    return {key: given.get(key) or ("" if key != "Mode" else 0) for key in ("Name", "UID", "GID", "Mode")}


def _reference(given: Json, kind: str) -> Json:
    made: Json = {}
    if given.get("File") is not None:
        made["File"] = _file(given["File"])
    return made | {key: given.get(key) or "" for key in (f"{kind}ID", f"{kind}Name")}


def _config(given: Json) -> Json:
    file, runtime = given.get("File"), given.get("Runtime")
    if file is None and runtime is None:
        raise Refusal(400, "invalid Config: either File or Runtime should be set")
    if file is not None and runtime is not None:
        raise Refusal(400, "invalid Config: cannot specify both File and Runtime")
    if runtime is not None:
        return {"Runtime": {}} | {key: given.get(key) or "" for key in ("ConfigID", "ConfigName")}
    return _reference(given, "Config")
