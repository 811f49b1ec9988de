"""What a reader would see of a figure: its texts, where they stand, and whether they run into each other."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from swarmkit_helpers.show.figure import Figure


def texts(figure: Figure) -> list[str]:
    """Every text of the figure, in the order it was written."""
    return [artist.get_text() for artist in figure.findobj(Text) if artist.get_text()]


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text with the rectangle it covers, in CSS pixels."""
    figure.set_dpi(96)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    return [
        (artist.get_text(), artist.get_window_extent(renderer))
        for artist in figure.findobj(Text)
        if artist.get_text().strip() and artist.get_visible()
    ]


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other by more than a pixel both ways."""
    found = []
    placed = sorted(boxes(figure), key=lambda item: item[1].y0)
    for place, (text, box) in enumerate(placed):
        for other, beside in placed[place + 1 :]:
            if beside.y0 > box.y1:
                break
            width = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            height = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            if width > 1 and height > 1:
                found.append((text, other))
    return found


def outside(figure: Figure) -> list[str]:
    """Texts that leave the sheet."""
    width, height = figure.css_size
    return [
        text for text, box in boxes(figure) if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def smallest(figure: Figure) -> float:
    """Size of the smallest text, in points."""
    return min(float(artist.get_fontsize()) for artist in figure.findobj(Text) if artist.get_text())
