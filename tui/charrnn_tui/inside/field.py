"""All units of a network as a field of cells, a block for each layer's hidden or cell states. Knows no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.color import Color
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

SHADES = 15
"""From far below a unit's mean to far above it; the one in the middle is the mean."""
CHOSEN, HELD, NO_UNIT = SHADES, SHADES + 1, SHADES + 2
_LABEL = 3  # columns before a block, for its name
_HEIGHTS = "▁▂▃▄▅▆▇█"
_OFF_SCREEN = 15  # lines of the screen that the field leaves to everything else


@dataclass(frozen=True)
class Block:
    """The units of one layer and kind: its name, such as `c2`, the place of the first among all, and how many."""

    name: str
    start: int
    size: int


def blocks_of(names: Sequence[str]) -> list[Block]:
    """The blocks of units that are named in order, such as `h1.0`, `h1.1`, `c1.0`."""
    blocks: list[Block] = []
    for name, of in groupby(names, lambda unit: unit.partition(".")[0]):
        start = blocks[-1].start + blocks[-1].size if blocks else 0
        blocks.append(Block(name, start, len(list(of))))
    return blocks


@lru_cache(maxsize=2048)
def _cell(upper: str, lower: str) -> Style:
    return Style(color=upper, bgcolor=lower)


class Field(Widget, can_focus=True):
    """Shows `shades`; a click or the arrows choose a unit, of which a message tells.

    Two units share a cell of the screen, one above the other. Without colours a unit has a cell of its own, and its
    value is a height. Where there isn't room for all blocks, the one with the chosen unit is shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "field--low", "field--middle", "field--high", "field--chosen", "field--held", "field--name", "field--own-name"
    }  # fmt: skip
    """Units far below their mean, at it and far above; the chosen one, held ones, and the names of blocks."""

    BINDINGS = [
        Binding("left", "step(-1, 0)", "Unit before", id="inside.unit-before", tooltip="the unit before"),
        Binding("right", "step(1, 0)", "Next unit", id="inside.next-unit", tooltip="the next unit"),
        Binding("up", "step(0, -1)", "Unit above", id="inside.unit-above", tooltip="the unit above"),
        Binding("down", "step(0, 1)", "Unit below", id="inside.unit-below", tooltip="the unit below"),
        Binding("escape", "leave", "Leave", id="inside.leave", tooltip="back to the text"),
    ]

    @dataclass
    class Chosen(Message):
        """The user wants another unit, given by its place among all."""

        place: int

    blocks: reactive[Sequence[Block]] = reactive((), layout=True)
    chosen: reactive[int] = reactive(0)
    shades: reactive[NDArray[np.uint8]] = reactive(lambda: np.empty(0, np.uint8), always_update=True)
    """The shade of each unit, 0 to SHADES - 1, or HELD."""
    plain: reactive[bool] = reactive(False, layout=True)
    """For a terminal without colours."""

    _palette: Sequence[str] | None = None

    def watch_chosen(self, before: int, after: int) -> None:
        if [block.name for block in self.shown(self.size.width)] != self._names:
            self.refresh(layout=True)

    # -- where units are -----------------------------------------------------------------------------------------

    _names: Sequence[str] = ()

    def _columns(self, width: int) -> int:
        return max(1, width - _LABEL)

    def _lines(self, block: Block, width: int) -> int:
        return -(-block.size // (self._columns(width) * (1 if self.plain else 2)))

    def shown(self, width: int) -> list[Block]:
        """The blocks that are shown at a width."""
        room = max(4, self.app.size.height - _OFF_SCREEN)
        blocks = list(self.blocks)
        needed = sum(self._lines(block, width) for block in blocks) + len(blocks) - 1
        return blocks if needed <= room else [block for block in blocks if self._has_chosen(block)]

    def _has_chosen(self, block: Block) -> bool:
        return block.start <= self.chosen < block.start + block.size

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        shown = self.shown(width)
        room = max(4, viewport.height - _OFF_SCREEN)
        return max(1, min(room, sum(self._lines(block, width) for block in shown) + len(shown) - 1))

    def _line(self, y: int) -> tuple[Block, int] | None:
        """The block that a line belongs to, and its number in there; None between blocks."""
        shown = self.shown(self.size.width)
        for block in shown:
            lines = self._lines(block, self.size.width)
            if len(shown) == 1 and lines > self.size.height:
                # Not even one block fits: those of its lines around the chosen unit.
                rows = 1 if self.plain else 2
                middle = (self.chosen - block.start) // (self._columns(self.size.width) * rows)
                y += max(0, min(middle - self.size.height // 2, lines - self.size.height))
            if 0 <= y < lines:
                return block, y
            y -= lines + 1
        return None

    # -- drawing -------------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._palette = None

    def _colours(self) -> Sequence[str]:
        if self._palette is None:

            def colour(name: str) -> Color:
                found = self.get_component_styles(f"field--{name}").color
                return Color.parse("white") if found is None else found

            low, middle, high = colour("low"), colour("middle"), colour("high")
            half = SHADES // 2
            below = [low.blend(middle, (step / half) ** 0.8) for step in range(half)]
            above = [middle.blend(high, ((step + 1) / half) ** 1.25) for step in range(half)]
            ends = [colour("chosen"), colour("held"), self.background_colors[1]]
            self._palette = [each.hex6 for each in (*below, middle, *above, *ends)]
        return self._palette

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines as they are: without border and padding there is nothing for Textual to add."""
        return [self.render_line(y).crop(*crop.column_span) for y in crop.line_range]

    def render_line(self, y: int) -> Strip:
        width, found = self.size.width, self._line(y)
        self._names = [block.name for block in self.shown(width)]
        if found is None or len(self.shades) < found[0].start + found[0].size:
            return Strip.blank(width, self.rich_style)
        block, line = found
        columns, rows = self._columns(width), 1 if self.plain else 2
        cells = np.full(columns * rows, NO_UNIT, np.uint8)
        first = line * columns * rows
        own = self.shades[block.start : block.start + block.size][first : first + columns * rows]
        cells[: len(own)] = own
        at = self.chosen - block.start - first
        name = self.get_component_rich_style("field--own-name" if self._has_chosen(block) else "field--name")
        label = block.name if line == 0 else ""
        segments = [Segment(label, name), Segment(" " * (_LABEL - len(label)), self.rich_style)]
        if self.plain:
            text = "".join("#" if c == HELD else " " if c == NO_UNIT else _HEIGHTS[c * 8 // SHADES] for c in cells)
            segments.append(Segment(text[: max(0, at)], self.rich_style))
            if 0 <= at < len(own):
                segments.append(Segment(text[at], self.rich_style + Style(reverse=True)))
            segments.append(Segment(text[max(0, at + 1) :], self.rich_style))
            return Strip(segments).adjust_cell_length(width, self.rich_style)
        if 0 <= at < len(own):
            cells[at] = CHOSEN
        colours = self._colours()
        pairs = zip(cells[:columns].tolist(), cells[columns:].tolist(), strict=True)
        for (upper, lower), of in groupby(pairs):
            segments.append(Segment("▀" * len(list(of)), _cell(colours[upper], colours[lower])))
        return Strip(segments, width)

    # -- choosing ------------------------------------------------------------------------------------------------

    def action_step(self, right: int, down: int) -> None:
        total = sum(block.size for block in self.blocks)
        place = self.chosen + right + down * self._columns(self.size.width)
        if 0 <= place < total:
            self.chosen = place  # at once: the next key may follow before the message is read
            self.post_message(self.Chosen(place))

    def action_leave(self) -> None:
        self.screen.set_focus(None)

    def on_click(self, event: Click) -> None:
        found, column = self._line(event.y), event.x - _LABEL
        if found is None or column < 0:
            return
        block, line = found
        columns, rows = self._columns(self.size.width), 1 if self.plain else 2
        unit = line * rows * columns + column
        # A click doesn't say which half of the cell: the second click takes the other one.
        if rows == 2 and (unit == self.chosen - block.start or unit >= block.size):
            unit += columns
        if unit < block.size:
            self.post_message(self.Chosen(block.start + unit))
