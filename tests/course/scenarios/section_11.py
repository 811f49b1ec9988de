"""Section 11: nginx-net made right, made wrong in each way, and then used."""

from __future__ import annotations

from swarmkit_helpers.actions.networks import create_network, remove_network
from swarmkit_helpers.actions.services import create_service, remove_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab

from ..ledger import Ledger

ALL = ("11.1", "11.2", "11.3", "11.4")
NETWORK = "nginx-net"


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "11")
    manager = lab.manager.api

    ledger.red(lab, *ALL)
    create_network(lab, "nginx_net")
    ledger.red(lab, *ALL)
    remove_network(lab, "nginx_net")

    create_network(lab, NETWORK, driver="bridge", node="manager")
    (driver, _) = ledger.red(lab, "11.1", "11.2")
    assert "bridge" in driver.observed
    manager.remove_network(NETWORK)
    create_network(lab, NETWORK, attachable=True)
    (option,) = ledger.red(lab, "11.1")
    assert "--attachable" in option.observed
    ledger.green(lab, "11.2", "11.3", "11.4")
    remove_network(lab, NETWORK)
    create_network(lab, NETWORK, mtu=1200)
    ledger.red(lab, "11.1")
    remove_network(lab, NETWORK)

    # The engine accepts a subnet that another overlay holds, and then never gives it.
    create_network(lab, "nginx-net-2", subnet="10.20.0.0/24")
    pool = {"Driver": "default", "Config": [{"Subnet": "10.20.0.0/25"}]}
    manager.create_network(NETWORK, driver="overlay", ipam=pool, scope="swarm")
    (overlap,) = ledger.red(lab, "11.2")
    assert "recouvre" in overlap.cause or "partagé" in overlap.cause
    manager.remove_network(NETWORK)
    remove_network(lab, "nginx-net-2")

    create_network(lab, NETWORK)
    ledger.green(lab, *ALL)
    create_service(lab, "my-nginx", "nginx", networks=[NETWORK], constraints=["node.role == worker"])
    (carried, used) = ledger.red(lab, "11.3", "11.4")
    assert "my-nginx.1" in carried.cause
    assert "my-nginx" in used.cause
    remove_service(lab, "my-nginx")
    # A service without any task: nothing is attached, yet the network is no longer unused.
    create_service(lab, "my-nginx", "nginx", replicas=0, networks=[NETWORK])
    ledger.red(lab, "11.4")
    remove_service(lab, "my-nginx")
    ledger.green(lab, *ALL)
