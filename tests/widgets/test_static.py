"""What is left of a panel in a saved notebook and in its HTML export, without a kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from swarmkit_helpers.course.export import external_loads, images_without_alt, write_html
from swarmkit_helpers.show.widgets.panel import Panel
from swarmkit_helpers.show.widgets.ping import PingPanel
from tests.show import swarms

from .fakes import FakeLab
from .test_name_panel import Asked

STATE = "application/vnd.jupyter.widget-state+json"


def executed(*panels: Panel) -> nbformat.NotebookNode:
    """A notebook as nbclient leaves it: what each panel shows, and the state of its widgets."""
    formatter = InteractiveShell.instance().display_formatter
    cells, state = [], {}
    for number, panel in enumerate(panels):
        data, metadata = formatter.format(panel)
        output = nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=number + 1)
        cells.append(nbformat.v4.new_code_cell("panneau", outputs=[output], execution_count=number + 1))
        state[panel.view.model_id] = {"model_name": "VBoxModel", "model_module": "@jupyter-widgets/controls"}
    widgets = {STATE: {"version_major": 2, "version_minor": 0, "state": state}}
    return nbformat.v4.new_notebook(cells=cells, metadata={"widgets": widgets})


def test_the_export_shows_what_the_panels_said(tmp_path: Path) -> None:
    ping = PingPanel(FakeLab(swarms.alpines()).means(), source="alpine2", target="alpine1").run()
    names = Asked().panel(names=["tasks.my-nginx"]).run()
    nbformat.write(executed(ping, names), tmp_path / "panneaux.ipynb")
    write_html(tmp_path / "panneaux.ipynb", tmp_path / "panneaux.html")
    page = (tmp_path / "panneaux.html").read_text("utf-8")
    assert page.count("<circle") == 2 and "perte partielle" in page
    assert "10.0.1.5, 10.0.1.6" in page
    assert "widget-view+json" not in page and "widget-state+json" not in page
    assert external_loads(page) == [] and images_without_alt(page) == []


def test_the_notebook_itself_keeps_both(tmp_path: Path) -> None:
    panel = PingPanel(FakeLab(swarms.alpines()).means(), source="alpine2", target="alpine1")
    data = executed(panel).cells[0].outputs[0].data
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= set(data)
    assert "alpine2 vers alpine1" in data["text/html"]
