"""Filters of lists, in both forms that clients send."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from ..refusal import Refusal
from .golang import BadJson, parse
from .shapes import BOOL, Map, Place, Slice, Text

__all__ = ["Filters"]

MAPS = Map(Map(BOOL, "map[string]bool"), "map[string]map[string]bool")
LISTS = Map(Slice(Text(), "[]string"), "map[string][]string")


class Filters:
    """``{"label": {"a=b": true}}``, or, from older clients, ``{"label": ["a=b"]}``."""

    def __init__(self, given: Mapping[str, list[str]]) -> None:
        self.given = dict(given)

    @classmethod
    def read(cls, text: str, status: int = 500, what: str = "") -> Filters:
        """Read the ``filters`` of a query.

        Parameters
        ----------
        status, what
            Of the refusal, and what its message begins with: routes differ.

        Raises
        ------
        Refusal
            It is neither form.
        """
        if not text:
            return cls({})
        try:
            value = parse(text.encode(errors="replace"), whole=True)
            try:
                read = {} if value is None else MAPS.read(value, Place())
            except BadJson as first:
                try:
                    read = LISTS.read(value, Place())
                except BadJson:
                    raise first from None
        except BadJson as bad:
            raise Refusal(status, f"{what}{bad}") from None
        assert isinstance(read, dict)
        return cls({key: list(values) for key, values in read.items()})

    def __contains__(self, key: str) -> bool:
        return key in self.given

    def get(self, key: str) -> list[str]:
        """All values of a filter."""
        return self.given.get(key, [])

    def only(self, *known: str) -> Filters:
        """Refuse the filters that are not among those.

        Raises
        ------
        Refusal
            400, « Invalid filter 'x' ».
        """
        for key in self.given:
            if key not in known:
                raise Refusal(400, f"Invalid filter '{key}'")
        return self

    def exact(self, key: str, value: str) -> bool:
        """Whether the filter is not there, or is that value."""
        return not self.get(key) or value in self.get(key)

    def fuzzy(self, key: str, value: str) -> bool:
        """Whether the filter is not there, or is how that value begins."""
        return not self.get(key) or any(value.startswith(one) for one in self.get(key))

    def match(self, key: str, value: str) -> bool:
        """Whether the filter is not there, or is found in that value; the engine takes it for a regular expression."""
        if not self.get(key):
            return True
        for one in self.get(key):
            if value == one:
                return True
            try:
                if re.search(one, value):
                    return True
            except re.error:
                continue
        return False

    def labels(self, labels: Mapping[str, str] | None, key: str = "label") -> bool:
        """Whether all the labels asked for are there, with their values."""
        return all(self._label(one, labels or {}) for one in self.get(key))

    def no_labels(self, labels: Mapping[str, str] | None) -> bool:
        """Whether none of the labels under ``label!`` is there."""
        return not any(self._label(one, labels or {}) for one in self.get("label!"))

    @staticmethod
    def _label(asked: str, labels: Mapping[str, str]) -> bool:
        name, equals, value = asked.partition("=")
        return name in labels and (not equals or labels[name] == value)

    def boolean(self, key: str, message: Callable[[str], str] | None = None) -> bool | None:
        """What a filter of true or false says; None where it is not there.

        Raises
        ------
        Refusal
            400: it is neither.
        """
        found: set[bool] = set()
        for one in self.get(key):
            if one in ("1", "true"):
                found.add(True)
            elif one in ("0", "false"):
                found.add(False)
            else:
                text = f"Invalid filter '{key}=[{' '.join(self.get(key))}]'" if message is None else message(one)
                raise Refusal(400, text)
        return found.pop() if len(found) == 1 else None

    def values(self, key: str, known: Iterable[str], refusal: Callable[[str], Refusal]) -> None:
        """Refuse a value that is not among those."""
        allowed = set(known)
        for one in self.get(key):
            if one not in allowed:
                raise refusal(one)
