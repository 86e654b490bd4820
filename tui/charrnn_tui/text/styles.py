"""The style of each mark that a character can carry, in each colouring. Pure."""

from collections.abc import Callable

from rich.style import Style

from charrnn_tui.text.colouring import EOS_MARK, PROMPT_MARK, SURPRISE_LEVELS, TEMPERATURE_LEVELS, Colouring


def level_styles(component: Callable[[str], Style]) -> dict[Colouring, list[Style]]:
    """For each colouring, the styles of the marks 0 to 255. `component` looks a style up by its name."""
    plain = component("plain")
    tables: dict[Colouring, list[Style]] = {
        "surprise": [component(f"surprise-{level}") for level in range(SURPRISE_LEVELS)],
        "temperature": [component(f"temperature-{level}") for level in range(TEMPERATURE_LEVELS)],
        "none": [],
    }
    for table in tables.values():
        table.extend([plain] * (256 - len(table)))
        table[PROMPT_MARK], table[EOS_MARK] = component("prompt"), component("eos")
    return tables
