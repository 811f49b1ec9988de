"""Each figure beside the picture that was looked at and found good; CONTRIBUTING.md tells how to renew them."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import pytest
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

from swarmkit_helpers.show import figures
from swarmkit_helpers.show.figure import Figure

from . import drawn
from .pictures import PICTURES

BASELINE = Path(__file__).parent / "baseline"
MOST_BYTES = 3_000_000
DPI = 64
TOLERANCE = 0.3
"""Root mean square over all pixels, out of 255. The same matplotlib draws the same; one label elsewhere is more."""


@pytest.mark.mpl_image_compare(baseline_dir="baseline", tolerance=TOLERANCE, savefig_kwargs={"dpi": DPI})
@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str) -> Figure:
    return PICTURES[name]()


def test_the_comparison_sees_one_label_that_moved(tmp_path: Path) -> None:
    figure = PICTURES["swarm-100-ailing"]()
    before, after = tmp_path / "before.png", tmp_path / "after.png"
    figure.savefig(before, dpi=DPI)
    label = next(artist for artist in figure.findobj(Text) if artist.get_text() == "worker93")
    label.set_x(label.get_position()[0] + 4)
    figure.savefig(after, dpi=DPI)
    assert compare_images(str(before), str(before), TOLERANCE) is None
    assert compare_images(str(before), str(after), TOLERANCE) is not None


def test_every_kind_of_figure_has_its_picture() -> None:
    asked = {name for draw in PICTURES.values() for name in draw.__code__.co_names if name.startswith("draw_")}
    assert asked == set(figures.__all__)


def test_the_pictures_are_those_that_are_compared_and_small() -> None:
    kept = {path.name for path in BASELINE.iterdir()}
    assert kept == {f"test_picture_{name}.png" for name in PICTURES}
    assert sum(path.stat().st_size for path in BASELINE.iterdir()) < MOST_BYTES


def test_the_comparison_is_part_of_every_run(pytestconfig: pytest.Config) -> None:
    assert "--mpl" in pytestconfig.getini("addopts")


@pytest.mark.parametrize("name", PICTURES)
def test_only_fonts_that_come_with_matplotlib_are_used(name: str) -> None:
    bundled = Path(matplotlib.get_data_path())
    figure = PICTURES[name]()
    assert drawn.texts(figure)
    for artist in figure.findobj(Text):
        path = Path(findfont(FontProperties(**_asked(artist))))
        assert path.is_relative_to(bundled)
        known = get_font(str(path)).get_charmap()
        # What a font lacks, matplotlib looks for in the system's own fonts.
        assert [sign for sign in artist.get_text().replace(r"\$", "$") if ord(sign) not in known] == []


def _asked(artist: Text) -> dict[str, object]:
    font = artist.get_fontproperties()
    return {"family": font.get_family(), "weight": font.get_weight(), "style": font.get_style()}
