"""Takes out of an answer what is chance or the machine's own, and nothing else.

Whatever is taken out leaves a word in ``<>`` in its place, so that a field that is there only on one side, or is a text
on one and a number on the other, still differs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .driver import Played
from .events import in_order
from .operations import operation

__all__ = ["RULES", "Rule", "normalised"]

ZERO_DATE = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is not compared.

    A text is replaced where ``text`` is found in it; a whole value, whatever it is, where its operation and field match
    ``field``.
    """

    name: str
    why: str
    text: str = ""
    by: str | Callable[[re.Match[str]], str] = ""
    field: str = ""


RULES = (
    Rule(
        "join token",
        "chance and a certificate's digest make it",
        text=r"SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}",
        by="<join token>",
    ),
    Rule("unlock key", "chance", text=r"SWMKEY-1-[0-9A-Za-z+/]{43}", by="<unlock key>"),
    Rule(
        "certificate",
        "made anew for each swarm",
        text=r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----",
        by="<certificate>",
    ),
    Rule(
        "certificate's parts",
        "made anew for each swarm",
        field=r".*\.(CertIssuerSubject|CertIssuerPublicKey)",
    ),
    Rule(
        "date",
        "the clock; the date that means none stays",
        text=rf"(?!{ZERO_DATE})\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d( \w+)?)",
        by="<date>",
    ),
    Rule(
        "date in seconds",
        "the clock",
        field=r"(GET /containers/json|GET /images/.*|GET /system/df) .*\.Created|GET /events .*\.(time|timeNano)",
    ),
    Rule("engine's id", "chance", text=r"\b([A-Z2-7]{4}:){11}[A-Z2-7]{4}\b", by="<engine id>"),
    Rule(
        "raft index",
        "it counts all that the managers ever wrote, heartbeats of the moment included",
        field=r".*\.Version\.Index",
    ),
    Rule("raft index in a message", "the same", text=r"(?<=index )\d+|(?<=sequence )\d+", by="<index>"),
    Rule("process", "a number of the machine's kernel", field=r".*\.(Pid|PID)|GET /exec/\{id\}/json .*\.Pid"),
    Rule(
        "directory of the engine",
        "where the lab put it",
        text=r"/var/lib/(swarmlab/[\w.-]+/\w+/data|docker)",
        by="<root>",
    ),
    Rule(
        "directory of what runs",
        "where the lab put it",
        text=r"/var/lib/swarmlab/[\w.-]+/\w+/exec/netns",
        by="/var/run/docker/netns",
    ),
    Rule("temporary directory", "chance", text=r"(?<=/tmp/docker-import-)\d+", by="<number>"),
    Rule("moment", "the clock", text=r"\b\d{10}\.\d{9}\b", by="<moment>"),
    Rule(
        "free port of the host",
        "the kernel's or the engine's next free one, from 49153 on",
        text=r"(?<![\w.])(?!65536)(49[1-9]\d\d|5\d{4}|6[0-5]\d{3})(?!\w)",
        by="<free port>",
    ),
    Rule("free port in a list", "the same", field=r"GET /containers/json .*\.PublicPort"),
    Rule(
        "place among the bridges' subnets",
        "the next one that is free, after all that the engine ever gave",
        text=r"\b172\.(1[89]|2\d|3[01])(?=\.\d+\.\d+)|(?<=\b02:42:ac:)1[2-9a-f](?=:00:)",
        by="<bridge>",
    ),
    Rule("number of a network card", "the kernel's next", text=r"\b\d+(?=: eth\d)|(?<=eth\d@if)\d+", by="<number>"),
    Rule(
        "order of two answers",
        "nslookup asks for addresses of both families at once",
        text=r"(Non-authoritative answer:\n\n)(Non-authoritative answer:\n(?:.+\n)+\n)",
        by=r"\2\1",
    ),
    Rule(
        "address of a bridge's card", "chance", text=r"(?<=\.0\.1 dev eth0 lladdr )02:42(:[0-9a-f]{2}){4}", by="<mac>"
    ),
    Rule(
        "order of neighbours",
        "a hash table's, seeded by chance",
        text=r"(?m)(?:^[\d.]+ dev eth0 .*\n)+",
        by=lambda found: "".join(sorted(found[0].splitlines(keepends=True))),
    ),
    Rule(
        "neighbour that does not answer",
        "given up after three seconds, which the scenario may have taken or not",
        text=r"(?<=dev eth0  used 0/0/0 probes )\d (INCOMPLETE|FAILED)",
        by="6 FAILED",
    ),
    Rule("name of a gateway", "chance", text=r"(?<=\bgateway_)[0-9a-f]{12}", by="<sandbox>"),
    Rule(
        "order of networks",
        "a hash table's",
        text=r"(?<=connected to network endpoints: )mine, given",
        by="given, mine",
    ),
    Rule("mark of a load balancer", "the next number, in the order of a hash table", field=r".*\.LocalLBIndex"),
    Rule("name of a gossip peer", "chance", field=r".*\.Peers\.\d+\.Name"),
    Rule(
        "span of time",
        "the clock",
        text=r"(?<=Up )(Less than a second|\d+ seconds?)|(Less than a second|\d+ seconds?)(?= ago)",
        by="<span>",
    ),
    Rule("round trip", "a measure", text=r"\d+\.\d+ ms\b|\d+\.\d+/\d+\.\d+/\d+\.\d+(/\d+\.\d+)? ms", by="<ms>"),
    Rule(
        "measure",
        "counters of the kernel",
        field=r"GET /containers/\{id\}/stats .*\.(\w*usage\w*|rx_\w+|tx_\w+|value|op|major|minor|limit|online_cpus"
        r"|read|preread|num_procs|current|stats|io_service\w*|periods|throttled\w*)",
    ),
    Rule("table of processes", "numbers and times of the kernel", field=r".*/top body\.Processes\.\d+\.[1-689]"),
    Rule(
        "made image",
        "the real lab makes its images of Debian's packages: size, dates and layers are those of the day",
        field=r".*(/images/|/system/df).*\.(Size|VirtualSize|SharedSize|LayersSize|Created|CreatedAt"
        r"|Layers(\.\d+)?|LastTagTime|RootFS\.Layers(\.\d+)?)"
        r"|GET /containers/\{id\}/json body\.SizeRootFs"
        r"|.*\.org\.swarmlab\.packages",
    ),
    Rule(
        "machine",
        "its kernel, processors, memory and disk",
        field=r"GET /(info|version) .*\.(KernelVersion|NCPU|MemTotal|NFd|NGoroutines|DriverStatus|BuildTime"
        r"|CgroupVersion|CgroupDriver|SecurityOptions(\.\d+)?)"
        r"|.*\.Resources\.(NanoCPUs|MemoryBytes)",
    ),
)

# Lists that the engine gives in the order of random ids or of a hash: field of the answer -> what they are sorted by.
UNORDERED = {
    "GET /networks body": ("Name",),
    "GET /volumes body.Volumes": ("Name",),
    "GET /nodes body": ("Description.Hostname", "Spec.Role", "Status.State"),
    "GET /services body": ("Spec.Name",),
    "GET /secrets body": ("Spec.Name",),
    "GET /configs body": ("Spec.Name",),
    "GET /tasks body": ("ServiceID", "Slot", "NodeID", "CreatedAt"),
    "GET /images/json body": ("RepoTags",),
    "GET /system/df body.Images": ("RepoTags",),
    "GET /system/df body.Volumes": ("Name",),
}
UNORDERED_TEXTS = (
    "POST /networks/prune body.NetworksDeleted",
    "POST /containers/prune body.ContainersDeleted",
    "POST /volumes/prune body.VolumesDeleted",
)
UNORDERED_FIELDS = {"Peers": ("IP",), "Mounts": ("Destination",), "RemoteManagers": ("Addr",)}

ID = re.compile(r"(?<![0-9a-zA-Z])([0-9a-f]{64}|[0-9a-z]{25})(?![0-9a-zA-Z])")
SHORT_ID = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{12}(?![0-9a-zA-Z])")
COMPILED = [(rule, re.compile(rule.text or rule.field)) for rule in RULES]


def normalised(played: Played) -> Any:
    """Give what is compared of a scenario that was played: its steps, without chance."""
    kept = {
        value: f"<{name}>" for name, value in played["kept"].items() if isinstance(value, str) and ID.fullmatch(value)
    }
    steps = [ordered(step, operation(step["call"]), "", kept) for step in played["steps"]]
    names = dict(kept)
    for number, step in enumerate(steps):
        for place, text in texts(step, ""):
            for found in ID.finditer(TOKEN.sub("", text)):
                # Named after the place where it is first seen: one id more or less renames no other.
                names.setdefault(found[0], f"<{number}:{place}>")
    short = {found[:12]: name[:-1] + ":12>" for found, name in names.items() if len(found) == 64}
    return {
        "scenario": played["scenario"],
        "steps": [replaced(step, operation(step["call"]), "", names, short) for step in steps],
    }


TOKEN = re.compile(RULES[0].text)


def key(item: Any, fields: tuple[str, ...], kept: dict[str, str]) -> list[str]:
    found = []
    for field in fields:
        value = item
        for name in field.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        found.append(f"{value:09d}" if isinstance(value, int) else kept.get(str(value), str(value)))
    return found


def ordered(value: Any, asked: str, place: str, kept: dict[str, str]) -> Any:
    """Sort what has no order of its own."""
    if isinstance(value, dict):
        # What is named by ids is put in the order of the names that it holds.
        items = sorted(
            value.items(),
            key=lambda item: (
                str(item[1].get("Name", "")) if isinstance(item[1], dict) and ID.fullmatch(item[0]) else ""
            ),
        )
        return {name: ordered(item, asked, f"{place}.{name}".lstrip("."), kept) for name, item in items}
    if isinstance(value, list):
        items = [ordered(item, asked, place, kept) for item in value]
        if asked == "GET /events" and place == "stream" and all("Actor" in item for item in items):
            return in_order(items, kept)
        fields = UNORDERED.get(f"{asked} {place}") or UNORDERED_FIELDS.get(place.rpartition(".")[2])
        return sorted(items, key=lambda item: key(item, fields, kept)) if fields else items
    return value


def texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield place, name
            yield from texts(item, f"{place}.{ID.sub('*', name)}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, f"{place}.{number}")
    elif isinstance(value, str):
        yield place, value


def replaced(value: Any, asked: str, place: str, names: dict[str, str], short: dict[str, str]) -> Any:
    if place:
        for rule, pattern in COMPILED:
            if rule.field and pattern.fullmatch(f"{asked} {place}") and value not in (None, "", [], {}):
                return f"<{rule.name}: {kind(value)}>"
    if isinstance(value, dict):
        return {
            plain(name, names, short): replaced(item, asked, f"{place}.{name}".lstrip("."), names, short)
            for name, item in value.items()
        }
    if isinstance(value, list):
        items = [replaced(item, asked, f"{place}.{number}", names, short) for number, item in enumerate(value)]
        return sorted(items) if f"{asked} {place}" in UNORDERED_TEXTS else items
    return plain(value, names, short) if isinstance(value, str) and place not in ("call", "host") else value


def kind(value: Any) -> str:
    return {dict: "object", list: "list", str: "text", bool: "boolean"}.get(type(value), "number")


def plain(text: str, names: dict[str, str], short: dict[str, str]) -> str:
    for rule, pattern in COMPILED:
        if rule.text:
            text = pattern.sub(rule.by, text)
    text = ID.sub(lambda found: names.get(found[0], "<id>"), text)
    return SHORT_ID.sub(lambda found: short.get(found[0], found[0]), text)


def dumped(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
