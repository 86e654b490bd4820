"""Paths as they are typed and pasted: the path that is meant, and the files and folders that complete it.

Reads folders, and the first bytes of files whose names don't tell what they are; may take as long as the disk does.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

MOST_MATCHES = 200
TFDS = "tfds:"

_ENTRIES_READ = 5_000  # of a folder: one with more is completed by typing on
_SNIFFED = 1024
_TEXT_SUFFIXES = {".txt", ".csv", ".tsv", ".jsonl", ".ndjson", ".md", ".rst", ".text", ".tex", ".log"}
_OTHER_SUFFIXES = {
    ".7z", ".a", ".avi", ".bin", ".bmp", ".bz2", ".class", ".db", ".deb", ".dll", ".doc", ".docx", ".exe", ".flac",
    ".gif", ".gz", ".h5", ".ico", ".iso", ".jar", ".jpeg", ".jpg", ".keras", ".mkv", ".mov", ".mp3", ".mp4", ".npy",
    ".npz", ".o", ".odt", ".ogg", ".onnx", ".pdf", ".pickle", ".pkl", ".png", ".pt", ".pyc", ".rar", ".rpm", ".so",
    ".sqlite", ".tar", ".tgz", ".tiff", ".ttf", ".wav", ".webm", ".webp", ".whl", ".woff", ".xls", ".xlsx", ".xz",
    ".zip", ".zst",
}  # fmt: skip


def cleaned(pasted: str) -> str:
    """A pasted path: the first line, without quotes, escapes and `file://`."""
    line = next((line.strip() for line in pasted.splitlines() if line.strip()), "")
    if len(line) > 1 and line[0] == line[-1] and line[0] in "'\"":
        line = line[1:-1]
    elif "\\ " in line and not os.path.exists(line):  # noqa: PTH110  # a name too long for a path is no error here
        line = re.sub(r"\\(.)", r"\1", line)
    if line.lower().startswith("file://"):
        with suppress(ValueError):
            line = unquote(urlsplit(line.replace("#", "%23").replace("?", "%3F")).path)
    return line


def expanded(typed: str) -> str:
    """The path that is meant: absolute, with `~` read as the home folder; a name of a data set stays as it is."""
    typed = typed.strip()
    if not typed or typed.startswith(TFDS):
        return typed
    return os.path.abspath(os.path.expanduser(typed))  # noqa: PTH100, PTH111


def is_file(typed: str) -> bool:
    """Whether it names a regular file. A pipe or a device isn't one."""
    try:
        return bool(typed.strip()) and not typed.startswith(TFDS) and stat.S_ISREG(os.stat(expanded(typed)).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        return False


def text_like(path: Path) -> bool:
    """Whether a regular file may be a text: by its name, and where that says nothing by its beginning."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        suffix = path.suffix.lower()
        if suffix in _TEXT_SUFFIXES | _OTHER_SUFFIXES:
            return suffix in _TEXT_SUFFIXES
        with path.open("rb") as file:
            start = file.read(_SNIFFED)
    except (OSError, ValueError):
        return False
    if not start or b"\0" in start:
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(start) - 3  # a character cut in two at the end
    return True


def matches(typed: str) -> list[str]:
    """Completions of what was typed: folders with a `/` at the end, and files that may be texts.

    Hidden ones only if a dot was typed. Raises nothing: a folder that can't be read counts as empty.
    """
    if typed.startswith(TFDS):
        return []
    if typed == "~":
        return ["~/"]
    head, sep, begun = typed.rpartition("/")
    begin = begun.casefold()
    found = sorted(
        _entries(Path(expanded(head + sep) or "."), begin, begun.startswith(".")),
        key=lambda entry: (not entry[0].startswith(begun), entry[1], entry[0].casefold()),
    )
    return [f"{head}{sep}{name}{'/' if folder else ''}" for name, folder in found[:MOST_MATCHES]]


def _entries(folder: Path, begin: str, hidden: bool) -> Iterator[tuple[str, bool]]:
    """Name, and whether it is a folder, of what begins with `begin`."""
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for read, entry in enumerate(entries):
            if read >= _ENTRIES_READ:
                return
            name = entry.name
            if not name.casefold().startswith(begin) or (name.startswith(".") and not hidden):
                continue
            if "\n" in name or "\r" in name:
                continue
            with suppress(OSError):
                if entry.is_dir():
                    yield name, True
                elif text_like(Path(entry.path)):
                    yield name, False
