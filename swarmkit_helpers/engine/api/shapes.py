"""Types that the engine reads JSON into: what they take, under which keys, and what it says of the rest.

A key is found whatever its case, as the engine does, and a key that it does not know is dropped, as it does. What a
shape gives has the keys as the engine writes them; ``null`` is the same as no key.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..kinds import Json
from .golang import BadJson, Real

__all__ = [
    "BOOL", "BYTES", "FLOAT", "STRING", "STRINGS", "STRING_MAP", "WORDS", "Anything", "Bool", "Bytes", "Float", "Int",
    "Map", "Place", "Shape", "Slice", "Struct", "Text", "Words", "read",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body: the innermost struct, and the path from the outermost."""

    struct: str = ""
    path: tuple[str, ...] = ()

    def wrong(self, seen: str, wanted: str) -> BadJson:
        """What the engine says of a value of another type."""
        where = f"struct field {self.struct}.{'.'.join(self.path)}" if self.struct else "value"
        return BadJson(f"json: cannot unmarshal {seen} into Go {where} of type {wanted}")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _clean(text: str) -> str:
    """A half of a surrogate pair alone is no character."""
    return text if text.isascii() else text.encode(errors="surrogatepass").decode(errors="replace")


class Shape:
    """A type."""

    name: str

    def read(self, value: object, place: Place) -> object:
        """Take a value, which is not None."""
        raise NotImplementedError

    def zero(self) -> object:
        """What stands for ``null`` in an array or a map."""
        return None


@dataclass(frozen=True)
class Text(Shape):
    """A string, or a type made of one."""

    name: str = "string"

    def read(self, value: object, place: Place) -> object:
        """Take a string only."""
        if not isinstance(value, str):
            raise place.wrong(_kind(value), self.name)
        return _clean(value)

    def zero(self) -> object:
        """An empty string."""
        return ""


@dataclass(frozen=True)
class Bool(Shape):
    """True or false."""

    name: str = "bool"

    def read(self, value: object, place: Place) -> object:
        """Take a boolean only."""
        if not isinstance(value, bool):
            raise place.wrong(_kind(value), self.name)
        return value

    def zero(self) -> object:
        """False."""
        return False


@dataclass(frozen=True)
class Int(Shape):
    """An integer of so many bits."""

    name: str = "int64"
    bits: int = 64
    signed: bool = True

    def read(self, value: object, place: Place) -> object:
        """Take a number, within its bounds."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise place.wrong(_kind(value), self.name)
        if isinstance(value, Real):
            raise place.wrong(f"number {value.text}", self.name)
        low, high = (-(2 ** (self.bits - 1)), 2 ** (self.bits - 1)) if self.signed else (0, 2**self.bits)
        if not low <= value < high:
            raise place.wrong(f"number {value}", self.name)
        return value

    def zero(self) -> object:
        """0."""
        return 0


@dataclass(frozen=True)
class Float(Shape):
    """A number."""

    name: str = "float64"

    def read(self, value: object, place: Place) -> object:
        """Take any number that is finite."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise place.wrong(_kind(value), self.name)
        limit = 3.4028234663852886e38 if self.name == "float32" else 1.7976931348623157e308
        if not -limit <= value <= limit:
            raise place.wrong(f"number {value.text if isinstance(value, Real) else value}", self.name)
        return int(value) if float(value).is_integer() else float(value)

    def zero(self) -> object:
        """0."""
        return 0


@dataclass(frozen=True)
class Bytes(Shape):
    """Bytes, in base 64."""

    name: str = "[]uint8"

    def read(self, value: object, place: Place) -> object:
        """Take a string, and leave it as it is."""
        if not isinstance(value, str):
            raise place.wrong(_kind(value), self.name)
        try:
            base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
        except (binascii.Error, ValueError):
            allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
            bad = next((at for at, letter in enumerate(value) if letter not in allowed), len(value) // 4 * 4)
            raise BadJson(f"illegal base64 data at input byte {bad}") from None
        return value


@dataclass(frozen=True)
class Anything(Shape):
    """What the engine does not look into."""

    name: str = "interface {}"

    def read(self, value: object, place: Place) -> object:
        """Take all."""
        return value


@dataclass(frozen=True)
class Slice(Shape):
    """An array."""

    of: Shape
    name: str = ""

    def read(self, value: object, place: Place) -> object:
        """Take an array of the right type."""
        if not isinstance(value, list):
            raise place.wrong(_kind(value), self.name or f"[]{self.of.name}")
        return [self.of.zero() if one is None else self.of.read(one, place) for one in value]


@dataclass(frozen=True)
class Map(Shape):
    """An object whose keys are data."""

    of: Shape
    name: str = ""
    nullable: bool = False
    """Whether a value may be ``null``."""

    def read(self, value: object, place: Place) -> object:
        """Take an object whose values are of the right type."""
        if not isinstance(value, dict):
            raise place.wrong(_kind(value), self.name or f"map[string]{self.of.name}")
        empty = None if self.nullable else self.of.zero()
        return {_clean(key): empty if one is None else self.of.read(one, place) for key, one in value.items()}


@dataclass(frozen=True)
class Words(Shape):
    """A command: an array of strings, or one string."""

    name: str = "strslice.StrSlice"

    def read(self, value: object, place: Place) -> object:
        """Make an array of both."""
        if isinstance(value, list):
            for one in value:
                if one is not None and not isinstance(one, str):
                    raise place.wrong("array", "string")
            return ["" if one is None else _clean(one) for one in value]
        return [STRING.read(value, place)]


@dataclass(frozen=True)
class Struct(Shape):
    """An object whose keys are fixed."""

    name: str
    """With its package: ``swarm.ServiceSpec``."""
    fields: Mapping[str, Shape]
    folded: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", {key.casefold(): key for key in self.fields})

    def read(self, value: object, place: Place) -> object:
        """Take an object, and give the keys that the engine knows."""
        if not isinstance(value, dict):
            raise place.wrong(_kind(value), self.name)
        taken: Json = {}
        struct = self.name.rpartition(".")[2]
        for key, one in value.items():
            known = key if key in self.fields else self.folded.get(key.casefold())
            if known is None or one is None:
                continue
            taken[known] = self.fields[known].read(one, Place(struct, (*place.path, known)))
        return taken

    def zero(self) -> object:
        """An object with nothing set."""
        return {}


STRING, BOOL, BYTES, FLOAT, WORDS = Text(), Bool(), Bytes(), Float(), Words()
STRINGS = Slice(STRING)
STRING_MAP = Map(STRING)


def read(shape: Struct, value: object) -> Json:
    """Take a whole body; ``null`` is one with nothing set.

    Raises
    ------
    BadJson
        A type is wrong.
    """
    if value is None:
        return {}
    taken = shape.read(value, Place())
    assert isinstance(taken, dict)
    return taken
