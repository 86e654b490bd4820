"""Both colourings can be read on the background of every theme."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from charrnn_tui.ui.theme import CHARRNN, CHARRNN_LIGHT, scale_variables

LEAST = 3.5
"""What is least for large and bold text is 3, for small text 4.5: themes choose their own grey."""


def contrast(one: Color, other: Color) -> float:
    """As the WCAG define it: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""

    def luminance(colour: Color) -> float:
        parts = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized)
        red, green, blue = parts
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    "theme",
    [CHARRNN, CHARRNN_LIGHT, *(theme for name, theme in BUILTIN_THEMES.items() if "ansi" not in name)],
    ids=lambda t: t.name,
)
def test_every_level_stands_out_from_the_background(theme) -> None:  # type: ignore[no-untyped-def]
    background = Color.parse(theme.to_color_system().generate()["background"])
    faint = {
        name: round(contrast(Color.parse(colour), background), 2)
        for name, colour in scale_variables(theme.dark).items()
        if not name.startswith(("field-", "bar-")) and contrast(Color.parse(colour), background) < LEAST
    }
    assert not faint
