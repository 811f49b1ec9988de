"""The name panel without a lab."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace

import pytest

from swarmkit_helpers.probes.names import NameSurvey
from swarmkit_helpers.probes.target import check_target
from swarmkit_helpers.show.widgets.names import NameMeans, NamePanel

from . import probed
from .fakes import press_enter
from .test_ping_panel import BAD

FOUND = probed.survey()


class Asked:
    def __init__(self) -> None:
        self.questions: list[tuple[str, tuple[str, ...]]] = []

    def ask(self, source: str, names: Sequence[str]) -> NameSurvey:
        for name in names:
            check_target(name)
        self.questions.append((source, tuple(names)))
        known = {answer.name: answer for answer in FOUND.answers}
        return replace(FOUND, source=source, answers=tuple(known.get(n, known["introuvable"]) for n in names))

    def panel(self, **fields: object) -> NamePanel:
        return NamePanel(NameMeans(lambda: FOUND.topology, self.ask), source="alpine1", **fields)  # type: ignore[arg-type]


def test_a_name_gives_its_addresses_a_drawing_and_a_table() -> None:
    asked = Asked()
    panel = asked.panel()
    hosts = ("manager.i2tch.loc", "worker1.i2tch.loc", "worker2.i2tch.loc")
    assert panel.name.options == ("alpine1", "seul", "my-nginx", "tasks.my-nginx", *hosts)
    panel.name.value = "tasks.my-nginx"
    panel.run()
    assert panel.state == "done" and asked.questions == [("alpine1", ("tasks.my-nginx",))]
    said = html.unescape(panel.static_html()).replace("\N{NO-BREAK SPACE}", " ")
    assert "sur worker1 : <code>docker container exec alpine1 nslookup tasks.my-nginx" in said
    assert "10.0.1.5, 10.0.1.6" in said and "<table" in said
    assert said.count("<img alt=") == 1


def test_the_names_before_stay_until_another_source_asks() -> None:
    asked = Asked()
    panel = asked.panel(names=["serveur", "my-nginx"]).run()
    panel.name.value = "tasks.my-nginx"
    panel.run()
    panel.run()
    offered = panel.name.options
    panel.source.choose("seul")
    assert panel.name.options == offered
    panel.run()
    assert [names for _, names in asked.questions] == [
        ("serveur", "my-nginx"),
        ("serveur", "my-nginx", "tasks.my-nginx"),
        ("serveur", "my-nginx", "tasks.my-nginx"),
        ("tasks.my-nginx",),
    ]


def test_enter_asks() -> None:
    asked = Asked()
    panel = asked.panel(names=["my-nginx"])
    press_enter(panel.name, "tasks.my-nginx")
    assert panel.wait(5.0) and panel.state == "done"
    assert asked.questions == [("alpine1", ("tasks.my-nginx",))]


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_name_is_refused_and_the_answers_before_stay(name: str) -> None:
    asked = Asked()
    panel = asked.panel(names=["my-nginx"]).run()
    panel.name.value = name
    panel.run()
    assert panel.state == "failed" and len(asked.questions) == 1
    assert "ne peut pas être une cible" in html.unescape(panel.message.value).replace("\N{NO-BREAK SPACE}", " ")
    assert "VIP du service my-nginx" in panel.static_html()
    panel.name.value = "serveur"
    panel.run()
    assert panel.state == "done" and asked.questions[-1] == ("alpine1", ("my-nginx", "serveur"))
