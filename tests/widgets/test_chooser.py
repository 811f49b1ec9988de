"""One choice among several, written or picked."""

from __future__ import annotations

import html

import pytest

from swarmkit_helpers.show.widgets import chooser as choosers
from swarmkit_helpers.show.widgets.chooser import Chooser

NAMES = (("alpine1 (manager)", "alpine1"), ("alpine2 (worker1)", "alpine2"), ("my-nginx.1 (worker1)", "my-nginx.1"))
THINGS = (("aucun", None), ("nœud worker1", "w1"), ("réseau nginx-net", "n1"), ("réseau nginx-net-2", "n2"))


class Said(Chooser[str | None]):
    """A chooser that counts its changes."""

    def __init__(self) -> None:
        self.changes: list[str | None] = []
        super().__init__("Source", chosen=lambda: self.changes.append(self.value))

    @property
    def said(self) -> str:
        return html.unescape(self.note.value).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def chooser() -> Said:
    chooser = Said()
    chooser.options = NAMES
    return chooser


def test_the_first_is_chosen_at_first(chooser: Said) -> None:
    assert (chooser.value, chooser.text, chooser.changes) == ("alpine1", "alpine1 (manager)", ["alpine1"])


@pytest.mark.parametrize("written", ["alpine2 (worker1)", "alpine2", "ALPINE2 ", "pine2"])
def test_what_is_written_is_found(chooser: Said, written: str) -> None:
    chooser.field.value = written
    assert (chooser.value, chooser.text, chooser.said) == ("alpine2", "alpine2 (worker1)", "")
    assert chooser.changes == ["alpine1", "alpine2"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("alpine", "« alpine » désigne alpine1 (manager) et alpine2 (worker1) : précisez"),
        ("introuvable", "« introuvable » n'est pas dans la liste"),
        ("<b>", "« <b> » n'est pas dans la liste"),
        ("x" * 10_000, "xxx » n'est pas dans la liste"),
    ],
)
def test_what_means_no_choice_or_several_chooses_none_and_says_so(chooser: Said, written: str, said: str) -> None:
    chooser.field.value = written
    assert chooser.value is None and chooser.text == written
    assert said in chooser.said and "<b>" not in chooser.note.value and len(chooser.said) < 300
    chooser.options = NAMES[:2]
    assert chooser.value is None and chooser.text == written
    chooser.field.value = "alpine2"
    assert chooser.value == "alpine2" and chooser.note.value == ""


def test_an_empty_field_chooses_none(chooser: Said) -> None:
    chooser.field.value = ""
    assert chooser.value is None and "Choisissez dans la liste" in chooser.said


def test_a_name_that_begins_another_is_found(chooser: Said) -> None:
    chooser.options = THINGS
    assert (chooser.value, chooser.text) == (None, "")
    chooser.field.value = "nginx-net"
    assert chooser.value == "n1"
    chooser.field.value = ""
    assert chooser.value is None and chooser.said == ""


def test_packets_are_found_by_their_number() -> None:
    packets: Chooser[int] = Chooser("Paquet")
    packets.options = [(f"{n}\N{NO-BREAK SPACE}· 3 ms · ICMP", n - 1) for n in range(1, 40)]
    packets.field.value = "3"
    assert packets.value == 2


def test_what_is_chosen_stays_when_others_are_offered(chooser: Said) -> None:
    chooser.value = "my-nginx.1"
    chooser.options = NAMES[1:]
    assert chooser.value == "my-nginx.1" and chooser.changes == ["alpine1", "my-nginx.1"]
    chooser.options = NAMES[:1]
    assert chooser.value == "alpine1"
    chooser.options = ()
    assert (chooser.value, chooser.text) == (None, "")


def test_the_list_opens_picks_and_closes(chooser: Said) -> None:
    assert chooser.list.layout.display == "none" and chooser.list.children == ()
    chooser.open_button.value = True
    assert chooser.list.layout.display == ""
    assert [(line.description, line.icon) for line in chooser.list.children] == [
        ("alpine1 (manager)", "check"),
        ("alpine2 (worker1)", ""),
        ("my-nginx.1 (worker1)", ""),
    ]
    chooser.list.children[1].click()
    assert chooser.value == "alpine2" and chooser.list.layout.display == "none"


def test_a_long_list_says_how_many_it_leaves_out(chooser: Said) -> None:
    chooser.options = [(f"c{n}", f"c{n}") for n in range(200)]
    chooser.open_button.value = True
    *lines, rest = chooser.list.children
    assert len(lines) == choosers.MOST_BUTTONS and "140 de plus" in rest.value
    chooser.field.value = "c150"
    assert chooser.value == "c150"
