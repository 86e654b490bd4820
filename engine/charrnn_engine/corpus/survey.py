"""A quick look at a corpus before training: its kind, size, columns, alphabet and first lines.

Reads only the head of a file, whatever its size. Knows no TensorFlow and no screen.
"""

import codecs
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from charrnn_engine.corpus.data_sets import TFDS
from charrnn_engine.corpus.reading import (
    CSV_SUFFIXES,
    JSON_SUFFIXES,
    Source,
    bad_encoding,
    check_file,
    holds_zero_bytes,
    json_object,
    unreadable,
)
from charrnn_engine.errors import CorpusError

Kind = Literal["text", "lines", "table"]

_HEAD = 2_000_000  # bytes
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

    def _rows(self) -> Iterator[list[str]]:
        if self._parsed is None:
            rows = list(super()._rows())
            # The last row may be cut; it is kept where it is the only one besides a header.
            self._parsed = rows[:-1] if self._partial and len(rows) > 2 else rows
        yield from self._parsed


def survey(path: str, columns: Sequence[str] = (), lines: bool | None = None) -> Survey:
    """Reads the head of a corpus: of a table `columns`, or all of them where none are named yet. `lines` says how a
    text will be read, None for a guess.

    Raises CorpusError, as training would, and for what can't be read beforehand: standard input and TFDS.
    """
    if path == "-" or path.startswith(TFDS):
        raise CorpusError(f"{path}: it can't be previewed")
    check_file(path)
    head, read, size = _read_head(path)
    partial = read < size
    suffix = Path(path).suffix.lower()
    if suffix in CSV_SUFFIXES or suffix in JSON_SUFFIXES or columns:
        return _table(path, columns, head, partial, size, size / read)
    looks = _looks_like_lines(head.removesuffix("\n").split("\n"))
    separate = looks if lines is None else lines
    learnt = head.replace("\n", "") if separate else head
    return Survey(
        kind="lines" if separate else "text",
        columns=(),
        size_bytes=size,
        characters=round(len(learnt) * size / read),
        alphabet="".join(sorted(set(learnt))),
        first_lines=tuple(head.split("\n", _FIRST_LINES)[:_FIRST_LINES]),
        partial=partial,
        lines=looks,
    )


def _read_head(path: str) -> tuple[str, int, int]:
    """The head as text, its size in bytes, and that of the file."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_HEAD)
            size = max(len(content), Path(path).stat().st_size)
    except OSError as error:
        raise unreadable(path, error) from None
    partial = len(content) < size
    cut = content.rfind(b"\n") + 1
    if partial and cut:
        content = content[:cut]
    try:
        # The head may end within a character.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(content, final=not partial)
    except UnicodeDecodeError as error:
        raise bad_encoding(path, error) from None
    if "\0" in text:
        raise holds_zero_bytes(path)
    return text.replace("\r\n", "\n").replace("\r", "\n"), max(1, len(content)), size


def _table(path: str, columns: Sequence[str], head: str, partial: bool, size: int, scale: float) -> Survey:
    source = _Head(path, columns or ("1",), head, partial)
    named = _json_columns(path, head) if source._is_json() else _csv_columns(source)
    if not named:
        raise CorpusError(f"{path}: it has no columns")
    cells = [cell for column in columns or _all(source, named) for cell in source.texts(column)]
    return Survey(
        kind="table",
        columns=tuple(named),
        size_bytes=size,
        characters=round(sum(map(len, cells)) * scale),
        alphabet="".join(sorted(set().union(*cells))) if cells else "",
        first_lines=tuple(cells[:_FIRST_LINES]),
        partial=partial,
        lines=True,
    )


def _all(source: Source, named: Sequence[Column]) -> list[str]:
    """The columns that hold only text."""
    held = []
    for column in named:
        try:
            for _ in source.texts(column.name):
                pass
        except CorpusError:
            continue
        held.append(column.name)
    return held


def _csv_columns(source: _Head) -> list[Column]:
    rows = source._rows()
    header = next(rows, [])
    samples = [""] * len(header)
    for row in rows:
        for place, cell in enumerate(row[: len(header)]):
            samples[place] = samples[place] or cell.strip()
        if all(samples):
            break
    return [Column(name, sample[:_LONGEST_SAMPLE]) for name, sample in zip(header, samples, strict=True)]


def _json_columns(path: str, head: str) -> list[Column]:
    """The keys of the first object whose values are text."""
    number, line = next(((n, line) for n, line in enumerate(head.split("\n"), 1) if line.strip()), (1, ""))
    record = json_object(path, number, line)
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
