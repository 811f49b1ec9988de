"""Names of images, as the engine reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..refusal import Refusal

__all__ = ["Reference", "is_id", "parsed"]

PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
DOMAIN = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.[a-zA-Z0-9-]+)*(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{DOMAIN})/)?(?P<path>{PART}(?:/{PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{1,64}")
LONGEST = 255
DIGEST_LENGTH = 64
HUB = "docker.io"


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of an image."""

    domain: str
    """``docker.io`` where none is named."""
    path: str
    """``library/alpine``."""
    tag: str = ""
    digest: str = ""

    @property
    def repository(self) -> str:
        """Its repository, as the engine shows it: ``alpine``."""
        if self.domain != HUB:
            return f"{self.domain}/{self.path}"
        return self.path.removeprefix("library/") if self.path.count("/") == 1 else self.path

    @property
    def familiar(self) -> str:
        """The whole name, as the engine shows it: ``alpine:latest``."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}{'@' if self.digest else ''}{self.digest}"


def parsed(text: str, *, status: int = 400) -> Reference:
    """Read a name; the tag is ``latest`` where there is neither tag nor digest.

    Parameters
    ----------
    status
        Of the refusal: routes differ.

    Raises
    ------
    Refusal
    """
    if len(text) == DIGEST_LENGTH and re.fullmatch(r"[0-9a-f]+", text):
        message = f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
        raise Refusal(status, message)
    domain, slash, rest = text.partition("/")
    if not slash or not (any(sign in domain for sign in ".:") or domain == "localhost" or domain.lower() != domain):
        domain, rest = HUB, text
    remote = rest.partition("@")[0].rpartition(":")[0] if ":" in rest.rpartition("/")[2] else rest.partition("@")[0]
    if remote.lower() != remote:
        raise Refusal(status, "invalid reference format: repository name must be lowercase")
    found = _REFERENCE.fullmatch(f"{domain}/{rest}")
    if found is None or len(remote) > LONGEST:
        raise Refusal(status, "invalid reference format")
    domain = HUB if domain == "index.docker.io" else domain
    path = f"library/{found['path']}" if domain == HUB and "/" not in found["path"] else found["path"]
    tag, digest = found["tag"] or "", found["digest"] or ""
    return Reference(domain, path, tag or ("" if digest else "latest"), digest)


def is_id(text: str) -> bool:
    """Whether it can be an image's id, or the beginning of one."""
    return _ID.fullmatch(text) is not None
