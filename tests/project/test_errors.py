"""What errors say to a learner, whatever was typed."""

from __future__ import annotations

import pytest

from swarmkit_helpers import errors


@pytest.mark.parametrize(
    "told",
    [
        errors.TargetRefused("x" * 10_000, "trop long"),
        errors.ObjectNotFound("container", "x" * 10_000),
        errors.NodeUnknown("x" * 10_000, ["manager"]),
        errors.NameRefused("service", "x" * 10_000),
    ],
)
def test_a_name_of_10_000_characters_is_cut_in_what_is_said_of_it(told: errors.SwarmLabError) -> None:
    assert "x" * 40 + "…" in str(told) and len(str(told)) < 400


def test_the_name_of_a_task_is_told_whole() -> None:
    name = "app_visualizer.1.abcdefghijklmnopqrstuvwxy"
    assert name in str(errors.ObjectNotFound("container", name))
