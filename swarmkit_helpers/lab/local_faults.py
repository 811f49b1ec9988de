"""Faults of a local lab, which are real: an engine that is killed, a link that is set down or slowed by the kernel."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ..errors import FaultUnavailable, NodeUnreachable
from . import local, namespaces
from .cluster import Lab
from .node import Node
from .record import Record, directory_of

__all__ = ["check", "quicken", "set_link", "slow", "start", "stop"]

LINK = "eth0"


def check(lab: Lab, doing: str) -> None:
    """Refuse what cannot be done here.

    Raises
    ------
    FaultUnavailable
    """
    if lab.backend != "local":
        raise FaultUnavailable(
            doing, f"rien ne le fait dans un labo « {lab.backend} »", "swarmlab up --name autre --backend embedded"
        )
    if os.geteuid() != 0:
        raise FaultUnavailable(doing, "il faut être root", "sudo -s, ou swarmlab up --name autre --backend embedded")


def stop(record: Record, node: Node) -> None:
    """Kill a node's engine with all that it runs."""
    local.kill_engine(record, node)


def start(record: Record, node: Node) -> None:
    """Start a node's engine again; if it answers, nothing."""
    try:
        with node.asking("répondre"):
            node.client.ping()
    except NodeUnreachable:
        local.revive_engine(record, node)


def set_link(record: Record, node: Node, *, up: bool) -> None:
    """Set a node's interface up or down."""
    namespaces.run_ip(_handle(record, node), f"link set {LINK} {'up' if up else 'down'}")


def slow(record: Record, node: Node, delay_ms: float, loss: float) -> None:
    """Have the kernel delay or lose what the node sends."""
    _tc(record, node, "replace", "netem", "delay", f"{delay_ms:g}ms", "loss", f"{100 * loss:g}%")


def quicken(record: Record, node: Node) -> None:
    """Have the kernel delay and lose nothing any more."""
    _tc(record, node, "replace", "pfifo")


def _tc(record: Record, node: Node, verb: str, *words: str) -> None:
    command = ["tc", "qdisc", verb, "dev", LINK, "root", *words]
    subprocess.run([*namespaces.enter(_handle(record, node)), *command], check=True, capture_output=True)


def _handle(record: Record, node: Node) -> Path:
    return directory_of(record.name) / "net" / node.name
