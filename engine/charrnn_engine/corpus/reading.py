"""Opens a corpus as strings that can be read again and again: text, CSV, JSON lines, standard input, TFDS.

Memory is bounded: only standard input is held whole. Knows no ids and no network.
"""

import codecs
import csv
import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from charrnn_engine.corpus.data_sets import TFDS, data_set_texts
from charrnn_engine.corpus.html_cleanup import without_html
from charrnn_engine.errors import CorpusError, shown

_CHUNK = 1 << 18  # characters read at a time from a text
_LONGEST_LINE = 10_000_000  # characters
_MOST_PIPED = 200_000_000  # bytes of standard input
JSON_SUFFIXES = {".jsonl", ".ndjson"}
CSV_SUFFIXES = {".csv": ",", ".tsv": "\t"}


@dataclass
class Source:
    """A corpus by its path, `-` or `tfds:NAME[:SPLIT]`. `columns` are header names, JSON keys or numbers from 1.
    `unescape` removes HTML from the texts."""

    path: str
    columns: tuple[str, ...] = ()
    unescape: bool = False
    _stdin: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.path != "-" and not self.path.startswith(TFDS):
            _check_file(self.path)
        if self.is_table and not self.columns:
            raise CorpusError(f"{self.path}: name the column to learn from with --column; {self._offer()}")

    @property
    def is_table(self) -> bool:
        """Whether samples are cells of columns rather than a running text."""
        suffix = Path(self.path).suffix.lower()
        named = suffix in CSV_SUFFIXES or suffix in JSON_SUFFIXES or self.path.startswith(TFDS)
        return named or bool(self.columns)

    def texts(self, column: str | None = None) -> Iterator[str]:
        """The cells of `column`, or the lines of a text, without blank ones. Raises CorpusError."""
        return (text for text in self.cells(column) if text.strip())

    def cells(self, column: str | None = None) -> Iterator[str]:
        """The cells of `column`, or the lines of a text, blank ones too. Raises CorpusError."""
        found = self._cells(column) if column is not None else (line.rstrip("\r\n") for line in self.lines())
        return map(without_html, found) if self.unescape else found

    def chunks(self) -> Iterator[str]:
        """The running text in pieces: the file as it is, or the cells of the first column, one a line."""
        if self.columns:
            return (text + "\n" for text in self.texts(self.columns[0]))
        if self.unescape:
            return (text + "\n" for text in self.cells())
        return self._read(lambda file: file.read(_CHUNK))

    def _open(self) -> TextIO:
        if self.path != "-":
            # utf-8-sig: a byte order mark at the start is not part of the text.
            return Path(self.path).open(encoding="utf-8-sig")
        if self._stdin is None:
            content = sys.stdin.buffer.read(_MOST_PIPED + 1)
            if len(content) > _MOST_PIPED:
                raise CorpusError(f"standard input holds more than {_MOST_PIPED // 10**6} MB; save it to a file")
            self._stdin = _decoded("standard input", content)
        return io.StringIO(self._stdin)

    def _read(self, piece: Callable[[TextIO], str]) -> Iterator[str]:
        """The pieces of the text, to its end. Everything is read through here, so every text is checked."""
        try:
            with self._open() as file:
                while text := piece(file):
                    yield _without_zeros(self.path, text)
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(self.path, error) from None

    def lines(self) -> Iterator[str]:
        """The lines with their ends. Raises CorpusError."""
        for number, line in enumerate(self._read(lambda file: file.readline(_LONGEST_LINE)), 1):
            if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                raise CorpusError(
                    f"{self.path}: line {number} is longer than {_LONGEST_LINE // 10**6} million characters; "
                    "read the file as a running text instead"
                )
            yield line

    def _cells(self, column: str) -> Iterator[str]:
        if self.path.startswith(TFDS):
            return data_set_texts(self.path, column)
        return self._json_cells(column) if self.is_json else self._csv_cells(column)

    @property
    def is_json(self) -> bool:
        """Whether it is JSON lines. Standard input is judged by its beginning."""
        if self.path != "-":
            return Path(self.path).suffix.lower() in JSON_SUFFIXES
        with self._open() as file:
            return file.read(4096).lstrip().startswith("{")

    def _json_cells(self, column: str) -> Iterator[str]:
        for number, line in enumerate(self.lines(), 1):
            if line.strip():
                record = json_object(self.path, number, line)
                if column not in record:
                    raise CorpusError(f"{self.path}: line {number} has no {shown(column)}; it has {_listed(record)}")
                value = record[column]
                if value is not None and not isinstance(value, str):
                    raise CorpusError(f"{self.path}: {shown(column)} in line {number} is not text")
                yield value or ""

    def rows(self) -> Iterator[list[str]]:
        """The rows of a CSV file, the header included. Raises CorpusError."""
        delimiter = CSV_SUFFIXES.get(Path(self.path).suffix.lower(), ",")
        try:
            yield from csv.reader(self.lines(), delimiter=delimiter)
        except csv.Error as error:
            raise CorpusError(f"{self.path}: not a readable CSV file ({error})") from None

    def _csv_cells(self, column: str) -> Iterator[str]:
        rows = self.rows()
        header: Sequence[str] = []
        if column.isascii() and column.isdecimal() and len(column) < 10:
            place = int(column) - 1  # by number there is no header: every row counts
        else:
            header = next(rows, [])
            if column not in header:
                raise CorpusError(
                    f"{self.path}: there is no column {shown(column)}; the header names {_listed(header)}"
                    " (a number picks a column where there is no header)"
                )
            place = header.index(column)
        for number, row in enumerate(rows, 2 if header else 1):
            if not row:
                continue
            if not 0 <= place < len(row):
                missing = f"column {shown(column)} is missing"
                raise CorpusError(f"{self.path}: row {number} has {len(row)} columns; {missing}")
            yield row[place]

    def _offer(self) -> str:
        """Which columns there are."""
        if self.path.startswith(TFDS):
            return "for ag_news_subset that is title or description"
        names = json_object(self.path, 1, next(self.lines(), "")) if self.is_json else next(self.rows(), [])
        return f"it has {_listed(names)}"


def json_object(path: str, number: int, line: str) -> dict[str, Any]:
    """The object in a line of JSON. Raises CorpusError for anything else, deep nesting included."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise CorpusError(f"{path}: line {number} is not a JSON object")
    return record


def read_head(path: str, most: int) -> tuple[str, int, int]:
    """The head of a file as text, its size in bytes, `most` or less, and that of the file. It ends with a line where
    there are several. Raises CorpusError."""
    _check_file(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(most)
            size = max(len(content), os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise _unreadable(path, error) from None
    if partial := len(content) < size:
        content = content[: content.rfind(b"\n") + 1] or content
    return _decoded(path, content, partial=partial), max(1, len(content)), size


def _check_file(path: str) -> None:
    """Raises CorpusError where a file can't be learnt from. Only regular files are opened: a pipe would wait."""
    try:
        state = os.stat(path)  # noqa: PTH116  # unlike a Path, this takes any string
        if stat.S_ISDIR(state.st_mode):
            raise CorpusError(f"{path}: it is a folder; name a text, CSV or JSON-lines file in it")
        if not stat.S_ISREG(state.st_mode):
            raise CorpusError(f"{path}: it is not a regular file; to read from a pipe, give - as the corpus")
        if not state.st_size:
            raise CorpusError(f"{path}: the file is empty")
        with Path(path).open("rb") as stream:
            first = stream.read(4096)
    except CorpusError:
        raise
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise CorpusError(f"{path}: there is no such file") from None
    except OSError as error:
        raise _unreadable(path, error) from None
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CorpusError(f"{path}: it is not UTF-8 but UTF-16; convert it with iconv -f UTF-16 -t UTF-8")
    _without_zeros(path, first.decode("latin-1"))


def stamp(path: str) -> tuple[int, int, int] | None:
    """Inode, size and time of a file, which change when it is written to; None where there is none."""
    try:
        state = os.stat(path)  # noqa: PTH116  # unlike a Path, this takes any string
        return state.st_ino, state.st_size, state.st_mtime_ns
    except (OSError, ValueError):
        return None


def _decoded(name: str, content: bytes, *, partial: bool = False) -> str:
    """Text of UTF-8 bytes with line ends as `\\n`; `partial` bytes may end within a character. Raises CorpusError."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(content, final=not partial)
    except UnicodeDecodeError as error:
        raise _unreadable(name, error) from None
    return _without_zeros(name, text).replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(name: str, error: OSError | UnicodeDecodeError) -> CorpusError:
    """The error for a file that the system doesn't let be read, or a text that isn't UTF-8."""
    if isinstance(error, OSError):
        return CorpusError(f"{name}: it can't be read ({error.strerror or error})")
    byte = error.object[error.start]
    return CorpusError(f"{name}: it is not UTF-8 (byte 0x{byte:02x}); convert it, for example with iconv -t UTF-8")


def _without_zeros(name: str, text: str) -> str:
    """The same text. Raises CorpusError for a binary file, another encoding, or a hole in a file."""
    if "\0" in text:
        raise CorpusError(f"{name}: it holds zero bytes, so it is not a text in UTF-8; convert it first")
    return text


def _listed(names: Iterable[str]) -> str:
    """Names in a message, as many as fit."""
    text = ", ".join(name if name.isprintable() else shown(name) for name in map(str, names)) or "none"
    return text if len(text) <= 200 else f"{text[:199]}…"
