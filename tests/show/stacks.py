"""Stack files to show: those of the course, the recorded one, and some of every shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from swarmkit_helpers.compose.file import StackFile, read_stack
from swarmkit_helpers.topology.merge import merge
from swarmkit_helpers.topology.model import Topology

from ..topology import record

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
VOTING = NOTEBOOKS / "docker-stack.yml"
VOTING_HOST = NOTEBOOKS / "docker-stack-sans-ipvs.yml"

SHOP = """
version: "3.8"
services:
  front:
    image: registry.example.test/shop/front:1.2.3
    ports: ["443:8443", "80:8080", "9000:9000"]
    networks: [edge]
    depends_on: [cart, catalog, users]
    deploy: {replicas: 3}
  cart: {image: shop/cart, networks: [edge, data], depends_on: [redis]}
  catalog: {image: shop/catalog, networks: [edge, data], depends_on: [postgres]}
  users: {image: shop/users, networks: [edge, data], depends_on: [postgres, mail]}
  mail: {image: shop/mail, networks: [data, smtp]}
  relay: {image: exim, networks: [smtp], ports: ["53:53/udp"]}
  redis: {image: redis, networks: [data]}
  postgres:
    image: postgres:15
    networks: [data]
    volumes: ["pg:/var/lib"]
    deploy: {placement: {constraints: [node.labels.disk == ssd, node.role == worker]}}
  prometheus: {image: prom/prometheus, networks: [edge, data, smtp, monitoring], depends_on: [exporter]}
  exporter:
    image: prom/node-exporter
    networks: [monitoring]
    deploy: {mode: global}
    volumes: ["/proc:/host/proc", "/sys:/host/sys", {type: tmpfs, target: /run}]
  grafana:
    image: grafana/grafana
    networks: [monitoring]
    ports: [{target: 3000, published: 3000, mode: host}]
    depends_on: [prometheus, postgres]
networks:
  edge:
  data: {internal: true}
  smtp: {attachable: true, driver_opts: {encrypted: ""}}
  monitoring: {external: true, name: watch_everything}
volumes:
  pg:
"""


def voting() -> StackFile:
    """The voting application."""
    return read_stack(VOTING, variables={})


def voting_host() -> StackFile:
    """The same where the kernel lacks IPVS."""
    return read_stack([VOTING, VOTING_HOST], variables={})


def recorded_file() -> StackFile:
    """The file from which the recorded swarm was deployed."""
    return read_stack(record.STACK, variables={})


def recorded() -> Topology:
    """What three engines answered once the docker client had deployed it."""
    return merge(record.load("stack"), lab="essai", backend="local", simulated=False, taken_at="2026-01-01T00:00:00Z")


def written(folder: Path, text: str) -> StackFile:
    """Read a stack file of this text."""
    path = folder / "stack.yml"
    path.write_text(text, "utf-8")
    return read_stack(path, variables={})


def of(folder: Path, networks: Mapping[str, Sequence[str]], needs: Mapping[str, Sequence[str]]) -> StackFile:
    """A stack of services on these networks, that need each other so; every third one is published."""
    services = {
        name: {
            "image": f"example.test/owner/{name}:latest",
            "networks": list(on),
            "depends_on": list(needs.get(name, ())),
            "ports": [f"{8000 + place}:80"] if place % 3 == 0 else [],
        }
        for place, (name, on) in enumerate(networks.items())
    }
    used: dict[str, None] = dict.fromkeys(network for on in networks.values() for network in on)
    return written(folder, yaml.safe_dump({"version": "3.8", "services": services, "networks": used}, sort_keys=False))
