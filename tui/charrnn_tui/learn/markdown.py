"""The little Markdown of lessons, as something to show: paragraphs, lists, bold, italics and code."""

import re
from collections.abc import Callable, Iterable, Mapping

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from charrnn_tui.learn.facts import INSERTED, Facts, value_text

_INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\*(.+?)\*|_(.+?)_(?!\w)")
_ITEM = re.compile(r"(?:[-*]|\d+\.) +(.*)")
Styles = Mapping[str, Style]
"""By the names `text`, `strong`, `emphasis`, `code`."""


def filled(text: str, facts: Facts) -> str:
    """A text with what was noticed in the place of `{names}`; what isn't there is a dash."""
    return INSERTED.sub(lambda name: value_text(facts.get(name[1], "–")), text)


def shown(text: str, styles: Styles, key: Callable[[str], str] = str) -> RenderableType:
    """`key` gives the user's name of a key for the one that the lesson names."""
    return Group(*_spaced([_block(block, styles, key) for block in _blocks(text)]))


def _spaced(blocks: Iterable[RenderableType]) -> list[RenderableType]:
    with_lines = [part for block in blocks for part in (Text(""), block)]
    return with_lines[1:]


def _blocks(text: str) -> list[list[str]]:
    """Paragraphs, lists and blocks of code, each as its lines; the lines of a code block keep their fence."""
    blocks: list[list[str]] = [[]]
    fenced = False
    for line in text.splitlines():
        fence = line.startswith("```")
        if not fenced and (fence or not line.strip()):
            blocks.append([])
        if line.strip() or fenced:
            blocks[-1].append(line)
        if fence and fenced:
            blocks.append([])
        fenced ^= fence
    return [block for block in blocks if block]


def _block(lines: list[str], styles: Styles, key: Callable[[str], str]) -> RenderableType:
    if lines[0].startswith("```"):
        code = [line for line in lines if not line.startswith("```")]
        return Text("\n".join(f"  {line}" for line in code), styles["code"], no_wrap=True, overflow="ellipsis")
    if not _ITEM.fullmatch(lines[0]):
        return inline(" ".join(line.strip() for line in lines), styles, key)
    items: list[str] = []
    for line in lines:
        found = _ITEM.fullmatch(line)
        if found:
            items.append(found[1])
        else:
            items[-1] += " " + line.strip()
    return table([("•", inline(item, styles, key)) for item in items], styles)


def table(rows: Iterable[tuple[str, RenderableType]], styles: Styles) -> Table:
    """Rows with a mark before each; their further lines stand under the first."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style=styles["code"], no_wrap=True)
    grid.add_column(ratio=1)
    for mark, text in rows:
        grid.add_row(mark, text)
    return grid


def inline(text: str, styles: Styles, key: Callable[[str], str] = str, base: str = "text") -> Text:
    """One paragraph with its emphasis, in the style named `base`."""
    result = Text(style=styles[base])
    end = 0
    for found in _INLINE.finditer(text):
        result.append(text[end : found.start()])
        code, strong, *emphasis = found.groups()
        if code:
            result.append(key(code), styles["code"])
        elif strong:
            result.append(strong, styles["strong"])
        else:
            result.append(emphasis[0] or emphasis[1], styles["emphasis"])
        end = found.end()
    return result.append(text[end:])
