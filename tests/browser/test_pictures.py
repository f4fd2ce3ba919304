"""README's picture is of the real panel; what makes the others is tried alone."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from tests.browser.pictures import lab, scenes
from tests.browser.pictures.film import LAST, LONGEST, Film
from tests.browser.pictures.sheet import contact_sheet
from tests.support.soaking import SOAKS


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.skipif(not SOAKS, reason="others test the panel; this one is for pictures")
def test_the_panel_has_its_picture_taken(open_notebook, tmp_path):
    lab.take_panel(open_notebook(scenes.CELLS), tmp_path)

    light, dark = (tmp_path / f"{name}.png" for name in ("panel", "panel-dark"))
    assert light.stat().st_size > 10_000
    assert dark.read_bytes() != light.read_bytes()


def test_a_film_shows_what_changed_in_its_box_for_as_long_as_it_was_seen(tmp_path):
    path = tmp_path / "film.webp"
    black, red, blue = map(frame, ("black", "red", "blue"))
    seconds = [(10.0, black), (10.5, black), (12.5, red), (12.01, blue), (20, black)]

    Film(seconds).save(path, (10, 20, 50, 40))

    with Image.open(path) as film:
        assert film.size == (40, 20)
        assert list(shown(film)) == [
            ((0, 0, 0), 1000 * LONGEST),
            ((0, 0, 255), 490),
            ((255, 0, 0), 1000 * LONGEST),
            ((0, 0, 0), 1000 * LAST),
        ]


def test_a_sheet_has_a_row_for_each_scene_light_and_wide_first():
    names = [
        "running light 420.png",
        "panel.webp",
        "running dark 1300.png",
        "reopened untrusted light 700.png",
        "running light 1300.png",
        "panel-<b>.png",
    ]

    page = contact_sheet(names)

    in_order = [
        *("panel.webp", "panel-&lt;b&gt;.png", "reopened untrusted light 700.png"),
        *("running light 1300.png", "running light 420.png", "running dark 1300.png"),
    ]
    places = [page.index(f"<figcaption>{name}<") for name in in_order]
    assert places == sorted(places)
    assert page.count("<h2>") == 4
    assert "<b>" not in page
    assert 'src="running%20light%20420.png"' in page


def frame(colour):
    """Draw a page that has many colours outside of the box."""
    page = Image.linear_gradient("L").convert("RGB")
    ImageDraw.Draw(page).rectangle((10, 20, 50, 40), fill=colour)
    file = BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def shown(film):
    for number in range(film.n_frames):
        film.seek(number)
        film.load()
        yield film.convert("RGB").getpixel((5, 5)), film.info["duration"]
