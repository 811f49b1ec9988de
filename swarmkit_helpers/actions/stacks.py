"""``docker stack``: deploy a stack file and remove a stack, through the SDK alone.

The order is the docker CLI's own (cli/command/stack in docker/cli): networks, secrets, configs, services. Unlike the
CLI, all that can be known is checked before anything is created, what this call created is removed again where the
engine refuses the rest, a service whose specification stays the same is left alone, and what the stack no longer wants
goes last, once all the rest is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from ..compose.file import StackFile, read_stack
from ..compose.ignored import Ignored
from ..compose.specs import (
    IMAGE_LABEL,
    NAMESPACE_LABEL,
    config_specs,
    external_networks,
    image_names,
    network_specs,
    scoped,
    secret_specs,
    service_spec,
)
from ..errors import EngineRefused, ObjectNotFound, StillInUse, SwarmLabError
from ..lab import images
from ..lab.cluster import Lab
from ..lab.node import Node
from ..references import tagged
from ..simulation import simulated_mark
from ..waiting import Sighting, wait_until
from .digests import resolve_digest
from .engine import post
from .holdings import Holdings, fetch_holdings
from .networks import refuse_overlap, wait_allocated
from .preflight import PREDEFINED, check_stack_name, port_holders, preflight, require_manager, subnets
from .refusals import explained
from .services import sight_service
from .specs import known_to, same_spec

__all__ = ["Deployment", "Removal", "StackObject", "deploy_stack", "remove_stack"]

Json = dict[str, Any]
NBSP = "\N{NO-BREAK SPACE}"
DEPLOY_S = 180.0
REMOVE_S = 90.0
SEND_S = 20.0
UNDO_S = 20.0
AGAIN = "déployez à nouveau le fichier d'avant"
MOVED, HELD = "update out of sequence", "is already in use by service"
"""What the engine says while it settles the ports of a service: it moves its version, and frees them a little after."""
# On each cell: JupyterLab aligns those of a table to the right.
ALIGNED = "text-align: left"
NOUNS = {"network": "réseau", "secret": "secret", "config": "config", "service": "service", "volume": "volume"}


@dataclass(frozen=True, slots=True)
class StackObject:
    """One object of a stack."""

    kind: str
    """``network``, ``secret``, ``config``, ``service`` or ``volume``."""
    name: str
    """As the engine knows it: ``app_vote``."""
    node: str = ""
    """The one node that has it, where it is not the swarm's."""

    def __str__(self) -> str:
        place = f" sur {self.node}" if self.node else ""
        return f"{NOUNS[self.kind]} {self.name}{place}"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment did, object by object."""

    stack: str
    created: tuple[StackObject, ...]
    updated: tuple[StackObject, ...]
    unchanged: tuple[StackObject, ...]
    """Left alone: they are as the file wants them already."""
    removed: tuple[StackObject, ...]
    """No longer in the file."""
    ignored: tuple[Ignored, ...]
    """What stands in the file and has no effect in a swarm."""
    simulated: bool = False
    """True when no real engine is behind it."""

    def _parts(self) -> list[tuple[str, tuple[StackObject, ...]]]:
        return [
            (title, objects)
            for title, objects in (
                ("créé", self.created),
                ("modifié", self.updated),
                ("inchangé", self.unchanged),
                ("supprimé", self.removed),
            )
            if objects
        ]

    def __str__(self) -> str:
        lines = [simulated_mark(f"Pile {self.stack}", self.simulated)]
        lines += [f"{title}{NBSP}: {', '.join(map(str, objects))}" for title, objects in self._parts()]
        lines += [f"ignoré{NBSP}: {ignored}" for ignored in self.ignored]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = _rows((title, item) for title, objects in self._parts() for item in objects)
        notes = "".join(f"<li>{escape(str(ignored))}</li>" for ignored in self.ignored)
        told = f"<p>Sans effet dans un swarm{NBSP}:</p><ul>{notes}</ul>" if notes else ""
        title = simulated_mark(f"Pile <strong>{escape(self.stack)}</strong> déployée", self.simulated)
        return f"<p>{title}</p>{rows}{told}"


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal took away, and what it left."""

    stack: str
    removed: tuple[StackObject, ...]
    volumes: tuple[StackObject, ...]
    """Each with its node: Docker keeps their data."""
    simulated: bool = False
    """True when no real engine is behind it."""

    def __str__(self) -> str:
        title = simulated_mark(f"Pile {self.stack}", self.simulated)
        lines = [title, f"supprimé{NBSP}: {', '.join(map(str, self.removed)) or 'rien'}"]
        if self.volumes:
            lines.append(f"conservé{NBSP}: {', '.join(map(str, self.volumes))}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = _rows([*(("supprimé", item) for item in self.removed), *(("conservé", item) for item in self.volumes)])
        title = simulated_mark(f"Pile <strong>{escape(self.stack)}</strong> supprimée", self.simulated)
        return f"<p>{title}</p>{rows}"


def deploy_stack(
    lab: Lab,
    path: str | Path | Sequence[str | Path],
    name: str,
    *,
    variables: Mapping[str, str] | None = None,
    prune: bool = False,
    timeout_s: float = DEPLOY_S,
) -> Deployment:
    """``docker stack deploy -c PATH NAME``; returns once every task of every service runs.

    Parameters
    ----------
    path
        The stack file; or several, merged in that order, as with several ``-c``.
    name
        The stack's name, the beginning of that of each of its objects.
    variables
        They come before those of the environment.
    prune
        Also remove the stack's services that are no longer in the file.
    timeout_s
        For the tasks to run, in seconds, once all is created.

    Raises
    ------
    StackFileError, NameRefused, NotAManager, ObjectNotFound, NameInUse, PortInUse, SubnetOverlap, ContentChanged,
    ImageUnavailable
        Nothing was created.
    EngineRefused
        What this call had created has been removed again, what it had changed or removed is as it was;
        what could not be undone is in the error's notes, each with its command.
    NotConverged
        The stack is there, and its tasks do not all run; the error names the service and gives a task's own error.
    NodeUnreachable, DiskFull
    """
    try:
        stack = read_stack(path, variables=variables)
        every = preflight(lab, stack, name, prune=prune)
        images.provide(tuple(lab.nodes.values()), image_names(stack), internet=lab.capabilities.internet, notice=print)
        before = _tasks(lab, name)
        sending = _Sending(lab, stack, name, every)
        sending.send(prune=prune)
        _wait_services(lab, stack, name, before, sending.moved, timeout_s)
    except KeyboardInterrupt as err:
        err.add_note(
            f"La pile « {name} » est peut-être déployée en partie{NBSP}: docker stack rm {name}, ou dans le "
            f'notebook, sk.remove_stack(lab, "{name}")'
        )
        raise
    return sending.told()


def remove_stack(lab: Lab, name: str, *, timeout_s: float = REMOVE_S) -> Removal:
    """``docker stack rm NAME``; returns once no node holds a container or a network of it. Its volumes stay.

    Raises
    ------
    NameRefused
    ObjectNotFound
        No stack has that name.
    StillInUse
        Something outside the stack uses one of its networks, secrets or configs; nothing was removed.
    NotAManager, NotConverged, NodeUnreachable, EngineRefused
    """
    check_stack_name(name)
    manager = lab.manager
    require_manager(manager)
    every = fetch_holdings(manager)
    mine = every.of(name)
    volumes = _volumes(lab, name)
    if not mine and not any(lab.each(lambda node: len(_containers(node, name))).values()):
        raise ObjectNotFound("stack", name)
    _refuse_users(lab, every, mine, name)
    for service in sorted(mine.services):
        with explained("service", service), manager.asking(f"supprimer le service « {service} »"):
            manager.api.remove_service(mine.services[service]["ID"])
    for secret, raw in sorted(mine.secrets.items()):
        with manager.asking(f"supprimer le secret « {secret} »"):
            manager.api.remove_secret(raw["ID"])
    for config, raw in sorted(mine.configs.items()):
        with manager.asking(f"supprimer la config « {config} »"):
            manager.api.remove_config(raw["ID"])
    for network, raw in sorted(mine.networks.items()):
        _remove_network(manager, network, raw["Id"], timeout_s)
    _wait_gone(lab, name, {raw["Id"]: network for network, raw in mine.networks.items()}, timeout_s)
    return Removal(name, tuple(item for item, _ in _ids(mine)), volumes, lab.simulated)


# --- sending --------------------------------------------------------------------------------------


@dataclass
class _Sending:
    """One deployment under way."""

    lab: Lab
    stack: StackFile
    name: str
    every: Holdings
    """All that the swarm had before."""
    created: list[StackObject] = field(default_factory=list)
    updated: list[StackObject] = field(default_factory=list)
    unchanged: list[StackObject] = field(default_factory=list)
    removed: list[StackObject] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    """Ids of the services whose endpoint changed."""
    undo: ExitStack = field(default_factory=ExitStack)
    left: list[str] = field(default_factory=list)
    """What could not be undone, and the command for it."""

    @property
    def held(self) -> Holdings:
        """What the stack had before."""
        return self.every.of(self.name)

    def send(self, *, prune: bool) -> None:
        """Create and update all; where the engine refuses, undo it: the error's notes say what could not be."""
        try:
            self._send(prune=prune)
        except BaseException as err:
            for note in self.left:
                err.add_note(note)
            raise

    def _send(self, *, prune: bool) -> None:
        gone = set(self.held.services) - {scoped(self.name, kept) for kept in self.stack.services} if prune else set()
        in_the_way = gone & {holder for _, holder in port_holders(self.stack, self.name, self.every)}
        with self.undo:
            self._prune(in_the_way)
            networks = self._networks()
            secrets = self._data("secret", secret_specs(self.stack, self.name))
            configs = self._data("config", config_specs(self.stack, self.name))
            for service in self.stack.services:
                spec = service_spec(self.stack, service, self.name, networks=networks, secrets=secrets, configs=configs)
                self._service(scoped(self.name, service), spec)
            self._prune(gone - in_the_way)
            self.undo.pop_all()

    def told(self) -> Deployment:
        """What was done."""
        return Deployment(
            self.name,
            tuple(self.created),
            tuple(self.updated),
            tuple(self.unchanged),
            tuple(self.removed),
            tuple(self.stack.ignored),
            self.lab.simulated,
        )

    def _prune(self, services: Iterable[str]) -> None:
        manager = self.lab.manager
        for service in sorted(services):
            held = self.held.services[service]
            with manager.asking(f"supprimer le service « {service} »"):
                manager.api.remove_service(held["ID"])
            operation = f"rétablir le service « {service} »"
            create = partial(post, manager, operation, "/services/create", held["Spec"])
            item = StackObject("service", service)
            self._on_failure(item, AGAIN, partial(_once_settled, operation, create, HELD))
            self.removed.append(item)

    def _networks(self) -> dict[str, str]:
        """Create the networks that are not there; ids by name, of all that a service may be on."""
        manager = self.lab.manager
        ids = {name: str(raw["Id"]) for name, raw in self.every.networks.items() if raw["Scope"] == "swarm"}
        for name in set(PREDEFINED) & set(external_networks(self.stack)):
            with manager.asking(f"inspecter le réseau « {name} »"):
                ids[name] = str(manager.api.inspect_network(name, scope="swarm")["Id"])
        for name, spec in network_specs(self.stack, self.name).items():
            if name in self.held.networks:
                ids[name] = str(self.held.networks[name]["Id"])
                self.unchanged.append(StackObject("network", name))
                continue
            ids[name] = self._network(name, spec)
            self.created.append(StackObject("network", name))
        return ids

    def _network(self, name: str, spec: Json) -> str:
        manager = self.lab.manager
        asked = subnets(spec)
        for subnet in asked:
            refuse_overlap(manager, name, subnet)
        with explained("network", name, subnet=asked[0] if asked else None):
            body = spec | {"Name": name, "CheckDuplicate": True}
            identity = str(post(manager, f"créer le réseau « {name} »", "/networks/create", body)["Id"])
        item = StackObject("network", name)
        self._on_failure(item, f"docker network rm {name}", partial(_remove_network, manager, name, identity, UNDO_S))
        if spec["Driver"] == "overlay":
            wait_allocated(manager, name)
        return identity

    def _data(self, kind: str, specs: Mapping[str, Json]) -> dict[str, str]:
        """Create the secrets or the configs that are not there; ids by name, of all that a service may use."""
        manager = self.lab.manager
        present = self.every.secrets if kind == "secret" else self.every.configs
        ids = {name: str(raw["ID"]) for name, raw in present.items()}
        for name, spec in specs.items():
            item = StackObject(kind, name)
            if name not in present:
                with explained(kind, name):
                    ids[name] = str(post(manager, f"créer « {name} »", f"/{kind}s/create", spec)["ID"])
                remove = manager.api.remove_secret if kind == "secret" else manager.api.remove_config
                self._on_failure(item, f"docker {kind} rm {name}", partial(remove, ids[name]))
                self.created.append(item)
            elif (present[name]["Spec"].get("Labels") or {}) == (spec.get("Labels") or {}):
                self.unchanged.append(item)
            else:
                # Only their labels ever change: the content was compared before.
                self._update(kind, present[name], spec)
                self.updated.append(item)
        return ids

    def _service(self, name: str, spec: Json) -> None:
        manager = self.lab.manager
        held = self.held.services.get(name)
        self._choose_image(spec, held)
        item = StackObject("service", name)
        published = [port.get("PublishedPort") for port in (spec.get("EndpointSpec") or {}).get("Ports") or ()]
        with explained("service", name, port=next(iter(published), None)):
            if held is None:
                answer = post(manager, f"créer le service « {name} »", "/services/create", spec)
                remove = partial(manager.api.remove_service, answer["ID"])
                self._on_failure(item, f"docker service rm {name}", remove)
                self.created.append(item)
                return
            spec["TaskTemplate"]["ForceUpdate"] = held["Spec"]["TaskTemplate"].get("ForceUpdate", 0)
            if same_spec(known_to(manager.api.api_version, spec), held["Spec"]):
                self.unchanged.append(item)
                return
            self._update("service", held, spec)
            self.updated.append(item)
        if self._read("service", held)["Spec"].get("EndpointSpec") != held["Spec"].get("EndpointSpec"):
            self.moved.add(held["ID"])

    def _choose_image(self, spec: Json, held: Json | None) -> None:
        """Pin the image where a registry answers; else keep what the service has, if it is the same name."""
        manager = self.lab.manager
        task = spec["TaskTemplate"]
        written = task["ContainerSpec"]["Image"]
        reference, platforms = tagged(written), list[Json]()
        if self.lab.capabilities.internet:
            reference, platforms = resolve_digest(manager, reference)
        if not platforms and held and held["Spec"]["Labels"].get(IMAGE_LABEL) == written:
            task_held = held["Spec"]["TaskTemplate"]
            reference = task_held["ContainerSpec"]["Image"]
            platforms = (task_held.get("Placement") or {}).get("Platforms") or []
        task["ContainerSpec"]["Image"] = reference
        if platforms:
            task["Placement"] = (task.get("Placement") or {}) | {"Platforms": platforms}

    def _update(self, kind: str, held: Json, spec: Json) -> None:
        """Send a whole new specification; the one before comes back if the rest is refused."""
        self._replace(kind, held, spec, MOVED)
        # What the engine tells of a secret lacks its content, which an update may leave out.
        restore = partial(self._replace, kind, held, held["Spec"], MOVED, HELD)
        self._on_failure(StackObject(kind, held["Spec"]["Name"]), AGAIN, restore)

    def _replace(self, kind: str, held: Json, spec: Json, *passing: str) -> None:
        operation = f"modifier « {held['Spec']['Name']} »"

        def send() -> None:
            version = self._read(kind, held)["Version"]["Index"]
            post(self.lab.manager, operation, f"/{kind}s/{held['ID']}/update", spec, version=version)

        _once_settled(operation, send, *passing)

    def _read(self, kind: str, held: Json) -> Json:
        manager = self.lab.manager
        inspect: Callable[[str], Json] = getattr(manager.api, f"inspect_{kind}")
        with manager.asking(f"inspecter « {held['Spec']['Name']} »"):
            return inspect(held["ID"])

    def _on_failure(self, item: StackObject, command: str, undo: Callable[[], object]) -> None:
        """Have this undone if the rest is refused; `command` does it by hand, where it cannot be."""

        def undone() -> None:
            try:
                with self.lab.manager.asking("défaire ce qui était commencé"):
                    undo()
            except SwarmLabError:
                self.left.append(f"n'a pas pu être défait{NBSP}: {item} → {command}")

        self.undo.callback(undone)


def _once_settled(operation: str, send: Callable[[], object], *passing: str) -> None:
    """Send again as long as the engine refuses with words that will pass."""

    def look() -> Sighting:
        try:
            send()
        except EngineRefused as err:
            if not any(sign in err.detail for sign in passing):
                raise
            return Sighting(0, 1, "le swarm n'a pas fini d'attribuer les ports", err.detail)
        return Sighting(1, 1)

    wait_until(operation, look, timeout_s=SEND_S, remedy="docker service ls", quiet=True)


# --- waiting --------------------------------------------------------------------------------------


def _tasks(lab: Lab, name: str) -> list[Json]:
    with lab.manager.asking(f"lister les tâches de la pile « {name} »"):
        found: list[Json] = lab.manager.api.tasks(filters={"label": f"{NAMESPACE_LABEL}={name}"})
    return found


def _wait_services(
    lab: Lab, stack: StackFile, name: str, before: Sequence[Json], moved: Container[str], timeout_s: float
) -> None:
    """Wait until each service of the file has the tasks it wants.

    Parameters
    ----------
    before
        The stack's tasks as they were before the deployment: what failed then tells nothing about it.
    moved
        Services whose ports or mode changed: all their tasks of before are to go.
    """
    manager = lab.manager
    wanted = {scoped(name, service) for service in stack.services}
    failed = {task["ID"] for task in before if task["Status"].get("Err")}
    replaced = {task["ID"] for task in before if task["ServiceID"] in moved}

    def look() -> Sighting:
        with manager.asking(f"lister les services de la pile « {name} »"):
            services = manager.api.services(filters={"label": f"{NAMESPACE_LABEL}={name}"}, status=True)
        tasks = [task for task in _tasks(lab, name) if task["ID"] not in failed]
        seen = {
            service["Spec"]["Name"]: sight_service(
                service, [task for task in tasks if task["ServiceID"] == service["ID"]], replaced
            )
            for service in services
            if service["Spec"]["Name"] in wanted
        }
        late = {service: sighting for service, sighting in sorted(seen.items()) if not sighting.complete}
        return Sighting(
            sum(min(sighting.done, sighting.total) for sighting in seen.values()),
            sum(sighting.total for sighting in seen.values()),
            "\N{NO-BREAK SPACE}; ".join(f"{service} ({sighting.missing})" for service, sighting in late.items()),
            " ; ".join(f"{service}, {sighting.cause}" for service, sighting in late.items() if sighting.cause),
            any(sighting.hopeless for sighting in late.values()),
        )

    deadline_s = lab.patience(timeout_s)
    wait_until(f"{name}, tâches en cours", look, timeout_s=deadline_s, remedy=f"docker stack ps --no-trunc {name}")


# --- removing -------------------------------------------------------------------------------------


def _refuse_users(lab: Lab, every: Holdings, mine: Holdings, name: str) -> None:
    """Refuse to begin what the engine would refuse to end."""
    others = {service: raw for service, raw in every.services.items() if service not in mine.services}
    for service, raw in sorted(others.items()):
        task = raw["Spec"]["TaskTemplate"]
        container = task.get("ContainerSpec") or {}
        used = {
            "network": {network["Target"] for network in task.get("Networks") or ()},
            "secret": {secret["SecretID"] for secret in container.get("Secrets") or ()},
            "config": {config["ConfigID"] for config in container.get("Configs") or ()},
        }
        for item, identity in _ids(mine):
            if identity in used.get(item.kind, ()):
                raise StillInUse(item.kind, item.name, [service], f"docker service rm {service}")

    def strangers(node: Node) -> list[tuple[str, str]]:
        found = []
        for network, raw in mine.networks.items():
            with node.asking(f"lister les conteneurs du réseau « {network} »"):
                listed = node.api.containers(filters={"network": raw["Id"]}, all=True)
            found += [(network, c["Names"][0].lstrip("/")) for c in listed if NAMESPACE_LABEL not in c["Labels"]]
        return found

    for node, found in lab.each(strangers).items():
        for network, container in found:
            remedy = f"docker container rm --force {container}, sur {node}"
            raise StillInUse("network", network, [f"{container} sur {node}"], remedy)


def _remove_network(manager: Node, name: str, identity: str, timeout_s: float) -> None:
    """Remove a network as soon as the last task that held it has gone."""
    operation = f"supprimer le réseau « {name} »"

    def look() -> Sighting:
        try:
            with manager.asking(operation):
                manager.api.remove_network(identity)
        except EngineRefused as err:
            if "in use" not in err.detail and "active endpoints" not in err.detail:
                raise
            return Sighting(0, 1, f"{name} est encore utilisé", err.detail)
        return Sighting(1, 1)

    remedy, deadline_s = f"docker network rm {name}", manager.patience(timeout_s)
    wait_until(f"Suppression de {name}", look, timeout_s=deadline_s, remedy=remedy, quiet=True)


def _wait_gone(lab: Lab, name: str, networks: Mapping[str, str], timeout_s: float) -> None:
    """Wait until no node has a container of the stack, running or not, nor one of these networks (id -> name)."""

    def left(node: Node) -> list[str]:
        containers = len(_containers(node, name))
        with node.asking("lister les réseaux"):
            listed = [networks[raw["Id"]] for raw in node.api.networks() if raw["Id"] in networks]
        return ([f"{containers} conteneur{'s' if containers > 1 else ''}"] if containers else []) + sorted(listed)

    def look() -> Sighting:
        found = {node: there for node, there in lab.each(left).items() if there}
        text = ", ".join(f"{' et '.join(there)} sur {node}" for node, there in found.items())
        total = len(lab.nodes)
        return Sighting(total - len(found), total, f"encore là : {text}" if text else "")

    deadline_s = lab.patience(timeout_s)
    wait_until(f"Nœuds sans rien de la pile {name}", look, timeout_s=deadline_s, remedy="docker container ls --all")


def _containers(node: Node, name: str) -> list[Json]:
    with node.asking("lister les conteneurs"):
        listed: list[Json] = node.api.containers(filters={"label": f"{NAMESPACE_LABEL}={name}"}, all=True)
    return listed


def _volumes(lab: Lab, name: str) -> tuple[StackObject, ...]:
    """The stack's volumes, on each node that has one."""

    def volumes(node: Node) -> list[str]:
        with node.asking("lister les volumes"):
            listed = node.api.volumes(filters={"label": f"{NAMESPACE_LABEL}={name}"})["Volumes"]
        return sorted(raw["Name"] for raw in listed or ())

    return tuple(StackObject("volume", volume, node) for node, found in lab.each(volumes).items() for volume in found)


# --- telling --------------------------------------------------------------------------------------


def _ids(held: Holdings) -> list[tuple[StackObject, str]]:
    """Each object with its id, in the order in which they are removed."""
    return [
        (StackObject(kind, name), str(raw.get("ID") or raw.get("Id")))
        for kind, objects in (
            ("service", held.services),
            ("secret", held.secrets),
            ("config", held.configs),
            ("network", held.networks),
        )
        for name, raw in sorted(objects.items())
    ]


def _rows(lines: Iterable[tuple[str, StackObject]]) -> str:
    """The table of what became of each object."""
    titles = ("nature", "objet", "où", "effet")
    cells = [(NOUNS[item.kind], item.name, item.node or "swarm", fate) for fate, item in lines]
    head = "".join(f'<th style="{ALIGNED}">{title}</th>' for title in titles)
    rows = ["".join(f'<td style="{ALIGNED}">{escape(cell)}</td>' for cell in row) for row in cells]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
