from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from swarmkit_helpers.errors import ObjectNotFound
from swarmkit_helpers.show import stack_tables, tables
from swarmkit_helpers.topology.model import Task, Topology

from . import swarms

NBSP = "\N{NO-BREAK SPACE}"
EVERY: dict[str, Callable[[Topology], pd.DataFrame]] = {
    "nodes": tables.nodes_table,
    "networks": tables.networks_table,
    "services": tables.services_table,
    "tasks": tables.tasks_table,
    "containers": tables.containers_table,
    "endpoints": tables.endpoints_table,
    "peers": tables.peers_table,
    "vips": tables.vips_table,
    "inspect": lambda topology: tables.inspect_table(topology, "ingress"),
    "compare": lambda topology: tables.compare(topology, topology),
    "stacks": stack_tables.stacks_table,
    "volumes": stack_tables.volumes_table,
    "packets": lambda topology: tables.packets_table([swarms.PING], topology),
}


def values(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in table[list(columns)].itertuples(index=False)]


def test_public_names_exist_and_are_all_public() -> None:
    functions = {name for name, value in vars(tables).items() if callable(value) and not name.startswith("_")}
    own = {name for name in functions if getattr(tables, name).__module__ == tables.__name__}
    assert own == set(tables.__all__)


def test_nodes(before: Topology) -> None:
    table = tables.nodes_table(before)
    assert values(table, "nœud", "machine", "adresse", "rôle", "leader", "état") == [
        ("manager", "manager.i2tch.loc", "10.0.3.62", "manager", True, "ready"),
        ("worker1", "worker1.i2tch.loc", "10.0.3.63", "worker", False, "ready"),
        ("worker2", "worker2.i2tch.loc", "10.0.3.64", "worker", False, "ready"),
    ]


@pytest.mark.parametrize(
    ("role", "expected"), [("manager", ["manager"]), ("worker", ["worker1", "worker2"]), ("autre", [])]
)
def test_nodes_filtered_by_role(before: Topology, role: str, expected: list[str]) -> None:
    assert list(tables.nodes_table(before, role=role)["nœud"]) == expected


def test_nodes_in_no_swarm_have_no_role() -> None:
    table = tables.nodes_table(swarms.no_swarm())
    assert table["rôle"].isna().all()
    assert not table["leader"].any()


def test_networks_of_one_node_are_those_docker_lists_there(after: Topology) -> None:
    table = tables.networks_table(after, node="worker1")
    assert list(table["réseau"]) == ["bridge", "docker_gwbridge", "host", "ingress", "nginx-net-2", "none"]
    assert "nœuds" not in table.columns
    assert tables.networks_table(after, node="worker1.i2tch.loc").equals(table)
    assert "nginx-net" in set(tables.networks_table(after, node="manager")["réseau"])


def test_networks_of_the_swarm_tell_which_nodes_list_them(after: Topology) -> None:
    table = tables.networks_table(after, driver="overlay")
    assert values(table, "réseau", "portée", "sous-réseau", "VXLAN", "nœuds") == [
        ("ingress", "swarm", "10.0.0.0/24", 4096, "manager, worker1, worker2"),
        ("nginx-net", "swarm", "10.0.1.0/24", 4097, "manager"),
        ("nginx-net-2", "swarm", "10.0.2.0/24", 4098, "manager, worker1, worker2"),
    ]
    assert table["VXLAN"].dtype == "Int64"


def test_services(after: Topology) -> None:
    columns = ("service", "répliques", "ports", "réseaux", "accès", "mise à jour")
    expected = ("my-nginx", "5/5", "*:80->80/tcp", "nginx-net-2", "vip", "completed")
    assert values(tables.services_table(after), *columns) == [expected]


def test_tasks_show_the_newest_of_each_replica_first(before: Topology) -> None:
    old = Task("old".ljust(25, "x"), "my-nginx", 1, "worker2", "shutdown", "shutdown", created="2026-11-23T09:00:00Z")
    tenth = replace(old, slot=10, id="ten".ljust(25, "x"))
    table = tables.tasks_table(replace(before, tasks=(old, tenth, *before.tasks)), "my-nginx")
    assert values(table, "tâche", "nœud", "état") == [
        ("my-nginx.1", "manager", "running"),
        ("my-nginx.1", "worker2", "shutdown"),
        ("my-nginx.2", "worker1", "running"),
        ("my-nginx.3", "worker2", "running"),
        ("my-nginx.4", "worker2", "running"),
        ("my-nginx.5", "manager", "running"),
        ("my-nginx.10", "worker2", "shutdown"),
    ]
    assert table["adresses"].iloc[0] == "ingress 10.0.0.6, nginx-net 10.0.1.5"


def test_containers_of_one_node(alpines: Topology) -> None:
    assert values(tables.containers_table(alpines, node="worker1"), "conteneur", "nœud", "image", "réseaux") == [
        ("alpine2", "worker1", "alpine", "test-net")
    ]
    assert tables.containers_table(alpines, node="worker2").empty


def test_endpoints_are_merged_from_all_nodes(before: Topology) -> None:
    table = tables.endpoints_table(before, network="nginx-net")
    assert values(table, "nœud", "nom", "genre", "adresse", "MAC") == [
        ("manager", "my-nginx.1", "conteneur", "10.0.1.5/24", "02:42:0a:00:01:05"),
        ("manager", "my-nginx.5", "conteneur", "10.0.1.9/24", "02:42:0a:00:01:09"),
        ("manager", "lb-nginx-net", "répartiteur (lb)", "10.0.1.10/24", "02:42:0a:00:01:0a"),
        ("worker1", "my-nginx.2", "conteneur", "10.0.1.6/24", "02:42:0a:00:01:06"),
        ("worker1", "lb-nginx-net", "répartiteur (lb)", "10.0.1.11/24", "02:42:0a:00:01:0b"),
        ("worker2", "my-nginx.3", "conteneur", "10.0.1.7/24", "02:42:0a:00:01:07"),
        ("worker2", "my-nginx.4", "conteneur", "10.0.1.8/24", "02:42:0a:00:01:08"),
        ("worker2", "lb-nginx-net", "répartiteur (lb)", "10.0.1.12/24", "02:42:0a:00:01:0c"),
    ]
    boxes = tables.endpoints_table(before, network="ingress", node="worker1")
    assert list(boxes["genre"]) == ["conteneur", "sandbox ingress (sbox)"]


def test_peers_keep_who_says_so(alpines: Topology) -> None:
    assert values(tables.peers_table(alpines, "test-net"), "vu par", "pair", "adresse") == [
        ("manager", "manager", "10.0.3.62"),
        ("manager", "worker1", "10.0.3.63"),
        ("worker1", "manager", "10.0.3.62"),
        ("worker1", "worker1", "10.0.3.63"),
    ]
    assert len(tables.peers_table(alpines)) == 9 + 4


def test_vips(before: Topology) -> None:
    assert values(tables.vips_table(before, "my-nginx"), "réseau", "VIP") == [
        ("ingress", "10.0.0.5/24"),
        ("nginx-net", "10.0.1.2/24"),
    ]


def test_inspect_a_service(before: Topology) -> None:
    table = tables.inspect_table(before, "my-nginx")
    read = dict(zip(table["clé"], table["valeur"], strict=True))
    assert read["UpdateConfig.Parallelism"] == "1"
    assert read["UpdateConfig.FailureAction"] == "pause"
    assert read["UpdateConfig.Monitor"] == "5 s"
    assert read["UpdateConfig.Order"] == "stop-first"
    assert (read["RestartPolicy.Condition"], read["RestartPolicy.Delay"]) == ("any", "5 s")
    assert read["EndpointSpec.Mode"] == "vip"
    assert read["EndpointSpec.Ports"] == "80 -> 80/tcp (ingress)"
    vips = table[table["clé"] == "Endpoint.VirtualIPs"]["valeur"]
    assert list(vips) == ["10.0.0.5/24 (ingress)", "10.0.1.2/24 (nginx-net)"]
    assert (table["signification"].str.len() > 0).all()


def test_inspect_a_network_shows_every_node(before: Topology) -> None:
    table = tables.inspect_table(before, "nginx-net")
    read = dict(zip(table["clé"], table["valeur"], strict=True))
    assert read["IPAM.Config.Subnet"] == "10.0.1.0/24"
    assert read["IPAM.Config.Gateway"] == "10.0.1.1"
    assert read["Options.com.docker.network.driver.overlay.vxlanid_list"] == "4097"
    assert (read["Attachable"], read["Ingress"], read["Options.encrypted"]) == ("non", "non", "non")
    assert read["(nœuds qui le listent)"] == "manager, worker1, worker2"
    assert read["Containers (worker1)"] == "my-nginx.2 10.0.1.6/24, lb-nginx-net 10.0.1.11/24"
    assert read["Peers (worker2)"] == "manager 10.0.3.62, worker1 10.0.3.63, worker2 10.0.3.64"


def test_inspect_a_network_with_the_mtu_option(before: Topology) -> None:
    ingress = replace(before.networks[0], options={"com.docker.network.driver.mtu": "1200"})
    table = tables.inspect_table(replace(before, networks=(ingress, *before.networks[1:])), "ingress")
    row = table[table["clé"] == "Options.com.docker.network.driver.mtu"].iloc[0]
    assert row["valeur"] == "1200 octets"
    assert row["signification"].endswith("soit 1150")
    assert dict(zip(table["clé"], table["valeur"], strict=True))["Ingress"] == "oui"


def test_inspect_an_empty_network_says_that_it_has_no_peer(after: Topology) -> None:
    read = tables.inspect_table(after, "nginx-net").set_index("clé")["valeur"]
    assert read["Peers"] == "aucun"
    assert not any(key.startswith("Containers") for key in read.index)


def test_compare_the_move_of_the_service(before: Topology, after: Topology) -> None:
    table = tables.compare(before, after)
    rows = values(table.fillna("—"), "objet", "nom", "nœud", "changement", "avant", "après")
    assert ("service", "my-nginx", "—", "réseaux", "nginx-net", "nginx-net-2") in rows
    assert ("VIP", "my-nginx @ nginx-net", "—", "disparu", "10.0.1.2/24", "—") in rows
    assert (
        "tâche",
        "my-nginx.1",
        "—",
        "remplacé",
        "manager, running, nginx-net",
        "worker1, running, nginx-net-2",
    ) in rows
    assert ("pairs", "nginx-net", "worker1", "disparu", "manager, worker1, worker2", "—") in rows
    assert "conteneur" not in set(table["objet"])
    networks = table[table["objet"] == "réseau"]
    assert values(networks, "nom", "nœud", "changement") == [
        ("nginx-net", "worker1", "disparu"),
        ("nginx-net", "worker2", "disparu"),
        ("nginx-net-2", "worker1", "apparu"),
        ("nginx-net-2", "worker2", "apparu"),
    ]


def test_packets_are_named_by_the_snapshot(alpines: Topology) -> None:
    row = tables.packets_table([swarms.PING], alpines).iloc[0]
    assert row["temps (ms)"] == 12.5
    assert (row["nœud source"], row["nœud destination"]) == ("10.0.3.63 (worker1)", "10.0.3.62 (manager)")
    assert (row["VNI"], row["réseau"]) == (4097, "test-net")
    assert (row["conteneur source"], row["conteneur destination"]) == ("10.0.1.4 (alpine2)", "10.0.1.2 (alpine1)")
    assert (row["octets dehors"], row["octets dedans"]) == (148, 98)


def test_packets_without_a_snapshot_keep_their_numbers() -> None:
    row = tables.packets_table([swarms.PING, swarms.ARP]).iloc[0]
    assert row["nœud source"] == "10.0.3.63"
    assert pd.isna(row["réseau"])


def test_a_packet_to_a_vip_names_the_service(before: Topology) -> None:
    packet = replace(swarms.PING, inner_source="10.0.1.6", inner_destination="10.0.1.2")
    assert tables.packets_table([packet], before)["conteneur destination"][0] == "10.0.1.2 (VIP my-nginx)"


@pytest.mark.parametrize(
    "ask",
    [
        lambda t: tables.networks_table(t, node="rien"),
        lambda t: tables.tasks_table(t, "rien"),
        lambda t: tables.vips_table(t, "rien"),
        lambda t: tables.containers_table(t, "rien"),
        lambda t: tables.endpoints_table(t, network="rien"),
        lambda t: tables.endpoints_table(t, node="rien"),
        lambda t: tables.peers_table(t, "rien"),
        lambda t: tables.inspect_table(t, "rien"),
    ],
)
def test_an_unknown_name_is_one_clear_error(before: Topology, ask: Callable[[Topology], object]) -> None:
    with pytest.raises(ObjectNotFound, match="rien") as caught:
        ask(before)
    assert caught.value.remedy


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("inspect", "packets")])
def test_a_table_of_nothing_keeps_its_columns(name: str, before: Topology) -> None:
    found, full = EVERY[name](replace(swarms.no_swarm(), nodes=())), EVERY[name](before)
    assert found.empty
    assert list(found.columns) == list(full.columns)
    assert list(found.dtypes) == list(full.dtypes)
    assert "Rien à montrer." in found._repr_html_()


@pytest.mark.parametrize("name", EVERY)
def test_every_table_says_that_the_lab_is_simulated(name: str, simulated: Topology, before: Topology) -> None:
    said = f"Labo simulé{NBSP}: aucun vrai moteur Docker derrière ces valeurs."
    table = EVERY[name](simulated)
    assert table.attrs["notes"] == (said,)
    assert said in table._repr_html_() and said in repr(table)
    assert said in table.head(1)._repr_html_(), "une sélection garde la note"
    assert EVERY[name](before).attrs["notes"] == ()
    assert "simulé" not in EVERY[name](before)._repr_html_()


@pytest.mark.parametrize("name", EVERY)
def test_every_table_says_which_node_is_missing(name: str, silent: Topology) -> None:
    said = f"Relevé incomplet{NBSP}: worker2 n'a pas répondu, ce qu'il contient manque ici."
    assert EVERY[name](silent).attrs["notes"] == (said,)


@pytest.mark.parametrize("name", EVERY)
def test_tables_do_not_depend_on_the_order_of_the_records(name: str, before: Topology) -> None:
    turned = replace(
        before,
        networks=before.networks[::-1],
        vips=before.vips[::-1],
        tasks=before.tasks[::-1],
        containers=before.containers[::-1],
        endpoints=before.endpoints[::-1],
        peers=before.peers[::-1],
    )
    pd.testing.assert_frame_equal(EVERY[name](turned), EVERY[name](before))


def test_html_is_french_and_safe(before: Topology) -> None:
    odd = replace(before.nodes[0], hostname="<script>alert(1)</script>")
    html = tables.nodes_table(replace(before, nodes=(odd,)))._repr_html_()  # type: ignore[operator]
    assert "<script>" not in html
    assert ">oui</td>" in html
    missing = tables.nodes_table(swarms.no_swarm())._repr_html_()  # type: ignore[operator]
    assert ">—</td>" in missing and "NaN" not in missing


def test_html_cuts_no_sentence(before: Topology) -> None:
    table = tables.inspect_table(before, "my-nginx")
    page = table._repr_html_()  # type: ignore[operator]
    assert table["signification"].str.len().max() > 80
    assert "..." not in page and "…" not in page
