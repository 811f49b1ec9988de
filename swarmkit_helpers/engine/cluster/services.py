"""Services: created, updated, rolled back and removed."""

from __future__ import annotations

import random
from typing import Literal

from ..kinds import Json
from ..refusal import Refusal
from . import jobs
from .lookup import find
from .networks import is_ingress, is_predefined, needs_ingress
from .rpc import refused
from .servicespec import check_service, mode_of, service_spec
from .store import Store

__all__ = ["create_service", "remove_service", "update_service"]

Port = tuple[int, str]


def create_service(
    store: Store, given: Json, chance: random.Random, *, encoded_auth: str, query_registry: bool
) -> Json:
    """Create a service, and return what the API answers.

    Raises
    ------
    Refusal
        As the engine says it.
    """
    spec = service_spec(_with_network_ids(store, given), chance)
    check_service(spec)
    for one in spec["TaskTemplate"].get("Networks", ()):
        network = store.get("network", one["Target"])
        if network is not None and is_ingress(network):
            name = network["Spec"]["Name"]
            message = f'Service cannot be explicitly attached to the ingress network "{name}"'
            raise refused("InvalidArgument", message)
    _check_ports(store, spec, "")
    _check_ingress(store, spec)
    _check_existence(store, spec, "secret")
    _check_existence(store, spec, "config")
    # The store's index of names has no case.
    if any(one["Spec"]["Name"].lower() == spec["Name"].lower() for one in store.all("service")):
        message = f"name conflicts with an existing object: service {spec['Name']} already exists"
        raise refused("AlreadyExists", message)
    body = {"Spec": spec, "Endpoint": {"Spec": {}}, "_SpecVersion": 0, "_Auth": encoded_auth}
    if mode_of(spec).endswith("job"):
        body["JobStatus"] = jobs.status(store.clock.now())
    made = store.create("service", body)
    return {"ID": made["ID"]} | _warnings(spec, query_registry)


def update_service(
    store: Store,
    reference: str,
    version: int,
    given: Json,
    chance: random.Random,
    *,
    encoded_auth: str,
    rollback: str,
    registry_auth_from: str,
    query_registry: bool,
) -> Json:
    """Update a service, or put it back to what it was before.

    Parameters
    ----------
    version
        That its writer has read.
    rollback
        ``previous``, ``none`` or nothing.

    Raises
    ------
    Refusal
        As the engine says it.
    """
    spec = service_spec(_with_network_ids(store, given), chance)
    service = find(store, "service", reference)
    auth = encoded_auth or _old_auth(service, registry_auth_from)
    if rollback not in ("", "none", "previous"):
        raise Refusal(500, f"unrecognized rollback option {rollback}")
    check_service(spec)
    if "EndpointSpec" in spec and spec["EndpointSpec"] != service["Spec"].get("EndpointSpec"):
        _check_ports(store, spec, service["ID"])
    old = service["Spec"]
    same = spec["TaskTemplate"].get("Networks", []) == old["TaskTemplate"].get("Networks", [])
    if same and spec.get("Networks", []) != old.get("Networks", []):
        raise refused("Unimplemented", "networks must be migrated to TaskSpec before being changed")
    _check_existence(store, spec, "secret")
    _check_existence(store, spec, "config")
    if mode_of(spec) != mode_of(old):
        raise refused("Unimplemented", "service mode change is not allowed")
    if spec["Name"] != old["Name"]:
        raise refused("Unimplemented", "renaming services is not supported")
    if rollback == "previous":
        if service.get("PreviousSpec") is None:
            raise refused("FailedPrecondition", f"service {service['ID']} does not have a previous spec")
        body: Json = {
            "Spec": service["PreviousSpec"],
            "_SpecVersion": service["_PreviousSpecVersion"],
            "UpdateStatus": {
                "State": "rollback_started",
                "StartedAt": store.clock.now(),
                "Message": "manually requested rollback",
            },
        }
    else:
        body = {"Spec": spec, "_SpecVersion": version, "UpdateStatus": None}
    _check_ingress(store, body["Spec"])
    body |= {"PreviousSpec": old, "_PreviousSpecVersion": service["_SpecVersion"]}
    body |= {"_Auth": auth, "_PreviousAuth": service["_Auth"]}
    if "JobStatus" in service:
        body["JobStatus"] = jobs.status(store.clock.now(), service["JobStatus"])
    store.update("service", service["ID"], body, version=version)
    return {"Warnings": None} | _warnings(spec, query_registry)


def remove_service(store: Store, reference: str) -> None:
    """Remove a service; its tasks go by themselves.

    Raises
    ------
    Refusal
        404: there is none.
    """
    store.remove("service", find(store, "service", reference)["ID"])


def _with_network_ids(store: Store, given: Json) -> Json:
    task = given.get("TaskTemplate") or {}
    key: Literal["TaskTemplate", "Networks"] = "TaskTemplate" if task.get("Networks") else "Networks"
    networks = task.get("Networks") if key == "TaskTemplate" else given.get("Networks")
    if not networks:
        return given
    found = [one | {"Target": _network_id(store, one.get("Target") or "")} for one in networks]
    return given | ({"TaskTemplate": task | {"Networks": found}} if key == "TaskTemplate" else {"Networks": found})


def _network_id(store: Store, reference: str) -> str:
    try:
        return str(find(store, "network", reference)["ID"])
    except Refusal as refusal:
        status = 500 if refusal.status == 404 else refusal.status
        raise Refusal(status, refusal.message) from refusal


def _check_ports(store: Store, spec: Json, own: str) -> None:
    asked: dict[str, set[Port]] = {"ingress": set(), "host": set()}
    for port in (spec.get("EndpointSpec") or {}).get("Ports", ()):
        if port.get("PublishedPort"):
            asked[port["PublishMode"]].add((port["PublishedPort"], port["Protocol"]))
    for service in store.all("service"):
        if service["ID"] == own:
            continue
        ports = [*service["Spec"].get("EndpointSpec", {}).get("Ports", ()), *service["Endpoint"].get("Ports", ())]
        for port in ports:
            taken = (port.get("PublishedPort", 0), port["Protocol"])
            who = f"port '{taken[0]}' is already in use by service '{service['Spec']['Name']}' ({service['ID']})"
            if port["PublishMode"] == "host" and taken in asked["ingress"]:
                raise refused("InvalidArgument", f"{who} as a host-published port")
            if port["PublishMode"] == "ingress" and taken in asked["ingress"] | asked["host"]:
                raise refused("InvalidArgument", f"{who} as an ingress port")


def _check_ingress(store: Store, spec: Json) -> None:
    present = any(is_ingress(one) and not is_predefined(one) for one in store.all("network"))
    if needs_ingress(spec) and not present:
        message = "service needs ingress network, but no ingress network is present"
        raise refused("FailedPrecondition", message)


def _check_existence(store: Store, spec: Json, kind: Literal["secret", "config"]) -> None:
    word = kind.capitalize()
    missing = []
    for one in spec["TaskTemplate"]["ContainerSpec"].get(f"{word}s", ()):
        found = store.get(kind, one[f"{word}ID"])
        if found is None or found["Spec"]["Name"] != one[f"{word}Name"]:
            missing.append(one[f"{word}Name"])
    if missing:
        plural = "" if len(missing) == 1 else "s"
        raise refused("InvalidArgument", f"{kind}{plural} not found: {', '.join(missing)}")


def _old_auth(service: Json, source: str) -> str:
    if source in ("", "spec"):
        return str(service["_Auth"])
    if source != "previous-spec":
        raise Refusal(500, "unsupported registryAuthFrom value")
    if service.get("PreviousSpec") is None:
        raise Refusal(500, "service does not have a previous spec")
    return str(service.get("_PreviousAuth", ""))


def _warnings(spec: Json, query_registry: bool) -> Json:
    if not query_registry:
        return {}
    image = spec["TaskTemplate"]["ContainerSpec"]["Image"]
    message = f"image {image} could not be accessed on a registry to record\nits digest. Each node will access {image} "
    return {
        "Warnings": [
            f"{message}independently,\npossibly leading to different nodes running different\nversions of the image.\n"
        ]
    }
