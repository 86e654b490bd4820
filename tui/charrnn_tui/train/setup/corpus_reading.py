"""How a corpus is to be read: what is proposed after a look at it, and what was chosen instead. Knows no widget."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from charrnn_engine.corpus.survey import Column, Survey, survey
from charrnn_engine.errors import CorpusError
from charrnn_tui.ui.path_completion import TFDS, is_file

LIKELY_COLUMNS = ("text", "title", "headline", "content", "body", "sentence", "message", "description", "prompt")
_LONGEST_NAME = 40
_COMPARED = 400  # characters of a sample cell: beyond that, length says nothing more


@dataclass(frozen=True)
class Reading:
    """How a corpus is read: `path` as the engine takes it, the columns of a table, or whether lines are texts."""

    path: str
    table: bool = False
    columns: tuple[str, ...] = ()
    lines: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """As options of the command. Cells of a table are texts of their own anyway."""
        return {"column": self.columns} if self.table else {"lines": True} if self.lines else {}


@dataclass(frozen=True)
class Look:
    """What was found: how the corpus is read, or the `problem`. `survey` is None for a data set, which isn't loaded
    before training; `columns` are those to choose from."""

    reading: Reading | None = None
    survey: Survey | None = None
    columns: Sequence[Column] = ()
    problem: str = ""


def look(path: str, columns: tuple[str, ...] | None = None, lines: bool | None = None) -> Look:
    """Looks into a corpus; `columns` and `lines` as they were chosen, None where they are to be proposed.

    Blocks for as long as the disk does. An incomplete path is no problem, and no reading either.
    """
    if path.startswith(TFDS):
        return Look(Reading(path, table=True, columns=columns or ())) if path != TFDS else Look()
    if not is_file(path):
        return Look(problem=_why_not(path))
    try:
        found = survey(path, (), lines)
        if found.kind != "table":
            as_lines = found.lines if lines is None else lines
            return Look(Reading(path, lines=as_lines), found)
        shown = columns_shown(found.columns, path.endswith((".jsonl", ".ndjson")) or has_header(found.columns))
        chosen = tuple(name for name in columns or () if any(column.name == name for column in shown))
        if columns is None:
            chosen = proposed_columns(shown)
        return Look(Reading(path, True, chosen), survey(path, chosen) if chosen else found, shown)
    except CorpusError as error:
        return Look(problem=str(error))


def _why_not(path: str) -> str:
    """Why a path can't be read; empty for a folder and an empty path, which may be completed."""
    try:
        if not path or os.path.isdir(path):  # noqa: PTH112  # unlike Path.is_dir, this never fails
            return ""
        exists = os.path.exists(path)  # noqa: PTH110
    except ValueError:
        exists = False
    return f"{path}: not a readable file" if exists else f"{path}: there is no such file"


def columns_shown(columns: Sequence[Column], has_header: bool) -> Sequence[Column]:
    """The columns to choose from; without a header they are numbered, and the first row is their sample."""
    if has_header:
        return columns
    return [Column(str(place), column.name) for place, column in enumerate(columns, 1)]


def has_header(columns: Sequence[Column]) -> bool:
    """Whether the first row of a CSV looks like names rather than like cells."""
    names = [column.name.strip() for column in columns]
    return not any(
        not name or len(name) > _LONGEST_NAME or name.replace(".", "").replace("-", "").isdigit() for name in names
    )


def proposed_columns(columns: Sequence[Column]) -> tuple[str, ...]:
    """The column that is most likely the text: by its name, else by its letters. Empty if there is none."""
    for name in LIKELY_COLUMNS:
        for column in columns:
            if column.name.casefold() == name:
                return (column.name,)
    letters = {column.name: sum(map(str.isalpha, column.sample[:_COMPARED])) for column in columns}
    best = max(letters, key=letters.__getitem__, default="")
    return (best,) if best and letters[best] else ()
