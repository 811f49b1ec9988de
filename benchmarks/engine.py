"""Time the embedded engine with swarms of 10, 100 and 1,000 nodes: to converge, to change, and to be looked at.

Each swarm is made in a process of its own, with 20 tasks a node (2 a node in the largest, unless TASKS is given), in
services of 20; ten services share an overlay, and the first of these ten publishes a port. No root is needed.

From the checkout: .venv/bin/python -m benchmarks.engine [NODES [TASKS]]
"""

from __future__ import annotations

import asyncio
import json
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from swarmkit_helpers.engine.api.server import serve
from swarmkit_helpers.engine.cluster.states import runnable
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.world import World
from swarmkit_helpers.lab.node import Node
from swarmkit_helpers.show import figures, tables
from swarmkit_helpers.topology.fetch import fetch_node
from swarmkit_helpers.topology.merge import RawNode, merge
from swarmkit_helpers.topology.model import Topology

SIZES = ((10, 200), (100, 2000), (1000, 2000))
REPLICAS = 20
SHARED = 10
"""Services on one overlay."""
AT_ONCE = 16
"""Engines that a snapshot asks at a time."""
SPEED = 20.0
"""As labs have it."""
SUBNET = "100.64.0.0/16"
PARTS = {
    "made": "engines made",
    "swarm": "swarm formed",
    "converged": "services converged",
    "updated": "rolling update of one service, four at a time",
    "drained": "a node drained",
    "served": "sockets open",
    "fetched": "snapshot: all engines asked",
    "merged": "snapshot: merged",
}
SHOWN: tuple[Callable[[Topology], Any], ...] = (
    *(tables.nodes_table, tables.services_table, tables.tasks_table, tables.endpoints_table, tables.peers_table),
    *(figures.draw_swarm, figures.draw_subnets, figures.draw_peers),
)

Times = dict[str, tuple[float, float]]


class Bench:
    """One swarm.

    Parameters
    ----------
    count
        Of its nodes.
    tasks
        Of its services, in all.
    """

    def __init__(self, count: int, tasks: int) -> None:
        self.count = count
        self.tasks = tasks
        self.times: Times = {}
        """Part -> seconds, and seconds of processor."""
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def timed(self, part: str, act: Callable[[], Any]) -> Any:
        """Do something, and keep how long it took."""
        wall, processor = time.perf_counter(), time.process_time()
        result = act()
        self.times[part] = time.perf_counter() - wall, time.process_time() - processor
        return result

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Have the engines' loop do some work."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def run(self, directory: Path) -> None:
        """Measure all parts."""
        for work in (self.made, self.swarm, self.converged, self.updated, self.drained):
            self.timed(work.__name__, partial(self.wait, work()))
        self.timed("served", lambda: self.wait(self.serve(directory)))
        raw = self.timed("fetched", lambda: self.fetched(directory))
        named = partial(merge, lab="mesure", backend="embedded", simulated=True, taken_at="")
        seen: Topology = self.timed("merged", lambda: named(raw))
        running = [task for task in seen.tasks if task.state == "running"]
        assert len(running) == self.tasks, f"{len(running)} tasks"
        for first in (tables.nodes_table, figures.draw_swarm):
            first(seen)  # the first of a session loads pandas and reads the fonts
        for make in SHOWN:
            self.timed(make.__name__, partial(make, seen))

    async def made(self) -> None:
        """Make the engines, with the images that they need."""
        names = {f"n{place}.loc": f"100.64.{place // 250}.{place % 250 + 1}" for place in range(self.count)}
        self.world = World(names, subnet=SUBNET, speed=SPEED, seed=1)
        self.hosts: list[Host] = list(self.world.hosts.values())
        for host in self.hosts:
            host.images.provide("alpine:latest")

    async def swarm(self) -> None:
        """Form one swarm of them all."""
        listen = {"ListenAddr": "0.0.0.0:2377"}
        first = self.hosts[0]
        first.swarm.init(listen | {"DefaultAddrPool": ["10.0.0.0/8"], "SubnetSize": 20})
        assert first.swarm.swarm is not None
        self.cluster = first.swarm.swarm
        join = listen | {"RemoteAddrs": [first.address], "JoinToken": self.cluster.inspect()["JoinTokens"]["Worker"]}
        await asyncio.gather(*(host.swarm.join(join) for host in self.hosts[1:]))

    async def converged(self) -> None:
        """Create the services, and wait for all their tasks."""
        network = ""
        for place in range(self.tasks // REPLICAS):
            ports: list[dict[str, Any]] = []
            if place % SHARED == 0:
                body = {"Name": f"net{place // SHARED}", "Driver": "overlay"}
                network = self.hosts[0].networks.create(body)["Id"]
                ports = [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 9000 + place}]
            container = {"Image": "alpine:latest", "Command": ["sleep", "1000000"]}
            self.cluster.create_service(
                {
                    "Name": f"s{place}",
                    "TaskTemplate": {"ContainerSpec": container, "Networks": [{"Target": network}]},
                    "Mode": {"Replicated": {"Replicas": REPLICAS}},
                    "UpdateConfig": {"Parallelism": 4},
                    "EndpointSpec": {"Ports": ports},
                }
            )
        await self.until(self.settled)

    async def updated(self) -> None:
        """Give one service another environment."""
        found = self.cluster.find("service", "s0")
        template = found["Spec"]["TaskTemplate"]
        changed = template | {"ContainerSpec": template["ContainerSpec"] | {"Env": ["A=1"]}}
        self.cluster.update_service("s0", found["Version"]["Index"], found["Spec"] | {"TaskTemplate": changed})
        await self.until(lambda: self.cluster.find("service", "s0").get("UpdateStatus", {}).get("State") == "completed")

    async def drained(self) -> None:
        """Drain a node, and wait until its tasks run elsewhere."""
        node = self.cluster.find("node", self.hosts[-1].swarm.node_id)
        self.cluster.update_node(node["ID"], node["Version"]["Index"], node["Spec"] | {"Availability": "drain"})
        here = node["ID"]
        await self.until(lambda: self.settled() and not any(map(runnable, self.cluster.tasks.of_node(here))))

    def settled(self) -> bool:
        """Whether so many tasks run as are to."""
        wanted = [task for task in self.cluster.store.all("task") if runnable(task)]
        return len(wanted) == self.tasks and all(task["Status"]["State"] == "running" for task in wanted)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true; it is looked at ten times a second."""
        while not condition():
            await asyncio.sleep(0.1)

    async def serve(self, directory: Path) -> None:
        """Open all engines' sockets."""
        for host in self.hosts:
            await serve(host, directory / f"{host.hostname}.sock")

    def nodes(self, directory: Path) -> dict[str, Node]:
        """The engines as a lab's nodes."""
        return {
            host.hostname: Node(
                name=host.hostname,
                hostname=host.hostname,
                address=host.address,
                role="worker" if place else "manager",
                docker_host=f"unix://{directory / host.hostname}.sock",
                lab="mesure",
                slowness=20.0,
                simulated=True,
            )
            for place, host in enumerate(self.hosts)
        }

    def fetched(self, directory: Path) -> list[RawNode]:
        """What all engines answer, as `fetch_raw` asks them, but few at a time: a process has only so many files."""

        def ask(node: Node) -> RawNode:
            try:
                return fetch_node(node)
            finally:
                node.client.close()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(ask, self.nodes(directory).values()))


def measured(count: int, tasks: int) -> dict[str, Any]:
    """Measure one size in this process."""
    bench = Bench(count, tasks)
    with tempfile.TemporaryDirectory() as directory:
        bench.run(Path(directory))
    return {"times": bench.times, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_a_process(count: int, tasks: int) -> dict[str, Any]:
    """Measure one size in a process of its own."""
    argv = [sys.executable, "-m", "benchmarks.engine", str(count), str(tasks), "--json"]
    found: dict[str, Any] = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
    return found


def main() -> None:
    """Measure and print a table."""
    given = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    sizes: tuple[tuple[int, int], ...] = SIZES
    if given:
        sizes = ((given[0], given[1] if len(given) > 1 else given[0] * REPLICAS),)
    if "--json" in sys.argv:
        print(json.dumps(measured(*sizes[0])))
        return
    found = [in_a_process(*size) for size in sizes]
    print(f"{platform.system()}, Python {platform.python_version()}, speed {SPEED:g}; seconds (of processor)")
    print("| part | " + " | ".join(f"{nodes} nodes, {tasks} tasks" for nodes, tasks in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for part in found[0]["times"]:
        base = found[0]["times"][part][1]
        cells = []
        for one in found:
            wall, processor = one["times"][part]
            growth = f", × {processor / base:.1f}" if one is not found[0] and base else ""
            cells.append(f"{wall:.2f} ({processor:.2f}{growth})")
        print(f"| {PARTS.get(part, f'`{part}`')} | {' | '.join(cells)} |")
    print("| memory at most, MiB | " + " | ".join(f"{one['memory']:.0f}" for one in found) + " |")


if __name__ == "__main__":
    main()
