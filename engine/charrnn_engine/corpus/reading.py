"""Opens a corpus as strings that can be read again and again: text, CSV, JSON lines, standard input, TFDS.

Nothing is held in memory whole except standard input. Knows no ids and no network.
"""

import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from charrnn_engine.runs.errors import CorpusError

_CHUNK = 1 << 20  # characters read at a time from a text
JSON_SUFFIXES = {".jsonl", ".ndjson"}
CSV_SUFFIXES = {".csv": ",", ".tsv": "\t"}
TFDS = "tfds:"


@dataclass
class Source:
    """A corpus by its path, `-` or `tfds:NAME[:SPLIT]`. `columns` are header names, JSON keys or numbers from 1."""

    path: str
    columns: tuple[str, ...] = ()
    _stdin: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.path not in ("-",) and not self.path.startswith(TFDS):
            check_file(self.path)
        if self.is_table and not self.columns:
            raise CorpusError(f"{self.path}: name the column to learn from with --column; {self._offer()}")

    @property
    def is_table(self) -> bool:
        """Whether samples are cells of columns rather than a running text."""
        suffix = Path(self.path).suffix.lower()
        named = suffix in CSV_SUFFIXES or suffix in JSON_SUFFIXES or self.path.startswith(TFDS)
        return named or bool(self.columns)

    def texts(self, column: str | None = None) -> Iterator[str]:
        """The cells of `column`, or the lines of a text that are not blank. Raises CorpusError."""
        if column is None:
            for line in self._lines():
                line = line.rstrip("\r\n")
                if line.strip():
                    yield line
        else:
            for cell in self._cells(column):
                if cell.strip():
                    yield cell

    def chunks(self) -> Iterator[str]:
        """The running text in pieces: the file as it stands, or the cells of the first column, one a line."""
        if self.columns:
            for text in self.texts(self.columns[0]):
                yield text + "\n"
            return
        with self._open() as file:
            yield from self._decoded(iter(lambda: file.read(_CHUNK), ""))

    def _open(self) -> TextIO:
        if self.path != "-":
            # utf-8-sig: a byte order mark at the start is no character of the text.
            return Path(self.path).open(encoding="utf-8-sig", newline=None)
        if self._stdin is None:
            content = sys.stdin.buffer.read()
            if content.startswith(b"\xef\xbb\xbf"):
                content = content[3:]
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError as error:
                raise bad_encoding("standard input", error) from None
            self._stdin = text.replace("\r\n", "\n").replace("\r", "\n")
        return io.StringIO(self._stdin)

    def _lines(self) -> Iterator[str]:
        with self._open() as file:
            yield from self._decoded(file)

    def _decoded(self, pieces: Iterator[str] | TextIO) -> Iterator[str]:
        try:
            yield from pieces
        except UnicodeDecodeError as error:
            raise bad_encoding(self.path, error) from None
        except OSError as error:
            raise CorpusError(f"{self.path}: it can't be read ({error.strerror or error})") from None

    def _cells(self, column: str) -> Iterator[str]:
        if self.path.startswith(TFDS):
            yield from _tfds_cells(self.path, column)
        elif self._is_json():
            yield from self._json_cells(column)
        else:
            yield from self._csv_cells(column)

    def _is_json(self) -> bool:
        if self.path != "-":
            return Path(self.path).suffix.lower() in JSON_SUFFIXES
        with self._open() as file:
            return file.read(4096).lstrip().startswith("{")

    def _json_cells(self, column: str) -> Iterator[str]:
        for number, line in enumerate(self._lines(), 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError:
                raise CorpusError(f"{self.path}: line {number} is not JSON; one object a line is expected") from None
            if not isinstance(record, dict) or column not in record:
                has = ", ".join(map(str, record)) if isinstance(record, dict) else "no keys"
                raise CorpusError(f"{self.path}: line {number} has no {column!r}; it has {has}")
            value = record[column]
            if isinstance(value, str):
                yield value
            elif value is not None:
                raise CorpusError(f"{self.path}: {column!r} in line {number} is no text")

    def _rows(self) -> Iterator[list[str]]:
        delimiter = CSV_SUFFIXES.get(Path(self.path).suffix.lower(), ",")
        with self._open() as file:
            try:
                yield from csv.reader(self._decoded(file), delimiter=delimiter)
            except csv.Error as error:
                raise CorpusError(f"{self.path}: it is no readable CSV ({error})") from None

    def _csv_cells(self, column: str) -> Iterator[str]:
        rows = self._rows()
        header: Sequence[str] = []
        if column.isdigit():
            place = int(column) - 1  # by number there is no header: every row counts
        else:
            header = next(rows, [])
            if column not in header:
                raise CorpusError(
                    f"{self.path}: there is no column {column!r}; the header names {', '.join(header) or 'none'}"
                    " (a number picks a column where there is no header)"
                )
            place = header.index(column)
        for number, row in enumerate(rows, 2 if header else 1):
            if not row:
                continue
            if not 0 <= place < len(row):
                raise CorpusError(f"{self.path}: row {number} has {len(row)} columns; column {column} isn't there")
            yield row[place]

    def _offer(self) -> str:
        if self.path.startswith(TFDS):
            return "for ag_news_subset that is title or description"
        if self._is_json():
            with self._open() as file:
                try:
                    return f"it has {', '.join(json.loads(file.readline()))}"
                except (ValueError, TypeError):
                    return "its first line is no JSON object"
        return f"it has {', '.join(next(self._rows(), [])) or 'none'}"


def check_file(path: str) -> None:
    """Raises CorpusError where a file can't be one that is learnt from."""
    file = Path(path)
    if file.is_dir():
        raise CorpusError(f"{path}: it is a folder; name a text, CSV or JSON-lines file in it")
    if not file.exists():
        raise CorpusError(f"{path}: there is no such file")
    try:
        with file.open("rb") as stream:
            first = stream.read(4096)
    except OSError as error:
        raise CorpusError(f"{path}: it can't be read ({error.strerror or error})") from None
    if not first:
        raise CorpusError(f"{path}: the file is empty")
    if b"\0" in first:
        raise CorpusError(f"{path}: it is no text in UTF-8 (it holds zero bytes); convert it first")


def stamp(path: str) -> tuple[int, int, int] | None:
    """What changes when a file is written to; None where there is none."""
    try:
        state = os.stat(path)  # noqa: PTH116  # unlike a Path, this takes what is no name of a file
        return state.st_ino, state.st_size, state.st_mtime_ns
    except (OSError, ValueError):
        return None


def bad_encoding(name: str, error: UnicodeDecodeError) -> CorpusError:
    """What to say of a text that isn't UTF-8."""
    byte = error.object[error.start]
    return CorpusError(f"{name}: it is not UTF-8 (byte 0x{byte:02x}); convert it, for example with iconv -t UTF-8")


def _tfds_cells(path: str, column: str) -> Iterator[str]:
    """Text features of a TensorFlow Datasets data set, in a fixed order."""
    name, _, split = path.removeprefix(TFDS).partition(":")
    try:
        import tensorflow_datasets as tfds
    except ImportError:
        raise CorpusError(f"{path}: it needs tensorflow-datasets; pip install 'charrnn-tui[train]'") from None
    try:
        dataset, info = tfds.load(name, split=split or "train", shuffle_files=False, with_info=True)
    except Exception as error:  # a registry, a download and a file format, each with errors of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CorpusError(f"{path}: TensorFlow Datasets can't load it ({reason[:160]})") from None
    texts = sorted(key for key, feature in info.features.items() if isinstance(feature, tfds.features.Text))
    if column not in texts:
        raise CorpusError(f"{path}: there is no text {column!r} in it; there are {', '.join(texts) or 'none'}")
    for example in tfds.as_numpy(dataset):
        yield example[column].decode("utf-8")
