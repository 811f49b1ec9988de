"""``echo`` and ``printf``."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["echoed", "printed"]

ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
SPEC = re.compile(r"%([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?([hlLjzt]*)([a-zA-Z]?)")
OCTAL = {True: re.compile(r"0[0-7]{0,3}|[1-7][0-7]{0,2}"), False: re.compile(r"[0-7]{1,3}")}
DASH_OCTAL = re.compile(r"0[0-7]{0,3}")
STOP = "\ufffe"
"""Stands for ``\\c``: nothing more is written."""


def _byte(value: int) -> str:
    return bytes([value & 255]).decode("latin-1" if value < 128 else "utf-8", "surrogateescape")


def _unescaped(text: str, *, zero: bool, dash: bool = False) -> str:
    """Text with its escapes read; `zero`: an octal number may begin with 0, as in echo and ``%b``."""
    said, place = "", 0
    octals = DASH_OCTAL if zero and dash else OCTAL[zero]
    while place < len(text):
        char = text[place]
        place += 1
        if char != "\\" or place >= len(text):
            said += char
            continue
        letter = text[place]
        octal = octals.match(text, place)
        hexadecimal = re.compile(r"x([0-9a-fA-F]{1,2})").match(text, place)
        if octal:
            said += _byte(int(octal[0], 8))
            place = octal.end()
        elif hexadecimal and not dash:
            said += _byte(int(hexadecimal[1], 16))
            place = hexadecimal.end()
        elif letter == "c" and (zero or not dash):
            return said + STOP
        elif letter in ESCAPES and not (letter == "e" and dash):
            said += ESCAPES[letter]
            place += 1
        else:
            said += "\\" + letter
            place += 1
    return said


def echoed(words: Sequence[str], *, always: bool) -> str:
    """What echo writes.

    Parameters
    ----------
    always
        Escapes are read without ``-e``, as dash does.
    """
    rest, newline, escapes = list(words), True, always
    accepted = r"-n" if always else r"-[neE]+"
    while rest and re.fullmatch(accepted, rest[0]):
        option = rest.pop(0)
        newline = newline and "n" not in option
        escapes = always or ("e" in option or (escapes and "E" not in option))
    said = " ".join(rest)
    if escapes:
        said = _unescaped(said, zero=True, dash=always)
        if STOP in said:
            return said.partition(STOP)[0]
    return said + ("\n" if newline else "")


def printed(template: str, arguments: Sequence[str], *, dash: bool = False) -> tuple[str, list[str]]:
    """What printf writes, and its complaints."""
    run = _Printing(list(arguments), dash=dash)
    while True:
        before = len(run.rest)
        if not run.once(template) or not run.rest or len(run.rest) == before:
            return "".join(run.said), run.faults


class _Printing:
    """One run of printf."""

    def __init__(self, rest: list[str], *, dash: bool) -> None:
        self.rest, self.dash = rest, dash
        self.said: list[str] = []
        self.faults: list[str] = []

    def once(self, template: str) -> bool:
        """Use the template once; False when all must end."""
        place = 0
        while place < len(template):
            percent = template.find("%", place)
            end = len(template) if percent < 0 else percent
            text = _unescaped(template[place:end], zero=False, dash=self.dash)
            self.said.append(text.partition(STOP)[0])
            if STOP in text:
                return False
            if percent < 0:
                return True
            if template.startswith("%%", percent):
                self.said.append("%")
                place = percent + 2
                continue
            found = SPEC.match(template, percent)
            assert found is not None
            place = found.end()
            if not self._converted(template[percent:], found):
                return False
        return True

    def _converted(self, rest: str, found: re.Match[str]) -> bool:
        flags, width, precision, _, kind = found.groups()
        width = (self.rest.pop(0) if self.rest else "0") if width == "*" else width
        precision = (self.rest.pop(0) if self.rest else "0") if precision == "*" else precision
        if not kind or kind not in "diouxXeEfFgGsbc":
            self.faults.append(
                f"%{kind}: invalid directive" if self.dash else f"{_without_length(rest)}: invalid format"
            )
            return False
        argument = self.rest.pop(0) if self.rest else None
        text = self._text(kind, flags, precision, argument)
        self.said.append(_padded(text.partition(STOP)[0], flags, width, numeric=kind in "diouxXeEfFgG"))
        return STOP not in text

    def _text(self, kind: str, flags: str, precision: str | None, argument: str | None) -> str:
        cut = int(precision or 0) if precision is not None else None
        if kind == "s":
            return (argument or "")[:cut]
        if kind == "b":
            return _unescaped(argument or "", zero=True, dash=self.dash)[:cut]
        if kind == "c":
            return (argument or ("" if self.dash else "\0"))[:1]
        if kind in "diouxX":
            return self._whole_number(kind, flags, cut, argument)
        try:
            number = float(argument or 0)
        except ValueError:
            self.faults.append(f"invalid number '{argument}'")
            number = 0.0
        return f"{number:{'+' if '+' in flags else ''}.{6 if cut is None else cut}{kind}}"

    def _whole_number(self, kind: str, flags: str, cut: int | None, argument: str | None) -> str:
        value = self._integer(argument)
        if kind in "di":
            digits = str(abs(value))
            sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
        else:
            value %= 1 << 64
            digits = format(value, {"o": "o", "u": "d", "x": "x", "X": "X"}[kind])
            sign = {"x": "0x", "X": "0X", "o": "0"}.get(kind, "") if "#" in flags and value else ""
        return sign + digits.zfill(cut or 0)

    def _integer(self, argument: str | None) -> int:
        if argument is None or (not argument and self.dash):
            if argument is None and not self.dash:
                self.faults.append("invalid number ''")
            return 0
        if argument[:1] in ("'", '"') and argument:
            return argument[1:2].encode("utf-8", "surrogateescape")[0] if argument[1:] else 0
        found = re.match(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)", argument)
        whole = found is not None and found.end() == len(argument)
        value = 0
        if found:
            digits = found[2]
            octal = digits[0] == "0" and digits.isdigit() and not set("89") & set(digits)
            value = int(digits, 16 if digits[:2].lower() == "0x" else 8 if octal else 10)
            value = -value if found[1] == "-" else value
            whole = whole and -(1 << 63) <= value < 1 << 64
        if not whole:
            self.faults.append(f"invalid number '{argument}'")
            return value if self.dash else 0
        return value


def _without_length(directive: str) -> str:
    """A directive, as ash says it: it has taken the length of its number out."""
    return re.sub(r"^(%[-+ 0#]*[\d*]*(?:\.[\d*]*)?)[hlLjzt]+", r"\1", directive)


def _padded(text: str, flags: str, width: str, *, numeric: bool) -> str:
    if not width or not width.lstrip("-").isdigit():
        return text
    wide = int(width)
    if "-" in flags or wide < 0:
        return text.ljust(abs(wide))
    if "0" in flags and numeric:
        return text.zfill(wide)
    return text.rjust(wide)
