"""Section 21: the stack deployed, hurt in each way and mended by deploying again; one vote held back, then followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from swarmkit_helpers.actions.networks import create_network, remove_network
from swarmkit_helpers.actions.services import create_service, move_service, remove_service, scale_service, wait_service
from swarmkit_helpers.actions.stacks import deploy_stack, remove_stack
from swarmkit_helpers.course.checks import check
from swarmkit_helpers.course.checks.section_21 import NETWORKS, VOTER
from swarmkit_helpers.course.notebooks import notebooks_directory
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.course.sections import STACK, STACK_VOLUME
from swarmkit_helpers.errors import NBSP
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.probes.execution import exec_container
from swarmkit_helpers.probes.http import http_post
from swarmkit_helpers.topology.fetch import snapshot

from ..ledger import Ledger
from .section_10 import set_node

Json = dict[str, Any]
DEPLOYED = tuple(f"21.{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13))
VOTED = tuple(f"21.{number}" for number in (14, 15, 16, 17, 18))


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "21")
    ledger.green(lab, "21.1")
    ledger.red(lab, *DEPLOYED, *VOTED, "21.19", "21.20")
    set_node(lab, "worker2", Availability="pause")
    (paused,) = ledger.red(lab, "21.1")
    assert "worker2" in paused.cause
    set_node(lab, "worker2", Availability="active")
    ledger.green(lab, "21.1")
    without_addresses(lab, ledger)
    deploy(lab)
    ledger.green(lab, *DEPLOYED)
    ledger.red(lab, *VOTED, "21.19", "21.20")
    rules(lab, ledger)
    attachments(lab, ledger)
    cuts(lab, ledger)
    votes(lab, ledger)
    end(lab, ledger)


def deploy(lab: Lab) -> None:
    """``docker stack deploy``, with the files that this kernel calls for."""
    names = ["docker-stack.yml"] if lab.capabilities.ipvs else ["docker-stack.yml", "docker-stack-sans-ipvs.yml"]
    deploy_stack(lab, [notebooks_directory() / name for name in names], STACK)


def without_addresses(lab: Lab, ledger: Ledger) -> None:
    """Three networks of the right names; one got no subnet, for another overlay holds it."""
    create_network(lab, "n-taken", subnet="10.20.0.0/24")
    create_network(lab, "app_frontend")
    create_network(lab, "app_default")
    pool = {"Driver": "default", "Config": [{"Subnet": "10.20.0.0/25"}]}
    lab.manager.api.create_network("app_backend", driver="overlay", ipam=pool, scope="swarm")
    (bare,) = ledger.red(lab, "21.9")
    assert "app_backend n'a pas de sous-réseau" in bare.cause
    lab.manager.api.remove_network("app_backend")
    remove_network(lab, "app_frontend", "app_default", "n-taken")


def rules(lab: Lab, ledger: Ledger) -> None:
    """What the services hold, changed behind the file's back; deploying again puts it right."""
    scale_service(lab, "app_vote", 1)
    (short,) = ledger.red(lab, "21.3")
    assert "vote 1/1" in short.observed

    def any_end(spec: Json) -> None:
        spec["TaskTemplate"]["RestartPolicy"]["Condition"] = "any"

    def anywhere(spec: Json) -> None:
        spec["TaskTemplate"]["Placement"] = {}

    change(lab, "app_worker", any_end)
    change(lab, "app_visualizer", anywhere)
    (rule, place) = ledger.red(lab, "21.4", "21.5")
    assert "on-failure" in rule.cause
    assert "visualizer" in place.cause
    deploy(lab)
    ledger.green(lab, "21.3", "21.4", "21.5")
    extra = {"ContainerSpec": {"Image": "nginx"}}
    lab.manager.api.create_service(extra, name="app_extra", labels={"com.docker.stack.namespace": STACK})
    (more,) = ledger.red(lab, "21.2")
    assert "en trop" in more.cause
    wait_service(lab, "app_extra", quiet=True)
    remove_service(lab, "app_extra")
    ledger.green(lab, "21.2")


def attachments(lab: Lab, ledger: Ledger) -> None:
    """A service that is not of the stack brings one of its networks to a node where no task of the stack uses it."""
    busy = {task.node for name in NETWORKS["app_backend"] for task in snapshot(lab).tasks_of(f"{STACK}_{name}")}
    idle = next(node for node in lab.workers if node.name not in busy)
    here = [f"node.hostname == {idle.hostname}"]
    create_service(lab, "web", "nginx", networks=["app_backend"], endpoint_mode="dnsrr", constraints=here)
    (network, peer, member) = ledger.red(lab, "21.8", "21.11", "21.10")
    assert f"app_backend est sur {idle.name} sans y servir" in network.cause
    assert f"sur app_backend, {idle.name} voit" in peer.cause
    assert "web.1 n'a rien à faire sur app_backend" in member.cause
    remove_service(lab, "web")
    ledger.green(lab, "21.8", "21.11", "21.10")


def cuts(lab: Lab, ledger: Ledger) -> None:
    """A page without its program; a service on a network too many, another on one too few."""
    scale_service(lab, "app_result", 0)
    (page, names) = ledger.red(lab, "21.6", "21.13")
    assert "result n'a aucune tâche" in page.observed + names.observed
    scale_service(lab, "app_result", 1)
    move_service(lab, "app_vote", add=["app_backend"])
    (leak, members) = ledger.red(lab, "21.12", "21.10")
    assert "vote est aussi sur app_backend" in leak.cause
    assert "n'a rien à faire sur app_backend" in members.cause
    move_service(lab, "app_worker", remove=["app_backend"])
    (apart, mute) = ledger.red(lab, "21.13", "21.12")
    assert "worker devrait connaître db" in apart.cause
    assert "ne prouve rien" in mute.cause
    afresh(lab)
    ledger.green(lab, *DEPLOYED)


def votes(lab: Lab, ledger: Ledger) -> None:
    """Held back in redis, then stored, counted and announced; then changed."""
    scale_service(lab, "app_worker", 0)
    (nobody,) = ledger.red(lab, "21.14")
    assert "n'a pas voté" in nobody.cause
    vote(lab, "a")
    ledger.green(lab, "21.14")
    (waiting, *_) = ledger.red(lab, "21.15", "21.16", "21.17", "21.18")
    assert f"votes en attente dans redis{NBSP}: 1" in waiting.observed
    scale_service(lab, "app_worker", 1)
    (stored, counted, announced) = ledger.green(lab, "21.15", "21.16", "21.17")
    assert f"{VOTER}{NBSP}: a" in stored.observed
    assert "Chats 1, Chiens 0" in counted.observed
    assert "Chats 1, Chiens 0" in announced.observed
    (busy, same) = ledger.red(lab, "21.14", "21.18")
    assert "worker tourne encore" in busy.cause
    assert "Chats" in same.observed
    sql(lab, "INSERT INTO votes VALUES ('intrus', 'c')")
    (strange,) = ledger.red(lab, "21.16")
    assert f"choix inconnus{NBSP}: c" in strange.cause
    sql(lab, "DELETE FROM votes WHERE id = 'intrus'")
    scale_service(lab, "app_result", 0)
    ledger.red(lab, "21.17")
    scale_service(lab, "app_result", 1)
    vote(lab, "b")
    ledger.green(lab, "21.16", "21.17", "21.18")
    ledger.red(lab, "21.14", "21.15")


def end(lab: Lab, ledger: Ledger) -> None:
    """Removed and deployed again with the volume kept, then with it gone."""
    (all_there, new) = ledger.red(lab, "21.19", "21.20")
    assert "le service app_vote" in all_there.observed
    assert "base neuve" in new.cause
    remove_stack(lab, STACK)
    ledger.green(lab, "21.19")
    ledger.red(lab, "21.20")
    deploy(lab)
    ledger.green(lab, "21.16", "21.18", "21.20")
    remove_stack(lab, STACK)
    lab.manager.api.remove_volume(STACK_VOLUME, force=True)
    (nothing,) = ledger.red(lab, "21.19")
    assert f"volume{NBSP}: aucun" in nothing.observed
    deploy(lab)
    check(lab, "21.3")
    (lost,) = ledger.red(lab, "21.20")
    assert "base neuve" in lost.cause or "app_db" in lost.observed
    # What belongs to another stack is not the course's, whatever its name.
    theirs = {"com.docker.stack.namespace": "other"}
    lab.manager.api.create_network("frontend", driver="overlay", scope="swarm", labels=theirs)
    lab.manager.api.create_volume("other_db-data", labels=theirs)
    done = restore(lab, "12")
    assert any("pile supprimée" in said for said in done.changes)
    assert any(STACK_VOLUME in said for said in done.changes)
    left = snapshot(lab)
    assert left.stack(STACK) is None
    assert [volume.name for volume in left.volumes if volume.name == STACK_VOLUME] == []
    assert [(n.name, n.stack) for n in left.networks if n.stack] == [("frontend", "other")]
    assert [volume.name for volume in left.volumes if volume.stack == "other"] == ["other_db-data"]


def afresh(lab: Lab) -> None:
    """The stack removed with its volume, then deployed: new networks, an empty database."""
    remove_stack(lab, STACK)
    lab.manager.api.remove_volume(STACK_VOLUME, force=True)
    deploy(lab)


def vote(lab: Lab, choice: str) -> None:
    """As a browser would, from another machine than the page's."""
    task = snapshot(lab).tasks_of("app_vote", running=True)[0]
    host = lab.node(task.node or "")
    other = next(name for name in lab.nodes if name != host.name)
    url = f"http://{host.address}:5000/"
    sent = http_post(lab, url, {"vote": choice}, source=other, cookies={"voter_id": VOTER})
    assert sent.outcome == "passed", sent


def sql(lab: Lab, query: str) -> None:
    exec_container(lab, "app_db.1", "psql", "-U", "postgres", "-c", query)


def change(lab: Lab, name: str, alter: Callable[[Json], None]) -> None:
    """``docker service update``: read the specification, change it, send it back whole."""
    api = lab.manager.api
    raw = api.inspect_service(name)
    spec = raw["Spec"]
    alter(spec)
    api.update_service(
        raw["ID"],
        raw["Version"]["Index"],
        task_template=spec["TaskTemplate"],
        name=name,
        labels=spec["Labels"],
        mode=spec["Mode"],
        update_config=spec.get("UpdateConfig"),
        endpoint_spec=spec["EndpointSpec"],
    )
    wait_service(lab, name, quiet=True)
