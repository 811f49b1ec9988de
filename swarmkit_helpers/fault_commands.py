"""The commands ``swarmlab fault …``: faults for lessons on failures, under the names that notebooks give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from .options import lab_name

if TYPE_CHECKING:
    from .lab.cluster import Lab

__all__ = ["fault"]

OF_NODES = {
    "stop-node": "Arrête le moteur d'un nœud, comme une machine qui perd son alimentation.",
    "start-node": "Redémarre un moteur arrêté.",
    "cut-link": "Coupe le lien d'un nœud vers tous les autres ; son moteur continue.",
    "mend-link": "Rétablit le lien d'un nœud, entier et rapide.",
    "fill-disk": "Ne laisse plus de place sur le disque d'un nœud (labo simulé).",
    "free-disk": "Rend sa place au disque d'un nœud (labo simulé).",
}
OF_IMAGES = {
    "hide-image": "Rend une image introuvable dans les registres (labo simulé).",
    "show-image": "Rend de nouveau une image trouvable (labo simulé).",
}


@click.group()
def fault() -> None:
    """Donne une panne au labo, ou la répare : nœud, lien, disque, image."""


@fault.command("list")
@lab_name
def show(name: str) -> None:
    """Dit les pannes en cours."""
    _after(name, lambda lab: None)


@fault.command()
@lab_name
def mend(name: str) -> None:
    """Répare toutes les pannes données au labo."""
    from .lab import faults

    _after(name, faults.mend)


@fault.command("slow-link")
@click.argument("node")
@click.option("--delay-ms", type=float, default=0.0, show_default=True, help="Retard de chaque paquet.")
@click.option("--loss", type=float, default=0.0, show_default=True, help="Part des paquets perdue, de 0 à 1.")
@lab_name
def slow_link(node: str, delay_ms: float, loss: float, name: str) -> None:
    """Rend lent, ou peu sûr, le lien d'un nœud."""
    from .lab import faults

    _after(name, lambda lab: faults.slow_link(lab, node, delay_ms=delay_ms, loss=loss))


def _command(words: str, said: str, argument: str) -> click.Command:
    """A command that gives one thing, a node or an image, to the function of that name."""

    @click.argument("subject", metavar=argument)
    @lab_name
    def give(subject: str, name: str) -> None:
        from .lab import faults

        action: Callable[[Lab, str], None] = getattr(faults, words.replace("-", "_"))
        _after(name, lambda lab: action(lab, subject))

    return click.command(words, help=said)(give)


def _after(name: str, action: Callable[[Lab], None]) -> None:
    """Do something to a lab, then tell the faults in force."""
    from .lab import connection, faults

    lab = connection.attach(name)
    action(lab)
    click.echo(faults.faults(lab))


for argument, commands in (("NODE", OF_NODES), ("IMAGE", OF_IMAGES)):
    for words, said in commands.items():
        fault.add_command(_command(words, said, argument))
