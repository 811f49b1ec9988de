"""``read``: a line of the input, in variables."""

from __future__ import annotations

from ..interpreter import Interpreter

__all__ = ["read"]


async def read(shell: Interpreter, words: list[str]) -> int:
    """Read a line of the input."""
    names = words[1:]
    raw = False
    while names and names[0].startswith("-") and len(names[0]) > 1:
        option = names.pop(0)
        raw = raw or "r" in option
        if "p" in option and names:
            shell.descriptors[2].write(names.pop(0).encode())
        elif "t" in option and names:
            names.pop(0)
    source = shell.descriptors.get(0)
    reader = source.reader if source else None
    line = b""
    while reader is not None:
        part = await reader.readline()
        line += part
        if raw or not line.endswith(b"\\\n"):
            break
        line = line[:-2]
    whole = line.endswith(b"\n")
    text = line.removesuffix(b"\n").decode("utf-8", "surrogateescape").replace("\0", "")
    for name, value in _fields(shell, text, names or ["REPLY"], raw=raw):
        shell.assign(name, value)
    return 0 if whole else 1


def _fields(shell: Interpreter, text: str, names: list[str], *, raw: bool) -> list[tuple[str, str]]:
    found = shell.value("IFS")
    separators = " \t\n" if found is None else found
    blanks = "".join(char for char in separators if char in " \t\n")
    pairs: list[tuple[str, bool]] = []
    place = 0
    while place < len(text):
        escaped = not raw and text[place] == "\\" and place + 1 < len(text)
        place += escaped
        pairs.append((text[place], escaped))
        place += 1

    def is_in(pair: tuple[str, bool], what: str) -> bool:
        return pair[0] in what and not pair[1]

    def skip() -> None:
        while pairs and is_in(pairs[0], blanks):
            pairs.pop(0)

    values = []
    skip()
    for _ in names[:-1]:
        value = ""
        while pairs and not is_in(pairs[0], separators):
            value += pairs.pop(0)[0]
        skip()
        if pairs and is_in(pairs[0], separators):
            pairs.pop(0)
            skip()
        values.append(value)
    while pairs and is_in(pairs[-1], blanks):
        pairs.pop()
    others = [pair for pair in pairs if is_in(pair, separators) and pair[0] not in blanks]
    if len(others) == 1 and pairs and pairs[-1] is others[0]:
        pairs.pop()
        while pairs and is_in(pairs[-1], blanks):
            pairs.pop()
    values.append("".join(char for char, _ in pairs))
    return list(zip(names, values, strict=True))
