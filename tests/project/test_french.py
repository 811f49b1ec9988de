"""The rule itself: what it finds and what it lets through."""

from __future__ import annotations

import pytest

from .french import NBSP, faults


@pytest.mark.parametrize(
    "text",
    [
        "Que voit-on ?",
        "Que voit-on?",
        "**Objectifs :**",
        "**Durée**: dix minutes",
        "`docker network ls` : la liste",
        "Le réseau « ingress » existe.",
        f"Le réseau «{NBSP}ingress » existe.",
        "un ; deux",
        "(vraiment !)",
        "fin de ligne :\nsuite",
    ],
)
def test_found(text: str) -> None:
    assert faults(text) != []


@pytest.mark.parametrize(
    "text",
    [
        f"Que voit-on{NBSP}?",
        "Que voit-on&nbsp;?",
        f"**Objectifs{NBSP}:**",
        f"`docker network ls`{NBSP}: la liste",
        f"Le réseau «{NBSP}ingress{NBSP}» existe.",
        f"Vraiment{NBSP}?!",
        "Voir https://example.org/a?b=c et 10:30.",
        "![un schéma](schema.png) et [un lien](https://example.org/x;y)",
        "| a | b |\n|:---|---:|\n| c | d |",
        "```console\necho un : deux ; trois\n```",
        "Le port `80:80` et `a ? b : c`.",
        '<div style="color: red;">rouge</div>',
    ],
)
def test_let_through(text: str) -> None:
    assert faults(text) == []
