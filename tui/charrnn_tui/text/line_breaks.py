"""Where the lines of a text begin at a width. Pure."""

from rich.cells import cell_len

from charrnn_tui.text.escapes import visible

_narrow: set[str] = set()


def line_starts(text: str, width: int) -> list[int]:
    """Starts of the lines after the first. Lines break at a space, which hangs over the end, or where they must."""
    return _narrow_starts(text, width) if _all_narrow(text) else _wide_starts(text, width)


def _all_narrow(text: str) -> bool:
    """Whether every character takes one column."""
    if text.isascii():
        return True
    for char in set(text) - _narrow:
        if char != "\n" and cell_len(visible(char)) != 1:
            return False
        _narrow.add(char)
    return True


def _narrow_starts(text: str, width: int) -> list[int]:
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


def _wide_starts(text: str, width: int) -> list[int]:
    """As `_narrow_starts`, for text with characters of no or two columns."""
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
