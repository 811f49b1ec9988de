"""Sections 12, 13 and 14 in a real JupyterLab: run from the menu, their panels used with the mouse, then with keys."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from swarmkit_helpers.lab.cluster import Lab

from ..jupyter import Server, serve
from .conftest import Visitors
from .reader import PANEL_MS, Reader

pytestmark = [pytest.mark.swarm, pytest.mark.browser]

PICTURE = ".swarm-map img"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def jupyter(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab on a copy of the course, whose kernels find the test's lab."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(NOTEBOOKS, home / "cours")
    with serve(home, f"--ServerApp.root_dir={home / 'cours'}", environment={"SWARMLAB_NAME": lab.name}) as server:
        yield server


@pytest.fixture
def read(jupyter: Server, visitor: Visitors) -> Iterator[Callable[[str], Reader]]:
    """Opens the notebook of a section; in the end nothing has complained, neither the page nor the server."""
    guest = visitor(1300, 1000)
    page = guest.open(jupyter.page("/lab"))

    def read_section(section: str) -> Reader:
        (path,) = NOTEBOOKS.glob(f"{section}_*.ipynb")
        return Reader(page, path)

    yield read_section
    page.close()
    assert guest.complaints == []
    assert jupyter.errors == []


def answers(reader: Reader) -> dict[str, str]:
    """Each check of the notebook with the word that the page shows for its outcome."""
    shown = reader.notebook.locator(".jp-OutputArea-output").all_text_contents()
    found = (re.match(r"[✔✘–] (réussi|échoué|non fait) — (\d\d\.\d+) ", text.strip()) for text in shown)
    return {match[2]: match[1] for match in found if match}


def assert_passed(reader: Reader, lab: Lab) -> None:
    """Everything was run and shown: no error, each check answered, each picture there with its text."""
    asked = {number for source in reader.code_cells for number in re.findall(r'sk\.check\(lab, "([\d.]+)"', source)}
    answered = answers(reader)
    assert set(answered) == asked != set()
    allowed = {"réussi"} if lab.capabilities.ipvs else {"réussi", "non fait"}
    assert {number: word for number, word in answered.items() if word not in allowed} == {}
    assert reader.errors == []
    assert reader.pictures != []
    assert [alt for alt, shown in reader.pictures if not (alt and shown)] == []


def test_section_12_is_read_beside_its_live_map(read: Callable[[str], Reader], lab: Lab) -> None:
    reader = read("12")
    shown = reader.run_until("sk.live_map(")
    expect(shown.get_by_role("status").first).to_contain_text("suit le swarm", timeout=PANEL_MS)
    expect(shown.locator(PICTURE)).not_to_have_attribute("alt", re.compile("my-nginx"))
    look_with_the_mouse(shown)
    look_with_the_keyboard(reader, shown)
    reader.run_below("sk.live_map(")
    # Nobody has run its cell again: the map has seen the service by itself.
    expect(shown.locator(PICTURE)).to_have_attribute("alt", re.compile("my-nginx.5"), timeout=PANEL_MS)
    stop = shown.get_by_role("button", name="Arrêter")
    stop.click()
    expect(shown.get_by_role("status").first).to_contain_text("arrêtée", timeout=PANEL_MS)
    assert_passed(reader, lab)


def test_section_13_is_compared_with_a_reference(read: Callable[[str], Reader], lab: Lab) -> None:
    reader = read("13")
    shown = reader.run_until("sk.live_map(")
    shown.get_by_role("button", name="Prendre un repère").click()
    reader.run_below("sk.live_map(", until="sk.move_service(")
    compare = shown.get_by_role("button", name=re.compile("Comparer au repère"))
    compare.click()
    expect(shown.locator(PICTURE)).to_have_attribute("alt", re.compile("^Deux cartes.*nginx-net-2"), timeout=PANEL_MS)
    reader.run_below("sk.move_service(")
    assert_passed(reader, lab)


def test_section_14_is_read_with_its_panels(read: Callable[[str], Reader], lab: Lab) -> None:
    reader = read("14")
    # All panels stand before the step that removes what they act on.
    packets = reader.run_until("sk.packet_panel(")
    capture_with_the_mouse(packets)
    capture_with_the_keyboard(reader, packets)
    names = reader.shown("sk.name_panel(")
    ask_with_the_mouse(names)
    ask_with_the_keyboard(reader, names)
    matrix = reader.shown("sk.matrix_panel(")
    measure_with_the_mouse(matrix)
    measure_with_the_keyboard(reader, matrix)
    ping = reader.shown("sk.ping_panel(")
    ping_with_the_mouse(ping)
    ping_with_the_keyboard(reader, ping)
    reader.run_below("sk.packet_panel(")
    assert_passed(reader, lab)


def look_with_the_mouse(panel: Locator) -> None:
    panel.get_by_role("button", name="nœud worker1").first.click()
    expect(panel.get_by_text("Réseaux qu'il liste")).to_be_visible(timeout=PANEL_MS)
    expect(panel.get_by_role("button", name="nœud worker1, choisi").first).to_be_visible()
    panel.get_by_role("button", name="Les pairs").click()
    expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("pair", re.I), timeout=PANEL_MS)
    panel.get_by_role("button", name="Les sous-réseaux").click()
    expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("^Carte des sous-réseaux"), timeout=PANEL_MS)


def look_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    reader.select("sk.live_map(")
    network = panel.get_by_role("button", name="réseau nginx-net").first
    reader.tab_to(network)
    reader.page.keyboard.press("Enter")
    expect(panel.get_by_text(re.compile("Pairs\\W+quel nœud voit lequel"))).to_be_visible(timeout=PANEL_MS)
    expect(panel.get_by_role("button", name="réseau nginx-net, choisi").first).to_be_focused()


def capture_with_the_mouse(panel: Locator) -> None:
    panel.get_by_label("Source", exact=True).select_option("alpine2 (worker1)")
    panel.get_by_label("Cible", exact=True).fill("alpine1")
    panel.get_by_role("button", name="Lancer la capture").click()
    expect(panel.get_by_text(re.compile("de cet échange"))).to_be_visible(timeout=PANEL_MS)
    finished(panel)
    vni = panel.get_by_role("img").first
    expect(vni).to_have_attribute("alt", re.compile(r"VNI \d+ \(réseau test-net\)"))
    panel.get_by_title("Paquet suivant").click()
    expect(panel.get_by_role("img").first).to_have_attribute("alt", re.compile("alpine1.*alpine2"))


def capture_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    reader.select("sk.packet_panel(")
    reader.tab_to(panel.get_by_label("Cible", exact=True))
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.type("introuvable")
    reader.tab_to(panel.get_by_role("button", name="Lancer la capture"))
    reader.page.keyboard.press("Space")
    expect(panel.get_by_role("img").last).to_have_attribute("alt", re.compile("introuvable"), timeout=PANEL_MS)


def measure_with_the_mouse(panel: Locator) -> None:
    panel.get_by_role("button", name="Mesurer").click()
    finished(panel)
    panel.get_by_label("De", exact=True).select_option("alpine2")
    panel.get_by_label("Vers", exact=True).select_option("alpine3")
    expect(panel.get_by_text(re.compile(r"^docker container exec alpine2 ping"))).to_be_visible()


def measure_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    """Without any network chosen, then with it again."""
    reader.select("sk.matrix_panel(")
    box = panel.get_by_role("checkbox", name="test-net")
    reader.tab_to(box)
    reader.page.keyboard.press("Space")
    expect(box).not_to_be_checked()
    reader.page.keyboard.press("Space")
    expect(box).to_be_checked()
    run = panel.get_by_role("button", name="Mesurer")
    reader.tab_to(run)
    reader.page.keyboard.press("Enter")
    finished(panel)
    expect(run).to_be_focused()


def ping_with_the_mouse(panel: Locator) -> None:
    panel.get_by_label("Source", exact=True).select_option("alpine3 (worker2)")
    panel.get_by_label("Cible", exact=True).fill("alpine2")
    panel.get_by_label("Paquets", exact=True).fill("2")
    panel.get_by_role("button", name="Lancer le ping").click()
    finished(panel)
    expect(panel.get_by_text(re.compile(r"^paquet 2\W+revenu en"))).to_be_visible()
    expect(panel.get_by_text("docker container exec alpine3 ping -c 2 -i 0.5 -W 2 alpine2", exact=True)).to_be_visible()
    expect(panel.get_by_text("2 réponses pour 2 paquets")).to_be_visible()


def ping_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    """From the selected cell on, with Tab, letters, Enter and Space only; the panel is stopped, and started again."""
    keyboard = reader.page.keyboard
    run = panel.get_by_role("button", name="Lancer le ping")
    reader.select("sk.ping_panel(")
    reader.tab_to(panel.get_by_label("Cible", exact=True))
    keyboard.press("Control+A")
    keyboard.type("alpine9")
    reader.tab_to(panel.get_by_label("Paquets", exact=True))
    keyboard.press("Control+A")
    keyboard.type("40")
    reader.tab_to(run)
    keyboard.press("Enter")
    expect(panel.locator("li", has_text="✘ Nom")).to_contain_text("alpine9", timeout=PANEL_MS)
    # The keyboard is still where it was: Shift+Tab leads back to the fields.
    expect(run).to_be_focused()
    while not panel.get_by_label("Cible", exact=True).evaluate("it => it === document.activeElement"):
        keyboard.press("Shift+Tab")
    keyboard.press("Control+A")
    keyboard.type("alpine1")
    reader.tab_to(run)
    keyboard.press("Space")
    expect(panel.get_by_text(re.compile(r"^paquet 1\W+revenu en"))).to_be_visible(timeout=PANEL_MS)
    reader.tab_to(panel.get_by_role("button", name="Arrêter"))
    keyboard.press("Enter")
    expect(status(panel)).to_have_text("■ arrêté", timeout=PANEL_MS)


def ask_with_the_mouse(panel: Locator) -> None:
    panel.get_by_label("Source", exact=True).select_option("alpine2 (worker1)")
    panel.get_by_label("Nom", exact=True).fill("tasks.web")
    panel.get_by_role("button", name="Demander au DNS").click()
    finished(panel)
    expect(panel.get_by_text("docker container exec alpine2 nslookup tasks.web", exact=True)).to_be_visible()
    for task in ("web.1", "web.2", "web.3"):  # in the order of their addresses, which the swarm chose
        expect(panel.get_by_role("img")).to_have_attribute("alt", re.compile(rf"tasks\.web.*conteneur {task}"))


def ask_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    reader.select("sk.name_panel(")
    reader.tab_to(panel.get_by_label("Nom", exact=True))
    reader.page.keyboard.press("Control+A")
    reader.page.keyboard.type("introuvable")
    reader.tab_to(panel.get_by_role("button", name="Demander au DNS"))
    reader.page.keyboard.press("Enter")
    expect(panel.get_by_text("introuvable → aucune adresse")).to_be_visible(timeout=PANEL_MS)


def status(panel: Locator) -> Locator:
    return panel.get_by_role("status").first


def finished(panel: Locator) -> None:
    expect(status(panel)).to_have_text("✔ fini", timeout=PANEL_MS)
