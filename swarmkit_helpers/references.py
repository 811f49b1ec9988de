"""How an image is named: as somebody writes it, and as an engine lists it.

The source is the engine's own package ``reference``: it leaves out the default registry, supplies the tag ``latest``,
and forgets a tag where there is a digest.
"""

from __future__ import annotations

import re

__all__ = ["has_digest", "listed_as", "tagged"]

DEFAULT_REGISTRY = re.compile(r"^(?:(?:index\.)?docker\.io/)?(?:library/(?=[^/]+$))?")
TAG_BEFORE_DIGEST = re.compile(r":[^:/@]+(?=@)")


def has_digest(reference: str) -> bool:
    """Whether a reference names one content for ever: ``alpine@sha256:...``."""
    return "@" in reference


def tagged(reference: str) -> str:
    """The short name of an image, with its tag or its digest: ``docker.io/library/alpine`` gives ``alpine:latest``."""
    short = DEFAULT_REGISTRY.sub("", reference)
    return short if ":" in short.rsplit("/", 1)[-1] or has_digest(short) else f"{short}:latest"


def listed_as(reference: str) -> str:
    """The name of an image in an engine's list: ``alpine:3@sha256:...`` is ``alpine@sha256:...`` there."""
    return TAG_BEFORE_DIGEST.sub("", tagged(reference))
