"""Bars of the next character's distribution: under the model above, after temperature and filters below."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from charrnn_tui.play.next_tokens import Alternative
from charrnn_tui.ui.formats import percent

UPPER, LOWER = "▀", "▄"
_ROOM_FOR_BOTH = 46  # columns from which both probabilities are shown
_COLUMN = len(f"{UPPER} model")  # under the heading of each


@dataclass(frozen=True)
class BarStyles:
    label: Style
    model: Style
    """Under the model; the colour of the upper half."""
    drawn: Style
    """After temperature and filters; the colour of the lower half."""
    number: Style
    background: Style
    came: Style
    """The label of the token that the text continued with."""


def bar_cells(upper: float, lower: float, width: int) -> str:
    """Two bars of 0 to 1 in one row, a character for each column: `u`pper, `l`ower, `b`oth or a space."""
    top, bottom = (min(width, round(value * width)) for value in (upper, lower))
    # Whatever isn't 0 shows at least a sliver, so that a long tail isn't mistaken for nothing.
    top, bottom = (max(cells, 1) if value >= 0.005 else cells for cells, value in ((top, upper), (bottom, lower)))
    return "".join(
        "b" if column < top and column < bottom else "u" if column < top else "l" if column < bottom else " "
        for column in range(width)
    )


def bar_row(
    item: Alternative, scale: float, label_width: int, width: int, styles: BarStyles, number: str = ""
) -> Strip:
    """One row: label, double bar, and the probability after temperature and filters; before it, where there is room,
    the model's. `scale` is the probability of a bar of full width.
    """
    label = set_cell_size(item.label, label_width)
    if number:
        width -= 2
    figures = " " + percent(item.probability)
    if width >= _ROOM_FOR_BOTH:
        figures = f" {percent(item.model_probability):>{_COLUMN}} {percent(item.probability):>{_COLUMN}}"
    bar_width = max(1, width - label_width - 1 - len(figures))
    cells = bar_cells(item.model_probability / scale, item.probability / scale, bar_width)
    both = styles.model + Style(bgcolor=styles.drawn.color)
    drawing = {"u": (UPPER, styles.model), "l": (LOWER, styles.drawn), "b": (UPPER, both)}
    segments = [Segment(f"{number} ", styles.number)] if number else []
    segments += [Segment(label, styles.came if item.came else styles.label), Segment(" ", styles.background)]
    for kind in dict.fromkeys(cells):  # each kind is one run: both, then the longer one, then nothing
        character, style = drawing.get(kind, (" ", styles.background))
        segments.append(Segment(character * cells.count(kind), style))
    segments.append(Segment(figures, styles.number))
    return Strip(segments).adjust_cell_length(width + (2 if number else 0), styles.background)


def rows(
    items: Sequence[Alternative],
    width: int,
    height: int,
    styles: BarStyles,
    label_width: int = 3,
    numbered: bool = False,
) -> list[Strip]:
    """As many rows as fit, most probable first as given; the first nine with a number where `numbered`."""
    shown = items[:height]
    greatest = max((max(item.probability, item.model_probability) for item in shown), default=1.0)
    numbers = [str(place) if place <= 9 else " " for place in range(1, len(shown) + 1)]
    return [
        bar_row(item, max(greatest, 1e-9), label_width, width, styles, number if numbered else "")
        for item, number in zip(shown, numbers, strict=True)
    ]
