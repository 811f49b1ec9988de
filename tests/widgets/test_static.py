"""What is left of a panel in a saved notebook and in its HTML export, without a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import RichOutput, capture_output

from swarmkit_helpers.course.export import external_loads, images_without_alt, write_html
from swarmkit_helpers.show.widgets.panel import Panel
from swarmkit_helpers.show.widgets.ping import PingPanel
from tests.show import swarms

from .fakes import WAIT_S, FakeLab
from .test_live_map import Swarm
from .test_name_panel import Asked

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def shell() -> InteractiveShell:
    """What displays."""
    return InteractiveShell.instance()


def outputs_of(panel: Panel) -> list[RichOutput]:
    """The outputs of the cell that ends with a panel."""
    with capture_output() as told:
        display(panel)
    outputs: list[RichOutput] = told.outputs
    return outputs


def executed(*panels: Panel) -> nbformat.NotebookNode:
    """A notebook as nbclient leaves it: what each panel shows, and the state of its widgets."""
    cells, state = [], {}
    for number, panel in enumerate(panels):
        outputs = [nbformat.v4.new_output("display_data", data=told.data) for told in outputs_of(panel)]
        cells.append(nbformat.v4.new_code_cell("panneau", outputs=outputs, execution_count=number + 1))
        state[panel.view.model_id] = {"model_name": "VBoxModel", "model_module": "@jupyter-widgets/controls"}
    widgets = {STATE: {"version_major": 2, "version_minor": 0, "state": state}}
    return nbformat.v4.new_notebook(cells=cells, metadata={"widgets": widgets})


def ping_panel() -> PingPanel:
    return PingPanel(FakeLab(swarms.alpines()).means(), source="alpine2", target="alpine1", count=3)


def test_the_export_shows_once_what_the_panels_said(tmp_path: Path) -> None:
    names = Asked().panel(names=["tasks.my-nginx"]).run()
    nbformat.write(executed(ping_panel().run(), names), tmp_path / "panneaux.ipynb")
    write_html(tmp_path / "panneaux.ipynb", tmp_path / "panneaux.html")
    page = (tmp_path / "panneaux.html").read_text("utf-8")
    assert page.count("<circle") == 2
    assert page.count("perte partielle") == 1
    assert "10.0.1.5, 10.0.1.6" in page and page.count("<img alt=") == 1
    assert "widget-view+json" not in page and "widget-state+json" not in page and "Panneau interactif" not in page
    assert external_loads(page) == [] and images_without_alt(page) == []


def test_a_widget_without_anything_beside_it_stays(tmp_path: Path) -> None:
    alone = nbformat.v4.new_output("display_data", data={"text/plain": "un curseur", VIEW: {"model_id": "a"}})
    cells = [nbformat.v4.new_code_cell("curseur", outputs=[alone])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "seul.ipynb")
    write_html(tmp_path / "seul.ipynb", tmp_path / "seul.html")
    assert "jp-OutputArea-output" in (tmp_path / "seul.html").read_text("utf-8")


def test_the_notebook_itself_keeps_both() -> None:
    widget, kept = executed(ping_panel()).cells[0].outputs
    assert VIEW in widget.data and "text/html" not in widget.data
    assert "alpine2 vers alpine1" in kept.data["text/html"] and VIEW not in kept.data


def test_what_is_kept_follows_each_run() -> None:
    """Run by its button after its cell: the notebook that is saved then says what came of it."""
    panel = ping_panel()
    _, kept = outputs_of(panel)
    assert "quand le notebook est exécuté" in kept.data["text/html"]
    with capture_output() as told:
        panel.source.button.click()
    assert told.outputs == []
    with capture_output() as told:
        panel.start()
        assert panel.wait(WAIT_S)
        panel._worker.join(WAIT_S)  # type: ignore[union-attr]
    (later,) = told.outputs
    assert later.update and later.transient["display_id"] == kept.transient["display_id"]
    assert (
        panel.account.value in later.data["text/html"]
        and "quand le notebook est exécuté" not in later.data["text/html"]
    )


def test_shown_twice_it_is_kept_in_both_places() -> None:
    panel = ping_panel()
    assert len({outputs_of(panel)[1].transient["display_id"] for _ in range(2)}) == 1


def test_what_the_map_keeps_follows_the_swarm_and_its_buttons() -> None:
    swarm = Swarm(swarms.before_move())
    shown = swarm.map()
    outputs_of(shown)

    def kept_after(act: Any) -> str:
        with capture_output() as told:
            act()
        return str(told.outputs[-1].data["text/html"])

    swarm.topology = swarms.after_move()
    assert "nginx-net-2" in kept_after(shown.run)
    assert shown.detail.value in kept_after(lambda: shown.choose(("node", "manager"))) and shown.detail.value
    assert "repère pris" in kept_after(shown.mark_button.click)
