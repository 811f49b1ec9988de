"""What docker stack reads in a file and does nothing with: told to the reader, key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from . import short
from .document import Document, Trail, trail
from .model import Bind, FileReference, NoCopy, Record, Stack, Tmpfs

__all__ = ["Ignored", "ignored_keys", "no_version", "unset_variables", "unused"]

NOT_CARRIED = "le swarm n'a pas cette option"
SERVICE_KEYS = {
    "build": "docker stack ne construit pas d'image : seule la clé image compte",
    "cgroup_parent": NOT_CARRIED,
    "cgroupns_mode": NOT_CARRIED,
    "container_name": "le swarm nomme lui-même les conteneurs (service.numéro.tâche)",
    "depends_on": "le swarm démarre les services sans ordre : à chacun d'attendre ceux dont il dépend",
    "devices": NOT_CARRIED,
    "domainname": NOT_CARRIED,
    "expose": "inutile : sur un réseau commun, tous les ports se joignent",
    "external_links": NOT_CARRIED,
    "group_add": NOT_CARRIED,
    "ipc": NOT_CARRIED,
    "links": "inutile : sur un réseau commun, un service se joint par son nom",
    "mac_address": NOT_CARRIED,
    "network_mode": "un service se relie à des réseaux par la clé networks",
    "oom_score_adj": "les moteurs d'avant Docker 28 ne la connaissent pas",
    "pid": NOT_CARRIED,
    "privileged": NOT_CARRIED,
    "restart": "deploy.restart_policy la remplace",
    "security_opt": NOT_CARRIED,
    "shm_size": NOT_CARRIED,
    "tmpfs": "docker stack ne la porte pas ; un montage sous volumes, de type tmpfs, la remplace",
    "userns_mode": NOT_CARRIED,
}
"""Keys of a service, and why each has no effect."""

RESTART_COUNTS = (
    "annoncée comme ignorée par docker stack, mais elle vaut tant que deploy.restart_policy n'est pas donnée"
)
NO_VERSION = (
    "elle manque : ce fichier est lu au format le plus récent, mais Docker 20.10 le refuserait ; "
    'commencez-le par `version: "3.8"`'
)
UNKNOWN = "docker stack ne connaît pas cette clé et passe outre"
WHOLE_VOLUME = "les moteurs d'avant Docker 26 ne la connaissent pas : ils montent tout le volume"
LENIENT: dict[str, type[Record]] = {"bind": Bind, "volume": NoCopy, "tmpfs": Tmpfs}
"""Parts of a mount where the format lets any key stand."""
MOUNT_OPTIONS = ("ro", "rw", "nocopy", *short.PROPAGATIONS)
EXTERNAL = {"networks": "ce réseau", "secrets": "ce secret", "configs": "cette config"}
"""What may be external although the file describes it; a volume may not."""
ADDRESSES = ("ipv4_address", "ipv6_address")


@dataclass(frozen=True, slots=True)
class Ignored:
    """One place of a stack file that has no effect, or not the one it seems to have."""

    file: str
    line: int
    path: str
    """``services.vote.depends_on``."""
    why: str
    """In French, without a full stop."""

    def __str__(self) -> str:
        return f"{self.file}, ligne {self.line}, {self.path} : {self.why}{'' if self.why.endswith('?') else '.'}"


def _told(document: Document) -> Callable[[Trail, str], Ignored]:
    return lambda where, why: Ignored(document.file, document.line(where), trail(where), why)


def ignored_keys(document: Document) -> Iterator[Ignored]:
    """The keys of one file that docker stack does not carry to the engine."""
    told = _told(document)
    for name, service in document.data.get("services", {}).items():
        where: Trail = ("services", name)
        for key in service:
            if key == "restart" and "restart_policy" not in (service.get("deploy") or {}):
                yield told((*where, key), RESTART_COUNTS)
            elif key in SERVICE_KEYS:
                yield told((*where, key), SERVICE_KEYS[key])
        yield from _inside(told, where, service)
        yield from _unknown(told, where, service)
    for section, noun in EXTERNAL.items():
        yield from _described_elsewhere(told, section, noun, document.data.get(section, {}))


def no_version(document: Document) -> Iterator[Ignored]:
    """A file without a version, which only later versions of the CLI take."""
    if "version" not in document.data:
        yield _told(document)(("version",), NO_VERSION)


def _inside(told: Callable[[Trail, str], Ignored], where: Trail, service: dict[str, Any]) -> Iterator[Ignored]:
    networks = service.get("networks")
    for network, settings in networks.items() if isinstance(networks, dict) else ():
        for key in ADDRESSES:
            if settings and key in settings:
                yield told((*where, "networks", network, key), "le swarm choisit lui-même l'adresse d'une tâche")
    for index, port in enumerate(service.get("ports", ())):
        if isinstance(port, str) and port.partition("/")[0].count(":") > 1:
            yield told((*where, "ports", index), "l'adresse ne compte pas : le swarm publie sur toutes celles du nœud")
    if "start_interval" in service.get("healthcheck", {}):
        yield told((*where, "healthcheck", "start_interval"), "les moteurs d'avant Docker 25 ne la connaissent pas")


def _unknown(told: Callable[[Trail, str], Ignored], where: Trail, service: dict[str, Any]) -> Iterator[Ignored]:
    """The keys and options that docker stack has never known, and takes where the format lets any stand."""
    for index, mount in enumerate(service.get("volumes", ())):
        place = (*where, "volumes", index)
        if isinstance(mount, str):
            for option in short.unknown_options(mount):
                near = _near(option, MOUNT_OPTIONS)
                yield told(place, f"docker stack ne connaît pas l'option « {option} » et passe outre{near}")
            continue
        if "subpath" in mount.get("volume", {}):
            yield told((*place, "volume", "subpath"), WHOLE_VOLUME)
        for part, model in LENIENT.items():
            yield from _strange(told, (*place, part), mount.get(part, {}), model)
    for section in ("secrets", "configs"):
        for index, reference in enumerate(service.get(section, ())):
            if isinstance(reference, dict):
                yield from _strange(told, (*where, section, index), reference, FileReference)


def _strange(
    told: Callable[[Trail, str], Ignored], where: Trail, given: dict[str, Any], model: type[Record]
) -> Iterator[Ignored]:
    for key in given:
        if key not in model.model_fields:
            yield told((*where, key), UNKNOWN + _near(key, model.model_fields))


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f" ; vouliez-vous dire « {near[0]} » ?" if near else ""


def _described_elsewhere(
    told: Callable[[Trail, str], Ignored], section: str, noun: str, described: dict[str, Any]
) -> Iterator[Ignored]:
    for name, one in described.items():
        for key in one if one and one.get("external") else ():
            if key not in ("external", "name") and not key.startswith("x-"):
                yield told((section, name, key), f"{noun} est externe : rien de sa description ne compte, que son nom")


def unset_variables(document: Document, unset: list[tuple[Trail, str]]) -> Iterator[Ignored]:
    """The variables of one file that have neither value nor default."""
    for where, name in unset:
        yield _told(document)(where, f"la variable {name} n'est pas définie : elle vaut un texte vide")


def unused(documents: list[Document], stack: Stack) -> Iterator[Ignored]:
    """The networks and volumes that the files describe and no service uses: docker stack does not create them."""
    volumes = {mount.source for service in stack.services.values() for mount in service.volumes}
    networks = {name for service in stack.services.values() for name in service.networks or ("default",)}
    for section, names, used in (("networks", stack.networks, networks), ("volumes", stack.volumes, volumes)):
        for name in names:
            where: Trail = (section, name)
            document = next((document for document in reversed(documents) if document.holds(where)), None)
            if document is not None and name not in used:
                noun = "ce réseau" if section == "networks" else "ce volume"
                yield _told(document)(where, f"aucun service n'utilise {noun} : il n'est pas créé")
