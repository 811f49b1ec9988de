"""Whether two specifications say the same: what the engine fills in is no change, any other difference is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from swarmkit_helpers.actions.specs import known_to, network_changes, same_spec

Json = dict[str, Any]

ASKED: Json = {
    "Name": "app_vote",
    "Labels": {"com.docker.stack.namespace": "app", "org.exemple.vide": ""},
    "TaskTemplate": {
        "ContainerSpec": {
            "Image": "alpine:latest",
            "Labels": {"com.docker.stack.namespace": "app"},
            "Args": ["sleep", "", "1d"],
            "Env": ["A=1", "B="],
            "Mounts": [
                {"Type": "volume", "Source": "app_d", "Target": "/d", "VolumeOptions": {"NoCopy": True}},
                {"Type": "bind", "Source": "/tmp", "Target": "/t", "BindOptions": {"Propagation": "rslave"}},
                {"Type": "tmpfs", "Target": "/m", "TmpfsOptions": {"SizeBytes": 1024}},
            ],
            "Secrets": [{"File": {"Name": "c", "UID": "0", "GID": "0", "Mode": 292}, "SecretID": "s1"}],
            "Healthcheck": {"Test": ["CMD", "true"], "Retries": 3},
            "StopGracePeriod": 1000,
            "Init": True,
            "Sysctls": {"net.core.somaxconn": "1"},
        },
        "Resources": {"Limits": {"NanoCPUs": 5, "MemoryBytes": 6}, "Reservations": {"MemoryBytes": 7}},
        "RestartPolicy": {"Condition": "on-failure", "Delay": 5, "MaxAttempts": 3, "Window": 9},
        "Placement": {"Constraints": ["node.role == manager"], "MaxReplicas": 2},
        "Networks": [{"Target": "n1", "Aliases": ["vote"]}],
        "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}},
        "ForceUpdate": 2,
    },
    "Mode": {"Replicated": {"Replicas": 2}},
    "UpdateConfig": {"Parallelism": 2, "Delay": 3, "MaxFailureRatio": 0.5},
    "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 5000, "Protocol": "udp", "PublishMode": "host"}]},
}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))
    if not isinstance(value, dict | list):
        yield path


@pytest.mark.parametrize("path", list(leaves(ASKED)), ids=str)
def test_any_other_value_is_a_change(path: tuple[Any, ...]) -> None:
    other = copy.deepcopy(ASKED)
    holder = other
    for key in path[:-1]:
        holder = holder[key]
    value = holder[path[-1]]
    holder[path[-1]] = (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int | float) else "x"
    assert same_spec(ASKED, ASKED)
    assert not same_spec(ASKED, other)
    assert not same_spec(other, ASKED)


@pytest.mark.parametrize("path", list(leaves(ASKED)), ids=str)
def test_a_value_that_is_gone_is_a_change(path: tuple[Any, ...]) -> None:
    other = copy.deepcopy(ASKED)
    holder = other
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    assert not same_spec(ASKED, other)


def minimal(**over: Any) -> Json:
    return {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "alpine:latest"}}} | over


def task(**over: Any) -> Json:
    return minimal(TaskTemplate={"ContainerSpec": {"Image": "alpine:latest"}} | over)


def container(**over: Any) -> Json:
    return minimal(TaskTemplate={"ContainerSpec": {"Image": "alpine:latest"} | over})


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (minimal(), minimal(Mode={"Replicated": {"Replicas": 1}}, EndpointSpec={"Mode": "vip"}, Labels={})),
        (minimal(Mode={"Replicated": {}}), minimal(Mode={"Replicated": {"Replicas": 1}})),
        (
            minimal(UpdateConfig={"Parallelism": 1}),
            minimal(
                UpdateConfig={"Parallelism": 1, "FailureAction": "pause", "MaxFailureRatio": 0, "Order": "stop-first"}
            ),
        ),
        (
            minimal(EndpointSpec={"Ports": [{"TargetPort": 80}]}),
            minimal(
                EndpointSpec={"Mode": "vip", "Ports": [{"TargetPort": 80, "Protocol": "tcp", "PublishMode": "ingress"}]}
            ),
        ),
        (task(RestartPolicy={}), task(RestartPolicy={"Condition": "any", "MaxAttempts": 0})),
        (task(Placement={}, Resources={}), task(Runtime="container", ForceUpdate=0)),
        (container(DNSConfig={}, Privileges={"CredentialSpec": None}), container(Isolation="default")),
        (container(Env=[], Hosts=None), container()),
        (
            container(Mounts=[{"Type": "bind", "BindOptions": {"Propagation": ""}}]),
            container(Mounts=[{"Type": "bind"}]),
        ),
    ],
)
def test_what_the_engine_fills_in_is_no_change(asked: Json, kept: Json) -> None:
    assert same_spec(asked, kept) and same_spec(kept, asked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (minimal(Mode={"Replicated": {"Replicas": 0}}), minimal(Mode={"Replicated": {}})),
        (minimal(Mode={"Global": {}}), minimal()),
        (minimal(UpdateConfig={"Parallelism": 0}), minimal()),
        (minimal(RollbackConfig={}), minimal()),
        (container(Init=False), container()),
        (container(StopGracePeriod=0), container()),
        (container(Labels={"a": ""}), container()),
        (container(Args=[""]), container()),
        (task(RestartPolicy={"Delay": 0}), task(RestartPolicy={})),
        (task(RestartPolicy={"Window": 0}), task(RestartPolicy={})),
        (task(RestartPolicy={}), task()),
        (task(LogDriver={"Name": "none"}), task()),
    ],
)
def test_an_empty_value_that_means_something_is_a_change(one: Json, other: Json) -> None:
    assert not same_spec(one, other) and not same_spec(other, one)


NEWER = container(
    OomScoreAdj=5,
    Healthcheck={"Test": ["CMD", "true"], "StartInterval": 3},
    Labels={"Subpath": "kept"},
    Mounts=[{"Type": "volume", "Source": "v", "VolumeOptions": {"Subpath": "d"}}],
)


@pytest.mark.parametrize(
    ("version", "unread"),
    [
        ("1.41", {"OomScoreAdj", "StartInterval", "Subpath"}),
        ("1.44", {"OomScoreAdj", "Subpath"}),
        ("1.45", {"OomScoreAdj"}),
        ("1.100", set()),
    ],
)
def test_what_an_older_engine_passes_over(version: str, unread: set[str]) -> None:
    read = known_to(version, NEWER)["TaskTemplate"]["ContainerSpec"]
    found = {
        "OomScoreAdj": "OomScoreAdj" in read,
        "StartInterval": "StartInterval" in read["Healthcheck"],
        "Subpath": "Subpath" in read["Mounts"][0]["VolumeOptions"],
    }
    assert {key for key, there in found.items() if not there} == unread
    assert read["Labels"] == {"Subpath": "kept"}
    assert NEWER["TaskTemplate"]["ContainerSpec"]["OomScoreAdj"] == 5


NETWORK: Json = {
    "Driver": "overlay",
    "Options": {"encrypted": ""},
    "Labels": {"a": "b"},
    "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.21.0.0/24"}]},
    "Internal": True,
    "Attachable": True,
}
HELD: Json = NETWORK | {
    "Options": {"encrypted": "", "com.docker.network.driver.overlay.vxlanid_list": "4097"},
    "IPAM": {"Driver": "default", "Options": None, "Config": [{"Subnet": "10.21.0.0/24", "Gateway": "10.21.0.1"}]},
    "Scope": "swarm",
}


@pytest.mark.parametrize(
    ("over", "changes"),
    [
        ({}, []),
        ({"IPAM": {}}, []),
        ({"IPAM": {"Config": [{"Subnet": "10.21.0.7/24"}]}}, []),
        ({"Driver": "macvlan"}, ["driver"]),
        ({"Options": {}}, ["driver_opts"]),
        ({"Options": {"encrypted": "", "mtu": "1400"}}, ["driver_opts"]),
        ({"Labels": {"a": "c"}}, ["labels"]),
        ({"IPAM": {"Driver": "autre", "Config": [{"Subnet": "10.22.0.0/24"}]}}, ["ipam.driver", "ipam.config"]),
        ({"Internal": False, "Attachable": False}, ["internal", "attachable"]),
    ],
)
def test_what_the_file_changes_of_a_network(over: Json, changes: list[str]) -> None:
    assert network_changes(NETWORK | over, HELD) == changes
