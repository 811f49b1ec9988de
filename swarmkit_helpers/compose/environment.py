"""What a service's containers find in their environment: its files, then its own variables, then the machine's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .document import Document, Trail
from .model import Service
from .problem import StackProblem, unread

__all__ = ["parse_variables", "with_environment"]


def parse_variables(text: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Read a file of ``NAME=value`` lines, as ``docker run --env-file`` has them.

    A name alone takes its value from `variables`, or is left out; ``#`` begins a line of comment; quotes are kept.

    Raises
    ------
    ValueError
        A name that is empty or holds a space; the message is French and names the line.
    """
    found = {}
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r").lstrip()
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not name or any(letter.isspace() for letter in name):
            what = f"« {name} » n'est pas un nom de variable" if name else "le nom de la variable manque"
            raise ValueError(f"ligne {number} : {what}")
        if sign:
            found[name] = value
        elif name in variables:
            found[name] = variables[name]
    return found


def with_environment(
    name: str, service: Service, document: Document, directory: Path, variables: Mapping[str, str]
) -> tuple[Service, list[StackProblem]]:
    """Read the files of a service's `env_file` into its `environment`.

    Parameters
    ----------
    name
        The service's, in the file.
    directory
        Relative paths start there.
    variables
        They give a value to the names that have none, or an empty one.
    """
    problems = []
    gathered: dict[str, str | None] = {}
    for index, file in enumerate(service.env_file):
        where: Trail = ("services", name, "env_file", index)
        try:
            gathered |= parse_variables((directory / file).read_bytes().decode("utf-8-sig"), variables)
        except UnicodeDecodeError:
            problems.append(document.problem(where, f"le fichier « {file} » n'est pas en UTF-8"))
        except OSError as err:
            problems.append(document.problem(where, f"le fichier « {file} » ne se lit pas : {unread(err)}"))
        except ValueError as err:
            problems.append(document.problem(where, f"dans « {file} », {err}"))
    gathered |= service.environment
    resolved = {key: value or variables.get(key, value) for key, value in gathered.items()}
    return service.model_copy(update={"environment": resolved}), problems
