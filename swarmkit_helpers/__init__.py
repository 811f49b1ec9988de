"""Le cours sur le réseau de Docker Swarm : ce que les notebooks appellent.

>>> import swarmkit_helpers as sk
>>> lab = sk.connect()
>>> sk.restore(lab, "13")
>>> sk.draw_subnets(sk.snapshot(lab))
"""

from .actions.containers import remove_container, run_container, stop_container
from .actions.networks import create_network, remove_network, replace_ingress
from .actions.services import create_service, move_service, remove_service, scale_service
from .actions.swarm import init_swarm, join_swarm, leave_swarm
from .course.checks import check
from .course.restore import restore
from .lab.connection import connect
from .probes.capture import capture_ping
from .probes.dns import resolve
from .probes.execution import exec_container, read_sandbox
from .probes.http import http_get
from .probes.ping import ping
from .show.figures import (
    draw_before_after,
    draw_cnm,
    draw_nested_packet,
    draw_packet_path,
    draw_peers,
    draw_subnets,
    draw_swarm,
)
from .show.tables import (
    compare,
    containers_table,
    endpoints_table,
    inspect_table,
    networks_table,
    nodes_table,
    packets_table,
    peers_table,
    services_table,
    tasks_table,
    vips_table,
)
from .topology.fetch import snapshot

__version__ = "0.1.0"

__all__ = [
    "capture_ping",
    "check",
    "compare",
    "connect",
    "containers_table",
    "create_network",
    "create_service",
    "draw_before_after",
    "draw_cnm",
    "draw_nested_packet",
    "draw_packet_path",
    "draw_peers",
    "draw_subnets",
    "draw_swarm",
    "endpoints_table",
    "exec_container",
    "http_get",
    "init_swarm",
    "inspect_table",
    "join_swarm",
    "leave_swarm",
    "move_service",
    "networks_table",
    "nodes_table",
    "packets_table",
    "peers_table",
    "ping",
    "read_sandbox",
    "remove_container",
    "remove_network",
    "remove_service",
    "replace_ingress",
    "resolve",
    "restore",
    "run_container",
    "scale_service",
    "services_table",
    "snapshot",
    "stop_container",
    "tasks_table",
    "vips_table",
]
