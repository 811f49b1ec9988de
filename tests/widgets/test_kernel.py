"""The ping panel in a real Jupyter kernel that is interrupted in mid-ping."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from swarmkit_helpers.actions.containers import run_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.probes.execution import exec_container
from swarmkit_helpers.show.widgets.interrupts import EVERY_S

pytestmark = pytest.mark.swarm

TAKEN_S = 3 * EVERY_S
"""After so long the signal is the panel's."""
INTERRUPTED = "True interrupted primary"


@pytest.fixture(scope="module")
def net(lab: Lab) -> Iterator[Lab]:
    restore(lab, "11")
    create_network(lab, "test-net", attachable=True)
    run_container(lab, "alpine1", node="manager", network="test-net")
    run_container(lab, "alpine2", node="worker1", network="test-net")
    yield lab
    restore(lab, "11")


@pytest.fixture
def kernel() -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def execute(client: BlockingKernelClient, code: str) -> str:
    """What a cell prints; its error fails the test."""
    printed = []

    def hear(message: dict[str, dict[str, str]]) -> None:
        printed.append(message["content"].get("text", ""))

    reply = client.execute_interactive(code, output_hook=hear, timeout=60)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed).strip()


def pings(lab: Lab) -> list[str]:
    return [line for line in exec_container(lab, "alpine2", "ps").output.splitlines() if " ping" in line]


def until_pinging(lab: Lab) -> None:
    deadline = time.monotonic() + 30
    while not pings(lab):
        assert time.monotonic() < deadline


def test_interrupted_in_a_cell(net: Lab, kernel: tuple[KernelManager, BlockingKernelClient]) -> None:
    manager, client = kernel
    execute(client, f"import swarmkit_helpers as sk; lab = sk.connect({net.name!r})")
    execute(client, "panel = sk.ping_panel(lab, 'alpine2', 'alpine1', count=100)")
    sent = client.execute("panel.run()")
    until_pinging(net)
    manager.interrupt_kernel()
    while client.get_shell_msg(timeout=30)["parent_header"]["msg_id"] != sent:
        pass
    assert execute(client, "print(panel.state, panel.run_button.button_style)") == "interrupted primary"
    assert pings(net) == []
    execute(client, "panel.count.value = 2; panel.run()")
    assert execute(client, "print(panel.state, len(panel.replies))") == "done 2"


def test_interrupted_while_its_button_works(net: Lab, kernel: tuple[KernelManager, BlockingKernelClient]) -> None:
    manager, client = kernel
    execute(client, f"import swarmkit_helpers as sk; lab = sk.connect({net.name!r})")
    execute(client, "panel = sk.ping_panel(lab, 'alpine2', 'alpine1', count=100); panel.run_button.click()")
    until_pinging(net)
    time.sleep(TAKEN_S)
    manager.interrupt_kernel()
    assert execute(client, "print(panel.wait(20), panel.state, panel.run_button.button_style)") == INTERRUPTED
    assert "interrompu avec le noyau" in execute(client, "print(panel.state_line.value)")
    assert "réponses pour" in execute(client, "print(panel.account.value)")
    assert pings(net) == []
    # It runs again to its end, and is interrupted again.
    execute(client, "panel.count.value = 2; panel.run_button.click()")
    assert execute(client, "print(panel.wait(20), panel.state, len(panel.replies))") == "True done 2"
    execute(client, "panel.count.value = 100; panel.run_button.click()")
    until_pinging(net)
    time.sleep(TAKEN_S)
    manager.interrupt_kernel()
    assert execute(client, "print(panel.wait(20), panel.state, panel.run_button.button_style)") == INTERRUPTED


def test_several_buttons_are_interrupted_together_and_then_the_kernel_is_as_before(
    net: Lab, kernel: tuple[KernelManager, BlockingKernelClient]
) -> None:
    manager, client = kernel
    execute(client, f"import swarmkit_helpers as sk; lab = sk.connect({net.name!r})")
    execute(client, "panels = [sk.ping_panel(lab, 'alpine2', 'alpine1', count=100) for _ in range(2)]")
    execute(client, "for panel in panels: panel.run_button.click()")
    until_pinging(net)
    time.sleep(TAKEN_S)
    manager.interrupt_kernel()
    said = execute(client, "print(*[(panel.wait(20), panel.state) for panel in panels])")
    assert said == "(True, 'interrupted') (True, 'interrupted')"
    time.sleep(TAKEN_S)
    manager.interrupt_kernel()
    assert execute(client, "print(*[panel.state for panel in panels])") == "interrupted interrupted"
    execute(client, "import signal")
    assert execute(client, "print(get_ipython().kernel.saved_sigint_handler == signal.SIG_IGN)") == "True"
