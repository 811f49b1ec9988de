from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from swarmkit_helpers.compose.file import StackFile
from swarmkit_helpers.compose.ignored import SERVICE_KEYS
from swarmkit_helpers.compose.model import Deploy, Service
from swarmkit_helpers.errors import ObjectNotFound
from swarmkit_helpers.show import stack_tables
from swarmkit_helpers.show.stack_keys import ADDED, KEYS
from swarmkit_helpers.topology.model import Topology

from . import stacks, swarms

NBSP = "\N{NO-BREAK SPACE}"
NOTHING = {"TaskTemplate.ContainerSpec.Privileges", "TaskTemplate.ContainerSpec.DNSConfig"}
"""What the engine records though it says nothing."""


@pytest.fixture(scope="module")
def recorded() -> Topology:
    return stacks.recorded()


@pytest.fixture(scope="module")
def file() -> StackFile:
    return stacks.recorded_file()


@pytest.fixture(scope="module")
def voting() -> StackFile:
    return stacks.voting()


def changed(topology: Topology, service: str, *path: str, value: Any) -> Topology:
    """The same swarm after someone changed one field of a service."""
    found = topology.service(service)
    assert found is not None
    spec = deepcopy(dict(found.spec))
    inside = spec
    for step in path[:-1]:
        inside = inside.setdefault(step, {})
    inside[path[-1]] = value
    services = tuple(replace(one, spec=spec) if one is found else one for one in topology.services)
    return replace(topology, services=services)


def leaves(spec: Any, above: str = "") -> Iterator[str]:
    """Every field of a specification that holds something, lists as one."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            yield from leaves(value, f"{above}.{key}" if above else key)
    elif spec not in (None, "", [], False):
        yield above


# --- snapshots ------------------------------------------------------------------------------------


def test_stacks_are_listed_with_what_they_hold(recorded: Topology) -> None:
    (row,) = stack_tables.stacks_table(recorded).to_dict("records")
    assert row == {
        "pile": "app",
        "services": 7,
        "tâches": "10/10",
        "réseaux": 3,
        "volumes": 1,
        "secrets": 1,
        "configs": 1,
        "état": "complète",
    }


def test_a_stack_that_converges_or_was_removed_says_so(recorded: Topology) -> None:
    fewer = tuple(replace(s, running=0) if s.name == "app_vote" else s for s in recorded.services)
    (row,) = stack_tables.stacks_table(replace(recorded, services=fewer)).to_dict("records")
    assert (row["tâches"], row["état"]) == ("8/10", "en cours")
    left = replace(recorded, services=(), networks=(), secrets=(), configs=())
    (row,) = stack_tables.stacks_table(left).to_dict("records")
    assert (row["services"], row["tâches"], row["volumes"], row["état"]) == (0, "0/0", 1, "retirée")


def test_networks_of_a_stack_say_why_each_node_has_them(recorded: Topology) -> None:
    table = stack_tables.stack_networks_table(recorded, "app").set_index("réseau")
    assert list(table.index) == ["app_backend", "app_default", "app_frontend"]
    for name, row in table.iterrows():
        for node in swarms.NAMES:
            wanted = sorted(t.name for t in recorded.tasks if t.node == node and name in t.addresses)
            assert row[node] == (", ".join(wanted) or "—"), (name, node)
        assert row["pairs"].split(", ") == [node for node in swarms.NAMES if row[node] != "—"]
    assert table.loc["app_default", "manager"] == "app_visualizer.1"
    assert table.loc["app_default", "pairs"] == "manager"
    assert table["VXLAN"].is_unique and table["sous-réseau"].is_unique
    assert table.loc["app_backend", "passerelle"] == table.loc["app_backend", "sous-réseau"].replace(".0/24", ".1")


def test_a_manager_lists_a_network_that_no_container_there_needs(recorded: Topology) -> None:
    gone = tuple(e for e in recorded.endpoints if (e.network, e.node) != ("app_default", "manager"))
    table = stack_tables.stack_networks_table(replace(recorded, endpoints=gone), "app").set_index("réseau")
    assert table.loc["app_default", "manager"] == "listé, sans conteneur"


def test_a_network_that_is_not_the_stacks_own_but_used_by_it_is_listed(recorded: Topology) -> None:
    other = swarms.overlay("commun", 9)
    services = tuple(
        replace(s, networks=(*s.networks, "commun")) if s.name == "app_vote" else s for s in recorded.services
    )
    table = stack_tables.stack_networks_table(
        replace(recorded, networks=(*recorded.networks, other), services=services), "app"
    )
    assert "commun" in set(table["réseau"])


def test_what_a_silent_node_holds_is_unknown_not_absent(recorded: Topology) -> None:
    table = stack_tables.stack_networks_table(swarms.silenced(recorded, "worker2"), "app")
    assert set(table["worker2"]) == {"inconnu"}
    assert "worker2" in table.attrs["notes"][0]


def test_volumes_tell_their_node_and_who_mounts_them(recorded: Topology) -> None:
    table = stack_tables.volumes_table(recorded, "app")
    assert table.to_dict("records") == [
        {"volume": "app_db-data", "nœud": "manager", "driver": "local", "pile": "app", "utilisé par": "app_db.1"}
    ]
    assert stack_tables.volumes_table(recorded, "autre").empty
    unused = replace(recorded, containers=())
    assert stack_tables.volumes_table(unused)["utilisé par"].isna().all()


def test_tables_of_nothing_keep_their_columns(recorded: Topology) -> None:
    nothing = swarms.no_swarm()
    for table in (stack_tables.stacks_table, stack_tables.volumes_table):
        found, full = table(nothing), table(recorded)
        assert found.empty and list(found.dtypes.items()) == list(full.dtypes.items())
    found = stack_tables.stack_networks_table(nothing, "app")
    assert found.empty and list(found.columns) == list(stack_tables.stack_networks_table(recorded, "app").columns)


def test_tables_do_not_depend_on_the_order_of_the_records(recorded: Topology) -> None:
    turned = replace(
        recorded,
        services=recorded.services[::-1],
        networks=recorded.networks[::-1],
        volumes=recorded.volumes[::-1],
        endpoints=recorded.endpoints[::-1],
        containers=recorded.containers[::-1],
        peers=recorded.peers[::-1],
    )
    for table in (
        stack_tables.stacks_table,
        stack_tables.volumes_table,
        lambda t: stack_tables.stack_networks_table(t, "app"),
    ):
        pd.testing.assert_frame_equal(table(turned), table(recorded))


def test_a_simulated_lab_is_said(recorded: Topology, file: StackFile) -> None:
    simulated = replace(recorded, simulated=True)
    for table in (
        stack_tables.stacks_table(simulated),
        stack_tables.volumes_table(simulated),
        stack_tables.stack_networks_table(simulated, "app"),
        stack_tables.stack_keys_table(file, simulated, "app", "vote"),
    ):
        assert table.attrs["notes"][0].startswith("Labo simulé")


# --- stack files ----------------------------------------------------------------------------------


def test_services_of_the_voting_file(voting: StackFile) -> None:
    table = stack_tables.stack_services_table(voting).set_index("service")
    assert list(table.index) == ["redis", "db", "vote", "result", "worker", "visualizer"]
    shown = table.fillna("—").to_dict("index")
    assert shown["vote"] == {
        "image": "dockersamples/examplevotingapp_vote:latest",
        "publié": "5000->80",
        "réseaux": "frontend",
        "volumes": "—",
        "mode": "replicated",
        "répliques": 2,
        "deploy": f"mise à jour (par 2){NBSP}; relance on-failure",
        "dépend de": "redis",
    }
    assert shown["worker"]["réseaux"] == "frontend, backend"
    assert shown["worker"]["deploy"] == (
        f"relance on-failure (délai 10 s, 3{NBSP}essais, fenêtre 120 s){NBSP}; contrainte node.role == manager{NBSP}; "
        "étiquettes APP=VOTING"
    )
    assert shown["db"]["volumes"] == "db-data -> /var/lib/postgresql/data"
    assert (shown["visualizer"]["réseaux"], shown["visualizer"]["publié"]) == ("default", "8080->8080")
    assert shown["visualizer"]["deploy"].endswith("arrêt en 90 s")


def test_services_without_ipvs(voting: StackFile) -> None:
    table = stack_tables.stack_services_table(stacks.voting_host()).set_index("service")
    assert table.loc["vote", "publié"] == "5000->80 (host)"
    assert all(text.startswith("accès dnsrr") for text in table["deploy"])


def test_a_global_service_has_no_number_of_replicas(file: StackFile) -> None:
    table = stack_tables.stack_services_table(file).set_index("service")
    assert (table.loc["probe", "mode"], table.loc["probe", "répliques"]) == ("global", pd.NA)
    assert table.loc["db", "deploy"].endswith("limite 0,5 CPU, 67108864 octets")


def test_the_rest_of_deploy_is_told(tmp_path: Path) -> None:
    stack = stacks.written(
        tmp_path,
        """
version: "3.8"
services:
  web:
    image: nginx
    deploy:
      replicas: 0
      rollback_config: {parallelism: 0, monitor: 500ms, failure_action: continue, order: start-first}
      placement: {max_replicas_per_node: 2, preferences: [{spread: node.labels.zone}]}
      resources: {reservations: {memory: 1k}}
""",
    )
    (row,) = stack_tables.stack_services_table(stack).to_dict("records")
    assert row["répliques"] == 0
    assert row["deploy"].replace(NBSP, " ") == (
        "retour en arrière (toutes ensemble, surveillance 0,5 s, si échec continue, start-first) ; "
        "répartition par node.labels.zone ; au plus 2 tâches par nœud ; réservation 1024 octets"
    )


def test_reach_is_what_two_services_share(voting: StackFile) -> None:
    table = stack_tables.reach_table(voting)
    names = ["redis", "db", "vote", "result", "worker", "visualizer"]
    assert list(table.index) == list(table.columns) == names
    assert table.equals(table.T)
    reached = {(a, b): table.loc[a, b] for a in names for b in names if a < b and table.loc[a, b] != "—"}
    assert reached == {
        ("redis", "vote"): "frontend",
        ("redis", "worker"): "frontend",
        ("vote", "worker"): "frontend",
        ("db", "result"): "backend",
        ("db", "worker"): "backend",
        ("result", "worker"): "backend",
    }
    assert table.loc["worker", "worker"] == "frontend, backend"
    assert "<th" in table._repr_html_() and ">visualizer</th>" in table._repr_html_()


# --- key by key -----------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["redis", "db", "vote", "result", "worker", "visualizer", "probe"])
def test_what_the_docker_client_deployed_is_what_the_file_asks(
    service: str, file: StackFile, recorded: Topology
) -> None:
    table = stack_tables.stack_keys_table(file, recorded, "app", service)
    written = table[table["clé du fichier"].notna()]
    assert set(written["constat"]) <= {"conforme", "ignorée par le swarm"}
    rest = table[table["clé du fichier"].isna()]
    assert set(rest["constat"]) <= {"ajouté par docker stack", "rempli par le moteur", "défaut du swarm"}
    assert table["sens"].str.len().min() > 5
    assert not table["champ de l'API"].dropna().duplicated().any()


@pytest.mark.parametrize("service", ["redis", "db", "visualizer"])
def test_only_what_is_written(service: str, file: StackFile, recorded: Topology) -> None:
    whole = stack_tables.stack_keys_table(file, recorded, "app", service)
    table = stack_tables.stack_keys_table(file, recorded, "app", service, written=True)
    pd.testing.assert_frame_equal(table, whole[whole["clé du fichier"].notna()])
    assert 0 < len(table) < len(whole)


def test_keys_of_the_worker(file: StackFile, recorded: Topology) -> None:
    table = stack_tables.stack_keys_table(file, recorded, "app", "worker").set_index("clé du fichier")
    seen = {
        key: (row["valeur écrite"], row["champ de l'API"], row["dans le moteur"])
        for key, row in table[table.index.notna()].iterrows()
    }
    assert seen["deploy.restart_policy.delay"] == ("10s", "TaskTemplate.RestartPolicy.Delay", "10 s")
    assert seen["deploy.restart_policy.max_attempts"] == ("3", "TaskTemplate.RestartPolicy.MaxAttempts", "3")
    assert seen["deploy.labels"] == ("APP=VOTING", "Labels", "APP=VOTING")
    assert seen["networks"] == (
        "frontend, backend",
        "TaskTemplate.Networks",
        "app_backend (alias worker), app_frontend (alias worker)",
    )
    assert table.loc["depends_on", "constat"] == "ignorée par le swarm"
    assert pd.isna(table.loc["depends_on", "dans le moteur"])
    assert "sans ordre" in table.loc["depends_on", "sens"]


def test_a_variable_is_shown_as_it_is_written(file: StackFile, recorded: Topology) -> None:
    row = stack_tables.stack_keys_table(file, recorded, "app", "redis").iloc[0]
    assert (row["valeur écrite"], row["dans le moteur"]) == ("${REDIS_IMAGE:-alpine}", "alpine:latest")


@pytest.mark.parametrize("written", ["redis", "docker.io/redis:latest", "index.docker.io/library/redis"])
def test_an_image_is_the_same_under_its_long_names(written: str) -> None:
    assert KEYS["image"].plain(written) == KEYS["image"].plain(f"redis:latest@sha256:{'0' * 64}")


@pytest.mark.parametrize(
    ("path", "value", "key", "held", "wanted"),
    [
        (("Mode", "Replicated", "Replicas"), 0, "deploy.replicas", "0", "2"),
        (("UpdateConfig", "Parallelism"), 1, "deploy.update_config.parallelism", "1", "2"),
        (("TaskTemplate", "ContainerSpec", "Image"), "busybox:latest", "image", "busybox:latest", "alpine"),
        (("TaskTemplate", "ContainerSpec", "Args"), None, "command", None, "sleep, 3600"),
        (("TaskTemplate", "Networks"), [{"Target": "ailleurs"}], "networks", "ailleurs", "app_frontend (alias vote)"),
        (
            ("EndpointSpec", "Ports"),
            [{"TargetPort": 80, "PublishedPort": 5001}],
            "ports",
            "5001 -> 80/tcp (ingress)",
            "5000 -> 80/tcp (ingress)",
        ),
    ],
)
def test_a_difference_is_visible(
    path: tuple[str, ...],
    value: object,
    key: str,
    held: str | None,
    wanted: str,
    file: StackFile,
    recorded: Topology,
) -> None:
    wrong = changed(recorded, "app_vote", *path, value=value)
    table = stack_tables.stack_keys_table(file, wrong, "app", "vote").set_index("clé du fichier")
    assert table.loc[key, "constat"] == f"différent{NBSP}: attendu {wanted}"
    assert table.loc[key, "dans le moteur"] == held or (held is None and pd.isna(table.loc[key, "dans le moteur"]))
    others = table[table.index.notna() & (table.index != key)]
    assert set(others["constat"]) == {"conforme", "ignorée par le swarm"}


def test_what_someone_added_by_hand_is_not_laid_on_the_engine(file: StackFile, recorded: Topology) -> None:
    wrong = changed(recorded, "app_vote", "TaskTemplate", "ContainerSpec", "Env", value=["A=1"])
    for defaults in (True, False):
        table = stack_tables.stack_keys_table(file, wrong, "app", "vote", defaults=defaults)
        row = table.set_index("champ de l'API").loc["TaskTemplate.ContainerSpec.Env"]
        assert (row["dans le moteur"], row["constat"]) == ("A=1", "donné autrement que par le fichier")


def test_a_label_of_the_stack_that_is_gone_is_missed(file: StackFile, recorded: Topology) -> None:
    wrong = changed(recorded, "app_vote", "Labels", value={})
    row = (
        stack_tables.stack_keys_table(file, wrong, "app", "vote")
        .set_index("champ de l'API")
        .loc["Labels.com.docker.stack.namespace"]
    )
    assert row["constat"] == f"différent{NBSP}: attendu app"


def test_an_image_pinned_by_its_digest_is_the_one_that_was_asked(file: StackFile, recorded: Topology) -> None:
    pinned = f"docker.io/library/alpine:latest@sha256:{'0' * 64}"
    same = changed(recorded, "app_vote", "TaskTemplate", "ContainerSpec", "Image", value=pinned)
    row = stack_tables.stack_keys_table(file, same, "app", "vote").iloc[0]
    assert (row["dans le moteur"], row["constat"]) == (pinned, "conforme")


def test_defaults_may_be_left_out(file: StackFile, recorded: Topology) -> None:
    whole = stack_tables.stack_keys_table(file, recorded, "app", "vote")
    short = stack_tables.stack_keys_table(file, recorded, "app", "vote", defaults=False)
    assert {"rempli par le moteur", "défaut du swarm"} == set(whole["constat"]) - set(short["constat"])
    assert len(short) < len(whole)


def test_each_file_that_gives_a_key_is_named() -> None:
    stack = stacks.voting_host()
    written = stack_tables._written(stack, "vote")
    assert written["ports"] == (
        "5000:80 (docker-stack.yml) | {target: 80, published: 5000, mode: host} (docker-stack-sans-ipvs.yml)"
    )
    assert written["deploy.replicas"] == "2 (docker-stack.yml)"
    assert written["deploy.endpoint_mode"] == "dnsrr (docker-stack-sans-ipvs.yml)"


def test_unknown_services_are_clear_errors(file: StackFile, recorded: Topology) -> None:
    with pytest.raises(ObjectNotFound, match="Dans le fichier de pile, le service « rien »".replace(" ", f"[ {NBSP}]")):
        stack_tables.stack_keys_table(file, recorded, "app", "rien")
    with pytest.raises(ObjectNotFound, match="autre_vote"):
        stack_tables.stack_keys_table(file, recorded, "autre", "vote")


def test_every_field_that_the_engine_records_is_told(file: StackFile, recorded: Topology) -> None:
    known = {field.name for field in (*KEYS.values(), *ADDED)}
    unknown = {
        leaf
        for service in recorded.services
        for leaf in leaves(service.spec)
        if not any(leaf == name or leaf.startswith(f"{name}.") for name in known | NOTHING)
    }
    assert unknown == set()


def test_every_key_of_a_service_has_a_field_or_a_reason_to_have_none() -> None:
    tops = {key.partition(".")[0] for key in KEYS} | set(SERVICE_KEYS)
    assert set(Service.model_fields) - tops == set()
    inside = {key.split(".")[1] for key in KEYS if key.startswith("deploy.")}
    assert set(Deploy.model_fields) == inside
    fields = [field.name for key, field in KEYS.items() if key not in ("env_file", "healthcheck.disable")]
    assert len(fields) == len(set(fields))


def test_extension_keys_and_nulls_do_no_harm(tmp_path: Path, recorded: Topology) -> None:
    stack = stacks.written(
        tmp_path,
        """
version: "3.8"
services:
  vote: {image: alpine, x-owner: moi, container_name: v, tty: false}
""",
    )
    table = stack_tables.stack_keys_table(stack, recorded, "app", "vote").set_index("clé du fichier")
    assert table.loc["x-owner", "constat"] == "sans effet connu"
    assert table.loc["container_name", "constat"] == "ignorée par le swarm"
    assert (table.loc["tty", "valeur écrite"], table.loc["tty", "constat"]) == ("false", "conforme")


@pytest.mark.swarm
def test_the_swarms_defaults_are_what_the_engine_says(lab: Any) -> None:
    from swarmkit_helpers.course.restore import restore

    restore(lab, "11")
    api = lab.manager.api
    task = {"ContainerSpec": {"Image": "alpine", "Command": ["sleep", "60"]}}
    made = api.create_service(task, name="defauts", endpoint_spec={"Ports": None})
    try:
        spec = api.inspect_service(made["ID"], insert_defaults=True)["Spec"]
    finally:
        api.remove_service(made["ID"])
    for field in (*KEYS.values(), *ADDED):
        said = field.read(spec)
        if field.default is not None:
            assert said == field.default, field.name
        if field.filled is not None and said is not None:
            assert said == field.filled, field.name
