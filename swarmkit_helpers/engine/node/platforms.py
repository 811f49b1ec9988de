"""Platforms, as clients name them: ``linux/amd64``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..refusal import Refusal

__all__ = ["Platform", "platform"]

_SYSTEMS_TEXT = (
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos"
)
SYSTEMS = frozenset(_SYSTEMS_TEXT.split())
_ARCHITECTURES_TEXT = (
    "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le mips mipsle mips64 mips64le mips64p32 mips64p32le "
    "ppc riscv riscv64 s390 s390x sparc sparc64 wasm"
)
ARCHITECTURES = frozenset(_ARCHITECTURES_TEXT.split())
ALIASES = {
    "i386": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
COMPONENT = r"^[A-Za-z0-9_-]+$"


@dataclass(frozen=True, slots=True)
class Platform:
    """What a program is made for."""

    system: str = "linux"
    architecture: str = "amd64"
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.system, self.architecture, self.variant)))

    def runs(self, image: Platform) -> bool:
        """Whether an image of another platform runs on it; the variants of amd64 all do."""
        return (self.system, self.architecture) == (image.system, image.architecture)


def platform(text: str) -> Platform:
    """Read a platform: system, architecture, or both, and a variant.

    Raises
    ------
    Refusal
        400.
    """
    if "*" in text:
        raise _bad(f'"{text}": wildcards not yet supported')
    parts = text.split("/")
    for part in parts:
        if not re.fullmatch(COMPONENT, part):
            rule = f'platform specifier component must match "{COMPONENT}"'
            raise _bad(f'"{part}" is an invalid component of "{text}": {rule}')
    if len(parts) == 1:
        return _alone(text)
    if len(parts) > 3:
        raise _bad(f'"{text}": cannot parse platform specifier')
    if len(parts) == 2:
        return Platform(_system(parts[0]), *_shortest(*_architecture(parts[1], "")))
    architecture, variant = _architecture(parts[1], parts[2])
    return Platform(_system(parts[0]), architecture, variant or ("v8" if architecture == "arm64" else ""))


def _alone(text: str) -> Platform:
    if (system := _system(text)) in SYSTEMS:
        return Platform(system)
    architecture, variant = _shortest(*_architecture(text, ""))
    if architecture not in ARCHITECTURES:
        raise _bad(f'"{text}": unknown operating system or architecture')
    return Platform("linux", architecture, variant)


def _system(text: str) -> str:
    return {"macos": "darwin"}.get(text.lower(), text.lower())


def _architecture(text: str, variant: str) -> tuple[str, str]:
    name, own = ALIASES.get(text.lower(), (text.lower(), ""))
    variant = own or variant.lower()
    if name == "arm64" and variant in ("8", "v8"):
        variant = ""
    if name == "arm":
        variant = {"": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8"}.get(variant, variant)
    return name, variant


def _shortest(architecture: str, variant: str) -> tuple[str, str]:
    """Without the variant that goes without saying."""
    return architecture, "" if (architecture, variant) == ("arm", "v7") else variant


def _bad(what: str) -> Refusal:
    return Refusal(400, f"{what}: invalid argument")
