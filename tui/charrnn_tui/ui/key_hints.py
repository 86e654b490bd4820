"""The keys to name in a line, with a word for what each does, and which of them fit into a width. Knows no screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

BETWEEN = 2
"""Columns between two hints."""


@dataclass(frozen=True)
class KeyHint:
    """Some keys and what they do together, such as `↑` `↓` and "temp"."""

    keys: tuple[tuple[str, str], ...]
    """Each key as it is shown, and the action that a click on it runs."""
    label: str
    importance: int = 0
    """Where there isn't room for all, the least important are left out."""

    @property
    def width(self) -> int:
        return cell_len("".join(key for key, _ in self.keys)) + 1 + cell_len(self.label)


def fitting(hints: Sequence[KeyHint], width: int) -> list[KeyHint]:
    """The hints that fit into a width, in the order given."""
    kept = list(hints)
    while kept and sum(hint.width + BETWEEN for hint in kept) > width:
        kept.remove(min(reversed(kept), key=lambda hint: hint.importance))
    return kept


def pages(hints: Sequence[KeyHint], width: int, more: KeyHint | None = None) -> list[list[KeyHint]]:
    """The hints, divided into pages of that width: the most important ones first, the others in their order. Where
    there are several pages, each ends with `more`, the key for the next one.
    """
    first = fitting(hints, width)
    if more is None or len(first) == len(hints):
        return [first]
    room = width - more.width - BETWEEN
    found = [fitting(hints, room)]
    rest = [hint for hint in hints if hint not in found[0]]
    while rest and found[-1]:
        count = next((n for n in range(len(rest), 0, -1) if fitting(rest[:n], room) == rest[:n]), 0)
        found.append(rest[:count])
        rest = rest[count:]
    return [[*page, more] for page in found if page] or [[]]
