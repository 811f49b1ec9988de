"""The French rule of the project: a no-break space before : ; ? ! and inside « », in prose."""

from __future__ import annotations

import html
import re

NBSP = "\N{NO-BREAK SPACE}"
NOT_PROSE = (
    re.compile(r"^(```|~~~).*?^\1", re.S | re.M),  # fences
    re.compile(r"(`+).+?\1", re.S),  # code spans
    re.compile(r"<!--.*?-->", re.S),
    re.compile(r"<[^<>]+>"),  # tags and <addresses>
    re.compile(r"^\|[-:| ]+\|?$", re.M),  # the line under a table's heading
    re.compile(r"\]\([^)]*\)"),  # targets of links
    re.compile(r"\b\w+://\S+"),
    re.compile(r"\$[^$]+\$"),  # formulas
)
RULES = (
    (re.compile(rf"[^{NBSP}?!][:;?!](?=[\s*_)»]|$)"), "no no-break space before it"),
    (re.compile(rf"[^{NBSP}]»"), "no no-break space before it"),
    (re.compile(rf"«(?!{NBSP})"), "no no-break space after it"),
)


def faults(markdown: str) -> list[str]:
    """Where a text breaks the rule: what stands there, and why."""
    text = markdown
    for pattern in NOT_PROSE:
        # An x stands for what is cut, so that what follows it is judged.
        text = pattern.sub("x", text)
    text = html.unescape(text)
    return [
        f"{text[max(0, found.start() - 15) : found.end() + 5]!r}: {why}"
        for pattern, why in RULES
        for found in pattern.finditer(text)
    ]
