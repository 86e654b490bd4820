"""A corpus of one file or several, which are read as one. A path, a folder or a pattern names them.

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
_HEAD = 4096  # bytes of a file in a folder, to see whether it is a text


@dataclass
class Sources:
    """The files that some paths name, in order. `columns` and `unescape` are those of `Source`.

    Raises CorpusError where a path names no file, or a file that `Source` refuses.
    """

    paths: tuple[str, ...]
    columns: tuple[str, ...] = ()
    unescape: bool = False
    files: list[Source] = field(init=False)

    def __post_init__(self) -> None:
        paths = [file for path in self.paths for file in files_of(path, table=bool(self.columns))]
        self.files = [Source(path, self.columns, self.unescape) for path in paths]

    @property
    def name(self) -> str:
        """What to call the corpus in a message."""
        return _listed(self.paths)

    @property
    def is_table(self) -> bool:
        """Whether samples are cells of columns rather than a running text."""
        return any(file.is_table for file in self.files)

    @property
    def size(self) -> int | None:
        """In bytes; None where it isn't known beforehand."""
        stamps = self.stamps()
        return sum(found[1] for found in stamps.values() if found) if all(stamps.values()) else None

    def stamps(self) -> dict[str, tuple[int, int, int] | None]:
        """The `stamp` of each file, by its path."""
        return {file.path: stamp(file.path) for file in self.files}

    def texts(self, column: str | None = None) -> Iterator[str]:
        """The cells of `column`, or the lines of a text, without blank ones. Raises CorpusError."""
        return (text for file in self.files for text in file.texts(column))

    def rows(self, first: str, column: str) -> Iterator[tuple[str, str]]:
        """The cells of two columns side by side, blank ones too. Raises CorpusError."""
        return (row for file in self.files for row in zip(file.cells(first), file.cells(column), strict=True))

    def pieces(self, level: Level = "char") -> Iterator[str]:
        """The running text in pieces. No word is cut in two, and a line end stands between two files."""
        text = self._joined()
        return text if level == "char" else _at_word_starts(text)

    def _joined(self) -> Iterator[str]:
        for number, file in enumerate(self.files):
            piece = ""
            for piece in file.chunks():
                yield piece
            if number < len(self.files) - 1 and not piece.endswith("\n"):
                yield "\n"


def short_name(paths: Sequence[str]) -> str:
    """The name of a corpus without its folders, such as "notes.txt and 2 more"."""
    short = [path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] for path in paths]
    return "standard input" if short == ["-"] else _listed(short)


def _listed(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def files_of(path: str, *, table: bool) -> list[str]:
    """The files that a path names, sorted: itself, those in a folder, or those that match a pattern. Raises
    CorpusError.

    A folder gives its tables if `table` is true, else its texts. Hidden files and binary ones are left out.
    """
    if path == "-" or path.startswith(TFDS):
        return [path]
    if os.path.isdir(path):  # noqa: PTH112  # unlike a Path, this takes any string
        found = [str(file) for file in sorted(_files_in(path)) if _belongs(file, table)]
        if not found:
            tables = ", ".join(sorted({*CSV_SUFFIXES, *JSON_SUFFIXES}))
            kind = f"table ({tables})" if table else "text; a table needs --column"
            raise CorpusError(f"{path}: the folder has no {kind}")
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
    """The files in a folder and its subfolders, hidden ones left out. Opens none. Raises CorpusError."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
        if len(found) > _FILES_AT_MOST:
            raise _too_many(folder)
    return found


def _too_many(path: str) -> CorpusError:
    return CorpusError(f"{path}: more than {_FILES_AT_MOST:,} files; name a folder that has only the texts")


def _belongs(file: Path, table: bool) -> bool:
    """Whether a file in a folder is one to learn from."""
    if not file.is_file():
        return False
    if (file.suffix.lower() in {*CSV_SUFFIXES, *JSON_SUFFIXES}) != table:
        return False
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
        # The head of a longer file may end within a character.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < _HEAD)
    except UnicodeDecodeError:
        return False
    except OSError:
        return True  # reading it later says why it fails
    return text != "" and "\0" not in text


def _at_word_starts(chunks: Iterable[str]) -> Iterator[str]:
    """The same text, cut only before spaces and newlines, so that no word is cut in two."""
    rest = ""
    for chunk in chunks:
        text = rest + chunk
        # A long text without spaces is passed on as it comes, to bound memory.
        cut = max(text.rfind(" "), text.rfind("\n")) if len(text) <= _LONGEST_WORD + len(chunk) else len(text)
        if cut > 0:
            yield text[:cut]
        rest = text[max(0, cut) :]
    if rest:
        yield rest
