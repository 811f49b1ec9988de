"""Stacks as tables: what a stack file asks for, what the engine made of it, and where it is.

The tables of a stack file need no swarm; those of a snapshot need no file. `stack_keys_table` puts both side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ObjectNotFound
from ..topology.model import Network, Topology
from .french import count, natural, seconds, typeset
from .noted import noted
from .stack_keys import ADDED, KEYS, Field, Spec

if TYPE_CHECKING:
    import pandas as pd

    from ..compose import model as compose
    from ..compose.file import StackFile

__all__ = [
    "reach_table",
    "stack_keys_table",
    "stack_networks_table",
    "stack_services_table",
    "stacks_table",
    "volumes_table",
]

NANOSECONDS = 1e9
DEFAULT = "default"
"""Network of a service that names none."""
NOBODY, UNSEEN = "—", "inconnu"


def stacks_table(topology: Topology) -> pd.DataFrame:
    """List the stacks, as ``docker stack ls`` does, with what each one holds.

    A stack that was removed but left something, as a volume, is listed too.

    Returns
    -------
    DataFrame
        ``pile`` (str), ``services`` (Int64), ``tâches`` (str: running/wanted), ``réseaux``, ``volumes``, ``secrets``,
        ``configs`` (Int64; a volume counts once for each node that has it), ``état`` (str: ``complète``, ``en cours``
        or ``retirée``).
    """
    rows = [
        (
            stack.name,
            len(stack.services),
            f"{stack.running}/{stack.desired}",
            len(stack.networks),
            len(stack.volumes),
            len(stack.secrets),
            len(stack.configs),
            "retirée" if not stack.deployed else "complète" if stack.running >= stack.desired else "en cours",
        )
        for stack in sorted(topology.stacks, key=lambda s: natural(s.name))
    ]
    columns = {
        "pile": "str",
        "services": "Int64",
        "tâches": "str",
        "réseaux": "Int64",
        "volumes": "Int64",
        "secrets": "Int64",
        "configs": "Int64",
        "état": "str",
    }
    return noted(rows, columns, topology)


def stack_services_table(stack: StackFile) -> pd.DataFrame:
    """List the services of a stack file.

    Parameters
    ----------
    stack
        What `read_stack` gives. Nothing need be deployed.

    Returns
    -------
    DataFrame
        In the order of the file: ``service``, ``image``, ``publié`` (str: ``5000->80``), ``réseaux``, ``volumes``,
        ``mode`` (str: ``replicated`` or ``global``), ``répliques`` (Int64, missing in global mode), ``deploy`` (str:
        the rest of that key), ``dépend de`` (str).
    """
    rows = [
        (
            name,
            service.image,
            ", ".join(_published(port) for port in service.ports) or None,
            ", ".join(_networks(service)),
            ", ".join(_volume(volume) for volume in service.volumes) or None,
            service.deploy.mode or "replicated",
            _replicas(service.deploy),
            typeset(" ; ".join(_deploy(service))) or None,
            ", ".join(service.depends_on) or None,
        )
        for name, service in stack.services.items()
    ]
    columns = dict.fromkeys(("service", "image", "publié", "réseaux", "volumes", "mode"), "str")
    return noted(rows, {**columns, "répliques": "Int64", "deploy": "str", "dépend de": "str"})


def stack_keys_table(
    stack: StackFile, topology: Topology, name: str, service: str, *, defaults: bool = True, written: bool = False
) -> pd.DataFrame:
    """Put a service of a stack file, key by key, next to what the engine made of it.

    What the engine holds is compared with what the file asks for: a value that was changed since then, or that was not
    taken, is marked.

    Parameters
    ----------
    stack
        What `read_stack` gives.
    topology
        A snapshot of the swarm where the stack is deployed.
    name
        Name of the stack: ``app``.
    service
        Name of the service in the file: ``vote``.
    defaults
        Also the fields that the file does not give and the swarm filled in.
    written
        Only the keys that the file gives.

    Returns
    -------
    DataFrame
        First the keys in the order of the file, then what it does not say: ``clé du fichier`` (str, missing when there
        is none), ``valeur écrite`` (str, before variables are replaced), ``champ de l'API``, ``dans le moteur`` (str),
        ``constat`` (str: ``conforme``, ``différent : attendu …``, ``ignorée par le swarm``, ``ajouté par docker
        stack``, ``rempli par le moteur``, ``défaut du swarm`` or ``donné autrement que par le fichier``), ``sens``
        (str).

    Raises
    ------
    ObjectNotFound
        No such service in the file, or none of the stack's in the snapshot.
    """
    if service not in stack.services:
        raise ObjectNotFound("described service", service)
    found = topology.service(f"{name}_{service}")
    if found is None:
        raise ObjectNotFound("service", f"{name}_{service}")
    asked = _asked(stack, topology, name, service)
    held = _readable(found.spec, {network.id: network.name for network in topology.networks})
    rows = list(_key_rows(stack, service, asked, held))
    told = {row.field for row in rows}
    others = [] if written else _other_rows(asked, held, told)
    rows += [row for row in others if defaults or row.finding not in (BY_ENGINE, BY_DEFAULT)]
    columns = dict.fromkeys(
        ("clé du fichier", "valeur écrite", "champ de l'API", "dans le moteur", "constat", "sens"), "str"
    )
    return noted(
        [(row.key, row.written, row.field, row.held, typeset(row.finding), typeset(row.meaning)) for row in rows],
        columns,
        topology,
    )


def reach_table(stack: StackFile) -> pd.DataFrame:
    """Which services of a stack file can reach each other: the networks that each two have in common.

    Parameters
    ----------
    stack
        What `read_stack` gives. Nothing need be deployed.

    Returns
    -------
    DataFrame
        Square and symmetric, rows and columns named by the services in the order of the file: names of networks, or
        ``—`` where there is none. On the diagonal, the service's own networks.
    """
    import pandas as pd

    names = list(stack.services)
    on = {name: _networks(service) for name, service in stack.services.items()}
    rows = [tuple(", ".join(n for n in on[one] if n in on[other]) or NOBODY for other in names) for one in names]
    table = noted(rows, dict.fromkeys(names, "str"))
    table.index = pd.Index(names, name="service", dtype="str")
    return table


def stack_networks_table(topology: Topology, name: str) -> pd.DataFrame:
    """List the networks of a stack, and for each node the tasks for which it has them.

    Merged from all nodes: a worker has a network only while a container there is attached to it; a manager lists all.

    Parameters
    ----------
    topology
        A snapshot.
    name
        Name of the stack: the networks that carry its label, and the others that its services use.

    Returns
    -------
    DataFrame
        ``réseau``, ``sous-réseau``, ``passerelle`` (str), ``VXLAN`` (Int64), a column for each node (str: its
        containers on that network; ``listé, sans conteneur``; ``—`` where the node does not list it; ``inconnu`` when
        it did not answer), ``pairs`` (str: the nodes that see each other there). Without a row when nothing carries the
        stack's label.
    """
    rows = [
        (
            network.name,
            network.subnet,
            network.gateway,
            network.vxlan_id,
            *(_present(topology, network, node.name) if node.answered else UNSEEN for node in topology.nodes),
            _peers(topology, network.name),
        )
        for network in _networks_of(topology, name)
    ]
    columns: dict[str, str] = dict.fromkeys(("réseau", "sous-réseau", "passerelle"), "str")
    columns |= {"VXLAN": "Int64"} | dict.fromkeys((node.name for node in topology.nodes), "str") | {"pairs": "str"}
    return noted(rows, columns, topology)


def volumes_table(topology: Topology, stack: str | None = None) -> pd.DataFrame:
    """List the volumes of all nodes, as ``docker volume ls`` does on each.

    Parameters
    ----------
    topology
        A snapshot.
    stack
        Name of a stack: only the volumes that carry its label; None for all.

    Returns
    -------
    DataFrame
        ``volume``, ``nœud``, ``driver``, ``pile`` (str, missing when it is of none), ``utilisé par`` (str: containers
        that mount it, running or not).
    """
    order = {node.name: place for place, node in enumerate(topology.nodes)}
    users: dict[tuple[str, str], list[str]] = {}
    for container in topology.containers:
        for volume in container.volumes:
            users.setdefault((container.node, volume), []).append(container.label)
    rows = [
        (
            volume.name,
            volume.node,
            volume.driver,
            volume.stack,
            ", ".join(sorted(set(users.get((volume.node, volume.name), ())), key=natural)) or None,
        )
        for volume in sorted(topology.volumes, key=lambda v: (natural(v.name), order.get(v.node, len(order))))
        if stack in (None, volume.stack)
    ]
    return noted(rows, dict.fromkeys(("volume", "nœud", "driver", "pile", "utilisé par"), "str"), topology)


# --- a stack file ---------------------------------------------------------------------------------


def _networks(service: compose.Service) -> list[str]:
    return list(service.networks) or [DEFAULT]


def _published(port: compose.Port) -> str:
    protocol = f"/{port.protocol}" if port.protocol not in ("", "tcp") else ""
    host = " (host)" if port.mode == "host" else ""
    return f"{port.published or 'auto'}->{port.target}{protocol}{host}"


def _volume(volume: compose.ServiceVolume) -> str:
    source = f"{volume.source} -> " if volume.source else ""
    return f"{source}{volume.target}{' (lecture seule)' if volume.read_only else ''}"


def _replicas(deploy: compose.Deploy) -> int | None:
    if deploy.mode == "global":
        return None
    return 1 if deploy.replicas is None else deploy.replicas


def _deploy(service: compose.Service) -> Iterator[str]:
    """What a service's deploy key says besides its mode and its replicas, and how it is stopped."""
    deploy = service.deploy
    if deploy.endpoint_mode == "dnsrr":
        yield "accès dnsrr"
    for config, word in ((deploy.update_config, "mise à jour"), (deploy.rollback_config, "retour en arrière")):
        if config is not None:
            yield f"{word}{_details(_rollout(config))}"
    restart = deploy.restart_policy
    if restart is not None:
        yield f"relance {restart.condition or 'any'}{_details(_restart(restart))}"
    placement = deploy.placement
    yield from (f"contrainte {constraint}" for constraint in placement.constraints)
    yield from (f"répartition par {preference.spread}" for preference in placement.preferences)
    if placement.max_replicas_per_node:
        yield f"au plus {count(placement.max_replicas_per_node, 'tâche')} par nœud"
    yield from _resources(deploy.resources)
    if deploy.labels:
        yield f"étiquettes {', '.join(f'{key}={value}' for key, value in sorted(deploy.labels.items()))}"
    if service.stop_grace_period is not None:
        yield f"arrêt en {_span(service.stop_grace_period)}"


def _rollout(config: compose.Rollout) -> Iterator[str]:
    if config.parallelism is not None:
        yield f"par {config.parallelism}" if config.parallelism else "toutes ensemble"
    if config.delay:
        yield f"délai {_span(config.delay)}"
    if config.monitor:
        yield f"surveillance {_span(config.monitor)}"
    if config.failure_action:
        yield f"si échec {config.failure_action}"
    if config.order:
        yield config.order


def _restart(policy: compose.RestartPolicy) -> Iterator[str]:
    if policy.delay is not None:
        yield f"délai {_span(policy.delay)}"
    if policy.max_attempts is not None:
        yield count(policy.max_attempts, "essai")
    if policy.window is not None:
        yield f"fenêtre {_span(policy.window)}"


def _resources(resources: compose.Resources) -> Iterator[str]:
    for part, word in ((resources.limits, "limite"), (resources.reservations, "réservation")):
        if part is None:
            continue
        asked = [f"{part.cpus / NANOSECONDS:g} CPU".replace(".", ",")] if part.cpus else []
        asked += [f"{part.memory} octets"] if part.memory else []
        if asked:
            yield f"{word} {', '.join(asked)}"


def _details(said: Iterable[str]) -> str:
    told = ", ".join(said)
    return f" ({told})" if told else ""


def _span(nanoseconds: int) -> str:
    return seconds(nanoseconds / NANOSECONDS)


# --- a stack file and what the engine made of it --------------------------------------------------

AS_ASKED, BY_STACK, BY_ENGINE = "conforme", "ajouté par docker stack", "rempli par le moteur"
BY_DEFAULT, ELSEWHERE = "défaut du swarm", "donné autrement que par le fichier"
IGNORED, UNKNOWN = "ignorée par le swarm", "sans effet connu"


@dataclass(frozen=True, slots=True)
class _Row:
    key: str | None
    written: str | None
    field: str | None
    held: str | None
    finding: str
    meaning: str


def _asked(stack: StackFile, topology: Topology, name: str, service: str) -> Spec:
    """What the file asks of the engine, ids of secrets and configs as the swarm knows them."""
    from ..compose.specs import config_names, secret_names, service_spec

    secrets = {secret.name: secret.id for secret in topology.secrets}
    configs = {config.name: config.id for config in topology.configs}
    return service_spec(
        stack,
        service,
        name,
        secrets={one: secrets.get(one, "") for one in secret_names(stack, name)},
        configs={one: configs.get(one, "") for one in config_names(stack, name)},
    )


def _readable(spec: Spec, networks: Mapping[str, str]) -> Spec:
    """A specification whose networks go by their names: the engine keeps ids."""
    template = spec.get("TaskTemplate") or {}
    # Older clients put the networks beside the template.
    listed = template.get("Networks") or spec.get("Networks") or []
    named = [{**one, "Target": networks.get(one.get("Target"), one.get("Target"))} for one in listed]
    return {**spec, "TaskTemplate": {**template, "Networks": named}}


def _key_rows(stack: StackFile, service: str, asked: Spec, held: Spec) -> Iterator[_Row]:
    why = {ignored.path: ignored.why for ignored in stack.ignored}
    for key, written in _written(stack, service).items():
        field = KEYS.get(key)
        wanted, kept = (field.read(asked), field.read(held)) if field else (None, None)
        ignored = why.get(f"services.{service}.{key}")
        if field is not None and (wanted is not None or kept is not None or ignored is None):
            finding = AS_ASKED if _same(field, wanted, kept) else f"différent : attendu {wanted or 'rien'}"
            yield _Row(key, written, field.name, kept, finding, field.meaning)
        elif ignored is not None:
            yield _Row(key, written, None, None, IGNORED, ignored)
        else:
            yield _Row(key, written, None, None, UNKNOWN, "aucun champ ne lui correspond")


def _other_rows(asked: Spec, held: Spec, told: set[str | None]) -> Iterator[_Row]:
    """The fields of which the file says nothing: the engine holds them, or the swarm has a default."""
    seen = set(told)
    for field in (*ADDED, *KEYS.values()):
        if field.name in seen:
            continue
        seen.add(field.name)
        wanted, kept = field.read(asked), field.read(held)
        if wanted is not None and not _same(field, wanted, kept):
            yield _Row(None, None, field.name, kept, f"différent : attendu {wanted}", field.meaning)
        elif kept is not None:
            yield _Row(None, None, field.name, kept, _source(field, wanted, kept), field.meaning)
        elif field.default is not None:
            yield _Row(None, None, field.name, field.default, BY_DEFAULT, field.meaning)


def _source(field: Field, wanted: str | None, kept: str) -> str:
    """Whom a value comes from that the file does not give."""
    if wanted is not None or field.looked_up:
        return BY_STACK
    return BY_ENGINE if kept == field.filled else ELSEWHERE


def _same(field: Field, wanted: str | None, kept: str | None) -> bool:
    if wanted is None or kept is None:
        return wanted is kept
    return field.plain(wanted) == field.plain(kept)


def _written(stack: StackFile, service: str) -> dict[str, str]:
    """Key -> its value as the files write it; each file's own, where several give it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path, source in zip(stack.files, stack.source, strict=True):
        described = (source.get("services") or {}).get(service) or {}
        for key, value in _leaves(described, ""):
            found.setdefault(key, []).append((path.name, _as_written(value)))
    return {
        key: said[0][1]
        if len(stack.files) == 1 or (len({text for _, text in said}) == 1 and len(said) > 1)
        else " | ".join(f"{text} ({file})" for file, text in said)
        for key, said in found.items()
    }


def _leaves(value: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """Each key that has a field, or of which no key inside has one."""
    for name, inside in value.items():
        key = f"{above}{name}"
        if key not in KEYS and isinstance(inside, Mapping) and any(known.startswith(f"{key}.") for known in KEYS):
            yield from _leaves(inside, f"{key}.")
        else:
            yield key, inside


def _as_written(value: Any, inside: bool = False) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{key}: {_as_written(one, True)}" for key, one in value.items())
        return f"{{{text}}}" if inside else text
    if isinstance(value, list | tuple):
        text = ", ".join(_as_written(one, True) for one in value)
        return f"[{text}]" if inside else text
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


# --- a snapshot -----------------------------------------------------------------------------------


def _networks_of(topology: Topology, name: str) -> list[Network]:
    stack = topology.stack(name)
    if stack is None:
        return []
    used = {network for service in stack.services for network in service.networks}
    own = {network.id for network in stack.networks}
    found = [n for n in topology.networks if n.id in own or (n.name in used and n.scope == "swarm")]
    return sorted(found, key=lambda network: natural(network.name))


def _present(topology: Topology, network: Network, node: str) -> str:
    held = [e.name for e in topology.containers_of(network.name) if e.node == node]
    if held:
        return ", ".join(sorted(held, key=natural))
    return "listé, sans conteneur" if node in network.nodes else NOBODY


def _peers(topology: Topology, network: str) -> str | None:
    order = {node.name: place for place, node in enumerate(topology.nodes)}
    seen = {peer.peer for peer in topology.peers_of(network)}
    return ", ".join(sorted(seen, key=lambda name: (order.get(name, len(order)), natural(name)))) or None
