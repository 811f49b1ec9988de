"""How what a simulated lab shows is told from what real engines show: in one sentence, wherever its data stands."""

from __future__ import annotations

from .errors import NBSP

__all__ = ["MARK", "SIMULATED", "simulated_html", "simulated_mark"]

SIMULATED = f"Labo simulé{NBSP}: aucun vrai moteur Docker derrière ces valeurs."
MARK = "(simulé)"


def simulated_html(simulated: bool) -> str:
    """The sentence as a paragraph; nothing for a real lab."""
    return f"<p><strong>{SIMULATED}</strong></p>" if simulated else ""


def simulated_mark(text: str, simulated: bool) -> str:
    """A title, or a line, with a word that says so at its end; as it is for a real lab."""
    return f"{text} {MARK}" if simulated else text
