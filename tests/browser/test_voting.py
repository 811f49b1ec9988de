"""The voting application as its users see it: a vote in one page, its count in the other, whatever is killed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

import swarmkit_helpers as sk
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.locate import locate
from swarmkit_helpers.lab.page import PROXY_VARIABLE, Url
from swarmkit_helpers.lab.voting.worker import IN_HAND, LIST
from swarmkit_helpers.waiting import Sighting, wait_until

from ..jupyter import serve
from .conftest import Visitors

pytestmark = [pytest.mark.swarm, pytest.mark.browser]

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
PICTURES = ROOT / "build" / "pictures"
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


def url(lab: Lab, service: str, port: int) -> Url:
    """What leads to a service's page, whether the kernel has the routing mesh or not."""
    return lab.url(task_node(lab, service), port)


def address(lab: Lab, service: str, port: int) -> str:
    """Where a browser of this machine finds a service's page."""
    return str(url(lab, service, port))


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


@contextmanager
def stopped(lab: Lab, service: str) -> Iterator[None]:
    """A service without any task, until the end of the block."""
    name = f"{STACK}_{service}"
    sk.scale_service(lab, name, 0)
    try:
        yield
    finally:
        sk.scale_service(lab, name, 1)


def waiting(lab: Lab) -> int:
    """Votes that redis still has, in the list and in the worker's hand, counted at one moment."""
    both = "return redis.call('llen', KEYS[1]) + redis.call('llen', KEYS[2])"
    said = sk.exec_container(lab, f"{STACK}_redis.1", "redis-cli", "eval", both, "2", LIST, IN_HAND)
    return int(said.output)


def wait_all_carried(lab: Lab) -> None:
    """The worker lets go of a vote just after PostgreSQL has it."""

    def look() -> Sighting:
        left = waiting(lab)
        return Sighting(int(left == 0), 1, f"{left} dans redis")

    wait_until("votes arrivés", look, timeout_s=10, remedy="docker service logs app_worker", quiet=True)


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
    expect(result.locator("#total")).to_have_text(str(before + 3))


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
    expect(result.locator("#total")).to_have_text(str(before))
    kill(application, service)
    page = visitor().open(address(application, "vote", VOTE))
    vote(page, "Chats")
    # What was there is still counted, and the page that stayed open has found the new task by itself.
    expect(result.locator("#total")).to_have_text(str(before + 1), timeout=RECOVERY_MS)
    assert rows(application) == before + 1


def test_a_vote_cast_while_the_worker_is_dead_arrives_afterwards(application: Lab, visitor: Visitors) -> None:
    result = visitor().open(address(application, "result", RESULT))
    before = rows(application)
    with stopped(application, "worker"):
        vote(visitor().open(address(application, "vote", VOTE)), "Chats")
        assert (waiting(application), rows(application)) == (1, before)
        expect(result.locator("#total")).to_have_text(str(before))
    expect(result.locator("#total")).to_have_text(str(before + 1), timeout=RECOVERY_MS)
    wait_all_carried(application)
    assert rows(application) == before + 1


def test_a_vote_cast_while_the_database_is_dead_arrives_afterwards(application: Lab, visitor: Visitors) -> None:
    result = visitor().open(address(application, "result", RESULT))
    lost = result.locator("#database-lost")
    before = rows(application)
    with stopped(application, "db"):
        expect(lost).to_be_visible(timeout=RECOVERY_MS)
        vote(visitor().open(address(application, "vote", VOTE)), "Chiens")
        assert waiting(application) == 1
        expect(result.locator("#total")).to_have_text(str(before))
    expect(result.locator("#total")).to_have_text(str(before + 1), timeout=RECOVERY_MS)
    expect(lost).to_be_hidden()
    wait_all_carried(application)
    assert rows(application) == before + 1


def test_voting_through_jupyter(
    application: Lab, visitor: Visitors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = visitor()
    before = rows(application)
    with serve(tmp_path) as server:
        jupyter = f"http://127.0.0.1:{server.facts['port']}"
        monkeypatch.setenv(PROXY_VARIABLE, jupyter)
        voting, counting = (url(application, *which).link for which in (("vote", VOTE), ("result", RESULT)))
        assert voting.startswith(f"{jupyter}/proxy/") and counting.startswith(f"{jupyter}/proxy/")

        page = person.open(voting)
        expect(page).to_have_url(re.compile(f"^{jupyter}/login"))
        page.locator("input[type=password]").first.fill(server.facts["token"])
        page.keyboard.press("Enter")
        expect(page).to_have_url(voting)

        result = person.open(counting)
        expect(result.locator("#total")).to_have_text(str(before))
        result.evaluate("window.opened = 'once'")
        vote(page, "Chats")
        expect(page).to_have_url(voting)
        expect(result.locator("#total")).to_have_text(str(before + 1))
        expect(result.locator("#page-lost")).to_be_hidden()
        assert result.evaluate("window.opened") == "once", "the page was loaded again"
        for open_page in (page, result):
            open_page.close()
    assert person.complaints == []


def colour(text: Locator) -> str:
    return str(text.evaluate("it => getComputedStyle(it).color"))


def test_pages_to_look_at(application: Lab, visitor: Visitors) -> None:
    """Leaves a picture of each page in build/pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    guest = visitor()
    counted, swarm, page = (
        guest.open(address(application, *which))
        for which in (("result", RESULT), ("visualizer", VISUALIZER), ("vote", VOTE))
    )
    # Or the picture would show a bar that is still growing.
    counted.emulate_media(reduced_motion="reduce")
    before = rows(application)
    vote(page, "Chats")
    expect(counted.locator("#total")).to_have_text(str(before + 1))
    # The colour of a choice is for its name: its count and its share are of one colour.
    assert colour(counted.locator("#count-a")) == colour(counted.locator("#percent-a"))
    for node in application.nodes.values():
        expect(swarm.get_by_text(node.hostname)).to_be_visible()
    for name, shown in (("vote", page), ("result", counted), ("visualizer", swarm)):
        expect(shown.get_by_text("ne reçoit plus rien")).to_be_hidden()
        shown.screenshot(path=PICTURES / f"voting-{name}.png", full_page=True)
    assert guest.complaints == []


def test_the_visualizer_follows_the_swarm(application: Lab, visitor: Visitors) -> None:
    page = visitor().open(address(application, "visualizer", VISUALIZER))
    third = page.get_by_text(f"{STACK}_vote.3", exact=True)
    expect(page.get_by_text(f"{STACK}_vote.2", exact=True)).to_be_visible()
    expect(third).to_have_count(0)
    page.evaluate("window.opened = 'once'")
    try:
        sk.scale_service(application, f"{STACK}_vote", 3)
        expect(third).to_be_visible()
    finally:
        sk.scale_service(application, f"{STACK}_vote", 2)
    expect(third).to_have_count(0)
    assert page.evaluate("window.opened") == "once", "the page was loaded again"


def test_the_visualizer_shows_every_task_on_its_node(application: Lab, visitor: Visitors) -> None:
    guest = visitor()
    page = guest.open(address(application, "visualizer", VISUALIZER))
    for node in application.nodes.values():
        expect(page.get_by_text(node.hostname)).to_be_visible()
    for task in sk.snapshot(application).tasks:
        if task.state == "running":
            expect(page.get_by_text(task.service).first).to_be_visible()
    assert guest.complaints == []
