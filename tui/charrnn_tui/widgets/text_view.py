"""The page that the text is written on: wrapped at words, coloured, following the end while the reader is there."""

from dataclasses import dataclass
from typing import ClassVar, Literal

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

from charrnn_tui.marks import EOS_MARK, PROMPT_MARK, SURPRISE_LEVELS, TEMPERATURE_LEVELS
from charrnn_tui.wrapped_text import WrappedText, visible

Colouring = Literal["surprise", "temperature", "none"]
COLOURINGS: tuple[Colouring, ...] = ("surprise", "temperature", "none")
EOS_SYMBOL = "∎"
_GUTTER = 1  # a column of air on either side


class TextView(ScrollView, can_focus=False):
    """Draws only the lines in view; lines already drawn are kept."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text-view--prompt",
        "text-view--eos",
        "text-view--cursor",
        "text-view--plain",
        "text-view--ahead",
        *(f"text-view--surprise-{level}" for level in range(SURPRISE_LEVELS)),
        *(f"text-view--temperature-{level}" for level in range(TEMPERATURE_LEVELS)),
    }
    """The prompt, the mark of an `<eos>`, the cursor, text that isn't coloured, text ahead of the cursor, and the
    levels of both colourings."""

    @dataclass
    class Pointed(Message):
        """The reader clicked on a character; `offset` counts from the page's beginning."""

        offset: int

    DEFAULT_CSS = "TextView { overflow-y: scroll; overflow-x: hidden; scrollbar-size-vertical: 1; }"

    # Only what is drawn in here depends on the number of lines: the screen needn't be laid out anew for each one.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)

    colouring: reactive[Colouring] = reactive("surprise")
    cursor: reactive[int | None] = reactive(None)
    """Where the text goes on, as an offset from the page's beginning; what stands after it is dimmed. None is the
    end."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page = WrappedText()
        self._strips: LRUCache[int, Strip] = LRUCache(300)
        self.following = True
        """Whether the reader is at the end, so that new text is scrolled into view."""
        self._moving = False
        self._styles: dict[Colouring, list[Style]] | None = None

    def watch_virtual_size(self, size: Size) -> None:
        self.vertical_scrollbar.window_virtual_size = size.height

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._moving:
            self.following = round(new_value) >= self.max_scroll_y

    def _move_to(self, line: int) -> None:
        """Scrolls for the reader, which says nothing about whether he follows."""
        self._moving = True
        try:
            self.scroll_to(y=line, animate=False, force=True)
        finally:
            self._moving = False

    def write(self, text: str, surprises: bytes, temperatures: bytes) -> None:
        """Adds characters with their marks at the end."""
        lines = self.page.line_count
        self._show(self.page.append(text, surprises, temperatures), lines)
        gone = self.page.trim()
        if gone:
            self._strips.clear()
            self.virtual_size = Size(self.page.width, self.page.line_count)
            self._move_to(self.max_scroll_y if self.following else max(0, self.scroll_offset.y - gone))

    def write_prompt(self, prompt: str) -> None:
        """Adds a prompt, which nobody drew."""
        marks = bytes([PROMPT_MARK]) * len(prompt)
        self.write(prompt, marks, marks)

    def truncate(self, length: int) -> None:
        """Takes the characters from `length` on off the page."""
        lines = self.page.line_count
        self.following = True
        self._show(self.page.truncate(length), lines)

    def clear(self) -> None:
        self.page.clear()
        self._strips.clear()
        self.virtual_size = Size(self.page.width, 1)
        self.following = True
        self._move_to(0)
        self.refresh()

    def _show(self, changed: int, before: int) -> None:
        """The page differs from line `changed` on; it had `before` lines."""
        for line in range(changed, before):
            self._strips.discard(line)
        lines = self.page.line_count
        if lines != self.virtual_size.height:
            self.virtual_size = Size(self.page.width, lines)
        if self.following:
            self._move_to(self.max_scroll_y)
        top = changed - self.scroll_offset.y
        self.refresh(Region(0, max(0, top), self.size.width, max(0, self.size.height - max(0, top))))

    def on_resize(self) -> None:
        width = max(1, self.scrollable_content_region.width - 2 * _GUTTER)
        if width == self.page.width:
            if self.following:
                self._move_to(self.max_scroll_y)
            return
        top = self.page.start_of(min(self.scroll_offset.y, self.page.line_count - 1))
        self.page.rewrap(width)
        self._strips.clear()
        self.virtual_size = Size(width, self.page.line_count)
        # What stood at the top of the view stays there, unless the end is followed.
        self._move_to(self.max_scroll_y if self.following else self.page.line_of(top))
        self.refresh()

    def notify_style_update(self) -> None:
        self._styles = None
        self._strips.clear()
        super().notify_style_update()

    def watch_cursor(self, before: int | None, after: int | None) -> None:
        ends = [self._line_of(offset) for offset in (before, after)]
        for line in range(min(ends), max(ends) + 1):
            self._strips.discard(line)
        self.refresh()
        line = ends[1]
        if after is not None and not 0 <= line - self.scroll_offset.y < self.size.height:
            self._move_to(line - self.size.height // 2)
            self.following = self.scroll_offset.y >= self.max_scroll_y

    def _line_of(self, offset: int | None) -> int:
        last = self.page.line_count - 1
        return last if offset is None else max(0, min(last, self.page.line_of(offset - self.page.let_go)))

    @property
    def cursor_line(self) -> int:
        """The line that the cursor stands in."""
        return self._line_of(self.cursor)

    def offset_of_line(self, line: int) -> int:
        """The offset of a line's first character, the nearest line where there is no such."""
        return self.page.let_go + self.page.start_of(max(0, min(line, self.page.line_count - 1)))

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
        self._strips.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        if number >= self.page.line_count:
            return Strip.blank(self.size.width, self.rich_style)
        strip = self._strips.get(number)
        if strip is None or strip.cell_length != self.size.width:
            strip = self._strips[number] = self._draw(number).adjust_cell_length(self.size.width, self.rich_style)
        return strip

    def _draw(self, number: int) -> Strip:
        text, surprises, temperatures = self.page.line(number)
        marks = temperatures if self.colouring == "temperature" else surprises
        text = visible(text)
        if self.page.newline_mark(number) == EOS_MARK:
            text, marks = text + EOS_SYMBOL, marks + bytes([EOS_MARK])
        written, cursor_here = self._written(number, len(text))
        segments = [Segment(" " * _GUTTER, self.rich_style)]
        styles = self._level_styles()[self.colouring]
        start = 0
        while start < written:
            mark, end = marks[start], start + 1
            while end < written and marks[end] == mark:
                end += 1
            segments.append(Segment(text[start:end], styles[mark]))
            start = end
        if cursor_here:
            segments.append(Segment(text[start : start + 1] or " ", self._component("cursor")))
            start += 1
        if start < len(text):
            segments.append(Segment(text[start:], self._component("ahead")))
        return Strip(segments)

    def _written(self, number: int, length: int) -> tuple[int, bool]:
        """How much of a line stands before the cursor, and whether the cursor comes next."""
        cursor_line = self.cursor_line
        if number != cursor_line:
            return (length, False) if number < cursor_line else (0, False)
        if self.cursor is None:
            return length, True
        return max(0, self.cursor - self.page.let_go - self.page.start_of(number)), True

    def _component(self, name: str) -> Style:
        return self.get_component_rich_style(f"text-view--{name}")

    def _level_styles(self) -> dict[Colouring, list[Style]]:
        """For each colouring, the style of each mark from 0 to 255."""
        if self._styles is None:
            plain = self._component("plain")
            tables: dict[Colouring, list[Style]] = {
                "surprise": [self._component(f"surprise-{level}") for level in range(SURPRISE_LEVELS)],
                "temperature": [self._component(f"temperature-{level}") for level in range(TEMPERATURE_LEVELS)],
                "none": [],
            }
            for table in tables.values():
                table.extend([plain] * (256 - len(table)))
                table[PROMPT_MARK] = self._component("prompt")
                table[EOS_MARK] = self._component("eos")
            self._styles = tables
        return self._styles
