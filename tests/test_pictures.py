"""The README's pictures show what the app shows today."""

import pytest

from tests.pictures import DOCS, SCENES, draw, words


@pytest.mark.parametrize("name", SCENES)
async def test_the_picture_is_what_the_app_shows(name: str) -> None:
    shown = (DOCS / f"{name}.svg").read_text(encoding="utf-8")
    assert words(shown) == words(await draw(name)), "run: python -m tests.pictures"


def test_the_readme_shows_no_picture_that_is_not_there() -> None:
    import re

    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"\]\((docs/[^)]+)\)", readme)
    assert pictures
    assert all((DOCS.parent / picture).is_file() for picture in pictures)
