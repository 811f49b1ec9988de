"""Secrets and configs, as seen on docker 20.10.24."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from swarmkit_helpers.engine.cluster.secrets import DataKind

from .lab import Lab, in_lab, web
from .test_services import INVALID, file, refusal

DATA = base64.b64encode(b"hello").decode()
NAME = "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]"


def calls(lab: Lab, kind: DataKind) -> Any:
    class Calls:
        create = partial(lab.swarm.create_data, kind)
        update = partial(lab.swarm.update_data, kind)
        remove = partial(lab.swarm.remove_data, kind)

    return Calls


async def life(lab: Lab, kind: Any, most: int) -> None:
    call = calls(lab, kind)
    size = f"{kind} data must be larger than 0 and less than {most} bytes"
    for body, message in (
        ({}, "name must be provided"),
        ({"Name": "a"}, size),
        ({"Name": "a b", "Data": DATA}, NAME),
        ({"Name": "x" * 65, "Data": DATA}, NAME),
        ({"Name": "big", "Data": base64.b64encode(b"x" * most).decode()}, size),
    ):
        with refusal(400, INVALID + message):
            call.create(body)
    made = call.create({"Name": "k1", "Data": DATA, "Labels": {"l": "v"}})
    with refusal(409, f"rpc error: code = AlreadyExists desc = {kind} k1 already exists"):
        call.create({"Name": "k1", "Data": DATA})
    shown = lab.swarm.find(kind, "k1")
    spec = {"Name": "k1", "Labels": {"l": "v"}} | ({} if kind == "secret" else {"Data": DATA})
    assert (shown["ID"], shown["Spec"]) == (made["ID"], spec)
    assert lab.swarm.store.all(kind)[0]["Spec"]["Data"] == DATA
    version = shown["Version"]["Index"]
    for body in ({"Name": "k1", "Data": "b3RoZXI="}, {"Name": "k9"}):
        with refusal(400, INVALID + "only updates to Labels are allowed"):
            call.update("k1", version, body)
    with refusal(500, "rpc error: code = Unknown desc = update out of sequence"):
        call.update("k1", 1, {"Name": "k1"})
    call.update("k1", version, {"Name": "k1", "Labels": {"n": "m"}})
    assert lab.swarm.listed(kind, {"label": ["n=m"], "name": ["k"]})[0]["ID"] == made["ID"]
    reference = {f"{kind.capitalize()}ID": made["ID"], f"{kind.capitalize()}Name": "k1", "File": file("k1")}
    container = {"ContainerSpec": {f"{kind.capitalize()}s": [reference]}}
    lab.swarm.create_service(web("full", TaskTemplate=container))
    with refusal(400, INVALID + f"{kind} 'k1' is in use by the following service: full"):
        call.remove("k1")
    lab.swarm.remove_service("full")
    call.remove("k1")
    with refusal(404, f"{kind} k1 not found"):
        call.remove("k1")
    assert lab.events(kind) == [(action, {"name": "k1"}) for action in ("create", "update", "remove")]


@in_lab
async def test_the_life_of_a_secret(lab: Lab) -> None:
    await life(lab, "secret", 512000)


@in_lab
async def test_the_life_of_a_config(lab: Lab) -> None:
    await life(lab, "config", 1024000)
