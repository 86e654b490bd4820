"""A quick look at a corpus before anybody trains on it: its kind, size, columns, alphabet and first lines.

Reads no more than the head of a file, whatever its size. Knows no TensorFlow and no screen.
"""

import codecs
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from charrnn_engine.corpus.reading import CSV_SUFFIXES, JSON_SUFFIXES, TFDS, Source, bad_encoding, check_file
from charrnn_engine.runs.errors import CorpusError

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
    """What a look at a corpus has found. `partial` says that only its head was looked at: then `characters` is
    estimated and `alphabet` may lack some.

    `alphabet` holds the different characters, sorted, of what would be learnt; `characters` counts them.
    `first_lines` are its lines, or the cells of a table's columns. `lines` is a guess: each line looks like a text
    of its own.
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
    """A source of which only the head is seen; what the cut has left of its last line or row is dropped."""

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
            # The last row isn't whole; it is kept where it is the only one there is besides a header.
            self._parsed = rows[:-1] if self._partial and len(rows) > 2 else rows
        yield from self._parsed


def survey(path: str, columns: Sequence[str] = (), lines: bool | None = None) -> Survey:
    """Looks at the head of a corpus. A table is looked at in `columns`, or in all where none are named yet; `lines`
    says how a text will be read, None for what it looks like.

    Raises CorpusError, as training would, and for what can't be looked at beforehand: standard input and TFDS.
    """
    if path == "-" or path.startswith(TFDS):
        raise CorpusError(f"{path}: it can't be looked at beforehand")
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
    """The head as text, the bytes that it takes, and the size of the file."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_HEAD)
            size = max(len(content), Path(path).stat().st_size)
    except OSError as error:
        raise CorpusError(f"{path}: it can't be read ({error.strerror or error})") from None
    partial = len(content) < size
    cut = content.rfind(b"\n") + 1
    if partial and cut:
        content = content[:cut]
    try:
        # The end of a cut may fall within a character, which is no fault of the text.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(content, final=not partial)
    except UnicodeDecodeError as error:
        raise bad_encoding(path, error) from None
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
    """The columns that hold text all the way down."""
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
    line = next((line for line in head.split("\n") if line.strip()), "")
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise CorpusError(f"{path}: line 1 is not JSON; one object a line is expected")
    return [Column(key, value[:_LONGEST_SAMPLE]) for key, value in record.items() if isinstance(value, str)]


def _looks_like_lines(lines: Sequence[str]) -> bool:
    """Whether each line looks like a text of its own: short, hardly any blank or indented, and not wrapped prose,
    whose lines are nearly all equally long."""
    written = [line for line in lines if line.strip()]
    if len(written) < 5 or len(written) < 0.95 * len(lines):
        return False
    lengths = sorted(len(line) for line in written)
    typical, long = lengths[len(lengths) // 2], lengths[len(lengths) * 19 // 20]
    indented = sum(line[0].isspace() for line in written)
    wrapped = long >= 50 and sum(length > 0.85 * long for length in lengths) > 0.6 * len(lengths)
    return typical <= 200 and indented < 0.1 * len(written) and not wrapped
