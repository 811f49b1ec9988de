"""What is known of a stack before anything is sent: which services hold the ports that it wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmkit_helpers.actions.holdings import Holdings
from swarmkit_helpers.actions.preflight import port_holders
from swarmkit_helpers.compose.file import read_stack

STACK = 'version: "3.8"\nservices: {un: {image: alpine, ports: [%s]}}\n'


@pytest.mark.parametrize(
    ("port", "holders"),
    [
        ("{target: 53, published: 53, protocol: UDP}", [(53, "autre")]),
        ("'53:53/udp'", [(53, "autre")]),
        ("'53:53'", []),
        ("{target: 53, published: 53, protocol: udp, mode: host}", []),
        ("'54:53'", []),
    ],
)
def test_who_holds_a_port_that_the_stack_wants(tmp_path: Path, port: str, holders: list[tuple[int, str]]) -> None:
    (tmp_path / "stack.yml").write_text(STACK % port, "utf-8")
    held = {
        name: {"Endpoint": {"Ports": [{"PublishedPort": number, "Protocol": "udp", "PublishMode": "ingress"}]}}
        for name, number in (("autre", 53), ("app_un", 54))
    }
    stack = read_stack(tmp_path / "stack.yml")
    assert port_holders(stack, "app", Holdings(held, {}, {}, {})) == holders
