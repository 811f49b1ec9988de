"""What the parts of a stack, each correct, do not allow together: names that lead nowhere, ports published twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from . import short
from .document import Document, Trail, trail
from .model import FileReference, Port, Service, ServiceVolume, Stack
from .problem import StackProblem

__all__ = ["incoherences"]

SERVICE_NAME = re.compile(r"[a-zA-Z0-9_-]*[a-zA-Z0-9]")
"""What the swarm admits after ``STACK_``: the names of services are names of DNS, without a dot."""

HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:{HOST}(?:\.{HOST})*(?::[0-9]+)?/)?{PART}(?:/{PART})*(?::\w[\w.-]{{0,127}})?(?:@\w[\w+.-]*:[0-9a-fA-F]{{32,}})?",
    re.ASCII,
)
"""A name of an image, its tag, its digest (grammar of the module reference in distribution/distribution)."""


class _Files:
    """The files of a stack: where each thing is written, in the last of them that gives it."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents

    def problem(self, where: Trail, message: str) -> StackProblem:
        for length in range(len(where), 0, -1):
            for document in reversed(self.documents):
                if document.holds(where[:length]):
                    return StackProblem(document.file, document.line(where[:length]), trail(where), message)
        return StackProblem(self.documents[0].file, 0, trail(where), message)

    def entry_problem(self, where: Trail, is_it: Callable[[Any], bool], message: str) -> StackProblem:
        """A problem with one entry of a list: the last one that `is_it` knows again, as it is written."""
        for document in reversed(self.documents):
            entries: Any = document.data
            for part in where:
                entries = entries.get(part, {}) if isinstance(entries, Mapping) else {}
            for index in reversed(range(len(entries))) if isinstance(entries, list) else ():
                if is_it(entries[index]):
                    return document.problem((*where, index), message)
        return self.problem(where, message)


def incoherences(documents: Sequence[Document], stack: Stack) -> Iterator[StackProblem]:
    """All that is wrong in a stack once its files are merged.

    Parameters
    ----------
    documents
        The files, in order, their variables replaced; a problem is told where the last of them gives the value.
    """
    files = _Files(documents)
    if not (stack.services or stack.secrets or stack.configs):
        yield files.problem((), "aucun service n'est décrit ; donnez-en sous la clé services")
    meshed: dict[tuple[int, str], str] = {}
    for name, service in stack.services.items():
        where: Trail = ("services", name)
        yield from _service(files, where, service)
        yield from _references(files, where, service, stack)
        yield from _mounts(files, where, service, stack)
        yield from _ports(files, where, service, meshed)
    yield from _shared(files, stack)


def _service(files: _Files, where: Trail, service: Service) -> Iterator[StackProblem]:
    name, deploy, credentials = str(where[-1]), service.deploy, service.credential_spec
    if not SERVICE_NAME.fullmatch(name):
        message = "le swarm refuse ce nom de service : lettres, chiffres, « _ » et « - », sans « - » ni « _ » à la fin"
        yield files.problem(where, message)
    if not service.image:
        built = " (docker stack ne construit pas d'image)" if service.build else ""
        yield files.problem(where, f"la clé image manque{built}")
    elif not IMAGE.fullmatch(service.image):
        message = f"« {service.image} » n'est pas un nom d'image : en minuscules, par exemple nginx ou redis:alpine"
        yield files.problem((*where, "image"), message)
    if sum(map(bool, (credentials.config, credentials.file, credentials.registry))) > 1:
        yield files.problem((*where, "credential_spec"), "config, file et registry s'excluent ; donnez-en un seul")
    if service.healthcheck and service.healthcheck.disable and service.healthcheck.test:
        yield files.problem((*where, "healthcheck", "disable"), "disable et test s'excluent ; ôtez l'un des deux")
    if deploy.mode == "global":
        limit = (*where, "deploy", "placement", "max_replicas_per_node")
        if deploy.replicas is not None:
            yield files.problem((*where, "deploy", "replicas"), f"{GLOBAL} ; ôtez replicas, ou `mode: global`")
        if deploy.placement.max_replicas_per_node:
            yield files.problem(limit, f"{GLOBAL} ; ôtez max_replicas_per_node, ou `mode: global`")


GLOBAL = "un service global a une tâche par nœud"


def _references(files: _Files, where: Trail, service: Service, stack: Stack) -> Iterator[StackProblem]:
    for network in service.networks:
        if network not in stack.networks and network != "default":
            message = _undefined(f"« {network} » n'est pas décrit", "networks", stack.networks)
            place = (*where, "networks")
            if any(document.holds((*place, network)) for document in files.documents):
                yield files.problem((*place, network), message)
            else:
                yield files.entry_problem(place, network.__eq__, message)
    yield from _mounted(files, (*where, "secrets"), service.secrets, stack.secrets)
    yield from _mounted(files, (*where, "configs"), service.configs, stack.configs)
    config = service.credential_spec.config
    if config and config not in stack.configs:
        message = _undefined(f"« {config} » n'est pas décrit", "configs", stack.configs)
        yield files.problem((*where, "credential_spec", "config"), message)


def _undefined(subject: str, section: str, known: Mapping[str, object]) -> str:
    there = f"on y trouve {', '.join(known)}" if known else "cette clé manque ou est vide"
    return f"{subject} sous {section}, à la racine du fichier ({there})"


def _mounted(
    files: _Files, where: Trail, references: tuple[FileReference, ...], known: Mapping[str, object]
) -> Iterator[StackProblem]:
    section = str(where[-1])
    targets: dict[str, str] = {}
    for reference in references:
        source, target = reference.source, reference.target or reference.source

        def is_it(entry: Any, source: str = source) -> bool:
            return bool(source == (entry if isinstance(entry, str) else entry["source"]))

        if source not in known:
            yield files.entry_problem(where, is_it, _undefined(f"« {source} » n'est pas décrit", section, known))
        if target in targets:
            yield files.entry_problem(where, is_it, f"« {targets[target]} » va déjà dans le fichier {target}")
        targets[target] = source


def _mounts(files: _Files, where: Trail, service: Service, stack: Stack) -> Iterator[StackProblem]:
    targets: set[str] = set()
    for mount in service.volumes:

        def is_it(entry: Any, target: str = mount.target) -> bool:
            long = short.volume(entry) if isinstance(entry, str) else entry
            return bool(long.get("target", "") == target)

        messages = list(_mount(mount, stack))
        if mount.target in targets:
            messages.append(f"un autre montage va déjà sur {mount.target}")
        targets.add(mount.target)
        for message in messages:
            yield files.entry_problem((*where, "volumes"), is_it, message)


def _mount(mount: ServiceVolume, stack: Stack) -> Iterator[str]:
    options = {"bind": mount.bind, "volume": mount.volume, "tmpfs": mount.tmpfs}
    for name in (name for name, given in options.items() if given is not None and name != mount.type):
        yield f"des options de type {name} sur un montage de type {mount.type}"
    if not mount.target.startswith("/"):
        yield (
            f"la cible « {mount.target} » n'est pas un chemin absolu (/…)"
            if mount.target
            else "la cible (target) manque"
        )
    if mount.type == "tmpfs" and mount.source:
        yield "un montage de type tmpfs n'a pas de source"
    if mount.type == "bind" and not mount.source:
        yield "un montage de type bind demande une source"
    if mount.type == "volume" and mount.source and mount.source not in stack.volumes:
        yield _undefined(f"« {mount.source} » n'est pas décrit", "volumes", stack.volumes)


def _ports(files: _Files, where: Trail, service: Service, meshed: dict[tuple[int, str], str]) -> Iterator[StackProblem]:
    name = str(where[-1])
    own: set[tuple[int, str, str]] = set()
    for port in service.ports:
        mode, protocol = port.mode or "ingress", port.protocol.lower() or "tcp"
        published = (port.published, protocol)
        if mode == "ingress" and service.deploy.endpoint_mode.lower() == "dnsrr":
            message = f"sans VIP (`endpoint_mode: dnsrr`), le port {port.target} ne se publie qu'en `mode: host`"
            yield _port_problem(files, where, port, message)
        if not port.published:
            continue
        if (*published, mode) in own:
            yield _port_problem(files, where, port, f"le port {port.published}/{protocol} est publié deux fois")
        elif mode == "ingress" and meshed.setdefault(published, name) != name:
            message = f"le port {port.published}/{protocol} est déjà publié par le service « {meshed[published]} »"
            yield _port_problem(files, where, port, message)
        own.add((*published, mode))


def _port_problem(files: _Files, where: Trail, port: Port, message: str) -> StackProblem:
    wanted = (port.target, port.published)

    def is_it(entry: Any) -> bool:
        entries = [entry] if isinstance(entry, dict) else short.ports(str(entry))
        return any((long["target"], long.get("published", 0)) == wanted for long in entries)

    return files.entry_problem((*where, "ports"), is_it, message)


def _is_subnet(text: str) -> bool:
    address, _, length = text.partition("/")
    try:
        return int(length) <= ip_address(address).max_prefixlen and length.isdecimal()
    except ValueError:
        return False


def _shared(files: _Files, stack: Stack) -> Iterator[StackProblem]:
    for name, network in stack.networks.items():
        for index, pool in enumerate(network.ipam.config):
            if pool.subnet and not network.external and not _is_subnet(pool.subnet):
                message = f"« {pool.subnet} » n'est pas un sous-réseau ; écrivez par exemple 10.20.0.0/24"
                yield files.problem(("networks", name, "ipam", "config", index, "subnet"), message)
    for name, volume in stack.volumes.items():
        for key in ("driver", "driver_opts", "labels"):
            if volume.external and getattr(volume, key):
                yield files.problem(("volumes", name, key), f"un volume externe existe déjà ; ôtez {key}, ou external")
    for name, secret in stack.secrets.items():
        if secret.file and secret.driver:
            yield files.problem(("secrets", name, "driver"), "driver et file s'excluent ; ôtez l'un des deux")
        if not (secret.external or secret.file or secret.driver):
            yield files.problem(("secrets", name), "donnez file (le fichier à lire), ou `external: true`")
    for name, config in stack.configs.items():
        if not (config.external or config.file):
            yield files.problem(("configs", name), "donnez file (le fichier à lire), ou `external: true`")
