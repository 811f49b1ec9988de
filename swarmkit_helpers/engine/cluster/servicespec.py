"""A service's spec: as the engine keeps it, what it refuses in it, and the defaults that it shows when asked."""

from __future__ import annotations

import random
import re
from typing import Any

from ..kinds import Json
from ..refusal import Refusal
from .constraints import parse_constraints
from .containerspec import check_container, check_references, container_spec, kept
from .rpc import refused

__all__ = ["MONITOR", "RESTART_DELAY", "check_service", "mode_of", "service_spec", "with_defaults"]

SECOND = 1_000_000_000
MONITOR = 5 * SECOND
"""Nanoseconds that an updated task is watched, unless the spec says otherwise."""
RESTART_DELAY = 5 * SECOND
"""Nanoseconds before a task is started again, unless the spec says otherwise."""
GRACE = 10 * SECOND
DNS_NAME = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*")
MODES = {
    "Replicated": "replicated",
    "Global": "global",
    "ReplicatedJob": "replicated-job",
    "GlobalJob": "global-job",
}
CONDITIONS = ("none", "on-failure", "any")
NAMES = ("awesome", "busy", "clever", "eager", "gentle", "happy", "keen", "modest", "quiet", "zen")
PEOPLE = ("bell", "curie", "darwin", "euler", "fermat", "galileo", "hopper", "lovelace", "noether", "turing")


def service_spec(given: Json, chance: random.Random) -> Json:
    """A service spec as the engine keeps and shows it.

    Parameters
    ----------
    given
        As it was sent; the networks' targets are ids already.
    chance
        Names a service that has no name.

    Raises
    ------
    Refusal
        400: a value that the engine does not know, or no container; 501: a runtime that is not simulated.
    """
    task = given.get("TaskTemplate") or {}
    name = given.get("Name") or f"{chance.choice(NAMES)}_{chance.choice(PEOPLE)}"
    made: Json = {"Name": name, "Labels": given.get("Labels") or {}, "TaskTemplate": _task_template(task)}
    update = _update_config(given.get("UpdateConfig"))
    rollback = _update_config(given.get("RollbackConfig"))
    endpoint = _endpoint_spec(given.get("EndpointSpec"))
    made["Mode"] = _mode(given.get("Mode") or {})
    if update is not None:
        made["UpdateConfig"] = update
    if rollback is not None:
        made["RollbackConfig"] = rollback
    if given.get("Networks"):
        made["Networks"] = _networks(given["Networks"])
    if endpoint is not None:
        made["EndpointSpec"] = endpoint
    return made


def mode_of(spec: Json) -> str:
    """``replicated``, ``global``, ``replicated-job`` or ``global-job``."""
    return MODES[next(iter(spec["Mode"]))]


def check_service(spec: Json) -> None:
    """What the managers refuse in a spec that `service_spec` made.

    Raises
    ------
    Refusal
        400, or 500 for a constraint that cannot be read.
    """
    if not DNS_NAME.fullmatch(spec["Name"]):
        raise refused("InvalidArgument", "name must be valid as a DNS name component")
    if len(spec["Name"]) > 63:
        raise refused("InvalidArgument", "name must be 63 characters or fewer")
    task = spec["TaskTemplate"]
    _check_resources(task.get("Resources", {}))
    restart = task.get("RestartPolicy", {})
    for key in ("Delay", "Window"):
        if restart.get(key, 0) < 0:
            raise refused("InvalidArgument", f"TaskSpec: restart-{key.lower()} cannot be negative")
    parse_constraints(task.get("Placement", {}).get("Constraints", ()))
    check_references(task["ContainerSpec"])
    check_container(task["ContainerSpec"])
    if not mode_of(spec).endswith("job"):
        _check_update(spec.get("UpdateConfig", {}))
    elif "UpdateConfig" in spec:
        raise refused("InvalidArgument", "Jobs may not have an update config")
    _check_endpoint(spec.get("EndpointSpec", {}))


def with_defaults(spec: Json) -> Json:
    """A spec with the defaults that swarmkit fills in when it is asked to."""
    task = spec["TaskTemplate"]
    container = task["ContainerSpec"]
    filled_container = container_spec({"StopGracePeriod": GRACE, "DNSConfig": {}} | container)
    restart = {"Condition": "any", "Delay": RESTART_DELAY, "MaxAttempts": 0} | task.get("RestartPolicy", {})
    filled = {"Resources": {}, "RestartPolicy": restart, "Placement": {}}
    made_task = _ordered_task(
        task | {"ContainerSpec": filled_container} | {k: v | task.get(k, {}) for k, v in filled.items()}
    )
    made = dict(spec) | {"TaskTemplate": made_task}
    for key in ("UpdateConfig", "RollbackConfig"):
        config = spec.get(key, {"Parallelism": 1})
        made[key] = _update_config({"Monitor": MONITOR} | config)
    order = ("Name", "Labels", "TaskTemplate", "Mode", "UpdateConfig", "RollbackConfig", "Networks", "EndpointSpec")
    return {key: made[key] for key in order if key in made}


def _task_template(given: Json) -> Json:
    runtime = given.get("Runtime") or "container"
    if runtime not in ("container", "plugin"):
        raise Refusal(400, "unsupported runtime")
    if runtime == "plugin" and given.get("PluginSpec") is not None:
        raise Refusal(501, "services of plugins are not simulated")
    if runtime == "plugin" or given.get("ContainerSpec") is None:
        raise Refusal(400, "mismatched Runtime and *Spec fields")
    made: Json = {"ContainerSpec": container_spec(given["ContainerSpec"])}
    if given.get("Resources") is not None:
        made["Resources"] = _resources(given["Resources"])
    if given.get("RestartPolicy") is not None:
        made["RestartPolicy"] = _restart_policy(given["RestartPolicy"])
    if given.get("Placement") is not None:
        made["Placement"] = _placement(given["Placement"])
    if given.get("Networks"):
        made["Networks"] = _networks(given["Networks"])
    if given.get("LogDriver") is not None:
        made["LogDriver"] = kept(given["LogDriver"], ("Name", "Options"))
    made |= {"ForceUpdate": given.get("ForceUpdate") or 0, "Runtime": "container"}
    return _ordered_task(made)


def _ordered_task(task: Json) -> Json:
    order = (
        "ContainerSpec",
        "Resources",
        "RestartPolicy",
        "Placement",
        "Networks",
        "LogDriver",
        "ForceUpdate",
        "Runtime",
    )
    return {key: task[key] for key in order if key in task}


def _networks(given: list[Json]) -> list[Json]:
    return [kept(one, ("Target", "Aliases", "DriverOpts")) for one in given]


def _resources(given: Json) -> Json:
    made: Json = {}
    if given.get("Limits") is not None:
        made["Limits"] = kept(given["Limits"], ("NanoCPUs", "MemoryBytes", "Pids"))
    if given.get("Reservations") is not None:
        made["Reservations"] = kept(given["Reservations"], ("NanoCPUs", "MemoryBytes", "GenericResources"))
    return made


def _restart_policy(given: Json) -> Json:
    condition = given.get("Condition") or "any"
    if condition not in CONDITIONS:
        raise Refusal(400, f'invalid RestartCondition: "{condition}"')
    made: Json = {"Condition": condition}
    if given.get("Delay") is not None:
        made["Delay"] = given["Delay"]
    made["MaxAttempts"] = given.get("MaxAttempts") or 0
    if given.get("Window") is not None:
        made["Window"] = given["Window"]
    return made


def _placement(given: Json) -> Json:
    made = kept(given, ("Constraints",))
    spreads = [one["Spread"] for one in given.get("Preferences") or () if one.get("Spread") is not None]
    if spreads:
        made["Preferences"] = [{"Spread": {"SpreadDescriptor": one.get("SpreadDescriptor") or ""}} for one in spreads]
    made |= kept(given, ("MaxReplicas",))
    if given.get("Platforms"):
        made["Platforms"] = [kept(one, ("Architecture", "OS")) for one in given["Platforms"]]
    return made


def _update_config(given: Json | None) -> Json | None:
    if given is None:
        return None
    action = given.get("FailureAction") or "pause"
    if action not in ("pause", "continue", "rollback"):
        raise Refusal(400, f"unrecognized update failure action {action}")
    order = given.get("Order") or "stop-first"
    if order not in ("stop-first", "start-first"):
        raise Refusal(400, f"unrecognized update order {order}")
    made: Json = {"Parallelism": given.get("Parallelism") or 0} | kept(given, ("Delay",)) | {"FailureAction": action}
    made |= kept(given, ("Monitor",))
    return made | {"MaxFailureRatio": given.get("MaxFailureRatio") or 0, "Order": order}


def _endpoint_spec(given: Json | None) -> Json | None:
    if given is None:
        return None
    mode = given.get("Mode") or "vip"
    if mode not in ("vip", "dnsrr"):
        raise Refusal(400, f'invalid resolution mode: "{mode}"')
    made: Json = {"Mode": mode}
    if given.get("Ports"):
        made["Ports"] = [_port(one) for one in given["Ports"]]
    return made


def _port(given: Json) -> Json:
    protocol = (given.get("Protocol") or "tcp").lower()
    published = (given.get("PublishMode") or "ingress").lower()
    made = kept(given, ("Name",)) | {"Protocol": protocol if protocol in ("tcp", "udp", "sctp") else "tcp"}
    made |= kept(given, ("TargetPort", "PublishedPort"))
    return made | {"PublishMode": "host" if published == "host" else "ingress"}


def _mode(given: Json) -> Json:
    modes = [mode for mode in MODES if given.get(mode) is not None]
    if len(modes) > 1:
        raise Refusal(400, "must specify only one service mode")
    if not modes or modes == ["Replicated"]:
        replicas = (given.get("Replicated") or {}).get("Replicas")
        return {"Replicated": {"Replicas": 1 if replicas is None else replicas}}
    if modes == ["ReplicatedJob"]:
        most = given["ReplicatedJob"].get("MaxConcurrent")
        total = given["ReplicatedJob"].get("TotalCompletions")
        most = 1 if most is None else most
        return {"ReplicatedJob": {"MaxConcurrent": most, "TotalCompletions": most if total is None else total}}
    return {modes[0]: {}}


def _check_resources(resources: Json) -> None:
    for key in ("Limits", "Reservations"):
        asked: dict[str, Any] = resources.get(key, {})
        cpus, memory = asked.get("NanoCPUs", 0), asked.get("MemoryBytes", 0)
        if cpus and cpus < 1_000_000:
            shown = f"{cpus / 1e9:g}"
            raise refused("InvalidArgument", f"invalid cpu value {shown}: Must be at least 0.001")
        if memory and memory < 4 * 1024 * 1024:
            raise refused("InvalidArgument", f"invalid memory value {memory}: Must be at least 4MiB")


def _check_update(config: Json) -> None:
    for key in ("Delay", "Monitor"):
        if config.get(key, 0) < 0:
            raise refused("InvalidArgument", f"TaskSpec: update-{key.lower()} cannot be negative")
    if not 0 <= config.get("MaxFailureRatio", 0) <= 1:
        message = "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1"
        raise refused("InvalidArgument", message)


def _check_endpoint(endpoint: Json) -> None:
    seen: set[tuple[int, str]] = set()
    for port in endpoint.get("Ports", ()):
        if endpoint["Mode"] == "dnsrr" and port["PublishMode"] == "ingress":
            message = "EndpointSpec: port published with ingress mode can't be used with dnsrr mode"
            raise refused("InvalidArgument", message)
        published = port.get("PublishedPort", 0)
        if not published:
            continue
        if (published, port["Protocol"]) in seen:
            raise refused("InvalidArgument", "EndpointSpec: duplicate published ports provided")
        seen.add((published, port["Protocol"]))
