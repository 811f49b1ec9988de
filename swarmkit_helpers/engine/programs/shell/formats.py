"""``echo`` and ``printf``."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["echoed", "printed"]

ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
SPEC = re.compile(r"%([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?([a-zA-Z%]?)")
STOP = "\ufffe"
"""Stands for ``\\c``: nothing more is written."""


def _byte(value: int) -> str:
    return bytes([value & 255]).decode("utf-8", "surrogateescape")


def _unescaped(text: str, *, zero: bool) -> str:
    """Text with its escapes read; `zero`: an octal number begins with 0, as in echo and ``%b``."""
    said, place = "", 0
    while place < len(text):
        char = text[place]
        place += 1
        if char != "\\" or place >= len(text):
            said += char
            continue
        letter = text[place]
        octal = re.compile(r"0[0-7]{0,3}" if zero else r"[0-7]{1,3}").match(text, place)
        hexadecimal = re.compile(r"x([0-9a-fA-F]{1,2})").match(text, place)
        if octal:
            said += _byte(int(octal[0], 8))
            place = octal.end()
        elif hexadecimal and not zero:
            said += _byte(int(hexadecimal[1], 16))
            place = hexadecimal.end()
        elif letter == "c" and zero:
            return said + STOP
        elif letter in ESCAPES:
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
        said = _unescaped(said, zero=True)
        if STOP in said:
            return said.partition(STOP)[0]
    return said + ("\n" if newline else "")


def printed(template: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """What printf writes, and its complaints."""
    said: list[str] = []
    faults: list[str] = []
    rest = list(arguments)
    while True:
        before = len(rest)
        if not _once(template, rest, said, faults):
            break
        if not rest or len(rest) == before:
            break
    return "".join(said), faults


def _once(template: str, rest: list[str], said: list[str], faults: list[str]) -> bool:
    """Use the template once; False when all must end."""
    place = 0
    while place < len(template):
        percent = template.find("%", place)
        end = len(template) if percent < 0 else percent
        said.append(_unescaped(template[place:end], zero=False))
        if percent < 0:
            return True
        found = SPEC.match(template, percent)
        assert found is not None
        place = found.end()
        flags, width, precision, kind = found.groups()
        if kind == "%":
            said.append("%")
            continue
        width = (rest.pop(0) if rest else "0") if width == "*" else width
        precision = (rest.pop(0) if rest else "0") if precision == "*" else precision
        argument = rest.pop(0) if rest else None
        text = _converted(kind, flags, precision, argument, faults)
        if text is None:
            faults.append(f"%{kind}: invalid directive")
            return False
        ends = STOP in text
        text = text.partition(STOP)[0]
        said.append(_padded(text, flags, width, numeric=kind in "diouxXeEfFgG"))
        if ends:
            return False
    return True


def _converted(kind: str, flags: str, precision: str | None, argument: str | None, faults: list[str]) -> str | None:
    cut = int(precision or 0) if precision is not None else None
    if kind == "s":
        return (argument or "")[:cut]
    if kind == "b":
        return _unescaped(argument or "", zero=True)[:cut]
    if kind == "c":
        return (argument or "")[:1]
    if kind in "diouxX" and kind:
        value = _integer(argument, faults)
        if kind in "di":
            digits = str(abs(value))
            sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
        else:
            value %= 1 << 64
            digits = format(value, {"o": "o", "u": "d", "x": "x", "X": "X"}[kind])
            sign = {"x": "0x", "X": "0X", "o": "0"}.get(kind, "") if "#" in flags and value else ""
        return sign + digits.zfill(cut or 0)
    if kind and kind in "eEfFgG":
        try:
            number = float(argument or 0)
        except ValueError:
            faults.append(f"invalid number '{argument}'")
            number = 0.0
        return f"{number:{'+' if '+' in flags else ''}.{6 if cut is None else cut}{kind}}"
    return None


def _integer(argument: str | None, faults: list[str]) -> int:
    if argument is None or not argument:
        return 0
    if argument[0] in "'\"":
        return ord(argument[1:2] or "\0")
    found = re.match(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)", argument)
    if not found or found.end() != len(argument):
        faults.append(f"invalid number '{argument}'")
    if not found:
        return 0
    digits = found[2]
    base = (
        16
        if digits[:2].lower() == "0x"
        else 8
        if digits[0] == "0" and digits.isdigit() and "8" not in digits and "9" not in digits
        else 10
    )
    value = int(digits, base)
    return -value if found[1] == "-" else value


def _padded(text: str, flags: str, width: str, *, numeric: bool) -> str:
    if not width or not width.lstrip("-").isdigit():
        return text
    wide = int(width)
    if "-" in flags or wide < 0:
        return text.ljust(abs(wide))
    if "0" in flags and numeric:
        return text.zfill(wide)
    return text.rjust(wide)
