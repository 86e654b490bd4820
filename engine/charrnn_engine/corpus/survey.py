"""A quick look at a corpus before training: its kind, size, columns, alphabet and first lines.

Reads only the head of a file, whatever its size. Knows no TensorFlow and no screen.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from charrnn_engine.corpus.data_sets import TFDS
from charrnn_engine.corpus.reading import CSV_SUFFIXES, JSON_SUFFIXES, Source, json_object, read_head
from charrnn_engine.errors import CorpusError

Kind = Literal["text", "lines", "table"]

_HEAD_BYTES = 2_000_000
_FIRST_LINES = 20
_LONGEST_SAMPLE = 200


@dataclass(frozen=True)
class Column:
    """A column of a table with the first of its cells that isn't blank."""

    name: str
    sample: str


@dataclass(frozen=True)
class Survey:
    """What a look at a corpus found. `partial`: only its head was read, so `characters` is an estimate and
    `alphabet` may lack some.

    `alphabet` holds the different characters, sorted, of what would be learnt; `characters` counts all of them.
    `first_lines` are its lines, or the cells of a table's columns. `lines` is a guess: whether each line looks like
    a text of its own.
    """

    kind: Kind
    columns: tuple[Column, ...]
    size_bytes: int
    characters: int
    alphabet: str
    first_lines: tuple[str, ...]
    partial: bool
    lines: bool


class _Head(Source):
    """A source that reads only the head of its file, without the last line or row where that is cut."""

    def __init__(self, path: str, columns: Sequence[str], head: str, partial: bool) -> None:
        super().__init__(path, tuple(columns))
        self._head = head
        self._partial = partial
        self._parsed: list[list[str]] | None = None

    def _open(self) -> TextIO:
        return io.StringIO(self._head)

    def rows(self) -> Iterator[list[str]]:
        if self._parsed is None:
            rows = list(super().rows())
            # The last row may be cut; it is kept where it is the only one besides a header.
            self._parsed = rows[:-1] if self._partial and len(rows) > 2 else rows
        return iter(self._parsed)


def survey(
    path: str, columns: Sequence[str] = (), lines: bool | None = None, head_bytes: int = _HEAD_BYTES
) -> Survey:
    """Reads at most `head_bytes` of a corpus: of a table `columns`, or all of them where none are named yet. `lines`
    says how a text will be read, None for a guess.

    Raises CorpusError, as training would, and for what can't be read beforehand: standard input and TFDS.
    """
    if path == "-" or path.startswith(TFDS):
        raise CorpusError(f"{path}: it can't be previewed")
    head, read, size = read_head(path, head_bytes)
    suffix = Path(path).suffix.lower()
    kind: Kind = "table"
    named: list[Column] = []
    if suffix in CSV_SUFFIXES or suffix in JSON_SUFFIXES or columns:
        named, first_lines = _table(_Head(path, columns or ("1",), head, read < size), columns)
        looks_like_lines, learnt = True, "".join(first_lines)
    else:
        first_lines = head.split("\n", _FIRST_LINES)
        looks_like_lines = _looks_like_lines(head.removesuffix("\n").split("\n"))
        kind = "lines" if (looks_like_lines if lines is None else lines) else "text"
        learnt = head.replace("\n", "") if kind == "lines" else head
    return Survey(
        kind=kind,
        columns=tuple(named),
        size_bytes=size,
        characters=round(len(learnt) * size / read),
        alphabet="".join(sorted(set(learnt))),
        first_lines=tuple(first_lines[:_FIRST_LINES]),
        partial=read < size,
        lines=looks_like_lines,
    )


def _table(source: "_Head", columns: Sequence[str]) -> tuple[list[Column], list[str]]:
    """The columns that there are, and the cells of those that are asked for, or of all that hold only text."""
    named = _json_columns(source) if source.is_json else _csv_columns(source)
    if not named:
        raise CorpusError(f"{source.path}: it has no columns")
    cells: list[str] = []
    for column in columns or [column.name for column in named]:
        try:
            cells += list(source.texts(column))
        except CorpusError:
            if columns:
                raise
    return named, cells


def _csv_columns(source: _Head) -> list[Column]:
    rows = source.rows()
    header = next(rows, [])
    samples = [""] * len(header)
    for row in rows:
        for place, cell in enumerate(row[: len(header)]):
            samples[place] = samples[place] or cell.strip()
        if all(samples):
            break
    return [Column(name, sample[:_LONGEST_SAMPLE]) for name, sample in zip(header, samples, strict=True)]


def _json_columns(source: "_Head") -> list[Column]:
    """The keys of the first object whose values are text."""
    number, line = next(((n, line) for n, line in enumerate(source.lines(), 1) if line.strip()), (1, ""))
    record = json_object(source.path, number, line)
    return [Column(key, value[:_LONGEST_SAMPLE]) for key, value in record.items() if isinstance(value, str)]


def _looks_like_lines(lines: Sequence[str]) -> bool:
    """Whether each line looks like a text of its own: short lines, hardly any blank or indented, and not wrapped
    prose, whose lines are nearly all equally long."""
    written = [line for line in lines if line.strip()]
    if len(written) < 5 or len(written) < 0.95 * len(lines):
        return False
    lengths = sorted(len(line) for line in written)
    typical, long = lengths[len(lengths) // 2], lengths[len(lengths) * 19 // 20]
    indented = sum(line[0].isspace() for line in written)
    wrapped = long >= 50 and sum(length > 0.85 * long for length in lengths) > 0.6 * len(lengths)
    return typical <= 200 and indented < 0.1 * len(written) and not wrapped
