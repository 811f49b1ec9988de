"""An executed notebook as one HTML file that loads nothing from outside the machine."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ..show.widgets.panel import KEPT

__all__ = ["external_loads", "images_without_alt", "write_html"]

STYLE = "<style>.jp-RenderedMarkdown .highlight + * { margin-top: 1em; }</style>"
"""JupyterLab's own style leaves nothing between a block of code and what follows it."""
FETCHING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "embed": "src", "link": "href"}
"""Tags that make a browser fetch something by itself, and the attribute that says what."""
IN_TEXT = re.compile(r"""(?:@import\s+(?:url\()?|url\(|\bimport\s*\(|\bfrom)\s*["']?\s*((?:https?:)?//[^"')\s]+)""")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ELSEWHERE = re.compile(r"(?:https?:)?//", re.IGNORECASE)


class _Page(HTMLParser):
    """Collects what a page fetches, and its images without alt text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.mute_images: list[str] = []
        self._code = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = (values.get(FETCHING.get(tag, "")) or "").strip()
        if ELSEWHERE.match(address):
            self.loads.append(address)
        self.loads += IN_TEXT.findall(values.get("style") or "")
        if tag == "img" and not (values.get("alt") or "").strip():
            self.mute_images.append((self.get_starttag_text() or "")[:120])
        self._code = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._code = False

    def handle_data(self, data: str) -> None:
        if self._code:
            self.loads += IN_TEXT.findall(data)


def write_html(notebook: Path, target: Path) -> None:
    """Export an executed notebook; its figures are inside, with their alt texts.

    Parameters
    ----------
    notebook
        An executed .ipynb.
    target
        The .html to write.
    """
    import nbformat
    from nbconvert import HTMLExporter

    executed = nbformat.read(notebook, as_version=4)
    _settle(executed)
    exporter = HTMLExporter(
        template_name="lab",
        embed_images=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        # By default these three are fetched from a CDN when the page is opened.
        require_js_url="",
        mathjax_url="",
        jquery_url="",
    )
    html, _ = exporter.from_notebook_node(executed, resources={"metadata": {"name": notebook.stem}})
    target.write_text(_closed(html), "utf-8")


def _settle(notebook: Any) -> None:
    """Leave of each widget what it says without a kernel: the scripts that would draw it come from a CDN."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for output in outputs:
            if "text/html" in output.get("data", {}):
                output.data.pop(WIDGET_VIEW, None)
        if any(KEPT in output.get("data", {}).get("text/html", "") for output in outputs):
            # A panel says in an output of its own what it says without a kernel.
            cell.outputs = [output for output in outputs if WIDGET_VIEW not in output.get("data", {})]


def _closed(html: str) -> str:
    """Without the scripts that would look for a CDN, and said to be French."""
    html = re.sub(r'<script[^>]*\bsrc="(?:https?://[^"]*)?"[^>]*>\s*</script>', "", html)
    html = re.sub(r'<script type="module">(?:(?!</script>).)*mermaid(?:(?!</script>).)*</script>', "", html, flags=re.S)
    return html.replace('<html lang="en">', '<html lang="fr">', 1).replace("</head>", f"{STYLE}</head>", 1)


def external_loads(html: str) -> list[str]:
    """Addresses that a browser would fetch by itself on opening the page; links to follow do not count."""
    return _Page(html).loads


def images_without_alt(html: str) -> list[str]:
    """Image tags that say nothing to who cannot see them."""
    return _Page(html).mute_images
