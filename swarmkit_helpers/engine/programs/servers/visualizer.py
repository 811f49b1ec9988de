"""The page that shows which node runs which task, as the engine whose socket is mounted tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ...kinds import Json
from ...refusal import Refusal
from ..system import System
from ..tools.waiting import Interruption
from .http import Reply, Request
from .pages import filled
from .result import served
from .watch import Watch, static, stream

__all__ = ["Drawn", "visualizer"]

SOCKET = "/var/run/docker.sock"
EVERY_S = 1.0
FIRST_S = 2.5
NBSP = "\N{NO-BREAK SPACE}"
STATES = {"running": ("good", "●"), "complete": ("good", "✔"), "failed": ("bad", "✘"), "rejected": ("bad", "✘")}
WAITING = ("wait", "◔")


@dataclass(frozen=True)
class Drawn:
    """The swarm as HTML, or why it cannot be told."""

    html: str = ""
    problem: str = ""

    def told(self) -> str:
        """What a page shows."""
        return f'<p class="notice" role="alert">✘ {escape(self.problem)}</p>' if self.problem else self.html


async def visualizer(system: System) -> int:
    """Serve the page on port 8080."""
    stop = Interruption(system, "SIGTERM", "SIGINT")

    async def look() -> Drawn:
        return _look(system)

    watch = Watch(system, look, EVERY_S)

    async def answer(request: Request) -> Reply:
        if request.path == "/events":
            return stream(watch, Drawn.told)
        if request.path != "/":
            return static(request.path)
        seen = await watch.wait(None, FIRST_S) or Drawn(problem="Le moteur n'a pas encore répondu.")
        page = filled("visualizer.html", {"swarm": seen.told(), "container": system.stack.hostname})
        return Reply(page, 503 if seen.problem else 200, headers=[("Cache-Control", "no-store")])

    return await served(system, watch, stop, answer, 8080)


def _look(system: System) -> Drawn:
    mounts = system.container.mounts
    if not any((mount.get("Destination") or mount.get("Target")) == SOCKET for mount in mounts):
        return Drawn(problem=f"Le moteur ne répond pas sur {SOCKET}. Ce socket doit être monté ici.")
    host = system.container.host
    if not host.running:
        return Drawn(problem=f"Le moteur ne répond pas sur {SOCKET}. Ce socket doit être monté ici.")
    try:
        swarm = host.swarm.require_manager()
    except Refusal as err:
        return Drawn(problem=f"Le moteur refuse de répondre{NBSP}: {err.message}")
    return Drawn(_arranged(swarm.listed("node"), swarm.listed("service"), swarm.listed("task")))


def _arranged(nodes: Sequence[Json], services: Sequence[Json], tasks: Sequence[Json]) -> str:
    """Columns of nodes, managers first; then the tasks that wait for a node."""
    names = {service["ID"]: service["Spec"]["Name"] for service in services}
    hosts = {node["ID"]: (node.get("Description") or {}).get("Hostname", "?") for node in nodes}
    cards: dict[str, list[tuple[tuple[str, int, str], str]]] = {}
    for task in tasks:
        status = task.get("Status") or {}
        state = status.get("State", "new")
        if task.get("DesiredState") in ("shutdown", "remove") and state != "running":
            continue  # the engine remembers the tasks that others replaced
        where = task.get("NodeID", "")
        instance = str(task.get("Slot") or hosts.get(where, ""))
        service = names.get(task.get("ServiceID", ""), "service retiré")
        image = ((task.get("Spec") or {}).get("ContainerSpec") or {}).get("Image", "").partition("@")[0]
        kind, mark = STATES.get(state, WAITING)
        error = f'<div class="error">{escape(status["Err"])}</div>' if status.get("Err") else ""
        card = (
            f'<li class="task {kind}"><div class="row"><strong>{escape(service)}.{escape(instance)}</strong>'
            f'<span class="state">{mark} {escape(state)}</span></div>'
            f'<div class="image">{escape(image)}</div>{error}</li>'
        )
        order = (service, int(instance) if instance.isdigit() else 0, instance)
        cards.setdefault(where, []).append((order, card))
    columns = []
    shown = sorted(nodes, key=lambda node: (node["Spec"].get("Role") != "manager", hosts[node["ID"]]))
    for number, node in enumerate(shown, 1):
        ready = (node.get("Status") or {}).get("State") == "ready"
        columns.append(
            _column(number, hosts[node["ID"]], _facts(node), cards.get(node["ID"], []), "" if ready else " off")
        )
    if "" in cards:
        said = "aucun nœud ne convient, ou pas encore"
        columns.append(_column(len(columns) + 1, "En attente d'un nœud", said, cards[""], " unplaced"))
    return f'<div class="nodes">{"".join(columns)}</div>'


def _column(number: int, name: str, facts: str, cards: list[tuple[tuple[str, int, str], str]], kind: str) -> str:
    inside = "".join(card for _, card in sorted(cards)) or '<li class="image">aucune tâche</li>'
    return (
        f'<section class="node{kind}" aria-labelledby="node-{number}"><h2 id="node-{number}">{escape(name)}</h2>'
        f'<p>{escape(facts)}</p><ul class="tasks">{inside}</ul></section>'
    )


def _facts(node: Json) -> str:
    resources = (node.get("Description") or {}).get("Resources") or {}
    memory_gib = f"{resources.get('MemoryBytes', 0) / 2**30:.1f}".replace(".", ",")
    leads = (node.get("ManagerStatus") or {}).get("Leader", False)
    return " · ".join(
        (
            f"{node['Spec'].get('Role')}{', leader' if leads else ''}",
            f"{(node.get('Status') or {}).get('State')}, {node['Spec'].get('Availability')}",
            f"{resources.get('NanoCPUs', 0) // 10**9}{NBSP}CPU, {memory_gib}{NBSP}Gio",
        )
    )
