"""The names of images: as they are written, and as an engine lists them."""

from __future__ import annotations

import pytest

from swarmkit_helpers.references import has_digest, listed_as, tagged

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("alpine", "alpine:latest"),
        ("library/alpine", "alpine:latest"),
        ("docker.io/library/alpine:3", "alpine:3"),
        ("index.docker.io/library/alpine", "alpine:latest"),
        ("docker.io/dockersamples/visualizer:stable", "dockersamples/visualizer:stable"),
        ("dockersamples/visualizer", "dockersamples/visualizer:latest"),
        ("docker.io/library/cours/alpine", "library/cours/alpine:latest"),
        ("127.0.0.1:5000/cours/bonjour", "127.0.0.1:5000/cours/bonjour:latest"),
        ("registre.test/library/alpine", "registre.test/library/alpine:latest"),
        (f"alpine@{DIGEST}", f"alpine@{DIGEST}"),
        (f"alpine:3@{DIGEST}", f"alpine:3@{DIGEST}"),
        (f"index.docker.io/library/alpine@{DIGEST}", f"alpine@{DIGEST}"),
    ],
)
def test_an_image_has_its_short_name_and_its_tag(written: str, expected: str) -> None:
    assert tagged(written) == expected
    assert tagged(expected) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("alpine", "alpine:latest"),
        (f"alpine:3@{DIGEST}", f"alpine@{DIGEST}"),
        (f"docker.io/library/alpine@{DIGEST}", f"alpine@{DIGEST}"),
        (f"127.0.0.1:5000/cours/bonjour:1@{DIGEST}", f"127.0.0.1:5000/cours/bonjour@{DIGEST}"),
        (f"127.0.0.1:5000/bonjour@{DIGEST}", f"127.0.0.1:5000/bonjour@{DIGEST}"),
    ],
)
def test_an_engine_forgets_the_tag_where_there_is_a_digest(written: str, expected: str) -> None:
    assert listed_as(written) == expected
    assert has_digest(expected) == written.endswith(DIGEST)
