"""Several files as one: what `test_requests` cannot see, or not with every CLI."""

from __future__ import annotations

import pytest

from swarmkit_helpers.compose.model import Port, Service

from .conftest import HEAD, Read

SERVICE = 'version: "3.8"\nservices:\n  a:\n'


@pytest.mark.parametrize(
    ("below", "above", "field", "value"),
    [
        ("command: echo a b", "command: [c]", "command", ("c",)),
        ("command: echo a b", "command: []", "command", ("echo", "a", "b")),
        ("user: root", 'user: ""', "user", "root"),
        ("tty: true", "tty: false", "tty", True),
        ("init: true", "init: false", "init", True),
        ("user: x", "init: false", "init", False),
        ("dns: a", "dns: [b, a]", "dns", ("a", "b", "a")),
        ("labels: {a: 1, b: 1}", "labels: {b: 2, c: 2, a: }", "labels", {"a": "", "b": "2", "c": "2"}),
        (
            "environment: {a: 1, b: 1, c: , e: '', f: }",
            "environment: {a: , b: 2, c: 2, d: , e: , f: ''}",
            "environment",
            {"a": "1", "b": "2", "c": "2", "d": None, "e": None, "f": ""},
        ),
        ("stop_grace_period: 1s", "stop_grace_period: 0s", "stop_grace_period", 1_000_000_000),
        ("user: x", "stop_grace_period: 0s", "stop_grace_period", 0),
        (
            "ports: ['80:80', '81:81']",
            "ports: ['80:90', '79:79']",
            "ports",
            (
                Port(target=79, published=79, protocol="tcp", mode="ingress"),
                Port(target=90, published=80, protocol="tcp", mode="ingress"),
                Port(target=81, published=81, protocol="tcp", mode="ingress"),
            ),
        ),
    ],
)
def test_values(read: Read, below: str, above: str, field: str, value: object) -> None:
    stack = read(HEAD + f"    {below}\n", SERVICE + f"    {above}\n")
    assert getattr(stack.services["a"], field) == value


def test_zero_counts_where_it_means_something(read: Read) -> None:
    deploy = (
        read(
            "    deploy: {replicas: 2, update_config: {parallelism: 2, delay: 5s},\n"
            "      restart_policy: {max_attempts: 3}}\n",
            SERVICE + "    deploy: {replicas: 0, update_config: {parallelism: 0, delay: 0s},\n"
            "      restart_policy: {max_attempts: 0}}\n",
        )
        .services["a"]
        .deploy
    )
    assert deploy.replicas == 0
    assert deploy.update_config is not None
    assert (deploy.update_config.parallelism, deploy.update_config.delay) == (0, 5_000_000_000)
    assert deploy.restart_policy is not None
    assert deploy.restart_policy.max_attempts == 0


def test_mounts_of_the_same_target(read: Read) -> None:
    stack = read(
        "    volumes: ['v1:/a:ro', /z, /b]\nvolumes: {v1: {driver: d}, v2: }\n",
        SERVICE + "    volumes: ['v2:/a']\nvolumes: {v1: {labels: [a=b]}}\n",
    )
    assert [(mount.target, mount.source, mount.read_only) for mount in stack.services["a"].volumes] == [
        ("/a", "v2", False),
        ("/b", "", False),
        ("/z", "", False),
    ]
    assert (stack.volumes["v1"].driver, stack.volumes["v1"].labels) == ("", {"a": "b"})


def test_a_network_that_is_only_named_keeps_its_aliases(read: Read) -> None:
    stack = read(
        HEAD + "    networks: {n1: {aliases: [x]}, n2: {aliases: [x]}, n3: }\nnetworks: {n1: , n2: , n3: , n4: }\n",
        SERVICE + "    networks: {n1: , n2: {}, n3: {aliases: [z]}, n4: }\n",
    )
    aliases = {name: network.aliases for name, network in stack.services["a"].networks.items()}
    assert aliases == {"n1": ("x",), "n2": (), "n3": ("z",), "n4": ()}


def test_three_files_and_a_service_of_the_last(read: Read) -> None:
    stack = read(
        HEAD + "    user: one\n    hostname: one\n",
        SERVICE + "    user: two\n",
        'version: "3.8"\nservices: {b: {image: busybox}, a: {image: alpine:3}}\n',
    )
    assert list(stack.services) == ["a", "b"]
    service = stack.services["a"]
    assert (service.image, service.user, service.hostname) == ("alpine:3", "two", "one")


def test_what_the_files_give_is_known(read: Read) -> None:
    service = read("    user: one\n    tty: true\n", SERVICE + "    hostname: h\n").services["a"]
    assert {"image", "user", "tty", "hostname"} <= service.model_fields_set
    assert "working_dir" not in service.model_fields_set
    assert set(Service.model_fields) > service.model_fields_set


def test_an_image_may_come_from_any_file(read: Read) -> None:
    assert read(SERVICE + "    tty: true\n", HEAD).services["a"].image == "alpine"
