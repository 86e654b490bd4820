"""Bars of the next character's distribution, exact to an eighth of a cell. Pure: knows styles and strips, no widget.

A bar has two parts. The first is the probability that the model and the drawing have in common; the second is what
temperature and filters took away from the model's, or what they added to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from charrnn_tui.play.next_tokens import Alternative
from charrnn_tui.ui.formats import percent

_EIGHTHS = " ▏▎▍▌▋▊▉"
FULL, COVER = "█", "░"
BIG_ROWS = 3  # of a big bar, with the gap below it
_ROOM_FOR_BOTH = 46  # columns from which both probabilities are shown


@dataclass(frozen=True)
class BarStyles:
    label: Style
    kept: Style
    """What the model and the drawing have in common."""
    lost: Style
    """What temperature and filters took away."""
    gained: Style
    """What they added."""
    number: Style
    background: Style
    came: Style
    """The label of the token that the text continued with."""


def eighths(value: float, width: int) -> int:
    """The length of a bar of 0 to 1 in eighths of a cell, where 1 is `width` cells."""
    length = min(8 * width, round(value * 8 * width))
    # Whatever isn't 0 shows at least a sliver, so that a long tail isn't mistaken for nothing.
    return max(length, 1) if value >= 0.005 else length


def bar(model: float, drawn: float, width: int, styles: BarStyles) -> list[Segment]:
    """The bar for two values of 0 to 1, padded to `width` cells."""
    second = styles.lost if model > drawn else styles.gained
    inner, outer = sorted((eighths(model, width), eighths(drawn, width)))
    if inner < outer and inner // 8 == outer // 8:  # a cell can show one end
        inner = outer if inner % 8 >= 4 else inner - inner % 8
    full, rest = divmod(inner, 8)
    segments = [Segment(FULL * full, styles.kept)]
    if rest:
        behind = Style(bgcolor=second.color) if outer > inner else Style()
        segments.append(Segment(_EIGHTHS[rest], styles.kept + behind))
        full += 1
    if outer > inner:
        segments.append(Segment(FULL * (outer // 8 - full), second))
        segments.append(Segment(_EIGHTHS[outer % 8] if outer % 8 else "", second))
    used = sum(len(segment.text) for segment in segments)
    return [segment for segment in (*segments, Segment(" " * (width - used), styles.background)) if segment.text]


def rows(
    items: Sequence[Alternative],
    width: int,
    height: int,
    styles: BarStyles,
    label_width: int = 3,
    numbered: bool = False,
    big: bool = False,
) -> list[Strip]:
    """As many bars as fit, most probable first as given; the first nine with a number where `numbered`.

    After a bar stands the probability after temperature and filters, and before that, where there is room and they
    differ, the model's. A `big` bar takes BIG_ROWS rows. The greatest probability has a bar of full width.
    """
    shown = items[: places(height, big)]
    greatest = max((max(item.probability, item.model_probability) for item in shown), default=1.0)
    scale = 1 / max(greatest, 1e-9)
    drawn: list[Strip] = []
    for place, item in enumerate(shown, 1):
        lead = [Segment(f"{place if place <= 9 else ' '} ", styles.number)] if numbered else []
        label = set_cell_size(item.label, label_width)
        lead += [Segment(label, styles.came if item.came else styles.label), Segment(" ", styles.background)]
        figures = Segment(_figures(item, width - 2 * numbered), styles.number)
        room = max(1, width - label_width - 1 - 2 * numbered - len(figures.text))
        middle = bar(item.model_probability * scale, item.probability * scale, room, styles)
        drawn += _strips(lead, middle, figures, width, styles, big)
    return drawn


def covered_rows(width: int, height: int, styles: BarStyles, label_width: int = 3, big: bool = False) -> list[Strip]:
    """As many covered bars as fit: they say nothing of what comes."""
    lead = [Segment(set_cell_size("?", label_width), styles.label), Segment(" ", styles.background)]
    cover = [Segment(COVER * max(1, width - label_width - 1), styles.number)]
    strips = _strips(lead, cover, Segment(""), width, styles, big)
    return strips * places(height, big)


def places(height: int, big: bool) -> int:
    """How many bars there is room for; the last one needs no gap below it."""
    return (height + 1) // BIG_ROWS if big else height


def _figures(item: Alternative, width: int) -> str:
    before, after = percent(item.model_probability), percent(item.probability)
    if width < _ROOM_FOR_BOTH:
        return f" {after}"
    return f" {before} → {after}" if before != after else f" {'':{len(before)}}   {after}"


def _strips(
    lead: list[Segment], middle: list[Segment], end: Segment, width: int, styles: BarStyles, big: bool
) -> list[Strip]:
    """One row; of a big bar a second one, without label and figures, and a gap."""
    strips = [Strip([*lead, *middle, end])]
    if big:
        below = [Segment(" " * segment.cell_length, segment.style) for segment in (*lead, end)]
        strips += [Strip([*below[:-1], *middle, below[-1]]), Strip.blank(width, styles.background)]
    return [strip.adjust_cell_length(width, styles.background) for strip in strips]
