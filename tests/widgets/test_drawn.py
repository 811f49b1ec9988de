"""The matrix of pings and the map of names, as figures and as tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from swarmkit_helpers.show import figures, measurements
from swarmkit_helpers.show.figure import Figure
from tests.show import drawn

from . import probed

ODD = probed.matrix(3, 3, {(0, 2): "failed", (1, 0): "not_run", (4, 1): "leaked"})
FIGURES: dict[str, Callable[[], Figure]] = {
    "matrix of 9": lambda: figures.draw_matrix(ODD),
    "matrix of 12": lambda: figures.draw_matrix(probed.matrix(3, 4)),
    "matrix of 40": lambda: figures.draw_matrix(probed.matrix(4, 10, {(0, 2): "failed", (5, 1): "not_run"})),
    "matrix of one": lambda: figures.draw_matrix(probed.matrix(1, 1)),
    "simulated matrix": lambda: figures.draw_matrix(replace(ODD, topology=replace(ODD.topology, simulated=True))),
    "names": lambda: figures.draw_names(probed.survey()),
    "names, one not asked": lambda: figures.draw_names(probed.survey(mute=True)),
    "no names": lambda: figures.draw_names(replace(probed.survey(), answers=())),
}


@pytest.mark.parametrize("name", FIGURES)
def test_texts_are_apart_on_the_sheet_and_large_enough(name: str) -> None:
    figure = FIGURES[name]()
    assert drawn.overlaps(figure) == []
    assert drawn.outside(figure) == []
    assert drawn.smallest(figure) >= 8.5
    assert 500 <= figure.css_size[0] <= 1200


@pytest.mark.parametrize("name", FIGURES)
def test_alternative_texts_are_sentences(name: str) -> None:
    alt = FIGURES[name]().alt
    assert len(alt) > 20 and alt.endswith(".")
    assert not any(f" {sign}" in alt for sign in ":;?!»")
    assert "  " not in alt and "None" not in alt


def test_every_cell_of_a_small_matrix_has_its_number_or_its_own_sign() -> None:
    figure = figures.draw_matrix(ODD)
    said = drawn.texts(figure)
    answered = [pair for pair in ODD.pairs if pair.outcome == "answered"]
    assert sum(text in ("0,05", "0,15", "0,60", "4,2", "31", "0,09") for text in said) == len(answered)
    meanings = (
        "sans réponse, malgré un réseau commun",
        "sans réponse, comme prévu\N{NO-BREAK SPACE}: aucun réseau commun",
        "une réponse, sans réseau commun",
        "non fait",
    )
    assert all(meaning in said for meaning in meanings)
    assert "app_service0.1 vers app_service0.3" in figure.alt


def test_a_legend_has_only_what_is_drawn() -> None:
    said = drawn.texts(figures.draw_matrix(probed.matrix(1, 2)))
    assert "non fait" not in said and "d'un nœud à l'autre" not in said


def test_the_matrix_as_a_table() -> None:
    table = measurements.matrix_table(ODD)
    assert len(table) == len(ODD.pairs) == 72
    assert table["RTT (ms)"].dtype == "float64"
    assert table["issue"].value_counts().to_dict() == {
        "✔ répond": ODD.count("answered"),
        "séparés": ODD.count("apart"),
        "✘ ne répond pas": 1,
        "⚠ répond sans réseau commun": 1,
        "– non fait": 1,
    }
    first = table.iloc[0]
    assert (first["de"], first["nœud de départ"], first["vers"]) == (*[ODD.names[0], "manager"], ODD.names[1])


def test_names_lead_to_addresses_and_to_who_holds_them() -> None:
    figure = figures.draw_names(probed.survey())
    said = drawn.texts(figure)
    # an address that two names give stands once
    assert said.count("10.0.1.5") == 1
    assert {"my-nginx", "tasks.my-nginx", "serveur", "alias", "VIP du service my-nginx", "machine worker2"} <= set(said)
    assert (
        "my-nginx, service, donne 10.0.1.2 (VIP du service my-nginx, réseau nginx-net, sur chaque nœud)" in figure.alt
    )
    assert any("aucun réseau en commun" in text for text in said) or "aucun réseau en commun" in figure.alt


def test_names_as_a_table() -> None:
    table = measurements.names_table(probed.survey(mute=True))
    tasks = table[table["nom"] == "tasks.my-nginx"]
    assert list(tasks["adresse"]) == ["10.0.1.5", "10.0.1.6", "10.0.1.7", "10.0.1.8", "10.0.1.9"]
    assert tasks.iloc[0]["où"] == "nœud manager, réseau nginx-net"
    unknown = table[table["nom"] == "introuvable"].iloc[0]
    assert unknown["adresse"] is None or unknown.isna()["adresse"]
    assert table[table["nom"] == "autre"].iloc[0]["ce que c'est"] == "non demandé"
