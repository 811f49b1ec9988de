"""The voting application as its users see it: a vote in one page, its count in the other, whatever is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import swarmkit_helpers as sk
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.locate import locate
from swarmkit_helpers.waiting import Sighting, wait_until

from .conftest import Visitors

pytestmark = [pytest.mark.swarm, pytest.mark.browser]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
STACK = "app"
VOTE, RESULT, VISUALIZER = 5000, 5001, 8080
RECOVERY_MS = 60_000


@pytest.fixture(scope="module")
def application(lab: Lab) -> Iterator[Lab]:
    """The stack of section 21, deployed as on this kernel, without any vote."""
    sk.restore(lab, "21")
    without_ipvs = [] if lab.capabilities.ipvs else [NOTEBOOKS / "docker-stack-sans-ipvs.yml"]
    sk.deploy_stack(lab, [NOTEBOOKS / "docker-stack.yml", *without_ipvs], STACK)
    node = task_node(lab, "result")

    def look() -> Sighting:
        page = sk.http_get(lab, f"http://{lab.node(node).address}:{RESULT}/", source=node)
        return Sighting(int(page.status == 200), 1, page.reason)

    wait_until("décompte", look, timeout_s=60, remedy="docker service logs app_result", quiet=True)
    yield lab
    sk.restore(lab, "21")


def task_node(lab: Lab, service: str) -> str:
    """A node that runs one of a service's tasks."""
    task = sk.snapshot(lab).tasks_of(f"{STACK}_{service}", running=True)[0]
    assert task.node is not None
    return task.node


def address(lab: Lab, service: str, port: int) -> str:
    """Where a browser of this machine finds a service's page, whether the kernel has the routing mesh or not."""
    return str(lab.url(task_node(lab, service), port))


def vote(page: Page, choice: str) -> None:
    """Click on a choice, until the page says that the vote was taken."""
    page.get_by_role("button", name=choice).click()
    expect(page.get_by_role("status")).to_contain_text("enregistré")


def kill(lab: Lab, service: str) -> str:
    """Kill the only task of a service with SIGKILL, and wait until the swarm has started another; its name."""
    name = f"{STACK}_{service}"
    (before,) = sk.snapshot(lab).tasks_of(name, running=True)
    place = locate(lab, f"{name}.1")
    place.node.api.kill(place.id)

    def look() -> Sighting:
        running = [task for task in sk.snapshot(lab).tasks_of(name, running=True) if task.id != before.id]
        return Sighting(len(running), 1, "" if running else "aucune autre tâche")

    wait_until(f"{name} relancé", look, timeout_s=60, remedy=f"docker service ps {name}", quiet=True)
    return name


def rows(lab: Lab) -> int:
    """Votes in PostgreSQL's table."""
    said = sk.exec_container(
        lab, f"{STACK}_db.1", "psql", "-U", "postgres", "-t", "-A", "-c", "SELECT count(*) FROM votes"
    )
    return int(said.output)


def test_a_vote_changes_the_open_result_page(application: Lab, visitor: Visitors) -> None:
    reader, voter = visitor(), visitor()
    result = reader.open(address(application, "result", RESULT))
    expect(result.locator("#count-a")).to_have_text("0")
    result.evaluate("window.opened = 'once'")
    page = voter.open(address(application, "vote", VOTE))
    vote(page, "Chats")
    expect(result.locator("#count-a")).to_have_text("1")
    expect(result.locator("#count-b")).to_have_text("0")
    vote(page, "Chiens")
    expect(result.locator("#count-b")).to_have_text("1")
    expect(result.locator("#count-a")).to_have_text("0")
    assert result.evaluate("window.opened") == "once", "the page was loaded again"
    assert reader.complaints + voter.complaints == []


def test_each_browser_is_one_voter(application: Lab, visitor: Visitors) -> None:
    before = rows(application)
    where = address(application, "vote", VOTE)
    for choice in ("Chats", "Chats", "Chiens"):
        vote(visitor().open(where), choice)
    result = visitor().open(address(application, "result", RESULT))
    expect(result.locator("#total")).to_contain_text(str(before + 3))


def test_voting_works_with_the_keyboard_alone(application: Lab, visitor: Visitors) -> None:
    page = visitor().open(address(application, "vote", VOTE))
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Chats")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("enregistré")


@pytest.mark.parametrize("service", ["redis", "worker", "db"])
def test_no_vote_is_lost_when_a_task_is_killed(application: Lab, visitor: Visitors, service: str) -> None:
    reader = visitor()
    result = reader.open(address(application, "result", RESULT))
    before = rows(application)
    expect(result.locator("#total")).to_contain_text(str(before))
    kill(application, service)
    page = visitor().open(address(application, "vote", VOTE))
    vote(page, "Chats")
    # What was there is still counted, and the page that stayed open has found the new task by itself.
    expect(result.locator("#total")).to_contain_text(str(before + 1), timeout=RECOVERY_MS)
    assert rows(application) == before + 1


def test_the_visualizer_shows_every_task_on_its_node(application: Lab, visitor: Visitors) -> None:
    guest = visitor()
    page = guest.open(address(application, "visualizer", VISUALIZER))
    for node in application.nodes.values():
        expect(page.get_by_text(node.hostname)).to_be_visible()
    for task in sk.snapshot(application).tasks:
        if task.state == "running":
            expect(page.get_by_text(task.service).first).to_be_visible()
    assert guest.complaints == []
