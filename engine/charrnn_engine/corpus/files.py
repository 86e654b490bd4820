"""A corpus of one file or several: a path, a folder or a glob names them, and they are read as if they were one.

Knows no ids and no network.
"""

import codecs
import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from charrnn_engine.corpus.data_sets import TFDS
from charrnn_engine.corpus.reading import CSV_SUFFIXES, JSON_SUFFIXES, Source, stamp
from charrnn_engine.errors import CorpusError
from charrnn_engine.vocabulary import Level

_LONGEST_WORD = 1 << 20  # characters
_FILES_AT_MOST = 10_000  # in a folder
_LOOKED_AT = 4096  # bytes of a file in a folder, to see whether it is a text


@dataclass
class Sources:
    """The files that some paths name, in order. `columns` and `unescape` are those of `Source`.

    Raises CorpusError where there is none, and for what a single file would be refused.
    """

    paths: tuple[str, ...]
    columns: tuple[str, ...] = ()
    unescape: bool = False
    files: list[Source] = field(init=False)

    def __post_init__(self) -> None:
        named = [file for path in self.paths for file in files_of(path, table=bool(self.columns))]
        self.files = [Source(file, self.columns, self.unescape) for file in named]

    @property
    def name(self) -> str:
        """What to call the corpus in a message."""
        return named(self.paths)

    @property
    def is_table(self) -> bool:
        """Whether samples are cells of columns rather than a running text."""
        return any(file.is_table for file in self.files)

    @property
    def size(self) -> int | None:
        """Bytes; None where that isn't known beforehand."""
        stamps = self.stamps()
        return sum(found[1] for found in stamps.values() if found) if all(stamps.values()) else None

    def stamps(self) -> dict[str, tuple[int, int, int] | None]:
        """What changes when a file is written to."""
        return {file.path: stamp(file.path) for file in self.files}

    def texts(self, column: str | None = None) -> Iterator[str]:
        """The cells of `column`, or the lines of a text, without blank ones. Raises CorpusError."""
        return (text for file in self.files for text in file.texts(column))

    def rows(self, first: str, column: str) -> Iterator[tuple[str, str]]:
        """The cells of two columns side by side, blank ones too. Raises CorpusError."""
        return (row for file in self.files for row in zip(file.cells(first), file.cells(column), strict=True))

    def pieces(self, level: Level = "char") -> Iterator[str]:
        """The running text in pieces that cut no word in two; a file ends with the end of a line where another one
        follows."""
        text = self._joined()
        return text if level == "char" else _at_word_starts(text)

    def _joined(self) -> Iterator[str]:
        for number, file in enumerate(self.files):
            piece = ""
            for piece in file.chunks():
                yield piece
            if number < len(self.files) - 1 and not piece.endswith("\n"):
                yield "\n"


def named(paths: Sequence[str]) -> str:
    """The first of some paths, and how many more there are."""
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def files_of(path: str, *, table: bool) -> list[str]:
    """The files that a path names, sorted: itself, those in a folder, or those that match a glob. Raises CorpusError.

    Of a folder the tables where a `table` is wanted, else the texts; hidden files and those that are no text are
    left out.
    """
    if path == "-" or path.startswith(TFDS):
        return [path]
    if os.path.isdir(path):  # noqa: PTH112  # unlike a Path, this takes any string
        found = [str(file) for file in sorted(_files_in(path)) if _belongs(file, table)]
        if not found:
            tables = ", ".join(sorted({*CSV_SUFFIXES, *JSON_SUFFIXES}))
            kind = f"table ({tables})" if table else "text; a table needs --column"
            raise CorpusError(f"{path}: the folder holds no {kind}")
        return found
    if glob.has_magic(path) and not os.path.exists(path):  # noqa: PTH110  # as above
        matches = glob.iglob(path, recursive=True)  # noqa: PTH207  # a pattern may be absolute
        first = list(islice(matches, _FILES_AT_MOST + 1))
        if len(first) > _FILES_AT_MOST:
            raise _too_many(path)
        found = sorted(name for name in first if Path(name).is_file())
        if not found:
            raise CorpusError(f"{path}: no file matches it")
        return found
    return [path]


def _files_in(folder: str) -> list[Path]:
    """The files in a folder and in those within it, hidden ones left out. Opens none. Raises CorpusError."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
        if len(found) > _FILES_AT_MOST:
            raise _too_many(folder)
    return found


def _too_many(path: str) -> CorpusError:
    return CorpusError(
        f"{path}: that is more than {_FILES_AT_MOST:,} files; name a folder with nothing but the texts"
    )


def _belongs(file: Path, table: bool) -> bool:
    """Whether a file in a folder is one to learn from."""
    if not file.is_file():
        return False
    if (file.suffix.lower() in {*CSV_SUFFIXES, *JSON_SUFFIXES}) != table:
        return False
    try:
        with file.open("rb") as stream:
            head = stream.read(_LOOKED_AT)
        # The last character of a longer file may be cut.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < _LOOKED_AT)
    except UnicodeDecodeError:
        return False
    except OSError:
        return True  # reading it says why it can't be read
    return text != "" and "\0" not in text


def _at_word_starts(chunks: Iterable[str]) -> Iterator[str]:
    """The same text in other pieces, which end before a space or a newline, so that no word is cut in two."""
    rest = ""
    for chunk in chunks:
        text = rest + chunk
        # Text without any space is passed on as it comes, so that memory stays bounded.
        cut = max(text.rfind(" "), text.rfind("\n")) if len(text) <= _LONGEST_WORD + len(chunk) else len(text)
        if cut > 0:
            yield text[:cut]
        rest = text[max(0, cut) :]
    if rest:
        yield rest
