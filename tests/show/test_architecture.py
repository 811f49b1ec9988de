"""The architecture that a stack file describes, as it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarmkit_helpers.compose.file import StackFile
from swarmkit_helpers.show import figures
from swarmkit_helpers.show.drawings.architecture import Plan, Sheet, lay_out, plan
from swarmkit_helpers.show.drawings.placement import Wish, place
from swarmkit_helpers.show.drawings.routing import PITCH, Rect, Route, Router

from . import drawn, stacks

NBSP = "\N{NO-BREAK SPACE}"


def laid_out(stack: StackFile) -> tuple[Plan, Sheet]:
    planned = plan(stack)
    return planned, lay_out(planned, 60.0)


def meets(one: Rect, other: Rect) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def crosses(route: Route, rect: Rect) -> bool:
    """Whether an arrow runs through the inside of a rectangle."""
    inside = Rect(rect.left + 1, rect.top + 1, rect.right - 1, rect.bottom - 1)
    parts = zip(route.points, route.points[1:], strict=False)
    return any(
        min(x, u) < inside.right and inside.left < max(x, u) and min(y, v) < inside.bottom and inside.top < max(y, v)
        for (x, y), (u, v) in parts
    )


def sound(stack: StackFile) -> None:
    """What holds for every drawing of a stack."""
    planned, sheet = laid_out(stack)
    assert set(sheet.boxes) == set(stack.services)
    for (one, first), (other, second) in combinations(sheet.boxes.items(), 2):
        assert not meets(first, second), (one, other)
    part = {part.name: part for part in planned.parts}
    for name, service in stack.services.items():
        box = sheet.boxes[name]
        for network in service.networks or ("default",):
            left, right = sheet.bands[network]
            assert min(right, box.right) - max(left, box.left) > 20, f"{name} is on {network}"
        over = [n for n, (left, right) in sheet.bands.items() if min(right, box.right) - max(left, box.left) > 1]
        assert set(over) - set(service.networks or ("default",)) == set(planned.foreign(part[name]))
    needs = {(name, need) for name, service in stack.services.items() for need in service.depends_on}
    assert set(sheet.arrows) == needs, "an arrow for each dependency"
    assert set(sheet.entries) == {name for name, service in stack.services.items() if service.ports}
    for route in (*sheet.arrows.values(), *sheet.entries.values()):
        for rect in (*sheet.boxes.values(), *sheet.doors.values()):
            assert not crosses(route, rect)
    for (_, need), route in sheet.arrows.items():
        if not route.joins:
            x, y = route.points[-1]
            box = sheet.boxes[need]
            on_edge = x in (box.left, box.right) or y in (box.top, box.bottom)
            assert on_edge and box.left <= x <= box.right and box.top <= y <= box.bottom
    figure = figures.draw_architecture(stack)
    assert drawn.overlaps(figure) == []
    assert drawn.outside(figure) == []
    assert drawn.smallest(figure) >= 8.5


@pytest.mark.parametrize("read", [stacks.voting, stacks.voting_host, stacks.recorded_file])
def test_the_courses_files_are_drawn(read: Callable[[], StackFile]) -> None:
    sound(read())


def test_a_shop_is_drawn(tmp_path: Path) -> None:
    sound(stacks.written(tmp_path, stacks.SHOP))


def test_the_voting_application() -> None:
    figure = figures.draw_architecture(stacks.voting())
    said = drawn.texts(figure)
    for word in ("L'architecture que décrit docker-stack.yml", "réseau frontend", "réseau backend", "réseau default"):
        assert word in said
    for word in ("5000 → 80", "5001 → 80", "8080 → 8080", f"2{NBSP}répliques", "db-data", "/var/run/docker.sock"):
        assert word in said
    assert said.count("node.role == manager") == 3
    placed = dict(drawn.boxes(figure))
    # matplotlib counts y upwards: who is published stands above, and the worker straddles both networks.
    assert placed["vote"].y0 > placed["redis"].y1 and placed["result"].y0 > placed["db"].y1
    assert placed["vote"].x0 == pytest.approx(placed["redis"].x0)
    _, sheet = laid_out(stacks.voting())
    worker = sheet.boxes["worker"]
    assert worker.left < sheet.bands["frontend"][1] < sheet.bands["backend"][0] < worker.right
    assert all(len(route.points) == 2 for route in sheet.arrows.values()), "straight arrows"
    assert not any(route.joins or route.covers for route in sheet.arrows.values())


def test_the_alternative_text_says_it_all() -> None:
    assert figures.draw_architecture(stacks.voting()).alt.replace(NBSP, " ") == (
        "Architecture décrite par docker-stack.yml : 6 services sur 3 réseaux ; 3 services ouverts sur l'extérieur. "
        "Réseau frontend : redis, vote et worker. Réseau backend : db, result et worker. "
        "Réseau default (services sans clé networks) : visualizer. "
        "redis : redis:alpine, 1 réplique. "
        "db : postgres:15-alpine, 1 réplique, contrainte node.role == manager, volume db-data. "
        "vote : dockersamples/examplevotingapp_vote:latest, 2 répliques, ports 5000 → 80 ; se connecte à redis. "
        "result : dockersamples/examplevotingapp_result:latest, 1 réplique, ports 5001 → 80 ; se connecte à db. "
        "worker : dockersamples/examplevotingapp_worker:latest, 1 réplique, contrainte node.role == manager ; "
        "se connecte à db et redis. "
        "visualizer : dockersamples/visualizer:stable, 1 réplique, contrainte node.role == manager, "
        "monte /var/run/docker.sock, ports 8080 → 8080."
    )


def test_the_legend_tells_what_is_drawn_and_no_more() -> None:
    said = drawn.texts(figures.draw_architecture(stacks.voting()))
    assert "port publié sur chaque nœud (ingress)" in said
    assert "port publié par le nœud de la tâche (host)" not in said
    assert not any("sans réseau commun" in text for text in said)
    hosted = drawn.texts(figures.draw_architecture(stacks.voting_host()))
    assert "port publié par le nœud de la tâche (host)" in hosted
    assert "port publié sur chaque nœud (ingress)" not in hosted
    assert "5000 → 80 (host)" in hosted


def test_a_dependency_without_a_common_network_is_marked(tmp_path: Path) -> None:
    stack = stacks.of(tmp_path, {"web": ["front"], "db": ["back"]}, {"web": ["db"]})
    figure = figures.draw_architecture(stack)
    assert f"depends_on sans réseau commun{NBSP}: injoignable" in drawn.texts(figure)
    assert f"Sans réseau commun malgré leur dépendance{NBSP}: web et db." in figure.alt


def test_traits_of_networks_are_said(tmp_path: Path) -> None:
    figure = figures.draw_architecture(stacks.written(tmp_path, stacks.SHOP))
    said = drawn.texts(figure)
    for word in ("attachable", "chiffré", f"interne{NBSP}: sans sortie", f"externe{NBSP}: watch_everything"):
        assert word in said
    for word in ("1 par nœud (global)", "dossier en mémoire", "53 → 53/udp"):
        assert word in said or word in figure.alt
    assert "et 1 autre" in said, "a service with three ports shows two"


def test_one_service_alone(tmp_path: Path) -> None:
    figure = figures.draw_architecture(stacks.of(tmp_path, {"web": ["net"]}, {}))
    assert f"1{NBSP}service sur 1{NBSP}réseau" in figure.alt


def test_a_service_between_two_networks_that_are_not_its_own_is_hatched(tmp_path: Path) -> None:
    # Each pair of three networks has its service: one of them must pass over the third.
    on = {"ab": ["a", "b"], "bc": ["b", "c"], "ac": ["a", "c"]}
    stack = stacks.of(tmp_path, on, {})
    sound(stack)
    planned, _ = laid_out(stack)
    assert sum(bool(planned.foreign(part)) for part in planned.parts) == 1
    assert "passe devant un réseau sans y être" in drawn.texts(figures.draw_architecture(stack))


def test_arrows_to_the_same_service_may_join(tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(14)]
    stack = stacks.of(tmp_path, {name: ["net"] for name in names}, {name: ["s13"] for name in names[:13]})
    sound(stack)
    _, sheet = laid_out(stack)
    assert any(route.joins for route in sheet.arrows.values())


@st.composite
def shapes(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    networks = [f"net{n}" for n in range(draw(st.integers(1, 5)))]
    names = [f"service-{n}" for n in range(draw(st.integers(1, 8)))]
    on = {name: draw(st.lists(st.sampled_from(networks), min_size=1, max_size=2, unique=True)) for name in names}
    needs = {
        name: draw(st.lists(st.sampled_from(names[:place]), max_size=2, unique=True)) if place else []
        for place, name in enumerate(names)
    }
    return on, needs


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(shapes())
def test_any_stack_is_drawn_without_collision(shape: tuple[dict[str, list[str]], dict[str, list[str]]]) -> None:
    with TemporaryDirectory() as folder:
        sound(stacks.of(Path(folder), *shape))


def test_the_same_stack_is_always_drawn_the_same() -> None:
    assert figures.draw_architecture(stacks.voting()).to_png() == figures.draw_architecture(stacks.voting()).to_png()


def test_twenty_services_on_one_network_take_several_columns(tmp_path: Path) -> None:
    stack = stacks.of(tmp_path, {f"s{n}": ["net"] for n in range(20)}, {})
    width, height = figures.draw_architecture(stack).css_size
    assert width <= 1200 and height <= 1000


# --- places and ways ------------------------------------------------------------------------------


def test_networks_are_put_side_by_side_when_a_service_is_on_both() -> None:
    wishes = [Wish("x", ("a", "c"), (), False), Wish("y", ("b",), (), False)]
    assert place(wishes, ["a", "b", "c"], 6).networks == ("a", "c", "b")


def test_published_services_come_first() -> None:
    wishes = [Wish("db", ("net",), (), False), Wish("web", ("net",), ("db",), True)]
    grid = place(wishes, ["net"], 6)
    assert (grid.spots["web"].row, grid.spots["db"].row) == (0, 1)


def test_a_straight_way_is_taken_through_the_middle() -> None:
    router = Router(400, 400)
    one, other = Rect(80, 80, 160, 120), Rect(80, 200, 160, 240)
    router.close(one)
    router.close(other)
    route = router.route(one, "TBLR", other, "other")
    assert route == Route(((120, 120), (120, 200)), False, False)


def test_a_box_in_the_way_is_gone_round() -> None:
    router = Router(400, 400)
    one, between, other = Rect(80, 40, 160, 80), Rect(40, 120, 200, 160), Rect(80, 200, 160, 240)
    for rect in (one, between, other):
        router.close(rect)
    route = router.route(one, "TBLR", other, "other")
    assert route is not None
    assert not crosses(route, between)
    assert all(x % PITCH == 0 and y % PITCH == 0 for x, y in route.points)


def test_without_a_way_there_is_no_route() -> None:
    router = Router(400, 400)
    one, other = Rect(80, 40, 160, 80), Rect(80, 200, 160, 240)
    for rect in (one, other, Rect(0, 120, 400, 160)):
        router.close(rect)
    assert router.route(one, "TBLR", other, "other") is None
