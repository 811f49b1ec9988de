"""``docker service``: create, scale, move to other networks, remove; each returns once the swarm has converged."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from ..errors import ObjectNotFound
from ..lab.cluster import Lab
from ..lab.node import Node
from ..waiting import Sighting, wait_until
from .networks import LABEL, network_id
from .refusals import explained

__all__ = ["create_service", "move_service", "remove_service", "scale_service", "sight_service", "wait_service"]

Json = dict[str, Any]
SECOND = 1_000_000_000
CONVERGE_S = 90.0
# What `docker service create` sends when nothing else is asked; the engine leaves these empty by itself.
UPDATE = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5 * SECOND,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
RESTART = {"Condition": "any", "Delay": 5 * SECOND, "MaxAttempts": 0}
HOPELESS = ("No such image", "invalid mount config", "executable file not found", "no such file or directory")


def create_service(
    lab: Lab,
    name: str,
    image: str,
    *,
    replicas: int | None = 1,
    networks: Sequence[str] = (),
    publish: Mapping[int, int] | None = None,
    publish_mode: str = "ingress",
    endpoint_mode: str = "vip",
    constraints: Sequence[str] = (),
    command: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    timeout_s: float = CONVERGE_S,
) -> None:
    """``docker service create``; returns once all its tasks run.

    Parameters
    ----------
    replicas
        Number of tasks; None for one on each node (mode global).
    publish
        Published port -> port of the containers, as in ``--publish 80:80``.
    publish_mode
        ``ingress`` (routing mesh) or ``host``.
    endpoint_mode
        ``vip`` or ``dnsrr``.
    constraints
        As in ``--constraint``: ``node.role == worker``.

    Raises
    ------
    NameRefused, NameInUse, PortInUse, ObjectNotFound, EngineRefused, NodeUnreachable
    NotConverged
        Its tasks do not all run in time; the error gives a task's own error text.
    """
    ports = [
        {"Protocol": "tcp", "TargetPort": target, "PublishedPort": published, "PublishMode": publish_mode}
        for published, target in (publish or {}).items()
    ]
    container: Json = {"Image": image, "Labels": {LABEL: lab.name}}
    if command:
        container["Args"] = list(command)
    if env:
        container["Env"] = [f"{key}={value}" for key, value in env.items()]
    template: Json = {
        "ContainerSpec": container,
        "RestartPolicy": RESTART,
        "Placement": {"Constraints": list(constraints)},
        "Networks": [{"Target": network_id(lab, network)} for network in networks],
        "ForceUpdate": 0,
    }
    manager = lab.manager
    with (
        explained("service", name, port=next(iter(publish or {}), None)),
        manager.asking(f"créer le service « {name} »"),
    ):
        manager.api.create_service(
            template,
            name=name,
            labels={LABEL: lab.name},
            mode={"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}},
            update_config=UPDATE,
            rollback_config=UPDATE,
            endpoint_spec={"Mode": endpoint_mode, "Ports": ports},
        )
    wait_service(lab, name, timeout_s=timeout_s)


def scale_service(lab: Lab, name: str, replicas: int, *, timeout_s: float = CONVERGE_S) -> None:
    """``docker service scale NAME=REPLICAS``; returns once that number of tasks runs, and no more.

    Raises
    ------
    ObjectNotFound, EngineRefused, NotConverged, NodeUnreachable
    """

    def scaled(spec: Json) -> None:
        spec["Mode"] = {"Replicated": {"Replicas": replicas}}

    _update(lab, name, scaled)
    wait_service(lab, name, timeout_s=timeout_s)


def move_service(
    lab: Lab,
    name: str,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    timeout_s: float = CONVERGE_S,
) -> None:
    """``docker service update --network-add ... --network-rm ...``; returns once all its tasks run there.

    The engine replaces the tasks one by one (UpdateConfig), watching each for the monitor delay.

    Raises
    ------
    ObjectNotFound
        The service, or a network, does not exist, or the service is not on a network to be removed.
    EngineRefused, NotConverged, NodeUnreachable
    """
    added = [network_id(lab, network) for network in add]
    removed = {network_id(lab, network): network for network in remove}

    def moved(spec: Json) -> None:
        # A service's networks are replaced as a whole: those it keeps are sent again, with their aliases.
        template = spec["TaskTemplate"]
        present = template.get("Networks") or []
        for identity, network in removed.items():
            if identity not in {kept["Target"] for kept in present}:
                raise ObjectNotFound("network", network, f"le service « {name} »")
        kept = [net for net in present if net["Target"] not in removed]
        known = {net["Target"] for net in kept}
        template["Networks"] = kept + [{"Target": identity} for identity in added if identity not in known]

    _update(lab, name, moved)
    wait_service(lab, name, timeout_s=timeout_s)


def remove_service(lab: Lab, *names: str, timeout_s: float = CONVERGE_S) -> None:
    """``docker service rm``; returns once no node runs a container of theirs.

    Raises
    ------
    ObjectNotFound, NotConverged, NodeUnreachable
    """
    manager = lab.manager
    ids = [_service(lab, name)["ID"] for name in names]
    for name, identity in zip(names, ids, strict=True):
        with explained("service", name), manager.asking(f"supprimer le service « {name} »"):
            manager.api.remove_service(identity)

    def containers(node: Node) -> int:
        with node.asking("lister les conteneurs"):
            listed = node.api.containers(filters={"label": "com.docker.swarm.service.id"})
        return sum(raw["Labels"]["com.docker.swarm.service.id"] in ids for raw in listed)

    def look() -> Sighting:
        left = {node: count for node, count in lab.each(containers).items() if count}
        text = ", ".join(f"{count} sur {node}" for node, count in left.items())
        return Sighting(len(lab.nodes) - len(left), len(lab.nodes), f"conteneurs restants : {text}" if left else "")

    wait_until(
        f"Nœuds sans conteneur de {', '.join(names)}",
        look,
        timeout_s=lab.patience(timeout_s),
        remedy="docker container ls --all",
    )


def wait_service(lab: Lab, name: str, *, timeout_s: float = CONVERGE_S, quiet: bool = False) -> None:
    """Wait until the wanted number of tasks runs, all with the service's present specification, and no other.

    Raises
    ------
    ObjectNotFound, NodeUnreachable
    NotConverged
        With a task's own error text.
    """
    wait_until(
        f"{name}, tâches en cours",
        _looker(lab, name),
        timeout_s=lab.patience(timeout_s),
        remedy=f"docker service ps --no-trunc {name}",
        quiet=quiet,
    )


def sight_service(service: Json, tasks: Sequence[Json], replaced: Container[str] = ()) -> Sighting:
    """How far a service is from what it should be.

    Parameters
    ----------
    service
        As the engine lists it, with its ``ServiceStatus``.
    tasks
        Its tasks, all of them.
    replaced
        Ids of tasks that are to go although their own specification does not show it: that of the ports is not in it.
    """
    wanted = _wanted(service)
    running = [task for task in tasks if task["Status"]["State"] == "running"]
    current = [
        task
        for task in running
        if task["DesiredState"] == "running" and task["ID"] not in replaced and _is_current(task, service)
    ]
    slots = {_slot(task) for task in current}
    stale = len(running) - len(current)
    # Just after a change, tasks that are one too many do not show yet that they are to go.
    surplus = max(len(slots) - wanted, 0)
    done = len(slots | _finished(service, tasks))
    errors = [task["Status"]["Err"] for task in tasks if task["Status"].get("Err") and _is_current(task, service)]
    cause = errors[-1] if errors else ""
    update = service.get("UpdateStatus") or {}
    paused = update.get("State") in ("paused", "rollback_paused")
    if paused:
        cause = cause or update.get("Message", "")
    missing = []
    if done < wanted:
        missing.append(f"{_count(wanted - done, 'tâche')} à démarrer")
    if stale:
        missing.append(f"{_count(stale, 'ancienne')} à arrêter")
    if surplus:
        missing.append(f"{surplus} en trop à arrêter")
    leaving = stale + surplus
    seen = min(done, wanted) if not leaving else min(done, wanted - 1)
    hopeless = paused or any(sign in cause for sign in HOPELESS)
    # With no task wanted, those that still run are what is waited for.
    return Sighting(max(seen, 0), wanted or leaving, " et ".join(missing), cause, hopeless)


def _looker(lab: Lab, name: str) -> Callable[[], Sighting]:
    manager = lab.manager

    def look() -> Sighting:
        service = _service(lab, name)
        with manager.asking(f"lister les tâches de « {name} »"):
            tasks: list[Json] = manager.api.tasks(filters={"service": service["ID"]})
        return sight_service(service, tasks)

    return look


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}"


def _wanted(service: Json) -> int:
    """How many tasks are to run, or to have run."""
    desired = int(service["ServiceStatus"]["DesiredTasks"])
    return max(desired, 1) if "Global" in service["Spec"]["Mode"] else desired


def _slot(task: Json) -> object:
    return task.get("Slot") or task.get("NodeID")


def _finished(service: Json, tasks: Sequence[Json]) -> set[object]:
    """Slots whose last task ended well, and that the restart policy leaves at that."""
    policy = service["Spec"]["TaskTemplate"].get("RestartPolicy") or {}
    if policy.get("Condition", "any") == "any":
        return set()
    last = {_slot(task): task for task in sorted(tasks, key=lambda task: str(task["CreatedAt"]))}
    return {slot for slot, task in last.items() if task["Status"]["State"] == "complete" and _is_current(task, service)}


def _is_current(task: Json, service: Json) -> bool:
    """True when the task was made from the service's present specification.

    A task that stands where a new placement would put it as well is kept by the engine.
    """
    template: Json = service["Spec"]["TaskTemplate"]
    spec: Json = task["Spec"]
    return _targets(spec) == _targets(template) and all(
        spec.get(key) == template.get(key) for key in {*spec, *template} - {"Placement", "Networks", "Runtime"}
    )


def _targets(template: Json) -> set[str]:
    return {network["Target"] for network in template.get("Networks") or []}


def _service(lab: Lab, name: str) -> Json:
    manager = lab.manager
    with manager.asking(f"chercher le service « {name} »"):
        listed: list[Json] = manager.api.services(filters={"name": name}, status=True)
    for service in listed:
        if name in (service["Spec"]["Name"], service["ID"]):
            return service
    raise ObjectNotFound("service", name, manager.name)


def _update(lab: Lab, name: str, change: Callable[[Json], None]) -> None:
    """Read the service's specification, change it, send it back whole."""
    service = _service(lab, name)
    spec: Json = service["Spec"]
    change(spec)
    manager = lab.manager
    with explained("service", name), manager.asking(f"modifier le service « {name} »"):
        manager.api.update_service(
            service["ID"],
            service["Version"]["Index"],
            task_template=spec["TaskTemplate"],
            name=spec["Name"],
            labels=spec.get("Labels"),
            mode=spec["Mode"],
            update_config=spec.get("UpdateConfig"),
            rollback_config=spec.get("RollbackConfig"),
            endpoint_spec=spec.get("EndpointSpec"),
        )
