"""The specification of a service or a network as it is asked, and as the engine keeps it: whether the two say the same.

The engine fills in what was left out and leaves out what is empty: the two are brought to one form, then compared.
Where the zero of a number means something else than its absence, it is kept (Engine API, ServiceSpec).
"""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

__all__ = ["known_to", "network_changes", "same_spec"]

Json = dict[str, Any]
MAPS = {"Labels", "Options", "DriverOpts", "Sysctls"}
"""Free text -> free text: what is in them is kept as it is."""
TELLING = {"Replicas", "StopGracePeriod", "Init", "Window"}
"""Their zero is not their absence."""
CHOICES = {"Global", "Runtime"}
"""They say something by being there, even empty."""
UPDATE = {"FailureAction": "pause", "Order": "stop-first"}
ALLOCATED = "com.docker.network.driver.overlay.vxlanid_list"
"""Option of a network that the swarm writes itself."""


def same_spec(wanted: Json, held: Json) -> bool:
    """True when an update from one to the other would change nothing.

    Parameters
    ----------
    wanted
        Body of ``POST /services/create``, its networks by id.
    held
        ``Spec`` of a service that the engine reports.
    """
    return bool(_stripped(_filled(wanted)) == _stripped(_filled(held)))


SINCE = {"StartInterval": (1, 44), "Subpath": (1, 45), "OomScoreAdj": (1, 46)}
"""Fields of a service that came after version 1.41 of the Engine API."""


def known_to(api_version: str, spec: Json) -> Json:
    """What an engine of that version reads of a service's specification: it passes over the rest in silence.

    Parameters
    ----------
    api_version
        ``1.41``.
    """
    spoken = tuple(map(int, api_version.split(".")))
    unknown = {key for key, since in SINCE.items() if since > spoken}

    def read(value: Any) -> Any:
        if isinstance(value, list):
            return [read(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {key: inner for key, inner in value.items() if key not in unknown}
        return {key: inner if key in MAPS else read(inner) for key, inner in kept.items()}

    return dict(read(spec))


def network_changes(wanted: Json, held: Json) -> list[str]:
    """What the stack file says of a network, and the engine's own does not have: keys of the file.

    What the swarm chooses where nothing is asked (addresses, driver of addresses) is no change.

    Parameters
    ----------
    wanted
        Body of ``POST /networks/create``.
    held
        The network, as the engine lists it.
    """
    options = {key: value for key, value in (held.get("Options") or {}).items() if key != ALLOCATED}
    asked_ipam, held_ipam = wanted.get("IPAM") or {}, held.get("IPAM") or {}
    asked_subnets = _subnets(asked_ipam)
    same = {
        "driver": wanted["Driver"] == held["Driver"],
        "driver_opts": (wanted.get("Options") or {}) == options,
        "ipam.driver": asked_ipam.get("Driver") in (None, "", held_ipam.get("Driver")),
        "ipam.config": not asked_subnets or asked_subnets == _subnets(held_ipam),
        "internal": bool(wanted.get("Internal")) == bool(held.get("Internal")),
        "attachable": bool(wanted.get("Attachable")) == bool(held.get("Attachable")),
        "labels": (wanted.get("Labels") or {}) == (held.get("Labels") or {}),
    }
    return [key for key, alike in same.items() if not alike]


def _subnets(ipam: Json) -> set[str]:
    written = [pool["Subnet"] for pool in ipam.get("Config") or () if pool.get("Subnet")]
    return {str(ip_network(subnet, strict=False)) for subnet in written}


def _filled(spec: Json) -> Json:
    """With what the engine writes where nothing is said."""
    task: Json = spec["TaskTemplate"]
    container: Json = {"Isolation": "default"} | _told(task["ContainerSpec"])
    container["Mounts"] = [_mount(mount) for mount in container.get("Mounts") or ()]
    for key in ("Secrets", "Configs"):
        # Their order says nothing, and the docker CLI's own varies from one run to the next.
        container[key] = sorted(container.get(key) or (), key=lambda one: json.dumps(one, sort_keys=True))
    task = {"Runtime": "container"} | _told(task) | {"ContainerSpec": container}
    if task.get("RestartPolicy") is not None:
        policy = {"Condition": "any"} | _told(task["RestartPolicy"])
        # A delay of nothing is not the default delay; in UpdateConfig it is.
        policy["Delay"] = str(policy.get("Delay"))
        task["RestartPolicy"] = policy
    endpoint: Json = {"Mode": "vip"} | _told(spec.get("EndpointSpec") or {})
    endpoint["Ports"] = [
        {"Protocol": "tcp", "PublishMode": "ingress"} | _told(port) for port in endpoint.get("Ports") or ()
    ]
    mode: Json = spec.get("Mode") or {}
    if mode.get("Global") is None:
        mode = {"Replicated": {"Replicas": 1} | _told(dict(mode.get("Replicated") or {}))}
    filled = spec | {"TaskTemplate": task, "EndpointSpec": endpoint, "Mode": mode}
    for key in ("UpdateConfig", "RollbackConfig"):
        if spec.get(key) is not None:
            filled[key] = UPDATE | _told(spec[key])
    return filled


def _mount(mount: Json) -> Json:
    bind = mount.get("BindOptions") or {}
    private = bind.get("Propagation") in (None, "", "rprivate")
    options = {key: value for key, value in bind.items() if not private or key != "Propagation"}
    # The swarm keeps no consistency: it is for Docker Desktop.
    return {key: value for key, value in mount.items() if key != "Consistency"} | {"BindOptions": options}


def _told(mapping: Json) -> Json:
    return {key: value for key, value in mapping.items() if value not in (None, "")}


def _stripped(value: Any) -> Any:
    """Without what is empty, at any depth."""
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, inner in value.items():
        plain = inner if key in MAPS else _stripped(inner)
        if plain or (key in TELLING and plain is not None) or (key in CHOICES and plain is not None):
            kept[key] = plain
    return kept
