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
from .reader import PICTURES, Reader

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
    reader.run_until("sk.live_map(")
    panel = reader.panel("sk.live_map(")
    expect(status(panel)).to_contain_text("suit le swarm")
    expect(panel.locator(PICTURE)).not_to_have_attribute("alt", re.compile("my-nginx"))
    look_with_the_mouse(panel)
    look_with_the_keyboard(reader, panel)
    reader.run_below("sk.live_map(")
    # Nobody has run its cell again: the map has seen the service by itself.
    expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("my-nginx.5"))
    reader.picture_of(panel, "carte")
    follow_with_the_mouse(panel)
    assert_passed(reader, lab)


def test_section_13_is_compared_with_a_reference(read: Callable[[str], Reader], lab: Lab) -> None:
    reader = read("13")
    reader.run_until("sk.live_map(")
    panel = reader.panel("sk.live_map(")
    with reader.by_keyboard("sk.live_map("):
        reader.press(panel.get_by_role("button", name="Prendre un repère"))
        expect(panel.get_by_text("repère pris")).to_be_visible()
    panel.get_by_role("button", name="Prendre un repère").click()
    reader.run_below("sk.live_map(", until="sk.move_service(")
    compare = panel.get_by_role("button", name=re.compile("Comparer au repère"))
    with reader.by_keyboard("sk.live_map("):
        reader.press(compare)
        compared(panel)
        reader.press(compare, "Space")
        expect(panel.locator(PICTURE)).not_to_have_attribute("alt", re.compile("^Deux cartes"))
    compare.click()
    compared(panel)
    reader.picture_of(panel, "comparaison")
    reader.run_below("sk.move_service(")
    assert_passed(reader, lab)


def test_section_14_is_read_with_its_panels(
    read: Callable[[str], Reader], lab: Lab, jupyter: Server, visitor: Visitors, tmp_path: Path
) -> None:
    reader = read("14")
    # All panels stand before the step that removes what they act on.
    reader.run_until("sk.packet_panel(")
    packets = reader.panel("sk.packet_panel(")
    capture_with_the_mouse(reader, packets)
    capture_with_the_keyboard(reader, packets)
    names = reader.panel("sk.name_panel(")
    ask_with_the_mouse(reader, names)
    ask_with_the_keyboard(reader, names)
    matrix = reader.panel("sk.matrix_panel(")
    measure_with_the_mouse(reader, matrix)
    measure_with_the_keyboard(reader, matrix)
    ping = reader.panel("sk.ping_panel(")
    ping_with_the_keyboard(reader, ping)
    ping_with_the_mouse(reader, ping)
    reader.save()
    for trusted in (True, False):
        read_again(jupyter, visitor, tmp_path / str(trusted), trusted=trusted)
    reader.run_below("sk.packet_panel(")
    assert_passed(reader, lab)


def read_again(jupyter: Server, visitor: Visitors, home: Path, *, trusted: bool) -> None:
    """The saved notebook, opened by another server, still says what the ping panel showed last, and says it once."""
    home.mkdir()
    if trusted:
        shutil.copytree(jupyter.runtime.parent / ".local/share/jupyter", home / ".local/share/jupyter")
    with serve(home, f"--ServerApp.root_dir={jupyter.runtime.parent / 'cours'}") as server:
        page = visitor(1300, 1000).open(server.page("/lab"))
        (path,) = NOTEBOOKS.glob("14_*.ipynb")
        cell = Reader(page, path).cell("sk.ping_panel(")
        said = cell.get_by_text("docker container exec alpine3 ping -c 2 -i 0.5 -W 2 alpine2", exact=True)
        said.scroll_into_view_if_needed()
        expect(said).to_be_visible()
        expect(cell.get_by_text("2 réponses pour 2 paquets")).to_be_visible()
        expect(cell.get_by_text("model not found")).to_be_hidden()
        cell.screenshot(path=PICTURES / f"relu-{'fiable' if trusted else 'inconnu'}.png")
        page.close()


def look_with_the_mouse(panel: Locator) -> None:
    panel.get_by_role("button", name="nœud worker1").first.click()
    expect(panel.get_by_text("Réseaux qu'il liste")).to_be_visible()
    expect(panel.get_by_role("button", name="nœud worker1, choisi").first).to_be_visible()
    pick(panel, "Détail", "nœud worker2")
    expect(panel.get_by_role("button", name="nœud worker2, choisi").first).to_be_visible()
    panel.get_by_role("button", name="Les pairs").click()
    expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("pair", re.I))
    panel.get_by_role("button", name="Le swarm").click()
    expect(panel.locator(PICTURE)).not_to_have_attribute("alt", re.compile("pair|sous-réseaux", re.I))
    panel.get_by_role("button", name="Les sous-réseaux").click()
    expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("^Carte des sous-réseaux"))


def look_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    with reader.by_keyboard("sk.live_map("):
        reader.press(panel.get_by_role("button", name="Arrêter"))
        expect(status(panel)).to_contain_text("arrêtée")
    with reader.by_keyboard("sk.live_map("):
        reader.press(panel.get_by_role("button", name="Suivre"), "Space")
        expect(status(panel)).to_contain_text("suit le swarm")
        reader.press(panel.get_by_role("button", name="Les pairs"))
        expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("pair", re.I))
        reader.press(panel.get_by_role("button", name="Les sous-réseaux"), "Space")
        expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("^Carte des sous-réseaux"))
        reader.press(panel.get_by_role("button", name="réseau nginx-net").first)
        expect(panel.get_by_text(re.compile("Pairs\\W+quel nœud voit lequel"))).to_be_visible()
        expect(panel.get_by_role("button", name="réseau nginx-net, choisi").first).to_be_focused()
        reader.write(panel.get_by_label("Détail", exact=True), "manager")
        expect(panel.get_by_role("button", name="nœud manager, choisi").first).to_be_visible()
        expect(panel.get_by_label("Détail", exact=True)).to_have_value("nœud manager")


def follow_with_the_mouse(panel: Locator) -> None:
    for button, said in (("Arrêter", "arrêtée"), ("Suivre", "suit le swarm"), ("Arrêter", "arrêtée")):
        panel.get_by_role("button", name=button).click()
        expect(status(panel)).to_contain_text(said)


def compared(panel: Locator) -> None:
    expect(panel.locator(PICTURE)).to_have_attribute("alt", re.compile("^Deux cartes.*nginx-net-2"))


def capture_with_the_mouse(reader: Reader, panel: Locator) -> None:
    panel.get_by_role("button", name="Actualiser").click()
    pick(panel, "Source", "alpine2 (worker1)")
    pick(panel, "Écoute", "manager")
    panel.get_by_label("Cible", exact=True).fill("alpine1")
    panel.get_by_label("Pings", exact=True).fill("1")
    panel.get_by_role("button", name="Lancer la capture").click()
    expect(panel.get_by_text(re.compile("VXLAN sur manager, dont"))).to_be_visible()
    finished(panel)
    expect(panel.get_by_role("img").first).to_have_attribute("alt", re.compile(r"VNI \d+ \(réseau test-net\)"))
    nested = panel.get_by_role("img").last
    before = nested.get_attribute("alt")
    panel.get_by_title("Paquet suivant").click()
    expect(nested).not_to_have_attribute("alt", str(before))
    panel.get_by_title("Paquet précédent").click()
    expect(nested).to_have_attribute("alt", str(before))
    pick(panel, "Paquet", re.compile("^2 "))
    expect(panel.get_by_label("Paquet", exact=True)).to_have_value(re.compile("^2\\W"))
    expect(nested).not_to_have_attribute("alt", str(before))
    reader.picture_of(panel, "paquets")


def capture_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    with reader.by_keyboard("sk.packet_panel("):
        reader.write(panel.get_by_label("Source", exact=True), "alpine3")
        expect(panel.get_by_label("Source", exact=True)).to_have_value("alpine3 (worker2)")
        reader.press(panel.get_by_role("button", name="Actualiser"))
        reader.write(panel.get_by_label("Cible", exact=True), "alpine1")
        reader.write(panel.get_by_label("Écoute", exact=True), "worker2")
        reader.write(panel.get_by_label("Pings", exact=True), "2")
        reader.press(panel.get_by_role("button", name="Lancer la capture"), "Space")
        expect(panel.get_by_text(re.compile("VXLAN sur worker2, dont"))).to_be_visible()
        finished(panel)
        packet = panel.get_by_label("Paquet", exact=True)
        reader.write(packet, "1")
        expect(packet).to_have_value(re.compile("^1\\W"))
        reader.press(panel.get_by_title("Paquet suivant"))
        expect(packet).to_have_value(re.compile("^2\\W"))
    with reader.by_keyboard("sk.packet_panel("):
        reader.press(panel.get_by_title("Paquet précédent"), "Space")
        expect(panel.get_by_label("Paquet", exact=True)).to_have_value(re.compile("^1\\W"))
    with reader.by_keyboard("sk.packet_panel("):
        reader.write(panel.get_by_label("Cible", exact=True), "introuvable")
        reader.press(panel.get_by_role("button", name="Lancer la capture"))
        expect(panel.get_by_role("img").last).to_have_attribute("alt", re.compile("introuvable"))


def measure_with_the_mouse(reader: Reader, panel: Locator) -> None:
    panel.get_by_role("button", name="Actualiser").click()
    panel.get_by_role("button", name="Mesurer").click()
    finished(panel)
    pick(panel, "De", "alpine2")
    pick(panel, "Vers", "alpine3")
    expect(panel.get_by_text(re.compile(r"^docker container exec alpine2 ping"))).to_be_visible()
    reader.picture_of(panel, "matrice")


def measure_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    """Without any network chosen, then with it again; then another pair."""
    with reader.by_keyboard("sk.matrix_panel("):
        box = panel.get_by_role("checkbox", name="test-net")
        reader.press(box, "Space")
        expect(box).not_to_be_checked()
        reader.page.keyboard.press("Space")
        expect(box).to_be_checked()
        reader.press(panel.get_by_role("button", name="Actualiser"))
        run = panel.get_by_role("button", name="Mesurer")
        reader.press(run)
        finished(panel)
        expect(run).to_be_focused()
        reader.write(panel.get_by_label("De", exact=True), "alpine3")
        reader.write(panel.get_by_label("Vers", exact=True), "alpine1", end="Enter")
        expect(panel.get_by_text(re.compile(r"^docker container exec alpine3 ping"))).to_be_visible()


def ping_with_the_mouse(reader: Reader, panel: Locator) -> None:
    panel.get_by_role("button", name="Actualiser").click()
    pick(panel, "Source", "alpine3 (worker2)")
    panel.get_by_label("Cible", exact=True).fill("alpine2")
    panel.get_by_label("Paquets", exact=True).fill("40")
    panel.get_by_label("Octets", exact=True).fill("100")
    panel.get_by_role("checkbox").click()
    panel.get_by_role("button", name="Lancer le ping").click()
    expect(panel.get_by_text(re.compile(r"^paquet 1\W+revenu en"))).to_be_visible()
    expect(panel.get_by_text(re.compile("-s 100 -M do alpine2$"))).to_be_visible()
    panel.get_by_role("button", name="Arrêter").click()
    expect(status(panel)).to_have_text("■ arrêté")
    panel.get_by_role("checkbox").click()
    panel.get_by_label("Octets", exact=True).fill("56")
    panel.get_by_label("Paquets", exact=True).fill("2")
    panel.get_by_role("button", name="Lancer le ping").click()
    finished(panel)
    expect(panel.get_by_text(re.compile(r"^paquet 2\W+revenu en"))).to_be_visible()
    expect(panel.get_by_text("docker container exec alpine3 ping -c 2 -i 0.5 -W 2 alpine2", exact=True)).to_be_visible()
    expect(panel.get_by_text("2 réponses pour 2 paquets")).to_be_visible()
    reader.picture_of(panel, "ping")


def ping_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    """From the selected cell on, with Tab, letters, Enter and Space only; the panel is stopped, and started again."""
    keyboard = reader.page.keyboard
    run = panel.get_by_role("button", name="Lancer le ping")
    with reader.by_keyboard("sk.ping_panel("):
        reader.write(panel.get_by_label("Source", exact=True), "personne")
        expect(panel.get_by_text(re.compile("personne.*n'est pas dans la liste"))).to_be_visible()
        keyboard.press("Shift+Tab")
        # The arrows are the field's own: they neither leave it nor the cell.
        for key in ("ArrowDown", "ArrowUp", "a", "b"):
            keyboard.press(key)
        expect(panel.get_by_label("Source", exact=True)).to_be_focused()
        reader.write(panel.get_by_label("Source", exact=True), "alpine2", end="Enter")
        expect(panel.get_by_label("Source", exact=True)).to_have_value("alpine2 (worker1)")
        pick_with_the_keyboard(reader, panel, "Source", "alpine3 (worker2)")
        reader.press(panel.get_by_role("button", name="Actualiser"))
        reader.write(panel.get_by_label("Cible", exact=True), "alpine9")
        reader.write(panel.get_by_label("Paquets", exact=True), "40")
        reader.write(panel.get_by_label("Octets", exact=True), "100")
        reader.press(panel.get_by_role("checkbox"), "Space")
        expect(panel.get_by_role("checkbox")).to_be_checked()
        keyboard.press("Space")
        reader.press(run)
        expect(panel.locator("li", has_text="✘ Nom")).to_contain_text("alpine9")
        # The keyboard is still where it was: Shift+Tab leads back to the fields.
        expect(run).to_be_focused()
        while not panel.get_by_label("Cible", exact=True).evaluate("it => it === document.activeElement"):
            keyboard.press("Shift+Tab")
        reader.write(panel.get_by_label("Cible", exact=True), "alpine1")
        reader.press(run, "Space")
        expect(panel.get_by_text(re.compile(r"^paquet 1\W+revenu en"))).to_be_visible()
        expect(panel.get_by_text(re.compile("exec alpine3 ping .*-s 100 alpine1$"))).to_be_visible()
        reader.press(panel.get_by_role("button", name="Arrêter"))
        expect(status(panel)).to_have_text("■ arrêté")


def ask_with_the_mouse(reader: Reader, panel: Locator) -> None:
    panel.get_by_role("button", name="Actualiser").click()
    pick(panel, "Source", "alpine2 (worker1)")
    panel.get_by_label("Nom", exact=True).fill("tasks.web")
    panel.get_by_role("button", name="Demander au DNS").click()
    finished(panel)
    expect(panel.get_by_text("docker container exec alpine2 nslookup tasks.web", exact=True)).to_be_visible()
    for task in ("web.1", "web.2", "web.3"):  # in the order of their addresses, which the swarm chose
        expect(panel.get_by_role("img")).to_have_attribute("alt", re.compile(rf"tasks\.web.*conteneur {task}"))
    reader.picture_of(panel, "noms")


def ask_with_the_keyboard(reader: Reader, panel: Locator) -> None:
    with reader.by_keyboard("sk.name_panel("):
        reader.write(panel.get_by_label("Source", exact=True), "alpine1")
        reader.press(panel.get_by_role("button", name="Actualiser"))
        reader.write(panel.get_by_label("Nom", exact=True), "introuvable", end="Enter")
        expect(panel.get_by_text("introuvable → aucune adresse")).to_be_visible()
        expect(panel.get_by_text("docker container exec alpine1 nslookup introuvable").first).to_be_visible()
        reader.write(panel.get_by_label("Nom", exact=True), "web")
        reader.press(panel.get_by_role("button", name="Demander au DNS"))
        expect(panel.get_by_text("docker container exec alpine1 nslookup web", exact=True)).to_be_visible()


def pick(panel: Locator, label: str, choice: str | re.Pattern[str]) -> None:
    """Open the list of choices and click on one."""
    panel.get_by_title(re.compile(rf"^{label}\W+tous les choix")).click()
    # A picture may have a button of that name too.
    panel.locator(".swarm-choices:visible").get_by_role("button", name=choice).click()
    expect(panel.get_by_label(label, exact=True)).to_be_focused()


def pick_with_the_keyboard(reader: Reader, panel: Locator, label: str, choice: str) -> None:
    """Open the list of choices and press one."""
    reader.press(panel.get_by_title(re.compile(rf"^{label}\W+tous les choix")))
    reader.press(panel.get_by_role("button", name=choice, exact=True))
    field = panel.get_by_label(label, exact=True)
    expect(field).to_have_value(choice)
    expect(field).to_be_focused()


def status(panel: Locator) -> Locator:
    return panel.get_by_role("status").first


def finished(panel: Locator) -> None:
    """Wait for the end of a run that no earlier call has seen: each state that is shown is another element."""
    expect(panel.locator("[role=status]:not(.seen)").first).to_have_text("✔ fini")
    status(panel).evaluate("it => it.classList.add('seen')")
