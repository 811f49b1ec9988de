"""What a DNS server answered, drawn: few addresses one by one, many by node, more than that in numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmkit_helpers.probes.names import NameSurvey
from swarmkit_helpers.show import figures
from swarmkit_helpers.show.figure import Figure
from swarmkit_helpers.show.measurements import names_table
from tests.widgets import probed

from . import drawn, surveys


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def said(figure: Figure) -> list[str]:
    return [plain(text) for text in drawn.texts(figure)]


def crosses(figure: Figure) -> int:
    """The crosses in the colour of what does not work, the legend's own left out."""
    found = [line for line in figure.axes[0].lines if line.get_marker() == "X" and line.get_markersize() == 10]
    return max(len(found) - 1, 0)


@pytest.mark.parametrize(("machines", "containers"), [(3, 12), (3, 40), (6, 140), (12, 25), (30, 500), (100, 2000)])
@pytest.mark.parametrize("networks", [1, 7])
def test_every_number_of_tasks_fits_a_notebook(machines: int, containers: int, networks: int) -> None:
    survey = surveys.large(machines, containers, networks)
    figure = figures.draw_names(survey)
    assert figure.css_size[0] <= 960 and figure.css_size[1] <= 1800
    assert len(figure.alt) < 6000
    assert drawn.overlaps(figure) == [] and drawn.outside(figure) == []
    assert len(names_table(survey)) == sum(len(answer.holders) for answer in survey.answers)


def test_up_to_twelve_addresses_each_has_its_line() -> None:
    survey = surveys.of_one(3, 16)
    _, tasks = survey.answers
    assert len(tasks.holders) == 12
    figure = figures.draw_names(survey)
    assert set(tasks.addresses) <= set(said(figure)) and all(address in figure.alt for address in tasks.addresses)


def test_beyond_twelve_they_are_told_by_node() -> None:
    survey = surveys.of_one(6, 140)
    _, tasks = survey.answers
    nodes = {holder.node for holder in tasks.holders}
    assert len(tasks.holders) == 105 and len(nodes) == 6
    figure = figures.draw_names(survey)
    for node in nodes:
        own = [holder.address for holder in tasks.holders if holder.node == node]
        assert f"{node} : {len(own)} tâches" in said(figure)
        assert any(text.startswith(f"{own[0]}, {own[1]}") for text in said(figure))
        assert f"{len(own)} tâches sur {node} (réseau boutique_frontend, {own[0]}" in plain(figure.alt)
    assert "donne 105 adresses : " in plain(figure.alt)
    assert figure.css_size[1] < 600


def test_beyond_twelve_nodes_they_are_counted() -> None:
    survey = surveys.of_one(100, 2000)
    _, tasks = survey.answers
    figure = figures.draw_names(survey)
    assert f"{len(tasks.holders)} tâches sur 100 nœuds" in said(figure)
    assert {node.name for node in survey.topology.nodes} <= set(said(figure))
    assert f"{len(tasks.holders)} tâches sur 100 nœuds (15 par nœud, réseau boutique_frontend)" in plain(figure.alt)


def test_an_address_of_a_group_that_is_also_named_alone_has_its_own_line() -> None:
    survey = surveys.of_one(6, 140)
    one = survey.answers[1].holders[0]
    alone = surveys.answer(survey.topology, survey.source, str(one.name), [one.address])
    figure = figures.draw_names(replace(survey, answers=(*survey.answers, alone)))
    assert f"conteneur {one.name}" in said(figure) and one.address in said(figure)


def test_with_ipvs_a_vip_is_drawn_to_its_tasks() -> None:
    figure = figures.draw_names(probed.survey())
    assert crosses(figure) == 0
    assert "IPVS confie à l'une de ces tâches ce qui arrive à la VIP" in said(figure)
    assert "IPVS confie à l'une des tâches de my-nginx ce qui arrive à sa VIP 10.0.1.2." in plain(figure.alt)


@pytest.mark.parametrize("survey", [probed.survey(), surveys.of_one(6, 140), surveys.of_one(100, 2000)])
def test_without_ipvs_nobody_answers_for_a_vip(survey: NameSurvey) -> None:
    figure = figures.draw_names(replace(survey, ipvs=False))
    assert crosses(figure) == 1
    assert "sans IPVS, personne ne répond à la VIP" in said(figure)
    assert not any("IPVS confie" in text for text in [*said(figure), figure.alt])
    assert "Sans IPVS, personne ne répond à la VIP" in plain(figure.alt)
    alone = figures.draw_names(replace(survey, ipvs=False, answers=survey.answers[:1]))
    assert crosses(alone) == 1
