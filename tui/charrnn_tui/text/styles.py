"""The style of each mark that a character can carry, in each colouring. Pure."""

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from rich.segment import Segment
from rich.style import Style

from charrnn_tui.text.colouring import (
    EOS_MARK,
    PROMPT_MARK,
    SURPRISE_LEVELS,
    TEMPERATURE_LEVELS,
    UNIT_LEVELS,
    Colouring,
)

_LEVELS: dict[Colouring, int] = {
    "surprise": SURPRISE_LEVELS, "temperature": TEMPERATURE_LEVELS, "unit": UNIT_LEVELS, "none": 0
}  # fmt: skip
COMPONENTS = {
    "prompt", "eos", "cursor", "plain", "ahead",
    *(f"{colouring}-{level}" for colouring, levels in _LEVELS.items() for level in range(levels)),
}  # fmt: skip
"""The prompt, the symbol of an `<eos>`, the cursor, text without colouring, text after the cursor, and the levels of
each colouring."""

_RUNS = re.compile(rb"(.)\1*", re.DOTALL)  # of the same mark
_UNDERLINES = (Style(), Style(underline=True), Style(underline=True, bold=True))


def level_styles(component: Callable[[str], Style]) -> dict[Colouring, list[Style]]:
    """For each colouring, the styles of the marks 0 to 255. `component` looks a style up by its name."""
    plain = component("plain")
    tables: dict[Colouring, list[Style]] = {}
    for colouring, levels in _LEVELS.items():
        table = [component(f"{colouring}-{level}") for level in range(levels)]
        tables[colouring] = table = table + [plain] * (256 - levels)
        table[PROMPT_MARK], table[EOS_MARK] = component("prompt"), component("eos")
    return tables


def underlines(first: int, strengths: bytes, start: int, length: int) -> bytes:
    """Those of `length` characters from an offset on, where `strengths` begin at the offset `first`; or none."""
    there = bytes(max(0, first - start)) + strengths[max(0, start - first) :]
    return there[:length].ljust(length, b"\0") if strengths else b""


def coloured(text: str, marks: bytes, underlines: bytes, styles: list[Style]) -> Iterator[Segment]:
    """Characters in the style of their marks. `underlines` are 0, 1 or 2 for each, or empty for none."""
    if not any(underlines):
        for run in _RUNS.finditer(marks):
            yield Segment(text[run.start() : run.end()], styles[marks[run.start()]])
        return
    at = 0
    for (mark, line), of in groupby(zip(marks, underlines, strict=True)):
        end = at + len(list(of))
        yield Segment(text[at:end], styles[mark] + _UNDERLINES[line])
        at = end
