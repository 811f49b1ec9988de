"""An executed notebook as one HTML file that loads nothing from outside the machine."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["external_loads", "images_without_alt", "write_html"]

LOADING = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b[^>]*?\bhref\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)"""
    r"""|@import\s+(?:url\()?["']?\s*((?:https?:)?//[^"')\s]+)"""
    r"""|url\(\s*["']?((?:https?:)?//[^"')\s]+)"""
    r"""|(?:import|require)\w*\(\s*["']((?:https?:)?//[^"']+)""",
    re.IGNORECASE,
)
IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
ALT = re.compile(r"""\balt\s*=\s*(?:"[^"]*\S[^"]*"|'[^']*\S[^']*')""", re.IGNORECASE)


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
    html, _ = exporter.from_notebook_node(
        nbformat.read(notebook, as_version=4), resources={"metadata": {"name": notebook.stem}}
    )
    target.write_text(_closed(html), "utf-8")


def _closed(html: str) -> str:
    """Without the scripts that would look for a CDN, and said to be French."""
    html = re.sub(r'<script[^>]*\bsrc="(?:https?://[^"]*)?"[^>]*>\s*</script>', "", html)
    html = re.sub(r'<script type="module">(?:(?!</script>).)*mermaid(?:(?!</script>).)*</script>', "", html, flags=re.S)
    return html.replace('<html lang="en">', '<html lang="fr">', 1)


def external_loads(html: str) -> list[str]:
    """Addresses that a browser would fetch by itself on opening the page; links to follow do not count."""
    return [next(filter(None, found)) for found in LOADING.findall(html)]


def images_without_alt(html: str) -> list[str]:
    """Image tags that say nothing to who cannot see them."""
    return [tag[:120] for tag in IMAGE.findall(html) if not ALT.search(tag)]
