"""The page that shows which node runs which task: ``python3 -m voting.visualizer``.

It asks the Docker engine over its socket, /var/run/docker.sock, which the container is given; it only reads. A manager
alone answers.
"""

from __future__ import annotations

import http.client
import json
import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .web import STREAM_HEADERS, Watch, log_to_stdout, serve, stream

__all__ = ["Node", "Swarm", "Task", "application", "arrange", "look", "main"]

SOCKET = "/var/run/docker.sock"
TIMEOUT_S = 5.0
EVERY_S = 1.0
FIRST_S = 2.5
"""How long the first page waits for the engine's first answer."""
NBSP = "\N{NO-BREAK SPACE}"
STATES = {"running": ("good", "●"), "complete": ("good", "✔"), "failed": ("bad", "✘"), "rejected": ("bad", "✘")}
"""State of a task -> how it is drawn; any other is one in which it waits."""
WAITING = ("wait", "◔")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One task, as a card."""

    name: str
    """As ``docker service ps`` has it: ``app_vote.1``."""
    image: str
    state: str
    """As the engine spells it: ``running``."""
    error: str = ""

    @property
    def kind(self) -> str:
        """``good``, ``wait`` or ``bad``."""
        return STATES.get(self.state, WAITING)[0]

    @property
    def mark(self) -> str:
        """What tells the kinds apart without their colours."""
        return STATES.get(self.state, WAITING)[1]


@dataclass(frozen=True)
class Node:
    """One node, as a column; without `id`, the column of the tasks that have no node yet."""

    id: str
    name: str
    facts: str
    """Role, availability and size, in French."""
    ready: bool
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Swarm:
    """All that the page shows."""

    nodes: tuple[Node, ...] = ()
    problem: str = ""
    """Why nothing is known, in French; empty when all is well."""


class _Engine(http.client.HTTPConnection):
    """HTTP over the socket of the Docker engine."""

    def __init__(self) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def look() -> Swarm:
    """The swarm now, or why it cannot be seen.

    The Engine API's NodeList, ServiceList and TaskList, in the version that the engine speaks by default.
    """
    found = []
    engine = _Engine()
    try:
        for path in ("/nodes", "/services", "/tasks"):
            engine.request("GET", path)
            response = engine.getresponse()
            said = json.loads(response.read())
            if response.status != http.client.OK:
                return Swarm(problem=f"Le moteur refuse de répondre{NBSP}: {said.get('message', response.status)}")
            found.append(said)
        return Swarm(arrange(*found))
    except (OSError, http.client.HTTPException, ValueError) as err:
        return Swarm(problem=f"Le moteur ne répond pas sur {SOCKET} ({err}). Ce socket doit être monté ici.")
    finally:
        engine.close()


def arrange(
    nodes: Sequence[Mapping[str, Any]], services: Sequence[Mapping[str, Any]], tasks: Sequence[Mapping[str, Any]]
) -> tuple[Node, ...]:
    """What the engine told of the swarm, as columns: managers first, then by name; tasks that wait for a node last."""
    names = {service["ID"]: service["Spec"]["Name"] for service in services}
    hosts = {node["ID"]: node["Description"]["Hostname"] for node in nodes}
    by_node: dict[str, list[Task]] = {}
    for task in tasks:
        state = task["Status"]["State"]
        if task["DesiredState"] in ("shutdown", "remove") and state != "running":
            continue  # the engine remembers the tasks that others replaced
        where = task.get("NodeID", "")
        instance = task.get("Slot") or hosts.get(where, "")  # a global service has one task per node, without number
        name = f"{names.get(task.get('ServiceID', ''), 'service retiré')}.{instance}"
        image = task["Spec"]["ContainerSpec"]["Image"].partition("@")[0]
        by_node.setdefault(where, []).append(Task(name, image, state, task["Status"].get("Err", "")))

    def column(node_id: str, name: str, facts: str, ready: bool) -> Node:
        return Node(node_id, name, facts, ready, tuple(sorted(by_node.get(node_id, ()), key=_by_name)))

    columns = [column(node["ID"], hosts[node["ID"]], *_facts(node)) for node in sorted(nodes, key=_managers_first)]
    if "" in by_node:
        columns.append(column("", "En attente d'un nœud", "aucun nœud ne convient, ou pas encore", True))
    return tuple(columns)


def _managers_first(node: Mapping[str, Any]) -> tuple[bool, str]:
    return node["Spec"]["Role"] != "manager", node["Description"]["Hostname"]


def _by_name(task: Task) -> tuple[str, int, str]:
    service, _, instance = task.name.partition(".")
    return service, int(instance) if instance.isdigit() else 0, instance


def _facts(node: Mapping[str, Any]) -> tuple[str, bool]:
    """What the engine says of a node, and whether it is ready."""
    resources = node["Description"]["Resources"]
    memory_gib = f"{resources['MemoryBytes'] / 2**30:.1f}".replace(".", ",")
    leads = node.get("ManagerStatus", {}).get("Leader", False)
    facts = (
        f"{node['Spec']['Role']}{', leader' if leads else ''}",
        f"{node['Status']['State']}, {node['Spec']['Availability']}",
        f"{resources['NanoCPUs'] // 10**9}{NBSP}CPU, {memory_gib}{NBSP}Gio",
    )
    return " · ".join(facts), node["Status"]["State"] == "ready"


def application() -> Any:
    """The Flask application."""
    import flask

    app = flask.Flask(__name__)
    watch = Watch(look, every_s=EVERY_S)

    def drawn(swarm: Swarm) -> str:
        text: str = app.jinja_env.get_template("swarm.html").render(nodes=swarm.nodes, problem=swarm.problem)
        return text

    def index() -> Any:
        swarm = watch.wait(None, FIRST_S) or Swarm(problem="Le moteur n'a pas encore répondu.")
        text = flask.render_template("visualizer.html", swarm=drawn(swarm), container=socket.gethostname())
        return text, 503 if swarm.problem else 200, {"Cache-Control": "no-store"}

    def events() -> Any:
        return flask.Response(stream(watch, drawn), mimetype="text/event-stream", headers=STREAM_HEADERS)

    app.add_url_rule("/", view_func=index)
    app.add_url_rule("/events", view_func=events)
    return app


def main() -> None:
    """Serve the page on port 8080."""
    log_to_stdout()
    serve(application(), port=8080)


if __name__ == "__main__":
    main()
