"""Stacks that run, on a real swarm: deployed, deployed again, pruned, broken, interrupted and removed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.actions import stacks
from swarmkit_helpers.actions.containers import remove_container, run_container
from swarmkit_helpers.actions.networks import create_network, remove_network
from swarmkit_helpers.actions.services import create_service, remove_service
from swarmkit_helpers.actions.stacks import StackObject, deploy_stack, remove_stack
from swarmkit_helpers.lab.cluster import Lab

from . import oracle

pytestmark = pytest.mark.swarm

STACK = "essai"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
Json = dict[str, Any]
Write = Callable[[str], Path]
TWO = """
version: "3.8"
services:
  fixe:
    image: alpine
    command: sleep 1d
    stop_signal: SIGKILL
    networks: [commun]
    volumes: ["donnees:/donnees"]
    deploy: {replicas: 2}
  change:
    image: alpine
    command: sleep %s
    stop_signal: SIGKILL
    networks: [commun]
    secrets: [cle]
    configs: [reglage]
    deploy: {update_config: {monitor: 0s}}
networks:
  commun: {attachable: true}
volumes:
  donnees:
secrets:
  cle: {file: secret.txt}
configs:
  reglage: {file: config.txt}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a stack file, beside the files that it names."""
    (tmp_path / "secret.txt").write_text("un secret", "utf-8")
    (tmp_path / "config.txt").write_text("un réglage", "utf-8")

    def write(text: str, name: str = "stack.yml") -> Path:
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    return write


@pytest.fixture(autouse=True)
def cleared(lab: Lab) -> Iterator[None]:
    oracle.clear(lab, STACK)
    yield
    oracle.clear(lab, STACK)
    for node in lab.nodes.values():
        oracle.drop_volumes(node, STACK)


def running(lab: Lab) -> dict[str, set[str]]:
    """Ids of the tasks that run, by service."""
    api = lab.manager.api
    names = {raw["ID"]: raw["Spec"]["Name"] for raw in api.services()}
    found: dict[str, set[str]] = {}
    for task in api.tasks(filters={"label": f"{oracle.LABEL}={STACK}", "desired-state": "running"}):
        if task["Status"]["State"] == "running":
            found.setdefault(names[task["ServiceID"]], set()).add(task["ID"])
    return found


def held(lab: Lab) -> dict[str, Any]:
    """All that a failed deployment must leave as it was, on the manager and on the nodes."""
    api = lab.manager.api
    return {
        "services": {raw["ID"]: raw["Version"] for raw in api.services()},
        "networks": {raw["Id"]: raw["Name"] for raw in api.networks()},
        "secrets": {raw["ID"]: raw["Spec"]["Name"] for raw in api.secrets()},
        "configs": {raw["ID"]: raw["Version"] for raw in api.configs()},
        "volumes": {
            node.name: sorted(raw["Name"] for raw in node.api.volumes()["Volumes"] or ()) for node in lab.nodes.values()
        },
    }


# --- deployed and removed -------------------------------------------------------------------------


def test_a_stack_is_deployed_and_removed(lab: Lab, write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    before = held(lab)
    done = deploy_stack(lab, write(TWO % "1d"), STACK)
    assert {str(item) for item in done.created} == {
        "réseau essai_commun",
        "secret essai_cle",
        "config essai_reglage",
        "service essai_fixe",
        "service essai_change",
    }
    assert "essai, tâches en cours\N{NO-BREAK SPACE}: 3/3" in capsys.readouterr().out
    assert {service: len(tasks) for service, tasks in running(lab).items()} == {"essai_fixe": 2, "essai_change": 1}
    (container,) = [
        (node, raw)
        for node in lab.nodes.values()
        for raw in node.api.containers()
        if raw["Labels"].get("com.docker.swarm.service.name") == "essai_change"
    ]
    node, raw = container
    seen = node.client.containers.get(raw["Id"]).exec_run(["cat", "/run/secrets/cle", "/reglage"]).output.decode()
    assert seen == "un secretun réglage"
    holders = {item.node for item in stacks._volumes(lab, STACK)}
    assert holders and holders <= set(lab.nodes)

    gone = remove_stack(lab, STACK)
    assert {item.name for item in gone.removed} == {item.name for item in done.created}
    assert {item.node for item in gone.volumes} == holders
    assert {item.name for item in gone.volumes} == {"essai_donnees"}
    after = held(lab)
    assert {kind: after[kind] for kind in after if kind != "volumes"} == {
        kind: before[kind] for kind in before if kind != "volumes"
    }
    for node in lab.nodes.values():
        assert not [raw for raw in node.api.containers(all=True) if raw["Labels"].get(oracle.LABEL) == STACK]
        assert not [raw for raw in node.api.networks() if raw["Name"] == "essai_commun"]
    with pytest.raises(errors.ObjectNotFound, match="La pile «\N{NO-BREAK SPACE}essai\N{NO-BREAK SPACE}» n'existe pas"):
        remove_stack(lab, STACK)


def test_only_what_changed_is_touched(lab: Lab, write: Write) -> None:
    deploy_stack(lab, write(TWO % "1d"), STACK)
    tasks, counted = running(lab), oracle.updates(lab, STACK)
    same = deploy_stack(lab, write(TWO % "1d"), STACK)
    assert not (same.created or same.updated or same.removed)
    assert (running(lab), oracle.updates(lab, STACK)) == (tasks, counted)

    done = deploy_stack(lab, write(TWO % "2d"), STACK)
    assert done.updated == (StackObject("service", "essai_change"),)
    assert not done.created and len(done.unchanged) == 4
    assert running(lab)["essai_fixe"] == tasks["essai_fixe"]
    assert running(lab)["essai_change"].isdisjoint(tasks["essai_change"])
    assert oracle.updates(lab, STACK)["essai_fixe"] == counted["essai_fixe"]


def test_what_this_engine_does_not_know_is_no_change(lab: Lab, write: Write) -> None:
    file = write("""
version: "3.13"
services:
  un:
    image: alpine
    command: sleep 1d
    oom_score_adj: 5
    healthcheck: {test: "true", start_interval: 1s}
    volumes: [{type: volume, source: donnees, target: /d, volume: {subpath: x}}]
    deploy: {replicas: 0}
volumes: {donnees: }
""")
    oracle.ours(lab, [file], STACK)
    assert not oracle.ours(lab, [file], STACK).updated


@pytest.mark.parametrize("cli", oracle.CLIS)
def test_the_cli_and_ours_take_over_from_each_other(lab: Lab, write: Write, cli: str) -> None:
    file = write(TWO % "1d")
    deploy_stack(lab, file, STACK)
    tasks = running(lab)
    oracle.cli_deploy(cli, lab, [file], STACK)
    deploy_stack(lab, file, STACK)
    assert running(lab) == tasks
    volumes = oracle.volumes(lab, STACK)
    assert volumes

    remove_stack(lab, STACK)
    for node in lab.nodes.values():
        oracle.drop_volumes(node, STACK)
    oracle.cli_deploy(cli, lab, [file], STACK)
    deploy_stack(lab, file, STACK)  # waits for what the CLI began
    tasks, counted = running(lab), oracle.updates(lab, STACK)
    assert {service: len(found) for service, found in tasks.items()} == {"essai_fixe": 2, "essai_change": 1}
    again = deploy_stack(lab, file, STACK)
    assert not (again.created or again.updated)
    assert (running(lab), oracle.updates(lab, STACK)) == (tasks, counted)
    found = oracle.volumes(lab, STACK)
    assert {key.split()[1]: raw for key, raw in found.items()} == {key.split()[1]: raw for key, raw in volumes.items()}


def test_another_port_or_mode_replaces_the_tasks(lab: Lab, write: Write) -> None:
    text = """
version: "3.8"
services:
  web:
    image: alpine
    command: sleep 1d
    stop_signal: SIGKILL
    ports: ["%s:80"]
    deploy: {replicas: 2, endpoint_mode: vip, update_config: {parallelism: 0, monitor: 0s}}
"""
    deploy_stack(lab, write(text % 18500), STACK)
    tasks = running(lab)["essai_web"]
    done = deploy_stack(lab, write(text % 18501), STACK)
    assert done.updated == (StackObject("service", "essai_web"),)
    after = running(lab)["essai_web"]
    assert len(after) == 2 and after.isdisjoint(tasks)


def test_prune_removes_what_is_no_longer_in_the_file(lab: Lab, write: Write) -> None:
    deploy_stack(lab, write(TWO % "1d"), STACK)
    tasks = running(lab)
    head, tail = re.split(r"  change:\n", TWO % "1d")
    without = head + tail[tail.index("networks:\n  commun: {") :]
    kept = deploy_stack(lab, write(without), STACK)
    assert not kept.removed and set(running(lab)) == {"essai_fixe", "essai_change"}
    done = deploy_stack(lab, write(without), STACK, prune=True)
    assert done.removed == (StackObject("service", "essai_change"),)
    assert running(lab) == {"essai_fixe": tasks["essai_fixe"]}


def test_a_task_that_ends_well_and_is_left_at_that_has_run(lab: Lab, write: Write) -> None:
    file = write("""
version: "3.8"
services:
  fini:
    image: alpine
    command: "true"
    deploy: {replicas: 2, restart_policy: {condition: none}}
""")
    deploy_stack(lab, file, STACK, timeout_s=20)


def test_global_and_empty_services_converge(lab: Lab, write: Write) -> None:
    file = write("""
version: "3.8"
services:
  partout: {image: alpine, command: sleep 1d, stop_signal: SIGKILL, deploy: {mode: global}}
  aucun: {image: alpine, command: sleep 1d, deploy: {replicas: 0}}
""")
    deploy_stack(lab, file, STACK)
    assert {service: len(tasks) for service, tasks in running(lab).items()} == {"essai_partout": 3}


def test_a_stack_that_does_not_converge_says_which_service_and_why(lab: Lab, write: Write) -> None:
    file = write("""
version: "3.8"
services:
  bon: {image: alpine, command: sleep 1d, stop_signal: SIGKILL}
  mauvais:
    image: alpine
    command: sleep 1d
    deploy: {placement: {constraints: [node.hostname == absent]}}
""")
    with pytest.raises(errors.NotConverged, match=r"essai_mauvais, no suitable node") as caught:
        deploy_stack(lab, file, STACK, timeout_s=5)
    assert "essai_mauvais (1 tâche à démarrer)" in caught.value.missing and "essai_bon" not in caught.value.missing
    assert caught.value.remedy == "docker stack ps --no-trunc essai"
    with pytest.raises(errors.NotConverged, match="absente"):
        deploy_stack(
            lab, write("version: '3.8'\nservices:\n  m: {image: alpine, command: /absente}\n"), STACK, prune=True
        )
    # what failed before says nothing about this attempt
    deploy_stack(
        lab,
        write("version: '3.8'\nservices:\n  m: {image: alpine, command: sleep 1d, stop_signal: SIGKILL}\n"),
        STACK,
        timeout_s=30,
    )


def test_what_is_told_of_a_deployment(lab: Lab, write: Write) -> None:
    file = write("""
version: "3.8"
services:
  un: {image: alpine, command: sleep 1d, stop_signal: SIGKILL, container_name: nom, depends_on: [deux]}
  deux: {image: alpine, command: sleep 1d, stop_signal: SIGKILL}
""")
    done = deploy_stack(lab, file, STACK)
    assert "créé\N{NO-BREAK SPACE}: réseau essai_default, service essai_un, service essai_deux" in str(done)
    assert any("container_name" in line for line in str(done).splitlines() if line.startswith("ignoré"))
    page = done._repr_html_()
    assert ">essai_un</td>" in page and "container_name" in page and "inchangé" not in page
    gone = remove_stack(lab, STACK)
    assert "supprimé\N{NO-BREAK SPACE}: service essai_deux, service essai_un, réseau essai_default" in str(gone)
    assert ">essai_un</td>" in gone._repr_html_()


# --- refused --------------------------------------------------------------------------------------

GOOD = "version: '3.8'\nservices:\n  un: {image: alpine, command: sleep 1d, stop_signal: SIGKILL%s}\n%s"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("services: [", errors.StackFileError, "YAML"),
        ("", errors.StackFileError, "vide"),
        ("version: '2'\nservices:\n  un: {image: alpine}\n", errors.StackFileError, "version"),
        (GOOD % (", replicas: 3", ""), errors.StackFileError, r"services\.un\.replicas"),
        (GOOD % (", ports: 80", ""), errors.StackFileError, r"services\.un\.ports"),
        (GOOD % (", hostname: '${ABSENTE:?il faut ABSENTE}'", ""), errors.StackFileError, "il faut ABSENTE"),
        (GOOD % (", networks: [absent]", ""), errors.StackFileError, "absent"),
        (GOOD % (", secrets: [absent]", ""), errors.StackFileError, "absent"),
        (GOOD % (", ports: ['18600:80', '18600:81']", ""), errors.StackFileError, "18600"),
        (
            GOOD % (", networks: [res]", "networks: {res: {external: true, name: absent}}\n"),
            errors.ObjectNotFound,
            r"Le réseau « absent » n'existe pas sur manager\.\n→ docker network create --driver overlay absent",
        ),
        (
            GOOD % (", networks: [res]", "networks: {res: {external: true, name: docker_gwbridge}}\n"),
            errors.ObjectNotFound,
            "docker_gwbridge » n'existe pas sur tout le swarm",
        ),
        (
            GOOD % (", secrets: [s]", "secrets: {s: {external: true, name: absent}}\n"),
            errors.ObjectNotFound,
            "Le secret « absent » n'existe pas",
        ),
        (
            GOOD % (", configs: [c]", "configs: {c: {external: true, name: absente}}\n"),
            errors.ObjectNotFound,
            "La config « absente » n'existe pas",
        ),
        (
            (GOOD % ("", "")).replace("alpine", "absente:1"),
            errors.ImageUnavailable,
            "L'image « absente:1 » est introuvable",
        ),
        (
            GOOD % (", networks: [res]", "networks: {res: {ipam: {config: [{subnet: 10.60.0.0/25}]}}}\n"),
            errors.SubnetOverlap,
            "autrui tient 10.60.0.0/24",
        ),
        (
            GOOD % (", networks: [res]", "networks: {res: {ipam: {config: [{subnet: 10.61.0.0/33}]}}}\n"),
            errors.StackFileError,
            "10.61.0.0/33",
        ),
        (
            GOOD
            % (
                ", networks: [res, bis]",
                "networks: {res: &res {ipam: {config: [{subnet: 10.62.0.0/24}]}}, bis: *res}\n",
            ),
            errors.SubnetOverlap,
            "10.62.0.0/24",
        ),
        (GOOD % (", ports: ['18601:80']", ""), errors.PortInUse, "Le port 18601 est déjà publié par « autrui »"),
        (
            GOOD % (", networks: [res]", "networks: {res: {name: autrui}}\n"),
            errors.NameInUse,
            "Le réseau « autrui » existe déjà",
        ),
        (
            GOOD % ("", "secrets: {s: {file: secret.txt, name: autrui}}\n"),
            errors.NameInUse,
            "Le secret « autrui » existe déjà",
        ),
        (
            GOOD % ("", "configs: {c: {file: config.txt, name: autrui}}\n"),
            errors.NameInUse,
            "La config « autrui » existe déjà",
        ),
        # only the engine can tell
        (
            GOOD % (", deploy: {placement: {constraints: [charabia]}}", "  deux: {image: alpine, command: sleep 1d}\n"),
            errors.EngineRefused,
            "créer le service « essai_un »",
        ),
        (
            GOOD % ("", "  deux: {image: alpine, deploy: {placement: {constraints: [charabia]}}, secrets: [s]}\n")
            + "secrets: {s: {file: secret.txt}}\nconfigs: {c: {file: config.txt}}\n",
            errors.EngineRefused,
            "créer le service « essai_deux »",
        ),
        (
            GOOD % (", networks: [res]", "networks: {res: {driver: bridge}}\n"),
            errors.EngineRefused,
            "cannot be used with services",
        ),
        (
            GOOD % (", networks: [res]", "networks: {res: {driver: absent}}\n"),
            errors.EngineRefused,
            "pilote « absent »",
        ),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_left(
    lab: Lab, others: None, write: Write, text: str, error: type[errors.SwarmLabError], words: str
) -> None:
    file = write(text)
    before = held(lab)
    words = words.replace("« ", "«\N{NO-BREAK SPACE}").replace(" »", "\N{NO-BREAK SPACE}»")
    with pytest.raises(error, match=words):
        deploy_stack(lab, file, STACK)
    assert held(lab) == before


@pytest.fixture
def others(lab: Lab) -> Iterator[None]:
    """What others have on the swarm: a network, a secret, a config, and a service that publishes a port."""
    api = lab.manager.api
    create_network(lab, "autrui", subnet="10.60.0.0/24")
    secret, config = api.create_secret("autrui", b"x")["ID"], api.create_config("autrui", b"x")["ID"]
    create_service(lab, "autrui", "alpine", replicas=0, publish={18601: 80})
    end = time.monotonic() + 20
    while not api.inspect_service("autrui")["Endpoint"].get("Ports"):
        assert time.monotonic() < end, "the swarm never gave it its port"
        time.sleep(0.02)
    try:
        yield
    finally:
        remove_service(lab, "autrui")
        remove_network(lab, "autrui")
        api.remove_secret(secret)
        api.remove_config(config)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a.b", "a_", "é", "x" * 64, "x" * 62])
def test_a_name_that_no_stack_can_have(lab: Lab, write: Write, name: str) -> None:
    with pytest.raises(errors.NameRefused):
        deploy_stack(lab, write(GOOD % ("", "")), name)
    if len(name) != 62:
        with pytest.raises(errors.NameRefused):
            remove_stack(lab, name)


def test_a_service_of_that_name_that_is_not_the_stacks(lab: Lab, write: Write) -> None:
    create_service(lab, "essai_un", "alpine", replicas=0)
    try:
        with pytest.raises(errors.NameInUse, match="docker service rm essai_un"):
            deploy_stack(lab, write(GOOD % ("", "")), STACK)
    finally:
        remove_service(lab, "essai_un")


@pytest.mark.parametrize("kind", ["secret", "config"])
def test_a_content_that_changed_is_refused_first(lab: Lab, write: Write, kind: str) -> None:
    file = write(TWO % "1d")
    deploy_stack(lab, file, STACK)
    before = held(lab)["services"], set(running(lab)["essai_change"])
    (file.parent / f"{kind}.txt").write_text("autre", "utf-8")
    with pytest.raises(errors.ContentChanged, match="existe déjà avec un autre contenu"):
        deploy_stack(
            lab,
            write((TWO % "2d").replace("networks:\n  commun", "  neuf: {image: alpine}\nnetworks:\n  commun")),
            STACK,
        )
    assert (held(lab)["services"], set(running(lab)["essai_change"])) == before


def test_a_network_that_changed_is_refused_before_anything(lab: Lab, variables: None) -> None:
    """The two steps of who finds no page without IPVS: the voting application, then the same with its second file."""
    first = [NOTEBOOKS / "docker-stack.yml"]
    both = [*first, NOTEBOOKS / "docker-stack-sans-ipvs.yml"]
    oracle.ours(lab, first, STACK)
    before = oracle.report(lab, STACK)
    with pytest.raises(errors.ContentChanged, match="essai_frontend") as caught:
        oracle.ours(lab, both, STACK)
    assert (
        caught.value.remedy
        == "docker stack rm essai, puis déployez à nouveau (a changé\N{NO-BREAK SPACE}: ipam.config)"
    )
    assert oracle.report(lab, STACK) == before
    oracle.clear(lab, STACK)
    oracle.ours(lab, both, STACK)
    pools = lab.manager.api.inspect_network("essai_frontend")["IPAM"]["Config"]
    assert [pool["Subnet"] for pool in pools] == ["10.21.1.0/24"]
    # back to the first file: it asks for no addresses, those that are there will do
    assert not oracle.ours(lab, first, STACK).created


def test_a_refused_update_brings_back_what_was(lab: Lab, write: Write) -> None:
    deploy_stack(lab, write(TWO % "1d"), STACK)
    before = oracle.report(lab, STACK)
    broken = (TWO % "2d").replace(
        "networks:\n  commun",
        "  neuf: {image: alpine, deploy: {placement: {constraints: [charabia]}}}\nnetworks:\n  plus:\n  commun",
    )
    with pytest.raises(errors.EngineRefused, match="essai_neuf"):
        deploy_stack(lab, write(broken), STACK)
    assert oracle.report(lab, STACK) == before


REFUSED = "  neuf: {image: alpine, deploy: {placement: {constraints: [charabia]}}}\n"


@pytest.mark.parametrize("ports", ["", ", ports: ['18602:80']"], ids=["at the end", "for its port"])
def test_what_is_pruned_comes_back_when_the_rest_is_refused(lab: Lab, write: Write, ports: str) -> None:
    extra = f"  trop: {{image: alpine, command: sleep 1d, labels: {{a: b}}{ports}}}\n"
    oracle.ours(lab, [write(GOOD % ("", extra))], STACK)
    before = oracle.report(lab, STACK)
    counted = oracle.updates(lab, STACK)
    with pytest.raises(errors.EngineRefused, match="essai_neuf"):
        oracle.ours(lab, [write(GOOD % (ports, REFUSED))], STACK, prune=True)
    assert oracle.report(lab, STACK) == before
    if not ports:
        assert oracle.updates(lab, STACK) == counted, "the extra service was never touched"
    # and the port is free for who replaces it
    done = oracle.ours(lab, [write(GOOD % (ports, ""))], STACK, prune=True)
    assert done.removed == (StackObject("service", "essai_trop"),)
    assert set(oracle.report(lab, STACK)["services"]) == {"essai_un"}


def test_what_cannot_be_undone_is_said(lab: Lab, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*anything: object) -> None:
        raise errors.EngineRefused("supprimer", "essai", "manager")

    monkeypatch.setattr(stacks, "_remove_network", refuse)
    with pytest.raises(errors.EngineRefused, match="essai_neuf") as caught:
        oracle.ours(lab, [write(GOOD % ("", REFUSED))], STACK)
    assert caught.value.__notes__ == [
        "n'a pas pu être défait\N{NO-BREAK SPACE}: réseau essai_default → docker network rm essai_default"
    ]
    assert not oracle.report(lab, STACK)["services"], "the rest is undone"


def test_a_node_that_manages_nothing(lab: Lab, write: Write) -> None:
    manager, worker = lab.manager, lab.node("worker1")
    wrong = replace(lab, nodes={"worker1": replace(worker, role="manager"), "manager": replace(manager, role="worker")})
    with pytest.raises(errors.NotAManager, match="worker1"):
        deploy_stack(wrong, write(GOOD % ("", "")), STACK)
    with pytest.raises(errors.NotAManager, match="worker1"):
        remove_stack(wrong, STACK)


# --- interrupted ----------------------------------------------------------------------------------


def test_interrupted_while_it_waits(lab: Lab, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*anything: object) -> None:
        raise KeyboardInterrupt

    before = held(lab)
    monkeypatch.setattr(stacks, "_wait_services", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        deploy_stack(lab, write(GOOD % ("", "")), STACK)
    assert 'sk.remove_stack(lab, "essai")' in caught.value.__notes__[0]
    assert set(oracle.updates(lab, STACK)) == {"essai_un"}
    remove_stack(lab, STACK)
    assert held(lab) == before


@pytest.mark.parametrize("path", ["/services/create", "/networks/create", "/secrets/create"])
def test_interrupted_while_it_creates(lab: Lab, write: Write, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    send, sent = stacks.post, []

    def interrupt(node: Any, operation: str, asked: str, body: Json, **query: object) -> Json:
        sent.append(asked)
        if sent.count(path) == (2 if path == "/services/create" else 1) and asked == path:
            raise KeyboardInterrupt
        return send(node, operation, asked, body, **query)

    before = held(lab)
    monkeypatch.setattr(stacks, "post", interrupt)
    with pytest.raises(KeyboardInterrupt):
        deploy_stack(lab, write(TWO % "1d"), STACK)
    assert path in sent
    after = held(lab)
    assert {kind: after[kind] for kind in after if kind != "volumes"} == {
        kind: before[kind] for kind in before if kind != "volumes"
    }


# --- removed --------------------------------------------------------------------------------------


def test_a_stack_that_others_use_is_not_removed_by_half(lab: Lab, write: Write) -> None:
    deploy_stack(lab, write(TWO % "1d"), STACK)
    before = held(lab)
    run_container(lab, "curieux", node="worker2", network="essai_commun")
    with pytest.raises(errors.StillInUse, match="docker container rm --force curieux, sur worker2"):
        remove_stack(lab, STACK)
    remove_container(lab, "curieux")
    create_service(lab, "autre", "alpine", replicas=0, networks=["essai_commun"])
    with pytest.raises(errors.StillInUse, match="docker service rm autre"):
        remove_stack(lab, STACK)
    remove_service(lab, "autre")
    assert held(lab)["services"] == before["services"]
    remove_stack(lab, STACK)
