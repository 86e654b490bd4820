"""The pictures of the README and of docs/ show what the app shows today."""

import re

import pytest

from tests.pictures import DOCS, SCENES, TOUR, draw, pieces, tour, words


@pytest.mark.parametrize("name", SCENES)
async def test_the_picture_is_what_the_app_shows(name: str) -> None:
    shown = (DOCS / f"{name}.svg").read_text(encoding="utf-8")
    assert words(shown) == words(await draw(name)), "run: python -m tests.pictures"


async def test_the_moving_picture_shows_what_the_app_shows() -> None:
    shown = (DOCS / f"{TOUR}.svg").read_text(encoding="utf-8")
    assert set(pieces(await tour(pace=30))) <= set(pieces(shown)), "run: python -m tests.pictures"
    assert len(shown) < 400_000
    assert "<script" not in shown


def test_the_pages_show_every_picture_and_none_that_is_missing() -> None:
    pages = [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    shown = {
        (page.parent / picture).resolve()
        for page in pages
        for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == {path.resolve() for path in DOCS.glob("*.svg")}
    assert {path.stem for path in shown} == {*SCENES, TOUR}
