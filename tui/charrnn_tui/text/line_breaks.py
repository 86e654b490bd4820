"""Where the lines of a text begin at a width, and how its characters may be shown. Pure."""

from rich.cells import cell_len

# What a terminal would obey, or what would turn the reading direction, is shown as a symbol, one for one.
_SYMBOLS = {code: 0x2400 + code for code in range(0x20) if code != 0x0A}
_SYMBOLS |= {0x09: ord("→"), 0x7F: 0x2421, 0x2028: ord("⏎"), 0x2029: ord("⏎")}
_HARMFUL = (
    *range(0x80, 0xA0), 0x61C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x2070),
    *range(0xFFF9, 0xFFFC), 0xFEFF,
)  # fmt: skip
_SYMBOLS |= dict.fromkeys(_HARMFUL, 0xFFFD)
# What joins or changes the character before it, so that the two take other columns than one by one, and in one
# terminal other ones than in the next: joiners, variation selectors, skin tones, and the soft hyphen.
_SYMBOLS |= dict.fromkeys((0x200D, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)), ord("·")) | {0xAD: ord("‐")}

_narrow: set[str] = set()


def visible(text: str) -> str:
    """Text as it may go to a terminal: as many characters, none of which a terminal obeys; newlines stay."""
    if text.isascii() and text.isprintable():
        return text
    shown = text.translate(_SYMBOLS)
    return shown.encode("utf-8", "replace").decode("utf-8")  # lone surrogates have no bytes


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
