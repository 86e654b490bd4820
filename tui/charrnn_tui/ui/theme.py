"""The app's own themes, a dark and a light one, and the colours of surprise, temperature and units for every theme.

All scales run from blue to orange, which people with any common colour-blindness can tell apart. The surprising end
is bold too, for terminals without colour.
"""

from textual.theme import Theme

CHARRNN = Theme(
    name="charrnn",
    primary="#7aa2f7",
    secondary="#5c7cb8",
    accent="#f6c667",
    warning="#f79a4b",
    error="#f2704f",
    success="#8fcf9f",
    foreground="#d5dce8",
    background="#0e1118",
    surface="#141924",
    panel="#1c2333",
    dark=True,
)

CHARRNN_LIGHT = Theme(
    name="charrnn-light",
    primary="#2f5bd0",
    secondary="#8aa3cf",
    accent="#c96a00",
    warning="#a84300",
    error="#b3261e",
    success="#1d7a3a",
    foreground="#232a36",
    background="#fbfbf8",
    surface="#f1f1ec",
    panel="#e4e5df",
    dark=False,
)

_DARK_SURPRISE = ("#7d8ba3", "#93a5bf", "#b9c7db", "#eadfb8", "#f6c667", "#f79a4b", "#ff6b4a")
_LIGHT_SURPRISE = ("#5f6d85", "#4a5870", "#2d3848", "#5f5314", "#8a5a00", "#a84300", "#c4230a")
_DARK_TEMPERATURE = (
    "#8a93a6", "#5b8def", "#6fa8f5", "#93c4f0", "#d5dce8", "#f3dc9b", "#f6b45a", "#f78a45", "#ff5f3f",
)  # fmt: skip
_LIGHT_TEMPERATURE = (
    "#5f6673", "#1746a2", "#1f5fa8", "#2a6fb0", "#3d4a5e", "#77600a", "#955100", "#ad3e00", "#c4230a",
)  # fmt: skip
_DARK_UNIT = (
    "#3f8cff", "#5d9ff8", "#7fb0ee", "#9dbbdb", "#8d95a3", "#d9c79a", "#f3bd6a", "#f79a45", "#ff7a2e",
)  # fmt: skip
_LIGHT_UNIT = (
    "#0b3fd1", "#1f57c4", "#3a6cb4", "#56718f", "#6d727a", "#7a6440", "#8f5a14", "#a84a00", "#c23600",
)  # fmt: skip
_DARK_FIELD, _LIGHT_FIELD = ("#58a6ff", "#151b28", "#ff9a3d"), ("#1a56db", "#e4e8ef", "#d95b00")


def scale_variables(dark: bool) -> dict[str, str]:
    """The colours of the scales as variables for the style sheet."""
    surprise = _DARK_SURPRISE if dark else _LIGHT_SURPRISE
    temperature = _DARK_TEMPERATURE if dark else _LIGHT_TEMPERATURE
    field = zip(("low", "middle", "high"), _DARK_FIELD if dark else _LIGHT_FIELD, strict=True)
    return {
        "bar-gained": "#fff1c9" if dark else "#f2b46a",
        **{f"field-{end}": colour for end, colour in field},
        **{f"unit-{level}": colour for level, colour in enumerate(_DARK_UNIT if dark else _LIGHT_UNIT)},
        **{f"surprise-{level}": colour for level, colour in enumerate(surprise)},
        **{f"temperature-{level}": colour for level, colour in enumerate(temperature)},
    }
