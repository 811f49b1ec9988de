"""Stack files made at random, within bounds: the CLI and ours give the same specifications."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarmkit_helpers.lab.cluster import Lab

from . import oracle

pytestmark = pytest.mark.swarm

STACK = "hasard"
WORDS = st.sampled_from(["un", "deux mots", "a=b", "été", "", "12", "true", "1.50", "x: y", "#", "'", '"'])
KEYS = st.sampled_from(["A", "B_1", "zebre", "org.exemple.cle", "Z-9"])
COUNTS = st.integers(0, 5)
DURATIONS = st.sampled_from(["0s", "1s", "1m30s", "2h45m", "500ms", "1.5s", "1ms", "1h"])
SIZES = st.sampled_from(["10m", "1gb", "10485760", "65536k", "7M", "2GB"])
CPUS = st.sampled_from(["0.5", "1", "2.25", "0.001"])
MAPS = st.dictionaries(KEYS, WORDS, max_size=3)
SCALARS = st.dictionaries(
    KEYS, st.one_of(WORDS, st.integers(-5, 10**6), st.none(), st.sampled_from([1.5, 0.1, 100.0])), max_size=3
)
COMMANDS = st.one_of(
    st.sampled_from(["sleep 1d", 'sh -c "sleep 1d; true"', "echo 'a b'  c", r"echo a\ b"]),
    st.lists(WORDS, min_size=1, max_size=3),
)


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


UPDATES = some(
    parallelism=COUNTS,
    delay=DURATIONS,
    monitor=DURATIONS,
    order=st.sampled_from(["start-first", "stop-first"]),
    failure_action=st.sampled_from(["pause", "continue"]),
    max_failure_ratio=st.sampled_from([0, 0.1, 0.25, 1]),
)
DEPLOY = some(
    replicas=COUNTS,
    endpoint_mode=st.sampled_from(["vip", "dnsrr"]),
    labels=SCALARS,
    update_config=UPDATES,
    rollback_config=UPDATES,
    restart_policy=some(
        condition=st.sampled_from(["none", "on-failure", "any"]), delay=DURATIONS, max_attempts=COUNTS, window=DURATIONS
    ),
    placement=some(
        constraints=st.lists(st.sampled_from(["node.role == manager", "node.id != x"]), max_size=2),
        preferences=st.lists(st.just({"spread": "node.labels.zone"}), max_size=2),
        max_replicas_per_node=COUNTS,
    ),
    resources=some(limits=some(cpus=CPUS, memory=SIZES), reservations=some(cpus=CPUS, memory=SIZES)),
)
SERVICE = some(
    command=COMMANDS,
    entrypoint=COMMANDS,
    environment=st.one_of(SCALARS, st.lists(st.sampled_from(["A=1", "B", "C=", "D=x=y"]), unique=True)),
    labels=MAPS,
    hostname=WORDS,
    user=st.sampled_from(["root", "1000:1000"]),
    working_dir=st.just("/tmp"),
    tty=st.booleans(),
    stdin_open=st.booleans(),
    read_only=st.booleans(),
    init=st.booleans(),
    stop_grace_period=DURATIONS,
    stop_signal=st.sampled_from(["SIGTERM", "SIGUSR1"]),
    dns=st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2"]), min_size=1, unique=True),
    extra_hosts=st.lists(st.sampled_from(["a:192.0.2.1", "b:192.0.2.2"]), unique=True),
    cap_add=st.lists(st.sampled_from(["NET_ADMIN", "SYS_TIME", "ALL"]), unique=True),
    cap_drop=st.lists(st.sampled_from(["MKNOD", "CHOWN", "ALL"]), unique=True),
    sysctls=st.dictionaries(st.just("net.core.somaxconn"), st.sampled_from(["1", 1024])),
    healthcheck=some(test=COMMANDS, interval=DURATIONS, timeout=DURATIONS, retries=COUNTS, start_period=DURATIONS),
    logging=st.fixed_dictionaries({"driver": st.just("json-file")}, optional={"options": st.just({"max-size": "1m"})}),
    networks=st.one_of(
        st.lists(st.sampled_from(["n1", "n2"]), unique=True),
        st.dictionaries(st.sampled_from(["n1", "n2"]), st.sampled_from([None, {}, {"aliases": ["x", "w"]}])),
    ),
    volumes=st.lists(
        st.sampled_from(["vol:/v", "vol:/w:ro", "/tmp:/t", "/anonyme", {"type": "tmpfs", "target": "/m"}]),
        max_size=3,
        unique_by=str,
    ),
    deploy=DEPLOY,
).map(lambda keys: {"image": "alpine"} | keys)
STACKS = st.builds(
    lambda services: {
        "version": "3.8",
        "services": services,
        "networks": {"n1": None, "n2": {"attachable": True}},
        "volumes": {"vol": None},
    },
    st.dictionaries(st.sampled_from(["web", "db", "file-1"]), SERVICE, min_size=1),
)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stack=STACKS)
def test_any_stack_is_the_same_through_both(parked: Lab, tmp_path: Path, stack: dict[str, Any]) -> None:
    file = tmp_path / "stack.yml"
    file.write_text(yaml.safe_dump(stack, allow_unicode=True), "utf-8")
    try:
        oracle.cli_deploy(oracle.CLIS[0], parked, [file], STACK)
        after_cli = oracle.report(parked, STACK)
        assert not oracle.ours(parked, [file], STACK).updated
        oracle.clear(parked, STACK)
        oracle.ours(parked, [file], STACK)
        assert oracle.differences(oracle.report(parked, STACK), after_cli) == []
    finally:
        oracle.clear(parked, STACK)
