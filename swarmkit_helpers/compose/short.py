"""The short ways in which a stack file writes things: durations, sizes, shares of a CPU, ports, mounts, commands.

Each function takes one value of the file and returns plain data in the long form, or raises `ValueError` with a French
message that says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address
from typing import Any

__all__ = [
    "capabilities",
    "cpus",
    "duration",
    "number",
    "ports",
    "size",
    "text_of",
    "unknown_options",
    "volume",
    "words",
]

NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5
    "μs": 1_000,  # U+03BC
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
LARGEST = 2**63 - 1
PART = re.compile(rf"(\d+\.?\d*|\.\d+)({'|'.join(NANOSECONDS)})", re.ASCII)
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(?:([kmgtp])i?b?|b)?", re.IGNORECASE | re.ASCII)
CPUS = re.compile(r"(?:\d+/\d+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?)", re.IGNORECASE | re.ASCII)
PROTOCOLS = ("tcp", "udp", "sctp")
PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")


def duration(value: str) -> int:
    """Nanoseconds of ``1m30s``.

    Units are ``ns``, ``us``, ``ms``, ``s``, ``m`` and ``h``; they add up, and may have a fraction. ``0`` needs none.
    """
    body = value[1:] if value[:1] in ("-", "+") else value
    parts = PART.findall(body)
    if body != "0" and (not parts or "".join(amount + unit for amount, unit in parts) != body):
        raise ValueError(f"« {value} » n'est pas une durée ; écrivez par exemple 10s, 1m30s ou 500ms")
    # Each part is cut to whole nanoseconds, then they are added.
    total = sum(int(Fraction(amount.rstrip(".")) * NANOSECONDS[unit]) for amount, unit in parts)
    if total > LARGEST:
        raise ValueError(f"la durée « {value} » dépasse 292 ans")
    return -total if value.startswith("-") else total


def size(value: str) -> int:
    """Bytes of ``50M``: units are powers of 1024, in upper or lower case, as ``m``, ``mb`` or ``MiB``."""
    found = SIZE.fullmatch(value)
    if found is None:
        raise ValueError(f"« {value} » n'est pas une taille ; écrivez par exemple 64M, 512k ou 1g")
    power = "kmgtp".index(found[2].lower()) + 1 if found[2] else 0
    return int(float(found[1]) * 1024**power)


def cpus(value: str) -> int:
    """Billionths of a CPU of ``0.5`` or ``1/2``."""
    try:
        nano = Fraction(value) * 1_000_000_000 if CPUS.fullmatch(value) else None
    except ZeroDivisionError:
        nano = None
    if nano is None:
        raise ValueError(f'« {value} » n\'est pas un nombre de processeurs ; écrivez par exemple "0.5"')
    if nano.denominator != 1:
        raise ValueError(f"« {value} » est trop précis : un milliardième de processeur au plus fin")
    return int(nano)


def number(value: float) -> str:
    """How the docker CLI writes a number that stands for a text: ``1.50`` is ``1.5``, ``1000000.0`` is ``1e+06``."""
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("un texte ou un nombre est attendu, pas l'infini")
    written = Decimal(repr(value)).normalize()
    sign, figures, exponent = written.as_tuple()
    power = len(figures) + int(exponent) - 1
    if -4 <= power < 6:
        return f"{written:f}"
    first, rest = str(figures[0]), "".join(map(str, figures[1:]))
    return f"{'-' if sign else ''}{first}{'.' if rest else ''}{rest}e{power:+03d}"


def text_of(value: Any) -> str:
    """The text that a label or a variable takes: a text stays, a number is written, nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        raise ValueError(
            f"un texte, un nombre ou rien est attendu, pas le booléen {str(value).lower()} : mettez-le entre guillemets"
        )
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return number(value)
    raise ValueError("un texte, un nombre ou rien est attendu, pas une liste ni des clés")


def words(line: str) -> list[str]:
    """The arguments of a command line: quotes and backslashes as in a shell, no variables; ``#`` begins a comment."""
    found: list[str] = []
    word: str | None = None
    quote = ""
    letters = iter(line)
    for letter in letters:
        if quote:
            if letter == quote:
                quote = ""
            elif letter == "\\" and quote == '"':
                word = (word or "") + _next(letters, line)
            else:
                word = (word or "") + letter
        elif letter in " \t\r\n":
            if word is not None:
                found.append(word)
            word = None
        elif letter in "'\"":
            quote, word = letter, word or ""
        elif letter == "\\":
            word = (word or "") + _next(letters, line)
        elif letter == "#" and word is None:
            for rest in letters:
                if rest == "\n":
                    break
        else:
            word = (word or "") + letter
    if quote:
        raise ValueError(f"un guillemet {quote} n'est pas refermé dans « {line.strip()} »")
    return found if word is None else [*found, word]


def _next(letters: Iterator[str], line: str) -> str:
    for letter in letters:
        return letter
    raise ValueError(f"« {line.strip()} » finit par une barre oblique inverse")


def ports(value: str) -> list[dict[str, Any]]:
    """The ports of ``5000:80``, ``8080``, ``9000-9002:80-82/udp`` or ``127.0.0.1:5000:80``, in the long form.

    The address is not kept: the swarm publishes on all of a node's.
    """
    text, slash, protocol = value.partition("/")
    protocol = protocol.lower() if slash else "tcp"
    *others, target = text.rsplit(":", 2)
    published = others.pop() if others else ""
    address = others.pop() if others else ""
    if address:
        try:
            ip_address(address.removeprefix("[").removesuffix("]"))
        except ValueError as err:
            raise ValueError(f"« {address} » n'est pas une adresse IP, dans le port « {value} »") from err
    if protocol not in PROTOCOLS:
        raise ValueError(f"« {protocol} » n'est pas un protocole de port ; choisissez parmi tcp, udp, sctp")
    inside = _span(target, value)
    outside = _span(published, value) if published else []
    if outside and len(outside) != len(inside):
        if len(inside) != 1:
            raise ValueError(f"les deux intervalles de « {value} » n'ont pas la même longueur")
        inside = inside * len(outside)
    pairs = zip(inside, outside or [0] * len(inside), strict=True)
    return [{"target": t, "published": p, "protocol": protocol, "mode": "ingress"} for t, p in pairs]


def _span(text: str, value: str) -> list[int]:
    ends = text.split("-")
    if len(ends) > 2 or not all(re.fullmatch(r"\d{1,5}", end, re.ASCII) and int(end) <= 65535 for end in ends):
        raise ValueError(f"« {text} » n'est pas un port (0 à 65535) ni un intervalle, dans « {value} »")
    first, last = int(ends[0]), int(ends[-1])
    if last < first:
        raise ValueError(f"l'intervalle « {text} » est à l'envers, dans « {value} »")
    return list(range(first, last + 1))


def volume(value: str) -> dict[str, Any]:
    """The mount of ``db-data:/var/lib/data:ro``, ``./here:/there`` or ``/anonymous``, in the long form."""
    fields = _fields(value)
    if len(fields) == 1:
        return {"type": "volume", "target": fields[0]}
    if len(fields) > 3:
        raise ValueError(f"« {value} » a trop de « : » pour un volume (source:cible:options)")
    source, target = fields[0], fields[1]
    mount: dict[str, Any] = {"type": "bind" if _is_path(source) else "volume", "source": source, "target": target}
    for option in _options(fields):
        if option in ("ro", "rw"):
            mount["read_only"] = option == "ro"
        elif option == "nocopy":
            mount["volume"] = {"nocopy": True}
        elif option in PROPAGATIONS:
            mount["bind"] = {"propagation": option}
    return mount


def unknown_options(value: str) -> list[str]:
    """The options of a mount that `volume` passes over, as the docker CLI does: ``zz`` in ``/here:/there:ro,zz``."""
    return [option for option in _options(_fields(value)) if option not in ("ro", "rw", "nocopy", *PROPAGATIONS)]


def _options(fields: list[str]) -> list[str]:
    return fields[2].split(",") if len(fields) == 3 else []


def _fields(value: str) -> list[str]:
    if len(value) < 3:
        if not value:
            raise ValueError("un volume vide")
        return [value]
    fields = [""]
    for letter in value:
        # `C:` begins a path of Windows: a single letter before a colon never stands alone.
        drive = len(fields[-1]) == 1 and fields[-1].isalpha()
        if letter == ":" and not drive:
            fields.append("")
        else:
            fields[-1] += letter
    if "" in fields:
        raise ValueError(f"« {value} » a une partie vide entre deux « : »")
    return fields


def _is_path(source: str) -> bool:
    return source[0] in "./~" or source.startswith("\\\\") or bool(re.match(r"[^\W\d_]:", source))


def capabilities(add: tuple[str, ...], drop: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What is added and what is dropped, as the docker CLI sends it: with prefix, once, sorted; what is added wins."""

    def effective(names: tuple[str, ...]) -> set[str]:
        upper = {name.strip().upper() for name in names} - {"RESET"}
        full = {name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}" for name in upper}
        return {"ALL"} if "ALL" in full else full

    added = effective(add)
    return sorted(added), sorted(effective(drop) - added)
