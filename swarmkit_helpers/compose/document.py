"""One YAML file as plain data, with the line where each of its keys stands.

Scalars are resolved as the docker CLI of 20.10 resolves them, which is YAML 1.1 but for two things: ``22:22`` is a text
(not a number in base 60), and so are dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import StackFileError
from .problem import StackProblem, unread

__all__ = ["Document", "read_document", "trail"]

MOST_BYTES = 1_000_000
MOST_VALUES = 100_000
"""A file of a few lines can name itself a billion times over: aliases of aliases are not unfolded beyond this."""

BOOLEANS = dict.fromkeys(("y", "yes", "true", "on"), True) | dict.fromkeys(("n", "no", "false", "off"), False)
NULLS = ("", "~", "null", "Null", "NULL")
INFINITIES = {f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")}
SPECIALS = INFINITIES | {f".{word}": float("nan") for word in ("nan", "NaN", "NAN")}
WHOLE = re.compile(r"[-+]?(?:0|[1-9]\d*|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0[bB][01]+)", re.ASCII)
DECIMAL = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", re.ASCII)
LARGEST = 2**64
TAG = "tag:yaml.org,2002:"

LIKELY = {
    r"'\t'": "une tabulation ; l'indentation ne se fait qu'avec des espaces",
    "'<stream end>'": "un crochet, une accolade ou un guillemet n'est pas refermé",
    "unexpected end of stream": "un guillemet n'est pas refermé",
    "mapping values are not allowed here": "un « : » de trop, ou une indentation qui a changé",
    "expected <block end>": "une indentation qui n'est pas celle des lignes d'avant",
    "could not find expected ':'": "il manque « : » après une clé",
    "did not find expected": "une liste ou une accolade est mal écrite",
    "expected ',' or": "il manque une virgule, un crochet ou une accolade",
    "cannot start any token": "un caractère qui ne commence rien en YAML ; mettez cette valeur entre guillemets",
    "undefined alias": "un alias (*nom) dont l'ancre (&nom) n'est pas écrite avant",
}
"""What PyYAML says -> what is most likely wrong."""

Trail = tuple[str | int, ...]
"""Where a value stands: ``("services", "vote", "ports", 0)``."""


@dataclass(frozen=True, slots=True)
class Document:
    """One stack file, as it is written."""

    file: str
    """Name of the file, as a learner gave it."""
    data: Mapping[str, Any]
    lines: Mapping[Trail, int]
    """Trail -> line in the file, from 1."""

    def line(self, trail: Trail) -> int:
        """Line of a value, or of the nearest one above it that stands in the file."""
        while trail and trail not in self.lines:
            trail = trail[:-1]
        return self.lines.get(trail, 1)

    def problem(self, where: Trail, message: str) -> StackProblem:
        """Something wrong in this file, with its line."""
        return StackProblem(self.file, self.line(where), trail(where), message)

    def holds(self, where: Trail) -> bool:
        """True when the file itself gives that value."""
        return where in self.lines


def trail(where: Trail) -> str:
    """``services.vote.ports[0]``."""
    path = ""
    for part in where:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


class _Refused(yaml.MarkedYAMLError):
    """Valid YAML that is not taken; the problem is told in French."""


class _Loader(yaml.SafeLoader):
    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is not yaml.ScalarNode or not implicit[0]:
            return str(super().resolve(kind, value, (False, True)))  # type: ignore[no-untyped-call]
        if value == "<<":
            return f"{TAG}merge"
        plain = _plain(value)
        return TAG + {bool: "bool", int: "int", float: "float", type(None): "null"}.get(type(plain), "str")


def _plain(text: str) -> Any:
    """What a text without quotes stands for."""
    if text in NULLS:
        return None
    if text.lower() in BOOLEANS and text in (text.lower(), text.capitalize(), text.upper()):
        return BOOLEANS[text.lower()]
    if text in SPECIALS:
        return SPECIALS[text]
    digits = text.replace("_", "")
    if not text[0].isdecimal() and text[0] not in "+-.":
        return text
    if WHOLE.fullmatch(digits):
        sign = -1 if digits[0] == "-" else 1
        body = digits.lstrip("+-")
        number = sign * int(f"0o{body[1:]}" if re.fullmatch(r"0[0-7]+", body) else body, 0)
        if -(LARGEST // 2) <= number < LARGEST:
            return number
    if DECIMAL.fullmatch(digits):
        decimal = float(digits)
        return text if decimal in (float("inf"), float("-inf")) else decimal
    return text


class _Unfolding:
    """Turns the graph of nodes into plain data, and keeps the lines."""

    def __init__(self) -> None:
        self.lines: dict[Trail, int] = {}
        self.values = 0
        self.above: list[yaml.Node] = []

    def unfold(self, node: yaml.Node, where: Trail) -> Any:
        self.values += 1
        if self.values > MOST_VALUES:
            raise _Refused(None, None, f"plus de {MOST_VALUES} valeurs une fois les alias remplacés", node.start_mark)
        self.lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if node in self.above:
            raise _Refused(None, None, "un alias qui se contient lui-même", node.start_mark)
        self.above.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return {
                    key: self._keyed(key, key_node, value_node, where)
                    for key, key_node, value_node in self._pairs(node)
                }
            return [self.unfold(item, (*where, index)) for index, item in enumerate(node.value)]
        finally:
            self.above.pop()

    def _keyed(self, key: str, key_node: yaml.Node, value_node: yaml.Node, where: Trail) -> Any:
        # The line of the key, not of what it leads to: that is where one looks.
        self.lines[(*where, key)] = key_node.start_mark.line + 1
        return self.unfold(value_node, (*where, key))

    def _pairs(self, node: yaml.MappingNode) -> list[tuple[str, yaml.Node, yaml.Node]]:
        own: dict[str, tuple[str, yaml.Node, yaml.Node]] = {}
        merged: dict[str, tuple[str, yaml.Node, yaml.Node]] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{TAG}merge":
                for pair in self._merged(value_node):
                    merged.setdefault(pair[0], pair)
                continue
            key = _key(key_node)
            if key in own:
                first = own[key][1].start_mark.line + 1
                raise _Refused(None, None, f"la clé « {key} » est déjà donnée à la ligne {first}", key_node.start_mark)
            own[key] = (key, key_node, value_node)
        return list((merged | own).values())

    def _merged(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise _Refused(None, None, "« << » ne fusionne que des clés (`<<: *nom`)", source.start_mark)
            if source in self.above:
                raise _Refused(None, None, "un alias qui se contient lui-même", source.start_mark)
            self.above.append(source)
            yield from self._pairs(source)
            self.above.pop()


def _scalar(node: yaml.ScalarNode) -> Any:
    kind = node.tag.removeprefix(TAG)
    if kind in ("str", "timestamp", "value", "merge"):
        return node.value
    value = _plain(node.value)
    expected = {"bool": bool, "int": int, "float": float, "null": type(None)}.get(kind)
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if expected is None or not isinstance(value, expected):
        raise _Refused(None, None, f"une valeur que l'étiquette « {node.tag} » n'admet pas", node.start_mark)
    return value


def _key(node: yaml.Node) -> str:
    key = _scalar(node) if isinstance(node, yaml.ScalarNode) else None
    if isinstance(key, str):
        return key
    if isinstance(node, yaml.ScalarNode):
        raise _Refused(None, None, f'la clé {node.value} n\'est pas un texte : écrivez "{node.value}"', node.start_mark)
    raise _Refused(None, None, "une clé qui n'est pas un texte", node.start_mark)


def read_document(path: Path) -> Document:
    """Read one file.

    Raises
    ------
    StackFileError
        No file, not a file, too large, not UTF-8, not YAML, empty; a key twice; a key that is not a text.
    """
    file = str(path)

    def refused(message: str, line: int = 0) -> StackFileError:
        return StackFileError([StackProblem(file, line, "", message)])

    text = _text(path, refused)
    try:
        node = _Loader(text).get_single_node()
        if node is None:
            raise refused("le fichier est vide")
        if not isinstance(node, yaml.MappingNode):
            raise refused(
                "un fichier de pile commence par des clés (`version:`, `services:`…)", node.start_mark.line + 1
            )
        unfolding = _Unfolding()
        data = unfolding.unfold(node, ())
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        line = mark.line + 1 if mark else 0
        raise refused(_reason(err), line) from err
    except yaml.reader.ReaderError as err:
        line = text.count("\n", 0, err.position) + 1
        raise refused(f"un caractère que YAML n'admet pas (U+{ord(text[err.position]):04X})", line) from err
    except RecursionError as err:
        raise refused("des listes ou des clés trop imbriquées") from err
    return Document(file, data, unfolding.lines)


def _text(path: Path, refused: Any) -> str:
    try:
        if not path.is_file():
            raise refused("c'est un dossier, pas un fichier" if path.is_dir() else "ce fichier n'existe pas")
        if path.stat().st_size > MOST_BYTES:
            raise refused(f"le fichier dépasse {MOST_BYTES // 1_000_000} Mo : ce n'est pas un fichier de pile")
        raw = path.read_bytes()
    except OSError as err:
        raise refused(f"ce fichier ne se lit pas : {unread(err)}") from err
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = raw.count(b"\n", 0, err.start) + 1
        raise refused("le fichier n'est pas en UTF-8", line) from err


def _reason(err: yaml.MarkedYAMLError) -> str:
    if isinstance(err, _Refused):
        return str(err.problem)
    if isinstance(err, yaml.composer.ComposerError) and "single document" in (err.context or ""):
        return "plusieurs documents YAML (---) : un fichier de pile n'en a qu'un"
    said = " ".join(part for part in (err.context, err.problem) if part)
    # PyYAML's own words follow: searched for as they are, they lead to many an explanation.
    likely = next((cause for sign, cause in LIKELY.items() if sign in said), "l'écriture est incorrecte")
    return f"ce n'est pas du YAML : {likely} ({said})"
