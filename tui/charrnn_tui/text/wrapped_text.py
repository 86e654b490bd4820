"""A text of characters with two marks each, wrapped at words as they arrive. Draws nothing.

It is kept in blocks of some ten thousand characters, 3 bytes each in Latin script, and the oldest block is dropped
when there are too many. At a new width, a block is wrapped when it is looked at, or by `settle`. Until
then its lines are estimated, so that a long text takes a new width as fast as a short one.
"""

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from time import perf_counter

from charrnn_tui.text.line_breaks import line_starts

KEPT_CHARACTERS = 10_000_000
BLOCK = 16_384
"""About how many characters a block has: the unit of wrapping and dropping."""


class _Block:
    """Some characters with their marks. `starts` are those of its lines, None while not wrapped at the width."""

    def __init__(self, text: str = "", first: bytes = b"", second: bytes = b"") -> None:
        self.text, self.first, self.second = text, first, second
        self.starts: array[int] | None = array("I", [0])
        self.estimated = 1

    @property
    def lines(self) -> int:
        return self.estimated if self.starts is None else len(self.starts)

    def cut(self, length: int) -> None:
        self.text, self.first, self.second = self.text[:length], self.first[:length], self.second[:length]

    def wrap(self, width: int, line: int = 0) -> "array[int]":
        """Wraps from the start of a line to the end; that start stays where it is."""
        if self.starts is None:
            line, self.starts = 0, array("I", [0])
        del self.starts[line + 1 :]
        offset = self.starts[line]
        self.starts.extend([offset + start for start in line_starts(self.text[offset:], width)])
        return self.starts

    def close(self) -> None:
        """What comes after the last newline is the next block's."""
        if self.starts is not None and len(self.starts) > 1 and self.starts[-1] == len(self.text):
            self.starts.pop()


class WrappedText:
    """Characters, two marks for each, and where the lines begin at the current width.

    A mark is a small whole number, 0 to 255; what it means is up to the caller. Positions and lines count from
    the first character kept. A line that a block ends in the middle of, for want of a newline in all of the block,
    may end early at another width.
    """

    def __init__(self, width: int = 80, kept: int = KEPT_CHARACTERS, block: int = BLOCK) -> None:
        self.width = max(1, width)
        self.kept = kept
        """The greatest number of characters, give or take a block or two."""
        self.dropped = 0
        """Characters dropped from the front so far."""
        self._size = block
        self._blocks = [_Block()]
        self._firsts = [0]  # the position of each block's first character
        self._lines = [0]  # the number of each block's first line

    def __len__(self) -> int:
        return self._firsts[-1] + len(self._blocks[-1].text)

    @property
    def line_count(self) -> int:
        """An estimate until it is `settled`."""
        return self._lines[-1] + self._blocks[-1].lines

    @property
    def settled(self) -> bool:
        """Whether all of it is wrapped at the width."""
        return all(block.starts is not None for block in self._blocks)

    # -- looking -------------------------------------------------------------------------------------------------

    def text(self, start: int = 0, end: int | None = None) -> str:
        """The characters themselves, as they were generated."""
        length = len(self)
        end = length if end is None else min(end, length)
        first = self._block_of(start)
        pieces = []
        for block, at in zip(self._blocks[first:], self._firsts[first:], strict=True):
            if at >= end:
                break
            pieces.append(block.text[max(0, start - at) : end - at])
        return "".join(pieces)

    def line(self, number: int) -> tuple[str, bytes, bytes]:
        """Characters and marks of a line, its newline left out."""
        block, start, end = self._place(number)
        text = block.text[start:end]
        if text.endswith("\n"):
            text, end = text[:-1], end - 1
        return text, block.first[start:end], block.second[start:end]

    def newline_mark(self, number: int) -> int | None:
        """The first mark of the newline that ends a line, or None where it ends otherwise."""
        block, start, end = self._place(number)
        return block.first[end - 1] if end > start and block.text[end - 1] == "\n" else None

    def line_of(self, position: int) -> int:
        """The line that a character is in."""
        at = self._block_of(position)
        starts = self._wrapped(at)
        return self._lines[at] + bisect_right(starts, position - self._firsts[at]) - 1

    def start_of(self, number: int) -> int:
        """The position of a line's first character."""
        at, line = self._line(number)
        return self._firsts[at] + self._wrapped(at)[line]

    def _block_of(self, position: int) -> int:
        return max(0, bisect_right(self._firsts, position) - 1)

    def _line(self, number: int) -> tuple[int, int]:
        """The block that a line is in, and which of the block's lines it is: the last line, where there seemed to be
        more. Raises IndexError where there didn't even seem to be so many.
        """
        if not 0 <= number < self.line_count:
            raise IndexError(f"there is no line {number}")
        while True:
            at = bisect_right(self._lines, number) - 1
            line = number - self._lines[at]
            if line < len(self._wrapped(at)):
                return at, line
            if at == len(self._blocks) - 1:
                return at, len(self._wrapped(at)) - 1
            # The estimate had it in this block; it is in one after.

    def _place(self, number: int) -> tuple[_Block, int, int]:
        """The block that a line is in, and where the line begins and ends there."""
        at, line = self._line(number)
        block, starts = self._blocks[at], self._wrapped(at)
        return block, starts[line], starts[line + 1] if line + 1 < len(starts) else len(block.text)

    # -- changing ------------------------------------------------------------------------------------------------

    def append(self, text: str, first: bytes, second: bytes) -> int:
        """Adds characters with their marks; returns the first line that looks different now."""
        if not len(text) == len(first) == len(second):
            raise ValueError("each character needs two marks")
        changed = self.line_count - 1
        for at in range(0, len(text), self._size):
            piece = slice(at, at + self._size)
            block = self._blocks[-1]
            block.text += text[piece]
            block.first += first[piece]
            block.second += second[piece]
            block.wrap(self.width, block.lines - 1)
            if len(block.text) >= self._size:
                self._begin_block()
        return changed

    def _begin_block(self) -> None:
        """What comes from the last line on is a block of its own, where the one before it has its size."""
        block, starts = self._blocks[-1], self._wrapped(len(self._blocks) - 1)
        at = block.text.rfind("\n") + 1
        if at == 0:  # without a newline, as late as can be
            at = starts[-1] if len(block.text) >= 2 * self._size else 0
        if at == 0:
            return
        after = _Block(block.text[at:], block.first[at:], block.second[at:])
        line = bisect_left(starts, at)
        after.starts = array("I", [start - at for start in starts[line:]])
        block.cut(at)
        del starts[line:]
        self._firsts.append(self._firsts[-1] + at)
        self._lines.append(self._lines[-1] + line)
        self._blocks.append(after)

    def truncate(self, length: int) -> int:
        """Drops the characters from `length` on; returns the first line that looks different now."""
        at = self._block_of(length)
        if at and length == self._firsts[at] and not self._blocks[at - 1].text.endswith("\n"):
            at -= 1
        for column in (self._blocks, self._firsts, self._lines):
            del column[at + 1 :]
        block, starts = self._blocks[at], self._wrapped(at)
        block.cut(length - self._firsts[at])
        changed = max(0, bisect_left(starts, len(block.text)) - 1)
        block.wrap(self.width, changed)
        return self._lines[at] + changed

    def clear(self) -> None:
        self.truncate(0)
        self.dropped = 0

    def trim(self) -> int:
        """Drops the oldest lines where there are too many characters; returns how many lines."""
        count = 0
        while count < len(self._blocks) - 1 and len(self) - self._firsts[count + 1] >= self.kept:
            count += 1
        if not count:
            return 0
        characters, lines = self._firsts[count], self._lines[count]
        del self._blocks[:count]
        self._firsts = [first - characters for first in self._firsts[count:]]
        self._lines = [line - lines for line in self._lines[count:]]
        self.dropped += characters
        return lines

    # -- another width -------------------------------------------------------------------------------------------

    def rewrap(self, width: int, position: int = 0) -> None:
        """Takes another width. The text around a position, and the end, are wrapped at once, the rest later."""
        self.width = max(1, width)
        for block in self._blocks:
            block.starts = None
        at = self._block_of(position)
        known = [self._blocks[place] for place in {at, min(at + 1, len(self._blocks) - 1), len(self._blocks) - 1}]
        for block in known:
            self._wrap(block)
        density = sum(block.lines for block in known) / max(1, sum(len(block.text) for block in known))
        for block in self._blocks:
            block.estimated = max(1, round(density * len(block.text)))
        self._number(0)

    def settle(self, seconds: float) -> bool:
        """Wraps for about so long what isn't wrapped yet; returns whether something remains."""
        deadline = perf_counter() + seconds
        pending = [block for block in self._blocks if block.starts is None]
        for count, block in enumerate(pending, 1):
            self._wrap(block)
            if perf_counter() >= deadline:
                self._number(0)
                return count < len(pending)
        if pending:
            self._number(0)
        return False

    def _wrapped(self, at: int) -> "array[int]":
        """Where the lines of a block begin, wrapped now at the latest."""
        block = self._blocks[at]
        if block.starts is None:
            self._wrap(block)
            self._number(at)
        assert block.starts is not None
        return block.starts

    def _wrap(self, block: _Block) -> None:
        block.wrap(self.width)
        if block is not self._blocks[-1]:
            block.close()

    def _number(self, at: int) -> None:
        """The numbers of the blocks' first lines, after the one at a place has been wrapped."""
        counts = [block.lines for block in self._blocks[at:-1]]
        self._lines[at:] = accumulate(counts, initial=self._lines[at])
