"""Whatever stands at whatever place of a file, it is read or refused in words: never another error."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarmkit_helpers.compose import specs
from swarmkit_helpers.compose.file import read_stack
from swarmkit_helpers.errors import StackFileError

from .test_requests import EQUAL, FILES, HEAD

WHOLE = yaml.safe_load(HEAD + EQUAL["all"])
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        3,
        -1,
        2.5,
        2**70,
        float("inf"),
        float("nan"),
        "",
        "x",
        "$",
        "${X?}",
        "a:b:c",
        "/a",
        "é",
        "host",
    ),
    *([], {}, [1], [None], [[]], [{}], ["a", "a"], ["=", ":"], {"a": 1}, {"a": None}, {"a": {"b": []}}, {"name": 3}),
    *([{"source": 3}], [{"target": 80, "published": "x"}], {"external": {"name": None}}, "a" * 3000),
]


def places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*place, key)
        yield from places(item, (*place, key))


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    data = copy.deepcopy(WHOLE)
    around: Any = data
    for key in place[:-1]:
        around = around[key]
    around[place[-1]] = value
    return dict(data)


def outcome(texts: list[str], place: Path) -> str:
    files = []
    for index, text in enumerate(texts):
        (place / f"stack{index}.yml").write_text(text, "utf-8")
        files.append(place / f"stack{index}.yml")
    try:
        stack = read_stack(files)
    except StackFileError as err:
        assert all(message and line >= 0 for _, line, _, message in err.problems)
        return "refused"
    ids = dict.fromkeys((*specs.secret_names(stack, "app"), *specs.config_names(stack, "app")), "id")
    for name in stack.services:
        assert specs.service_spec(stack, name, "app", secrets=ids, configs=ids)["Name"] == f"app_{name}"
    used = {network for service in stack.services.values() for network in service.networks}
    assert ("app_net1" in specs.network_specs(stack, "app")) == ("net1" in used and not stack.networks["net1"].external)
    assert stack._repr_html_()
    return "read"


@pytest.fixture(autouse=True)
def contents(place: Path) -> None:
    for name, content in FILES.items():
        (place / name).write_text(content, "utf-8")


def test_what_is_changed_is_right_before(place: Path) -> None:
    assert outcome([yaml.safe_dump(WHOLE)], place) == "read"


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(list(places(WHOLE))), st.sampled_from(VALUES))
def test_any_value_anywhere(place: Path, where: tuple[str | int, ...], value: Any) -> None:
    assert outcome([yaml.safe_dump(changed(where, value))], place) in ("read", "refused")


@settings(max_examples=50, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(places(WHOLE))), st.sampled_from(VALUES))
def test_any_value_anywhere_in_a_second_file(place: Path, where: tuple[str | int, ...], value: Any) -> None:
    texts = [yaml.safe_dump(WHOLE), yaml.safe_dump(changed(where, value))]
    assert outcome(texts, place) in ("read", "refused")


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.sampled_from("abn01: -[]{}*&!|>'\"#,\n\t?<@%é\0"), max_size=60))
def test_any_text(place: Path, text: str) -> None:
    (place / "stack0.yml").write_text(text, "utf-8")
    with pytest.raises(StackFileError):
        read_stack(place / "stack0.yml")
