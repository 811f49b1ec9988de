"""Figures and tables as they stand in an executed notebook and in its HTML export."""

from __future__ import annotations

import base64
import html.parser

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from matplotlib.figure import Figure as MatplotlibFigure
from nbconvert import HTMLExporter

from swarmkit_helpers.show import figures, tables
from swarmkit_helpers.show.frame import NotedFrame
from swarmkit_helpers.topology.model import Topology


class Images(html.parser.HTMLParser):
    """Collects the attributes of each img."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


def export(*shown: object) -> tuple[nbformat.NotebookNode, str]:
    """Display values as a notebook does, and export it."""
    formatter = InteractiveShell.instance().display_formatter
    cells = []
    for number, value in enumerate(shown):
        data, metadata = formatter.format(value)
        output = nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=number + 1)
        cells.append(nbformat.v4.new_code_cell("montrer()", outputs=[output], execution_count=number + 1))
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    return notebook, HTMLExporter(template_name="classic").from_notebook_node(notebook)[0]


@pytest.mark.parametrize("inline", [False, True], ids=["plain", "matplotlib inline"])
def test_each_figure_is_one_image_with_its_alternative_text(before: Topology, after: Topology, inline: bool) -> None:
    shell = InteractiveShell.instance()
    if inline:
        select_figure_formats(shell, {"png"})
    try:
        shown = [figures.draw_subnets(before), figures.draw_peers(before), figures.draw_before_after(before, after)]
        notebook, page = export(*shown)
    finally:
        if inline:
            shell.display_formatter.formatters["image/png"].pop(MatplotlibFigure)
    images = Images()
    images.feed(page)
    assert [image["alt"] for image in images.found] == [figure.alt for figure in shown]
    for image, figure, cell in zip(images.found, shown, notebook.cells, strict=True):
        assert image["width"] == str(figure.css_size[0])
        assert (image["src"] or "").startswith("data:image/png;base64,")
        assert cell.outputs[0].data["text/plain"] == figure.alt
        assert base64.b64decode(cell.outputs[0].data["image/png"]).startswith(b"\x89PNG")


def test_an_alternative_text_cannot_break_out_of_its_attribute(before: Topology) -> None:
    figure = figures.draw_swarm(before)
    figure.alt = 'un "nom" <b>étrange</b> & long'
    images = Images()
    images.feed(export(figure)[1])
    assert [image["alt"] for image in images.found] == ['un "nom" <b>étrange</b> & long']


def test_tables_keep_their_note_in_the_page(silent: Topology) -> None:
    _, page = export(tables.nodes_table(silent))
    assert "worker2 n'a pas répondu" in html.unescape(page)
    assert ">nœud</th>" in page


def test_long_words_of_a_table_may_go_on_to_the_next_line() -> None:
    from swarmkit_helpers.show.frame import NotedFrame

    table = NotedFrame({"champ": ["TaskTemplate.ContainerSpec.Image", "court.et.net", "<b>&"]})
    page = table._repr_html_()
    assert "TaskTemplate.<wbr>ContainerSpec.<wbr>Image" in page
    assert "court.et.net" in page
    assert "&lt;b&gt;&amp;" in page
    assert table["champ"][0] == "TaskTemplate.ContainerSpec.Image"


def test_a_published_port_stays_on_one_line() -> None:
    shown = NotedFrame({"ports": ["*:5000->80/tcp", "8080->8080"]})._repr_html_()
    assert '<span style="white-space: nowrap;">*:5000-&gt;80/tcp</span>' in shown
    assert '<span style="white-space: nowrap;">8080-&gt;8080</span>' in shown
