"""Plays a scenario against engines."""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from .client import Answer, ask, ask_upgraded, frames
from .steps import W1, W2, Call, Join, M, Scenario, Step, Until

__all__ = ["ADDRESSES", "Played", "play", "step_name"]

Played = dict[str, Any]
"""``scenario``, ``kept`` (name -> value) and ``steps``, each with ``call`` and what came of it."""

ADDRESSES = {M: "10.0.3.62", W1: "10.0.3.63", W2: "10.0.3.64"}
HEADERS = (
    "Api-Version",
    "Builder-Version",
    "Cache-Control",
    "Connection",
    "Content-Type",
    "Docker-Experimental",
    "Location",
    "Ostype",
    "Pragma",
    "Server",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "X-Docker-Container-Path-Stat",
)
NAME = re.compile(r"(?<!\$)\$([a-z_0-9]+)")
POLL_S = 0.1
SETTLED_S = 0.3
SOON_S = 0.5


class Lacking(Exception):
    """A step needs what an earlier answer did not give."""


def play(scenario: Scenario, sockets: Mapping[str, Path], *, versions: str = "/v1.41") -> Played:
    """Bring the hosts to where the scenario starts, then play it.

    Parameters
    ----------
    sockets
        Of ``manager``, ``worker1`` and ``worker2``.
    """
    kept: dict[str, Any] = {}
    prepare(sockets, kept, swarm=scenario.swarm, versions=versions)
    # What was just removed is told of until now.
    time.sleep(SETTLED_S)
    kept["start"] = f"{time.time():.9f}"
    steps: list[dict[str, Any]] = []
    running: dict[str, tuple[Call, Future[dict[str, Any]]]] = {}
    with ThreadPoolExecutor(4) as pool:
        for step in scenario.steps:
            said: dict[str, Any] = {"call": step_name(step), "host": "" if isinstance(step, Join) else step.host}
            try:
                match step:
                    case Until():
                        said["reached"] = reached(step, sockets, kept)
                    case Join():
                        call, future = running.pop(step.behind)
                        said |= future.result()
                        said |= {"call": step_name(call, joined=True), "host": call.host}
                        keep(call, said, kept)
                    case Call() if step.behind:
                        filled_step = prepared(step, kept)
                        running[step.behind] = (step, pool.submit(answer, step, sockets, *filled_step))
                        time.sleep(0.3)
                    case Call():
                        said |= answer(step, sockets, *prepared(step, kept))
                        keep(step, said, kept)
            except Lacking as lacking:
                said["not asked"] = f"nothing was given as {lacking}"
            except OSError as error:
                said["refused"] = type(error).__name__
            steps.append(said)
    return {"scenario": scenario.name, "kept": kept, "steps": steps}


def step_name(step: Step, *, joined: bool = False) -> str:
    """What is asked, with the names that stand in it."""
    match step:
        case Until():
            return f"until {step.what}"
        case Join():
            return f"the answer of {step.behind}"
        case Call() if step.behind and not joined:
            return f"asked behind: {step.behind}"
    return f"{step.method} {step.path if step.version == '/v1.41' else step.version + step.path}"


def prepared(step: Call, kept: Mapping[str, Any]) -> tuple[str, bytes | None, dict[str, str]]:
    now = time.time()
    kept = {**kept, "now": f"{now:.9f}", "soon": f"{now + SOON_S:.9f}"}
    headers = {name: filled(value, kept) for name, value in step.headers.items()}
    body = filled(step.body, kept)
    if body is not None and not isinstance(body, str | bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    elif isinstance(body, str):
        body = body.encode()
    return step.version + filled(step.path, kept), body, headers


def filled(value: Any, kept: Mapping[str, Any]) -> Any:
    """Put what is kept where it is named."""

    def one(name: str) -> Any:
        if name not in kept:
            raise Lacking(name)
        return kept[name]

    if isinstance(value, str):
        if whole := NAME.fullmatch(value):
            return one(whole[1])
        return NAME.sub(lambda found: str(one(found[1])), value).replace("$$", "$")
    if isinstance(value, dict):
        return {filled(key, kept): filled(item, kept) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, kept) for item in value]
    return value


def answer(
    step: Call, sockets: Mapping[str, Path], target: str, body: bytes | None, headers: dict[str, str]
) -> dict[str, Any]:
    try:
        if step.read == "upgraded":
            came = ask_upgraded(sockets[step.host], step.method, target, body, headers, step.send.encode())
        else:
            came = ask(sockets[step.host], step.method, target, body, headers, lines=step.lines)
    except OSError as error:
        return {"refused": type(error).__name__}
    sent = {name.lower(): value for name, value in came.headers.items()}
    said: dict[str, Any] = {
        "status": came.status,
        "headers": {name: sent[name.lower()] for name in HEADERS if name.lower() in sent},
    }
    if came.broken:
        said["broken"] = came.broken
    if stat := said["headers"].get("X-Docker-Container-Path-Stat"):
        said["stat"] = json.loads(base64.b64decode(stat))
        said["headers"]["X-Docker-Container-Path-Stat"] = "stat"
    return said | read(step, came)


def read(step: Call, came: Answer) -> dict[str, Any]:
    """Understand a body, by what the step says that it is and by what it is."""
    if came.status < 400 and step.read in ("frames", "upgraded"):
        with suppress(ValueError):
            return {"frames": frames(came.body)}
    if came.status < 400 and step.read == "tar":
        with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(came.body)) as archive:
            return {"tar": sorted(f"{member.name} {member.type.decode()} {member.mode:o}" for member in archive)}
    text = came.body.decode("utf-8", "replace")
    try:
        documents = list(json_documents(text))
    except ValueError:
        return {"text": text}
    if not documents:
        return {}
    if step.lines or len(documents) > 1 or step.path.startswith(("/events", "/images/create")):
        return {"stream": documents}
    return {"body": documents[0]}


def json_documents(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:]


def keep(step: Call, said: Mapping[str, Any], kept: dict[str, Any]) -> None:
    for name, place in step.keep.items():
        try:
            kept[name] = at(said, place)
        except (KeyError, IndexError, TypeError, ValueError):
            kept.pop(name, None)


def at(said: Mapping[str, Any], place: str) -> Any:
    value: Any = said["body"]
    for key in place.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def reached(step: Until, sockets: Mapping[str, Path], kept: Mapping[str, Any]) -> bool:
    target = "/v1.41" + filled(step.path, kept)
    end = time.monotonic() + step.timeout_s
    while time.monotonic() < end:
        with suppress(OSError, ValueError, KeyError, IndexError, TypeError):
            came = ask(sockets[step.host], "GET", target, None, {})
            # An error is an object too: a wait for something to go reads it.
            if step.holds(json.loads(came.body) if came.body else None):
                return True
        time.sleep(POLL_S)
    return False


def prepare(sockets: Mapping[str, Path], kept: dict[str, Any], *, swarm: bool, versions: str) -> None:
    """Leave any swarm and remove all that there is; then form a swarm of the three hosts, if asked to."""

    def said(host: str, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        came = ask(sockets[host], method, versions + path, content, {"Content-Type": "application/json"})
        with suppress(ValueError):
            return json.loads(came.body)
        return came.body.decode("utf-8", "replace")

    def until(host: str, path: str, holds: Any) -> None:
        reached(Until(host, path, holds, ""), sockets, {})

    for host in (W1, W2, M):
        said(host, "POST", "/swarm/leave?force=true")
    for host in sockets:
        until(host, "/info", lambda info: info["Swarm"]["LocalNodeState"] == "inactive")
        # An engine that is in a swarm again before its old ingress network is gone never has the new one.
        until(host, "/networks", lambda found: all(network["Scope"] != "swarm" for network in found))
        for container in said(host, "GET", "/containers/json?all=true"):
            said(host, "DELETE", f"/containers/{container['Id']}?force=true&v=true")
        until(host, "/containers/json?all=true", lambda found: found == [])
        # In a swarm, docker_gwbridge stays: each new one would take one more of the 14 subnets of 172.16.0.0/12.
        for network in said(host, "GET", "/networks"):
            if network["Name"] not in ("bridge", "host", "none", *(("docker_gwbridge",) if swarm else ())):
                said(host, "DELETE", f"/networks/{network['Id']}")
        for volume in said(host, "GET", "/volumes")["Volumes"] or []:
            said(host, "DELETE", f"/volumes/{volume['Name']}?force=true")
    if not swarm:
        return
    init = {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": ADDRESSES[M]}
    kept["manager_node"] = said(M, "POST", "/swarm/init", init)
    until(M, "/networks/ingress", lambda found: found["Containers"])
    token = said(M, "GET", "/swarm")["JoinTokens"]["Worker"]
    for number, host in enumerate((W1, W2), 2):
        join = {
            "ListenAddr": "0.0.0.0:2377",
            "AdvertiseAddr": ADDRESSES[host],
            "RemoteAddrs": [f"{ADDRESSES[M]}:2377"],
            "JoinToken": token,
        }
        said(host, "POST", "/swarm/join", join)
        until(M, "/nodes", lambda nodes, number=number: sum(n["Status"]["State"] == "ready" for n in nodes) == number)
        kept[f"{host}_node"] = said(host, "GET", "/info")["Swarm"]["NodeID"]
        until(host, "/networks/ingress", lambda found: found.get("Containers"))
