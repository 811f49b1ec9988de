"""What is wrong with a file that is YAML but no stack file: every fault of it, in French, with its line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .document import Document, Trail
from .model import Deploy, Stack
from .problem import StackProblem
from .short import number

__all__ = ["FORBIDDEN", "NEWEST", "validate", "version_of"]

NEWEST = 13
"""The last version of the format is 3.13."""
SINCE = {
    "secrets": 1,
    "services.*.secrets": 1,
    "networks.*.attachable": 2,
    "services.*.deploy.endpoint_mode": 2,
    "configs": 3,
    "services.*.configs": 3,
    "services.*.credential_spec": 3,
    "services.*.deploy.placement.preferences": 3,
    "services.*.deploy.update_config.order": 4,
    "services.*.healthcheck.start_period": 4,
    "volumes.*.name": 4,
    "configs.*.name": 5,
    "networks.*.name": 5,
    "secrets.*.name": 5,
    "services.*.deploy.resources.reservations.generic_resources": 5,
    "services.*.isolation": 5,
    "services.*.deploy.rollback_config": 7,
    "services.*.init": 7,
    "configs.*.template_driver": 8,
    "secrets.*.driver": 8,
    "secrets.*.driver_opts": 8,
    "secrets.*.template_driver": 8,
    "services.*.credential_spec.config": 8,
    "services.*.deploy.placement.max_replicas_per_node": 8,
    "services.*.cgroupns_mode": 9,
    "services.*.deploy.resources.limits.pids": 9,
    "services.*.healthcheck.start_interval": 12,
    "services.*.oom_score_adj": 13,
}
"""Keys that not all versions of the format have: the first that has it, after ``3.``; longer forms of ports and volumes
(3.2) are not looked at."""

LIMITS = "les limites se donnent sous deploy.resources"
FORBIDDEN = {
    "extends": "docker stack ne connaît pas extends ; une ancre YAML (&nom, *nom) ou un second fichier le remplace",
    "volume_driver": "le pilote se donne au volume, sous la clé volumes du fichier",
    "volumes_from": "un volume partagé se décrit sous la clé volumes du fichier, et se nomme dans chaque service",
    "cpu_quota": LIMITS,
    "cpu_shares": LIMITS,
    "cpuset": LIMITS,
    "mem_limit": LIMITS,
    "memswap_limit": LIMITS,
}
"""Keys of version 2 that format 3 refuses, and what replaces each."""

COMPOSE_ONLY = ("profiles", "develop", "attach", "platform", "pull_policy", "scale", "runtime", "gpus", "annotations")
"""Keys of docker compose that docker stack has never known."""


def version_of(document: Document) -> tuple[int, list[StackProblem]]:
    """The minor number of the file's version, and what is wrong with it; a file without one is of the newest."""
    where: Trail = ("version",)
    if "version" not in document.data:
        return NEWEST, []
    version = document.data["version"]
    if not isinstance(version, str):
        return NEWEST, [
            document.problem(where, 'la version est un texte ; écrivez `version: "3.8"`, avec ses guillemets')
        ]
    major, _, minor = version.partition(".")
    if version == "3":
        return NEWEST, []
    if major == "3" and minor.isdecimal() and minor == str(int(minor)) and int(minor) <= NEWEST:
        return int(minor), []
    known = f"docker stack ne lit que le format 3 (3.0 à 3.{NEWEST})"
    return NEWEST, [document.problem(where, f'version « {version} » inconnue : {known}, par exemple `version: "3.8"`')]


def validate(document: Document, data: Any, minor: int) -> tuple[Stack | None, list[StackProblem]]:
    """Read the data of a file, its variables replaced, into records.

    Parameters
    ----------
    minor
        The file's version is ``3.minor``: newer keys are refused.

    Returns
    -------
    stack
        None when something is wrong.
    problems
        All that is wrong, in the order of the lines.
    """
    problems = [*_too_new(document, minor)]
    try:
        stack = Stack.model_validate(data)
    except ValidationError as err:
        problems += [_problem(document, error) for error in err.errors(include_url=False, include_context=True)]
        stack = None
    # A value that fits none of two forms is told once.
    problems = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
    return (None if problems else stack), problems


def _too_new(document: Document, minor: int) -> list[StackProblem]:
    patterns = {tuple(key.split(".")): since for key, since in SINCE.items() if since > minor}
    problems = []
    for where in document.lines:
        for pattern, since in patterns.items():
            if len(pattern) == len(where) and all(
                part in ("*", found) for part, found in zip(pattern, where, strict=True)
            ):
                message = f"cette clé est du format 3.{since}, et le fichier est au format 3.{minor}"
                problems.append(document.problem(where, message))
    return problems


def _problem(document: Document, error: ErrorDetails) -> StackProblem:
    where: Trail = ()
    for part in error["loc"]:
        # pydantic also names the forms it tried: only what the file holds is told.
        if document.holds((*where, part)):
            where = (*where, part)
    if error["type"] == "missing":
        where = (*where, error["loc"][-1])
    return document.problem(where, _message(where, error))


def _message(where: Trail, error: ErrorDetails) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "stack":
        return error["msg"]
    if kind == "extra_forbidden":
        return _unknown(where)
    if kind == "missing":
        return "cette clé manque"
    if kind == "string_pattern_mismatch" and "ulimits" in error["loc"][2:]:
        return f"« {value} » n'est pas un nom de limite : des lettres minuscules"
    if kind == "string_pattern_mismatch" and "[key]" in error["loc"]:
        return f"« {value} » n'est pas un nom : lettres sans accent, chiffres, « . », « _ » et « - » seulement"
    if kind == "string_pattern_mismatch":
        return f"« {value} » n'est pas admis ; choisissez parmi no, always, unless-stopped, on-failure ou on-failure:3"
    if kind == "greater_than_equal":
        return f"{value} est trop petit : {number(context['ge'])} au moins"
    if kind == "less_than_equal":
        return f"{value} est trop grand : {number(context['le'])} au plus"
    if kind == "literal_error":
        return f"valeur inconnue « {value} » ; choisissez parmi start-first, stop-first"
    seen = "et il n'y a rien" if value is None else f"pas {_seen(value)}"
    number_as_text = kind == "string_type" and isinstance(value, int | float)
    advice = " : mettez cette valeur entre guillemets" if number_as_text else ""
    expected = EXPECTED.get(kind, "une autre valeur est attendue")
    if kind == "tuple_type" and where[-1] in TEXT_OR_LIST:
        expected = "un texte ou une liste est attendu"
    return f"{expected}, {seen}{advice}"


TEXT_OR_LIST = ("command", "dns", "dns_search", "entrypoint", "env_file", "test", "tmpfs")


EXPECTED = {
    "string_type": "un texte est attendu",
    "int_type": "un nombre entier est attendu",
    "float_type": "un nombre est attendu",
    "bool_type": "true ou false est attendu",
    "tuple_type": "une liste est attendue",
    "list_type": "une liste est attendue",
    "dict_type": "des clés (`nom: valeur`) sont attendues",
    "model_type": "des clés (`nom: valeur`) sont attendues",
}


def _seen(value: Any) -> str:
    match value:
        case bool():
            return f"le booléen {str(value).lower()}"
        case int() | float():
            return f"le nombre {value}"
        case str():
            return f"le texte « {value if len(value) <= 40 else value[:40] + '…'} »"
        case dict():
            return "des clés"
        case _:
            return "une liste"


def _unknown(where: Trail) -> str:
    key, place = str(where[-1]), where[:-1]
    model = _model_at(place)
    if len(where) == 3 and where[0] == "services":
        if key in FORBIDDEN:
            return FORBIDDEN[key]
        if key in COMPOSE_ONLY:
            return "clé inconnue de docker stack (seul docker compose la connaît)"
        if key in Deploy.model_fields:
            return f"clé inconnue ici ; elle se donne sous deploy (services.{where[1]}.deploy.{key})"
    near = get_close_matches(key, model.model_fields, n=1)
    if near:
        return f"clé inconnue ; vouliez-vous dire « {near[0]} » ?"
    return f"clé inconnue ; choisissez parmi {', '.join(sorted(set(model.model_fields) - {'content'}))}"


def _model_at(where: Trail) -> type[BaseModel]:
    """The record that the file describes at this place."""
    model: type[BaseModel] = Stack
    parts = iter(where)
    for part in parts:
        field = model.model_fields.get(str(part))
        inner = _record_in(field.annotation) if field else None
        if field is None or inner is None:
            break
        if get_origin(field.annotation) in (dict, tuple):
            next(parts, None)
        model = inner
    return model


def _record_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_record_in, get_args(annotation)) if found), None)
