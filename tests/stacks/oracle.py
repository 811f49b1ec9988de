"""The docker CLI's own ``docker stack deploy``, and what the engine reports after it or after ours."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from swarmkit_helpers.actions.preflight import preflight
from swarmkit_helpers.actions.stacks import Deployment, _Sending
from swarmkit_helpers.compose.file import read_stack
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.node import Node

__all__ = [
    "CLIS",
    "ENVIRONMENT",
    "LABEL",
    "clear",
    "cli_deploy",
    "differences",
    "drop_volumes",
    "ours",
    "report",
    "updates",
    "version",
    "volumes",
]

Json = dict[str, Any]
LABEL = "com.docker.stack.namespace"
PLACES = "/usr/bin:/usr/local/bin"
CLIS = [found for place in PLACES.split(":") if (found := shutil.which("docker", path=place))]
"""Every docker CLI of this machine; Debian's own first."""
ENVIRONMENT = {"HERITE": "de l'environnement", "SUFFIXE": "suf", "VIDE": ""}
"""What the files of the corpus read."""
ALLOCATED = ipaddress.ip_network("10.0.0.0/8")
"""Where the swarm takes the subnets that nobody asked for: no stack file of these tests asks for one there."""


def cli_deploy(cli: str, lab: Lab, files: Sequence[Path], name: str, *options: str) -> str:
    """Deploy with the docker CLI, and return what it said."""
    words = [cli, "--host", lab.manager.docker_host, "stack", "deploy", *options]
    for file in files:
        words += ["--compose-file", str(file)]
    done = subprocess.run([*words, name], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def version(cli: str) -> int:
    """The CLI's major version."""
    said = subprocess.run([cli, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"version (\d+)", said)[0])


def ours(lab: Lab, files: Sequence[Path], name: str, *, prune: bool = False) -> Deployment:
    """Deploy with ours, without waiting for the tasks."""
    stack = read_stack(files)
    sending = _Sending(lab, stack, name, preflight(lab, stack, name, prune=prune))
    sending.send(prune=prune)
    return sending.told()


def listed(lab: Lab, name: str) -> dict[str, list[Json]]:
    """The stack's objects as the manager lists them, by kind."""
    api, filters = lab.manager.api, {"label": f"{LABEL}={name}"}
    return {
        "services": api.services(filters=filters),
        "networks": api.networks(filters=filters),
        "secrets": api.secrets(filters=filters),
        "configs": api.configs(filters=filters),
    }


def updates(lab: Lab, name: str) -> dict[str, Json | None]:
    """What each service was before its last update, as the engine keeps it; None as long as it has had none.

    Not the version index: that one also moves when the swarm gives a service its addresses, a moment later.
    """
    return {raw["Spec"]["Name"]: raw.get("PreviousSpec") for raw in listed(lab, name)["services"]}


def report(lab: Lab, name: str) -> dict[str, dict[str, Any]]:
    """All that the engine reports of a stack, kind by kind and name by name, ids told by the names they stand for."""
    api = lab.manager.api
    names = {raw["Id"]: raw["Name"] for raw in api.networks()}
    names |= {api.inspect_network(net, scope="swarm")["Id"]: f"predefined {net}" for net in ("host", "bridge")}
    names |= {raw["ID"]: raw["Spec"]["Name"] for raw in [*api.secrets(), *api.configs()]}
    found = listed(lab, name)
    return {
        "networks": {raw["Name"]: _network(_allocated(api, raw["Id"])) for raw in found["networks"]},
        **{
            kind: {raw["Spec"]["Name"]: _named(raw["Spec"], names) for raw in found[kind]}
            for kind in ("services", "secrets", "configs")
        },
    }


def _allocated(api: Any, identity: str) -> Json:
    """A network, once it has its addresses: the CLI does not wait for them."""
    end = time.monotonic() + 20
    while True:
        raw: Json = api.inspect_network(identity, scope="swarm")
        if (raw["IPAM"] or {}).get("Config"):
            return raw
        assert time.monotonic() < end, raw
        time.sleep(0.02)


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Each field that two reports do not have in common."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        return [
            line
            for key in keys
            for line in differences(one.get(key, "nothing"), other.get(key, "nothing"), f"{path}/{key}")
        ]
    return [] if one == other else [f"{path}: {one!r} is not {other!r}"]


def _named(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        # Before version 23 the CLI gave them in any order, which says nothing.
        return {
            key: sorted(named, key=repr) if key in ("Secrets", "Configs") and isinstance(named, list) else named
            for key, inner in value.items()
            for named in [_named(inner, names)]
        }
    if isinstance(value, list):
        return [_named(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def _network(raw: Json) -> Json:
    """Without what the swarm chose by itself."""
    kept = {key: value for key, value in raw.items() if key not in ("Id", "Created", "Peers", "Containers")}
    kept["Options"] = {key: value for key, value in (raw["Options"] or {}).items() if "vxlanid_list" not in key}
    pools = (raw["IPAM"] or {}).get("Config") or []
    chosen = [ipaddress.ip_network(pool["Subnet"]).subnet_of(ALLOCATED) for pool in pools]  # type: ignore[arg-type]
    kept["IPAM"] = raw["IPAM"] | {
        "Config": ["chosen" if by_itself else pool for by_itself, pool in zip(chosen, pools, strict=True)]
    }
    return kept


def clear(lab: Lab, *names: str, deadline_s: float = 60) -> None:
    """Remove stacks, whoever deployed them, and wait until the manager lists nothing of them."""
    api, end = lab.manager.api, time.monotonic() + deadline_s
    for name in names:
        while any(found := listed(lab, name).values()):
            services, networks, secrets, configs = found
            for raw in services:
                api.remove_service(raw["ID"])
            if not services:
                for kind, objects in (("secret", secrets), ("config", configs), ("network", networks)):
                    for raw in objects:
                        _try_removing(api, kind, raw)
            assert time.monotonic() < end, f"still there: {found}"
            time.sleep(0.02)


def _try_removing(api: Any, kind: str, raw: Json) -> None:
    import docker.errors

    try:
        getattr(api, f"remove_{kind}")(raw.get("ID") or raw["Id"])
    except docker.errors.APIError as err:
        # A network is held for a moment by the last tasks.
        assert kind == "network" and ("in use" in str(err) or "not found" in str(err)), err


def volumes(lab: Lab, name: str) -> dict[str, Json]:
    """The stack's volumes, by node and name, without the time and place of their making."""
    found = {}
    for node in lab.nodes.values():
        for raw in node.api.volumes(filters={"label": f"{LABEL}={name}"})["Volumes"] or ():
            found[f"{node.name} {raw['Name']}"] = {
                key: value for key, value in raw.items() if key not in ("CreatedAt", "Mountpoint")
            }
    return found


def drop_volumes(node: Node, name: str) -> None:
    """Remove a stack's volumes from a node, as soon as no container holds them."""
    import docker.errors

    end = time.monotonic() + 20
    while listed := node.api.volumes(filters={"label": f"{LABEL}={name}"})["Volumes"]:
        for raw in listed:
            with suppress(docker.errors.APIError):
                node.api.remove_volume(raw["Name"])
        assert time.monotonic() < end, f"still there: {listed}"
        time.sleep(0.02)
