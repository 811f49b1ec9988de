"""What 127.0.0.11 answers inside real containers, and who holds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.actions.containers import run_container, stop_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.services import create_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.images import TOOLS
from swarmkit_helpers.probes.execution import TOOL_LABEL
from swarmkit_helpers.probes.names import NameSurvey, explore_names
from tests.widgets.test_ping_panel import BAD

pytestmark = pytest.mark.swarm


@pytest.fixture(scope="module")
def net(lab: Lab) -> Iterator[Lab]:
    """alpine1 alias premier, alpine2 and web (VIP, 3 replicas) on test-net; seul on another."""
    restore(lab, "11")
    create_network(lab, "test-net", attachable=True)
    create_network(lab, "autre-net", attachable=True)
    run_container(lab, "alpine1", node="manager", network="test-net", network_alias=["premier"])
    run_container(lab, "alpine2", node="worker1", network="test-net")
    run_container(lab, "seul", node="manager", network="autre-net")
    create_service(lab, "web", "nginx", replicas=3, networks=["test-net"])
    yield lab
    restore(lab, "11")


def kinds(survey: NameSurvey) -> list[tuple[str, str, str]]:
    return [(answer.name, answer.outcome, answer.kind) for answer in survey.answers]


def test_each_kind_of_name(net: Lab) -> None:
    names = ["alpine1", "premier", "web", "tasks.web", "worker1.i2tch.loc", "introuvable", "seul"]
    survey = explore_names(net, "alpine2", names)
    assert kinds(survey) == [
        ("alpine1", "answered", "container"),
        ("premier", "answered", "alias"),
        ("web", "answered", "service"),
        ("tasks.web", "answered", "tasks"),
        ("worker1.i2tch.loc", "answered", "node"),
        ("introuvable", "unknown", "unknown"),
        ("seul", "unknown", "container"),
    ]
    by_name = {answer.name: answer for answer in survey.answers}
    assert {answer.server for answer in survey.answers} == {"127.0.0.11"}
    assert (survey.node, survey.networks) == ("worker1", ("test-net",))
    (first,) = by_name["alpine1"].holders
    assert (first.kind, first.name, first.node, first.network) == ("container", "alpine1", "manager", "test-net")
    assert by_name["premier"].holders == by_name["alpine1"].holders
    (vip,) = by_name["web"].holders
    assert (vip.kind, vip.name, vip.network) == ("vip", "web", "test-net")
    tasks = survey.topology.tasks_of("web", running=True)
    assert {(h.address, h.name, h.node) for h in by_name["tasks.web"].holders} == {
        (task.addresses["test-net"], task.name, task.node) for task in tasks
    }
    (machine,) = by_name["worker1.i2tch.loc"].holders
    assert (machine.kind, machine.name, machine.address) == ("node", "worker1", "10.0.3.63")
    assert "aucun réseau en commun" in by_name["seul"].reason
    assert survey.ipvs == net.capabilities.ipvs
    assert ("n'a pas IPVS" in by_name["web"].reason) == (not net.capabilities.ipvs)
    assert by_name["web"].command == "docker container exec alpine2 nslookup web"


def test_a_service_without_vip_gives_its_tasks(net: Lab) -> None:
    create_service(net, "tour", "nginx", replicas=2, networks=["test-net"], endpoint_mode="dnsrr")
    (answer,) = explore_names(net, "alpine1", ["tour"]).answers
    assert answer.kind == "service" and "dnsrr" in answer.reason
    assert sorted(holder.name or "" for holder in answer.holders) == ["tour.1", "tour.2"]


def test_another_network_knows_none_of_them(net: Lab) -> None:
    survey = explore_names(net, "seul", ["alpine1", "premier", "web", "tasks.web"])
    assert {answer.outcome for answer in survey.answers} == {"unknown"}
    assert survey.answers[2].reason.startswith("Le service web est sur test-net, seul sur autre-net")


def test_names_of_its_own_when_none_is_given(net: Lab) -> None:
    names = [answer.name for answer in explore_names(net, "alpine2").answers]
    assert {"alpine1", "web", "tasks.web", "manager.i2tch.loc"} <= set(names) and "seul" not in names


def test_a_container_without_nslookup_is_asked_from_beside(net: Lab) -> None:
    run_container(net, "outils", TOOLS, node="worker2", network="test-net", command=["sleep", "600"])
    without = net.node("worker2").api
    run = without.exec_create("outils", ["sh", "-c", 'rm -f "$(command -v nslookup)"; command -v nslookup'])
    assert without.exec_start(run["Id"]).strip() == b""
    (answer,) = explore_names(net, "outils", ["alpine1"]).answers
    assert answer.outcome == "answered" and answer.command.startswith("docker run --rm --network container:outils")
    assert [c for c in without.containers(all=True) if TOOL_LABEL in c["Labels"]] == []


def test_a_source_that_does_not_run(net: Lab) -> None:
    run_container(net, "passager", node="worker2", network="test-net")
    stop_container(net, "passager")
    (answer,) = explore_names(net, "passager", ["alpine1"]).answers
    assert answer.outcome == "not_run" and "exited" in answer.reason
    with pytest.raises(errors.ObjectNotFound, match="personne"):
        explore_names(net, "personne", ["alpine1"])


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_name_is_refused_before_anything_runs(net: Lab, name: str) -> None:
    with pytest.raises(errors.TargetRefused):
        explore_names(net, "alpine1", ["alpine2", name])
