"""A text that grows, on the screen: wrapped at words, coloured, and scrolled along while its end is in view."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from charrnn_tui.text.colouring import EOS_MARK, PROMPT_MARK, UNKNOWN_MARK, Colouring
from charrnn_tui.text.escapes import EOS, visible
from charrnn_tui.text.styles import COMPONENTS, coloured, level_styles, underlines
from charrnn_tui.text.wrapped_text import KEPT_CHARACTERS, WrappedText

_GUTTER = 1  # a column of air on either side
_STRIPS_KEPT = 300
_BELOW = -1  # the key of a line below the text, where there is no offset
_SETTLE_EVERY, _SETTLE_SECONDS = 1 / 30, 0.004  # a long text is wrapped at a new width bit by bit


class TextView(ScrollView, can_focus=False):
    """Draws only the lines in view, and keeps lines that it has drawn."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"text-view--{name}" for name in COMPONENTS}

    @dataclass
    class Pointed(Message):
        """A character was clicked; `offset` counts from the page's beginning."""

        offset: int

    DEFAULT_CSS = "TextView { overflow-y: scroll; overflow-x: hidden; scrollbar-size-vertical: 1; }"

    # The number of lines changes nothing outside of this widget, so the screen needn't be laid out again for it.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)

    colouring: reactive[Colouring] = reactive("surprise")
    cursor: reactive[int | None] = reactive(None)
    """Where the text resumes, as an offset from the page's beginning; the rest is dimmed. None is the end."""
    underlined: reactive[tuple[int, bytes]] = reactive((0, b""))
    """Characters to underline: the offset of the first one, and for each 0, 1 or 2, which is stronger."""

    def __init__(self, *, id: str | None = None, kept: int = KEPT_CHARACTERS, strips: int = _STRIPS_KEPT) -> None:
        """`kept` is the greatest number of characters that are kept, `strips` that of drawn lines."""
        super().__init__(id=id)
        self.page = WrappedText(kept=kept)
        self._strips: LRUCache[int, Strip] = LRUCache(strips)  # by the offset that their line begins at
        self.following = True
        """Whether the end is in view, so that new text is scrolled into view."""
        self.unit_marks: Callable[[int, int], bytes] = lambda start, end: bytes([UNKNOWN_MARK]) * (end - start)
        """The marks of the characters between two offsets, for the colouring by a unit."""
        self._moving = False
        self._settling: Timer | None = None
        self._styles: dict[Colouring, list[Style]] | None = None
        self._own_style: Style | None = None

    def watch_virtual_size(self, size: Size) -> None:
        self.vertical_scrollbar.window_virtual_size = size.height

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._moving:
            self.following = round(new_value) >= self.max_scroll_y

    def go_to(self, where: str) -> None:
        """Scrolls to the `top`, to the `end`, which stays in view then, or by a `page up` or `page down`."""
        if where in ("top", "end"):
            self.following = where == "end" or self.max_scroll_y == 0
            self._move_to(self.max_scroll_y if where == "end" else 0)
        else:
            lines = max(1, self.size.height - 2)
            self.scroll_relative(y=lines if where == "page down" else -lines, animate=False)

    def _move_to(self, line: int) -> None:
        """Scrolls on the program's behalf; leaves `following` as it is."""
        self._moving = True
        try:
            self.scroll_to(y=line, animate=False, force=True)
        finally:
            self._moving = False

    def write(self, text: str, surprises: bytes, temperatures: bytes) -> None:
        """Adds characters at the end, each with a mark for either colouring."""
        lines = self.page.line_count
        changed = self.page.append(text, surprises, temperatures)
        self._strips.discard(self.offset_of_line(changed))
        gone = self.page.trim()
        if gone:
            self.virtual_size = Size(self.page.width, self.page.line_count)
            self._move_to(self.max_scroll_y if self.following else max(0, self.scroll_offset.y - gone))
            self.refresh()
        else:
            self._show(changed, lines)

    def write_prompt(self, prompt: str) -> None:
        """Adds a prompt."""
        marks = bytes([PROMPT_MARK]) * len(prompt)
        self.write(prompt, marks, marks)

    def truncate(self, length: int) -> None:
        """Drops the characters from `length` on."""
        lines = self.page.line_count
        self.following = True
        changed = self.page.truncate(length)
        self._strips.clear()
        self._show(changed, lines)

    def clear(self) -> None:
        self.page.clear()
        self._strips.clear()
        self.virtual_size = Size(self.page.width, 1)
        self.following = True
        self._move_to(0)
        self.refresh()

    def _show(self, changed: int, before: int) -> None:
        """Draws the page from line `changed` on; it had `before` lines before."""
        lines = self.page.line_count
        if lines != self.virtual_size.height:
            self.virtual_size = Size(self.page.width, lines)
        if self.following:
            self._move_to(self.max_scroll_y)
        top, bottom = (max(0, line - self.scroll_offset.y) for line in (changed, max(before, lines)))
        if top < min(bottom, self.size.height):
            self.refresh(Region(0, top, self.size.width, min(bottom, self.size.height) - top))

    def on_resize(self) -> None:
        width = max(1, self.scrollable_content_region.width - 2 * _GUTTER)
        if width == self.page.width:
            if self.following:
                self._move_to(self.max_scroll_y)
            return
        top = len(self.page) if self.following else self._top()
        self.page.rewrap(width, top)
        self._strips.clear()
        self._keep_in_view(top)
        self._settle()

    def _top(self) -> int:
        """The position of the first character in view."""
        return self.page.start_of(min(self.scroll_offset.y, self.page.line_count - 1))

    def _keep_in_view(self, top: int) -> None:
        """Keeps what was at the top of the view there, unless the end is followed."""
        line = self.page.line_of(top)
        self.virtual_size = Size(self.page.width, self.page.line_count)
        self._move_to(self.max_scroll_y if self.following else line)
        self.refresh()

    def _settle(self) -> None:
        """Goes on taking another width, until all of the page has."""
        top = self._top()
        remains = self.page.settle(_SETTLE_SECONDS)
        self._keep_in_view(top)
        if remains and self._settling is None:
            self._settling = self.set_interval(_SETTLE_EVERY, self._settle)
        elif not remains and self._settling is not None:
            self._settling.stop()
            self._settling = None

    def notify_style_update(self) -> None:
        self._styles = self._own_style = None
        self._strips.clear()
        super().notify_style_update()

    def watch_cursor(self, before: int | None, after: int | None) -> None:
        lines = sorted(self._line_of(offset) for offset in (before, after))
        if lines[1] - lines[0] < self._strips.maxsize:
            for line in range(lines[0], lines[1] + 1):
                self._strips.discard(self.offset_of_line(line))
        else:
            self._strips.clear()
        self.refresh()
        line = self._line_of(after)
        if after is not None and not 0 <= line - self.scroll_offset.y < self.size.height:
            self._move_to(line - self.size.height // 2)
            self.following = self.scroll_offset.y >= self.max_scroll_y

    def _line_of(self, offset: int | None) -> int:
        last = self.page.line_count - 1
        return last if offset is None else max(0, min(last, self.page.line_of(offset - self.page.dropped)))

    @property
    def cursor_line(self) -> int:
        """The line that the cursor is in."""
        return self._line_of(self.cursor)

    def offset_of_line(self, line: int) -> int:
        """The offset of a line's first character; of the nearest line where there is no such line."""
        return self.page.dropped + self.page.start_of(max(0, min(line, self.page.line_count - 1)))

    def on_click(self, event: Click) -> None:
        line = self.scroll_offset.y + event.y
        if line >= self.page.line_count:
            return
        text, column = visible(self.page.line(line)[0]), event.x - _GUTTER
        index = 0
        while index < len(text) and (column := column - cell_len(text[index])) >= 0:
            index += 1
        self.post_message(self.Pointed(self.offset_of_line(line) + index))

    def watch_colouring(self) -> None:
        self.redraw()

    def watch_underlined(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        """Draws all lines again: for when their colours are others."""
        self._strips.clear()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines as they are: without border and padding there is nothing for Textual to add."""
        strips = [self.render_line(y) for y in crop.line_range]
        return (
            strips
            if crop.column_span == (0, self.size.width)
            else [strip.crop(*crop.column_span) for strip in strips]
        )

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        there = number < self.page.line_count
        begins = self.offset_of_line(number) if there else _BELOW
        strip = self._strips.get(begins)
        if strip is None or strip.cell_length != self.size.width:
            strip = self._strips[begins] = self._draw(number) if there else self._strip([], 0)
        return strip

    def _draw(self, number: int) -> Strip:
        text, surprises, temperatures = self.page.line(number)
        start = self.offset_of_line(number)
        marks = temperatures if self.colouring == "temperature" else surprises
        if self.colouring == "unit":
            marks = self.unit_marks(start, start + len(text))
        text = visible(text)
        if self.page.newline_mark(number) == EOS_MARK:
            text, marks = text + EOS, marks + bytes([EOS_MARK])
        written, cursor_here = self._written(number, len(text))
        segments = [Segment(" " * _GUTTER, self._plain_style())]
        at = min(written, len(marks))
        lines = underlines(*self.underlined, start, at)
        segments.extend(coloured(text[:at], marks[:at], lines, self._level_styles()[self.colouring]))
        if cursor_here:
            segments.append(Segment(text[at : at + 1] or " ", self._component("cursor")))
            at += 1
        if at < len(text):
            segments.append(Segment(text[at:], self._component("ahead")))
        return self._strip(segments, _GUTTER + cell_len(text) + (at > len(text)))

    def _strip(self, segments: list[Segment], length: int) -> Strip:
        """A line as wide as the page."""
        width = self.size.width
        if length < width:
            segments.append(Segment(" " * (width - length), self._plain_style()))
        strip = Strip(segments, max(length, width))
        return strip.crop(0, width) if length > width else strip

    def _written(self, number: int, length: int) -> tuple[int, bool]:
        """How many characters of a line come before the cursor, and whether the cursor comes next."""
        cursor_line = self.cursor_line
        if number != cursor_line:
            return (length, False) if number < cursor_line else (0, False)
        if self.cursor is None:
            return length, True
        return max(0, self.cursor - self.page.dropped - self.page.start_of(number)), True

    def _component(self, name: str) -> Style:
        return self._shown(self.get_component_rich_style(f"text-view--{name}"))

    def _shown(self, style: Style) -> Style:
        """A style in the colours that the terminal has."""
        segments = [Segment(" ", style)]
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        return segments[0].style or style

    def _plain_style(self) -> Style:
        """The style of cells without text. Kept, because every line asks for it."""
        if self._own_style is None:
            self._own_style = self._shown(self.rich_style)
        return self._own_style

    def _level_styles(self) -> dict[Colouring, list[Style]]:
        """For each colouring, the style of each mark from 0 to 255."""
        if self._styles is None:
            self._styles = level_styles(self._component)
        return self._styles
