"""What several sections' checks look at: tasks that run, what each node says of a network, answers to requests."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...errors import NodeUnreachable
from ...lab.cluster import Lab
from ...probes.http import HttpResult, http_get
from ...topology.fetch import fetch_raw
from ...topology.model import Container, Task
from .question import Context, Verdict, failed, passed

__all__ = ["all_answered", "get_all", "node_views", "running_container", "running_tasks", "trouble"]

Json = dict[str, Any]
AT_ONCE = 8
SOON_S = 2


def running_tasks(context: Context, service: str) -> tuple[Task, ...]:
    """The tasks of a service that run and are wanted so.

    Raises
    ------
    ObjectNotFound
        The service does not exist.
    """
    context.service(service)
    return context.topology.tasks_of(service, running=True)


def trouble(context: Context, service: str) -> str:
    """Why not all tasks of a service run: what the last one in error said, else those that are on their way."""
    tasks = context.topology.tasks_of(service)
    last = max((task for task in tasks if task.error), key=lambda task: task.created, default=None)
    if last:
        return f"{last.name} sur {last.node or 'aucun nœud'} : {last.error}"
    waiting = [f"{t.name} est {t.state}" for t in tasks if t.desired_state == "running" and t.state != "running"]
    return ", ".join(waiting)


def running_container(context: Context, name: str, node: str) -> Container | Verdict:
    """The container of that name when it runs on that node; else the verdict that says what was found instead.

    Raises
    ------
    ObjectNotFound
        No node has it.
    """
    found = context.container(name)
    if found.state != "running":
        return failed(f"{name} est dans l'état {found.state} sur {found.node}", f"docker container start {name}")
    if found.node != node:
        return failed(f"{name} tourne sur {found.node}", f"il est attendu sur {node}")
    return found


def node_views(context: Context, network: str) -> dict[str, list[Json]]:
    """What ``docker network inspect`` says on each node: by node, the networks of that name.

    Raises
    ------
    NodeUnreachable
    """
    views = {}
    for raw in fetch_raw(context.lab):
        if raw.error:
            raise NodeUnreachable(raw.name, raw.error, context.lab.name)
        views[raw.name] = [found for found in raw.networks if found["Name"] == network]
    return views


def get_all(lab: Lab, requests: Iterable[tuple[str, str]]) -> list[HttpResult]:
    """One GET for each pair of source and URL, all at once."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(lambda asked: http_get(lab, asked[1], source=asked[0], timeout_s=SOON_S), requests))


def all_answered(results: list[HttpResult], seen: str) -> Verdict:
    """Passed when each got its page; not run when one request could not even leave."""
    if not results:
        return failed("aucune page n'a été demandée")
    for result in results:
        if result.outcome == "not_run":
            return Verdict("not_run", result.reason)
    silent = [f"{result.reason} (depuis {result.source})" for result in results if result.outcome != "passed"]
    if silent:
        return failed(f"{len(results) - len(silent)} réponses sur {len(results)}", " ; ".join(silent))
    return passed(seen)
