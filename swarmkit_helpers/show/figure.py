"""A matplotlib Figure that carries its alternative text into the notebook and its HTML export."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as MatplotlibFigure

__all__ = ["Figure", "Place"]

CSS_PIXELS_PER_INCH = 96
SHARPNESS = 2
"""Pixels of the picture for one CSS pixel: crisp on a HiDPI screen."""
MOST_PIXELS = 24_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure shows a node or a network; lengths in shares of the sheet, from its top left corner."""

    kind: Literal["node", "network"]
    name: str
    left: float
    top: float
    width: float
    height: float


class Figure(MatplotlibFigure):
    """A figure with its French alternative text, shown in Jupyter as ``<img alt="...">``.

    nbconvert drops the alt text of a plain PNG output, so the HTML output carries the picture itself.
    """

    def __init__(self, alt: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.alt = alt
        self.places: tuple[Place, ...] = ()
        """What can be pointed at, in the order it was drawn: the later ones lie above."""
        FigureCanvasAgg(self)

    @property
    def css_size(self) -> tuple[int, int]:
        """Width and height on the page, in CSS pixels."""
        width, height = self.get_size_inches()
        return round(width * CSS_PIXELS_PER_INCH), round(height * CSS_PIXELS_PER_INCH)

    def to_png(self) -> bytes:
        """The picture as PNG, at twice its size on the page unless it is huge."""
        width, height = self.css_size
        sharpness = max(1.0, min(SHARPNESS, (MOST_PIXELS / (width * height)) ** 0.5))
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=CSS_PIXELS_PER_INCH * sharpness)
        return picture.getvalue()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
        width, height = self.css_size
        picture = base64.b64encode(self.to_png()).decode("ascii")
        tag = (
            f'<img alt="{html.escape(self.alt)}" width="{width}" height="{height}" style="max-width:100%;height:auto" '
            f'src="data:image/png;base64,{picture}">'
        )
        bundle = {"text/html": tag, "image/png": picture, "text/plain": self.alt}
        return bundle, {"image/png": {"width": width, "height": height}}

    def __repr__(self) -> str:
        return f"<Figure : {self.alt}>"
