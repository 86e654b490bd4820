"""The text on the page: characters with a mark each, wrapped at words as they arrive. Pure; draws nothing.

A character is 4 bytes of code point and 2 of marks; the oldest go when there are more than `KEPT_CHARACTERS`, so
memory stays bounded however long a text runs.
"""

from array import array
from bisect import bisect_left, bisect_right

from rich.cells import cell_len

KEPT_CHARACTERS = 1_000_000
_LET_GO = KEPT_CHARACTERS // 10

# What a terminal would obey, or what would turn the reading direction, is shown as a symbol, one for one.
_SYMBOLS = {code: 0x2400 + code for code in range(0x20) if code != 0x0A}
_SYMBOLS |= {0x09: ord("→"), 0x7F: 0x2421, 0x2028: ord("⏎"), 0x2029: ord("⏎")}
_HARMFUL = (*range(0x80, 0xA0), *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_SYMBOLS |= dict.fromkeys(_HARMFUL, 0xFFFD)


def visible(text: str) -> str:
    """Text as it may go to a terminal: as many characters, none of which a terminal obeys; newlines stay."""
    if text.isascii() and text.isprintable():
        return text
    shown = text.translate(_SYMBOLS)
    return shown.encode("utf-8", "replace").decode("utf-8")  # lone surrogates have no bytes


class WrappedText:
    """Characters, two marks for each, and where the lines begin at the current width.

    A mark is a small whole number, 0 to 255; what it means is the reader's business.
    """

    def __init__(self, width: int = 80) -> None:
        self.width = max(1, width)
        self.let_go = 0
        """Characters dropped from the front so far."""
        self._codes = array("I")
        self._marks = (bytearray(), bytearray())
        self._starts = array("Q", [0])

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def text(self, start: int = 0, end: int | None = None) -> str:
        """The characters themselves, as they were generated."""
        return self._codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")

    def line(self, number: int) -> tuple[str, bytes, bytes]:
        """Characters and marks of a line, its newline left out."""
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._codes)
        text = self.text(start, end)
        if text.endswith("\n"):
            text, end = text[:-1], end - 1
        first, second = self._marks
        return text, bytes(first[start:end]), bytes(second[start:end])

    def newline_mark(self, number: int) -> int | None:
        """The first mark of the newline that ends a line, or None where it ends otherwise."""
        if number + 1 >= len(self._starts):
            return None
        last = self._starts[number + 1] - 1
        return self._marks[0][last] if self._codes[last] == 0x0A else None

    def line_of(self, position: int) -> int:
        """The line that a character stands in."""
        return bisect_right(self._starts, position) - 1

    def start_of(self, number: int) -> int:
        """The position of a line's first character."""
        return self._starts[number]

    def append(self, text: str, first: bytes, second: bytes) -> int:
        """Adds characters with their marks; returns the first line that looks different now."""
        if not len(text) == len(first) == len(second):
            raise ValueError("each character needs two marks")
        changed = len(self._starts) - 1
        self._codes.frombytes(text.encode("utf-32-le", "surrogatepass"))
        self._marks[0].extend(first)
        self._marks[1].extend(second)
        self._wrap_from(changed)
        return changed

    def truncate(self, length: int) -> int:
        """Drops the characters from `length` on; returns the first line that looks different now."""
        del self._codes[length:]
        for marks in self._marks:
            del marks[length:]
        changed = max(0, bisect_left(self._starts, length) - 1)
        del self._starts[changed + 1 :]
        self._wrap_from(changed)
        return changed

    def clear(self) -> None:
        self.truncate(0)
        self.let_go = 0

    def trim(self) -> int:
        """Lets the oldest lines go where there is too much; returns how many lines went."""
        if len(self._codes) <= KEPT_CHARACTERS:
            return 0
        lines = self.line_of(_LET_GO)
        start = self._starts[lines]
        del self._codes[:start]
        for marks in self._marks:
            del marks[:start]
        self._starts = array("Q", [at - start for at in self._starts[lines:]])
        self.let_go += start
        return lines

    def rewrap(self, width: int) -> None:
        """Wraps all of it anew at another width."""
        self.width = max(1, width)
        del self._starts[1:]
        self._wrap_from(0)

    def _wrap_from(self, line: int) -> None:
        """Wraps from the start of a line to the end; that start stays where it is."""
        offset = self._starts[line]
        text = self.text(offset)
        starts = _wrap(text, self.width) if _all_narrow(text) else _wrap_wide(text, self.width)
        self._starts.extend(offset + start for start in starts)


_narrow: set[str] = set()


def _all_narrow(text: str) -> bool:
    """Whether every character takes one column."""
    if text.isascii():
        return True
    for char in set(text) - _narrow:
        if char != "\n" and cell_len(visible(char)) != 1:
            return False
        _narrow.add(char)
    return True


def _wrap(text: str, width: int) -> list[int]:
    """Starts of the lines after the first. The space that a line breaks at hangs over its end."""
    starts: list[int] = []
    at, length = 0, len(text)
    find, rfind = text.find, text.rfind
    while True:
        newline = find("\n", at, at + width + 1)
        if newline >= 0:
            at = newline + 1
        elif length - at <= width:
            return starts
        else:
            space = rfind(" ", at, at + width + 1)
            at = space + 1 if space >= at else at + width
        starts.append(at)


def _wrap_wide(text: str, width: int) -> list[int]:
    """As `_wrap`, for text with characters of no or two columns."""
    starts: list[int] = []
    start = column = 0
    space = -1
    index = 0
    while index < len(text):
        char = text[index]
        cells = cell_len(visible(char)) if char != "\n" else 0
        if char == "\n" or (column + cells > width and char != " " and index > start):
            start = index + 1 if char == "\n" else space + 1 if space >= start else index
            starts.append(start)
            column, index, space = 0, start, -1
            continue
        if char == " ":
            space = index
            if column + cells > width:  # hangs over, and the line ends with it
                start = index + 1
                starts.append(start)
                column, index, space = 0, start, -1
                continue
        column += cells
        index += 1
    return starts
