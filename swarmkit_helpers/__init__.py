"""Le cours sur le réseau de Docker Swarm : ce que les notebooks appellent.

>>> import swarmkit_helpers as sk
>>> lab = sk.connect()
>>> sk.restore(lab, "13")
>>> sk.draw_subnets(sk.snapshot(lab))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .actions.containers import remove_container, run_container, stop_container
    from .actions.networks import create_network, remove_network, replace_ingress
    from .actions.services import create_service, move_service, remove_service, scale_service
    from .actions.stacks import deploy_stack, remove_stack
    from .actions.swarm import init_swarm, join_swarm, leave_swarm
    from .compose.file import read_stack
    from .course.checks import check
    from .course.restore import restore
    from .lab.connection import connect
    from .lab.faults import (
        cut_link,
        faults,
        fill_disk,
        free_disk,
        hide_image,
        mend,
        mend_link,
        show_image,
        slow_link,
        start_node,
        stop_node,
    )
    from .panels import live_map, matrix_panel, name_panel, packet_panel, ping_panel
    from .probes.capture import capture_http, capture_ping
    from .probes.dns import resolve
    from .probes.execution import exec_container, read_sandbox
    from .probes.http import http_get, http_post
    from .probes.live import ping_live
    from .probes.logs import service_logs
    from .probes.matrix import ping_matrix
    from .probes.names import explore_names
    from .probes.ping import ping
    from .probes.reach import ping_all
    from .show.figures import (
        draw_architecture,
        draw_before_after,
        draw_cnm,
        draw_matrix,
        draw_names,
        draw_nested_packet,
        draw_packet_path,
        draw_peers,
        draw_subnets,
        draw_swarm,
    )
    from .show.measurements import matrix_table, names_table
    from .show.stack_tables import (
        reach_table,
        stack_keys_table,
        stack_networks_table,
        stack_services_table,
        stacks_table,
        volumes_table,
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
    "capture_http",
    "capture_ping",
    "check",
    "compare",
    "connect",
    "containers_table",
    "create_network",
    "create_service",
    "cut_link",
    "deploy_stack",
    "draw_architecture",
    "draw_before_after",
    "draw_cnm",
    "draw_matrix",
    "draw_names",
    "draw_nested_packet",
    "draw_packet_path",
    "draw_peers",
    "draw_subnets",
    "draw_swarm",
    "endpoints_table",
    "exec_container",
    "explore_names",
    "faults",
    "fill_disk",
    "free_disk",
    "hide_image",
    "http_get",
    "http_post",
    "init_swarm",
    "inspect_table",
    "join_swarm",
    "leave_swarm",
    "live_map",
    "matrix_panel",
    "matrix_table",
    "mend",
    "mend_link",
    "move_service",
    "name_panel",
    "names_table",
    "networks_table",
    "nodes_table",
    "packet_panel",
    "packets_table",
    "peers_table",
    "ping",
    "ping_all",
    "ping_live",
    "ping_matrix",
    "ping_panel",
    "reach_table",
    "read_sandbox",
    "read_stack",
    "remove_container",
    "remove_network",
    "remove_service",
    "remove_stack",
    "replace_ingress",
    "resolve",
    "restore",
    "run_container",
    "scale_service",
    "service_logs",
    "services_table",
    "show_image",
    "slow_link",
    "snapshot",
    "stack_keys_table",
    "stack_networks_table",
    "stack_services_table",
    "stacks_table",
    "start_node",
    "stop_container",
    "stop_node",
    "tasks_table",
    "vips_table",
    "volumes_table",
]

_HOMES = {
    "actions.containers": "remove_container run_container stop_container",
    "actions.networks": "create_network remove_network replace_ingress",
    "actions.services": "create_service move_service remove_service scale_service",
    "actions.stacks": "deploy_stack remove_stack",
    "actions.swarm": "init_swarm join_swarm leave_swarm",
    "compose.file": "read_stack",
    "course.checks": "check",
    "course.restore": "restore",
    "lab.connection": "connect",
    "lab.faults": (
        "cut_link faults fill_disk free_disk hide_image mend mend_link show_image slow_link start_node stop_node"
    ),
    "panels": "live_map matrix_panel name_panel packet_panel ping_panel",
    "probes.capture": "capture_http capture_ping",
    "probes.dns": "resolve",
    "probes.execution": "exec_container read_sandbox",
    "probes.http": "http_get http_post",
    "probes.live": "ping_live",
    "probes.logs": "service_logs",
    "probes.matrix": "ping_matrix",
    "probes.names": "explore_names",
    "probes.ping": "ping",
    "probes.reach": "ping_all",
    "show.figures": (
        "draw_architecture draw_before_after draw_cnm draw_matrix draw_names draw_nested_packet "
        "draw_packet_path draw_peers draw_subnets draw_swarm"
    ),
    "show.measurements": "matrix_table names_table",
    "show.stack_tables": (
        "reach_table stack_keys_table stack_networks_table stack_services_table stacks_table volumes_table"
    ),
    "show.tables": (
        "compare containers_table endpoints_table inspect_table networks_table nodes_table packets_table "
        "peers_table services_table tasks_table vips_table"
    ),
    "topology.fetch": "snapshot",
}
"""Module -> the names defined there, imported when first asked for: the command and the embedded engine, which are of
this package too, load nothing that they do not use."""


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names.split():
            found = globals()[name] = getattr(import_module(f".{home}", __name__), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
