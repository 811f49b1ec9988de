"""What Debian's docker 20.10.24 said of each body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmkit_helpers.engine.api import bodies, golang, shapes

SAID = {
    b"": "EOF",
    b" \n": "EOF",
    b"{": "unexpected EOF",
    b'{"a":1': "unexpected EOF",
    b"{'a':1}": r"invalid character '\'' looking for beginning of object key string",
    b'{"a":1,}': "invalid character '}' looking for beginning of object key string",
    b'{"a":tru}': "invalid character '}' in literal true (expecting 'e')",
    b'{"a" 1}': "invalid character '1' after object key",
    b'{"a":"b\nc"}': r"invalid character '\n' in string literal",
    b'{"a":[1 2]}': "invalid character '2' after array element",
    b'{"a":01}': "invalid character '1' after object key:value pair",
    b'{"a":-}': "invalid character '}' in numeric literal",
    b"x": "invalid character 'x' looking for beginning of value",
    b"[1,]": "invalid character ']' looking for beginning of value",
    b'{"a":NaN}': "invalid character 'N' looking for beginning of value",
    b'"\\q"': "invalid character 'q' in string escape code",
    b'"\\u12x4"': "invalid character 'x' in \\u hexadecimal character escape",
    b'{"a":1.}': "invalid character '}' after decimal point in numeric literal",
    b'{"a":1e}': "invalid character '}' in exponent of numeric literal",
}
WRONG = [
    (bodies.CONTAINER, [], "array into Go value of type runconfig.ContainerConfigWrapper"),
    (bodies.CONTAINER, "a", "string into Go value of type runconfig.ContainerConfigWrapper"),
    (bodies.CONTAINER, {"Image": 5}, "number into Go struct field ContainerConfigWrapper.Image of type string"),
    (bodies.CONTAINER, {"Env": "a"}, "string into Go struct field ContainerConfigWrapper.Env of type []string"),
    (
        bodies.CONTAINER,
        {"HostConfig": {"Memory": "a"}},
        "string into Go struct field HostConfig.HostConfig.Memory of type int64",
    ),
    (bodies.NETWORK, {"Name": 1}, "number into Go struct field NetworkCreateRequest.Name of type string"),
    (
        bodies.NETWORK,
        {"IPAM": {"Config": {}}},
        "object into Go struct field IPAM.IPAM.Config of type []network.IPAMConfig",
    ),
    (
        bodies.SERVICE_SPEC,
        {"Mode": {"Replicated": {"Replicas": -1}}},
        "number -1 into Go struct field ReplicatedService.Mode.Replicated.Replicas of type uint64",
    ),
    (
        bodies.SERVICE_SPEC,
        {"TaskTemplate": {"ContainerSpec": {"Image": []}}},
        "array into Go struct field ContainerSpec.TaskTemplate.ContainerSpec.Image of type string",
    ),
    (bodies.SECRET_SPEC, {"Driver": "x"}, "string into Go struct field SecretSpec.Driver of type swarm.Driver"),
]


@pytest.mark.parametrize("body", SAID)
def test_what_is_not_json(body: bytes) -> None:
    with pytest.raises(golang.BadJson) as caught:
        golang.parse(body)
    assert str(caught.value) == SAID[body]


def test_a_body_is_read_to_its_first_value_only() -> None:
    assert golang.parse(b'{"Name":"x"} {') == {"Name": "x"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "unexpected end of JSON input"),
        (b"{} x", "invalid character 'x' after top-level value"),
    ],
)
def test_a_parameter_is_read_whole(text: bytes, said: str) -> None:
    with pytest.raises(golang.BadJson, match=said):
        golang.parse(text, whole=True)


@pytest.mark.parametrize(("shape", "value", "said"), WRONG)
def test_values_of_another_type(shape: shapes.Struct, value: object, said: str) -> None:
    with pytest.raises(golang.BadJson) as caught:
        shapes.read(shape, value)
    assert str(caught.value) == f"json: cannot unmarshal {said}"


def test_keys_are_found_whatever_their_case_and_unknown_ones_dropped() -> None:
    given = {"name": "web", "mode": {"replicated": {"replicas": 2}}, "Zz": 1, "Labels": None}
    assert shapes.read(bodies.SERVICE_SPEC, given) == {"Name": "web", "Mode": {"Replicated": {"Replicas": 2}}}


def test_a_command_may_be_one_string_and_an_endpoint_null() -> None:
    given = {"Cmd": "ls", "NetworkingConfig": {"EndpointsConfig": {"net": None}}}
    taken = {"Cmd": ["ls"], "NetworkingConfig": {"EndpointsConfig": {"net": None}}}
    assert shapes.read(bodies.CONTAINER, given) == taken


def test_half_a_surrogate_pair_can_still_be_answered() -> None:
    taken = shapes.read(bodies.CONTAINER, golang.parse(rb'{"Image":"\ud800"}'))
    assert golang.dump(taken).startswith(b'{"Image":"')


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists))
def test_json_is_json(value: object) -> None:
    text = json.dumps(value).encode()
    assert golang.dump(golang.parse(text, whole=True)) == golang.dump(value)


@given(st.binary())
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        value = golang.parse(data)
    except golang.BadJson as bad:
        assert str(bad)
        return
    try:
        taken = shapes.read(bodies.SERVICE_SPEC, value)
    except golang.BadJson as bad:
        assert str(bad).startswith("json: cannot unmarshal")
        return
    golang.dump(taken)
