"""What is said of a ping: its name, its address, its answers, and why."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest

from swarmkit_helpers.probes.live import Reply
from swarmkit_helpers.probes.ping import PingResult, parse_ping
from swarmkit_helpers.show.diagnosis import Step, ping_steps, steps_html
from swarmkit_helpers.show.widgets.ping import _became
from swarmkit_helpers.show.widgets.plot import rtt_plot
from swarmkit_helpers.topology.holders import holder_of
from swarmkit_helpers.topology.naming import known_names
from tests.show import swarms

from . import probed

SWARM = probed.nginx_with_alpine()


def pinged(target: str, address: str | None, received: int = 0, sent: int = 2, extra: str = "") -> PingResult:
    lines = [f"64 bytes from {address}: seq={n} ttl=64 time=0.2 ms" for n in range(received)]
    count = f"{sent} packets transmitted, {received} packets received, 0% packet loss"
    output = "\n".join([f"PING {target} ({address}): 56 data bytes", *lines, extra, count])
    if address is None:
        output = f"ping: bad address '{target}'"
    return parse_ping("alpine1", target, "docker ...", 0 if received == sent else 1, output)


def said(steps: tuple[Step, ...]) -> list[tuple[str, str, str]]:
    return [(step.title, step.outcome, step.text.replace("\N{NO-BREAK SPACE}", " ")) for step in steps]


def test_all_is_well() -> None:
    name, place, answers = said(ping_steps(pinged("my-nginx.3", "10.0.1.7", 2), SWARM))
    assert name[1:] == ("passed", "le DNS du conteneur, 127.0.0.11, a donné 10.0.1.7 pour my-nginx.3.")
    assert place[1:] == (
        "passed",
        "10.0.1.7 est l'adresse de : conteneur my-nginx.3 (nœud worker2, réseau nginx-net).",
    )
    assert answers[1] == "passed" and "2 réponses pour 2 paquets, 0 % de perte." in answers[2]


def test_an_address_has_no_name_to_resolve() -> None:
    name, place, _ = said(ping_steps(pinged("10.0.1.7", "10.0.1.7", 2), SWARM))
    assert name[1] == "not_run" and place[1] == "passed"


def test_a_vip_without_ipvs() -> None:
    silent = pinged("my-nginx", "10.0.1.2")
    _, place, answers = said(ping_steps(silent, SWARM, ipvs=False))
    assert "VIP du service my-nginx" in place[2] and place[1] == "passed"
    assert "IPVS" in answers[2] and "tasks.my-nginx" in answers[2]
    assert "IPVS" not in said(ping_steps(silent, SWARM, ipvs=True))[2][2]


def test_no_answer_from_another_node() -> None:
    _, _, answers = said(ping_steps(pinged("10.0.1.7", "10.0.1.7"), SWARM))
    assert answers[1] == "failed" and "worker2" in answers[2] and "4789/udp" in answers[2]
    _, _, near = said(ping_steps(pinged("10.0.1.6", "10.0.1.6"), SWARM))
    assert near[1] == "failed" and "4789" not in near[2]


def test_an_address_of_another_network() -> None:
    _, place, answers = said(ping_steps(pinged("10.0.2.20", "10.0.2.20"), SWARM))
    assert place[1] == "failed" and "n'a pas d'interface sur ce réseau" in place[2]
    assert answers[1] == "failed" and "4789" not in answers[2]


def test_an_address_of_nobody_and_one_of_a_node() -> None:
    assert "personne n'a l'adresse 10.0.1.99" in said(ping_steps(pinged("10.0.1.99", "10.0.1.99"), SWARM))[1][2]
    node = said(ping_steps(pinged("worker1.i2tch.loc", "10.0.3.63", 2), SWARM))[1]
    assert node[1] == "passed" and "machine worker1" in node[2]


def test_partial_loss() -> None:
    answers = said(ping_steps(pinged("10.0.1.7", "10.0.1.7", 1), SWARM))[2]
    assert answers[1] == "failed" and "1 réponse pour 2 paquets, 50 % de perte" in answers[2]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("seul", "Le conteneur seul est sur nginx-net-2, alpine1 sur nginx-net : aucun réseau en commun."),
        ("introuvable", "Ni conteneur, ni service, ni alias de ce nom"),
        ("my-nginx.3", "Pour le DNS, cette tâche s'appelle my-nginx.3."),
    ],
)
def test_a_name_that_is_not_known(name: str, why: str) -> None:
    (step,) = said(ping_steps(pinged(name, None), SWARM))
    assert step[1] == "failed" and "rien n'a été envoyé" in step[2] and why in step[2]


def test_a_name_that_does_not_run_or_has_no_task() -> None:
    stopped = replace(
        SWARM, containers=tuple(replace(c, state="exited") if c.name == "seul" else c for c in SWARM.containers)
    )
    assert "ne tourne pas" in ping_steps(pinged("seul", None), stopped)[0].text
    assert "aucune tâche qui tourne" in ping_steps(pinged("my-nginx", None), SWARM)[0].text
    elsewhere = replace(SWARM, services=tuple(replace(s, networks=("nginx-net-2",)) for s in SWARM.services))
    assert "aucun réseau en commun" in ping_steps(pinged("tasks.my-nginx", None), elsewhere)[0].text


def test_what_could_not_be_sent() -> None:
    refused = parse_ping("alpine1", "x", "docker ...", 126, "no ping here")
    (step,) = ping_steps(refused, SWARM)
    assert step.outcome == "not_run" and "no ping here" in step.text


def test_the_page_is_escaped() -> None:
    page = steps_html((Step("Nom", "failed", "<b>&"),))
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page


def test_the_nearest_holder_of_an_address() -> None:
    asker = SWARM.container("alpine1")
    # the overlay pool may hand out the machines' own subnet: the container's networks come first
    overlap = replace(
        SWARM,
        endpoints=(*SWARM.endpoints, swarms.endpoint("nginx-net", "manager", "autre", "10.0.3.63", container="c" * 64)),
    )
    assert holder_of(overlap, "10.0.3.63", asker).name == "autre"
    assert holder_of(overlap, "10.0.3.63").kind == "node"
    assert holder_of(SWARM, "10.0.1.1", asker).kind == "gateway"
    assert holder_of(SWARM, "203.0.113.9", asker).kind == "unknown"


def test_names_to_suggest() -> None:
    asker = SWARM.container("alpine1")
    assert asker is not None
    assert known_names(SWARM, asker) == ("my-nginx", "tasks.my-nginx", "manager.i2tch.loc")


def test_the_plot_says_the_same_in_words() -> None:
    plot = rtt_plot([Reply(1, 0.1), Reply(2, 3.0), Reply(3, None)], 5)
    assert plot.count("<circle") == 2
    label = html.unescape(plot).replace("\N{NO-BREAK SPACE}", " ")
    assert 'aria-label="Allers-retours : 2 paquets revenus, de 0,10 ms à 3,0 ms, 1 perdu."' in label
    assert ">5,0 ms<" in label
    assert rtt_plot([], 5).count("<circle") == 0 and "sans durée" not in label
    assert "99999" in rtt_plot([Reply(1, 99_999.0)], 1)


def test_what_came_back_without_a_duration_is_not_drawn_as_lost() -> None:
    small = "8 bytes from 10.0.1.7: seq=0 ttl=64"
    untimed = rtt_plot([Reply(1, None, small), Reply(2, None)], 2).replace("\N{NO-BREAK SPACE}", " ")
    assert 'aria-label="Allers-retours : 1 paquet revenu, sans durée, 1 perdu."' in untimed
    assert untimed.count("<circle") == 1 and "○ revenu sans durée" in untimed
    mixed = rtt_plot([Reply(1, 0.1), Reply(2, None, small)], 2).replace("\N{NO-BREAK SPACE}", " ")
    assert "2 paquets revenus, de 0,10 ms à 0,10 ms, 1 sans durée." in mixed
    assert (_became(Reply(1, None, small)), _became(Reply(2, None))) == ("revenu, sans durée", "perdu")
