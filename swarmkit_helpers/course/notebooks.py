"""Where the course's notebooks are, with the stack files that they use."""

from __future__ import annotations

from pathlib import Path

from ..errors import CourseError
from .sections import SECTIONS

__all__ = ["notebooks_directory"]

NOTEBOOKS = Path("notebooks")


def notebooks_directory() -> Path:
    """Where the course's notebooks are: the current directory, `notebooks` in it, else beside the package.

    Raises
    ------
    CourseError
    """
    for candidate in (Path.cwd(), Path.cwd() / NOTEBOOKS, Path(__file__).parents[2] / NOTEBOOKS):
        if (candidate / SECTIONS["00"].notebook).exists():
            return candidate
    raise CourseError(
        "Les notebooks du cours sont introuvables.", remedy="lancez la commande depuis le dossier du cours"
    )
