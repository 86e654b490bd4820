"""A file that says what a text says while it goes on: what comes is appended, and where the text goes back and parts
from what it was, the file is cut. So nothing is lost that the page and the log let go. Knows no screen.
"""

import os
from pathlib import Path

import numpy as np

from charrnn_tui.text.token_log import TokenLog

_MARK_EVERY = 1 << 20
_CHUNK = 1 << 16


class OngoingFile:
    """A text file that grows, and can be cut after a number of characters. Every method may raise OSError."""

    def __init__(self, path: Path) -> None:
        """Goes on after what the file holds, which is UTF-8."""
        self.path = path
        self._file = path.open("r+b", buffering=0)
        self._marks = [(0, 0)]  # characters and the bytes that they take, about every MB
        self._count_to(None)

    def write(self, text: str) -> None:
        """Appends; where that fails, nothing of it is there."""
        begun = self._file.seek(0, os.SEEK_END)
        content = memoryview(text.encode("utf-8", "replace"))  # a character each, as `cut` counts them
        try:
            while content:
                content = content[self._file.write(content) :]
        except OSError:
            self._file.truncate(begun)
            raise

    def cut(self, characters: int) -> None:
        """Leaves only the first so many characters."""
        self._file.truncate(self._count_to(characters))

    def close(self) -> None:
        self._file.close()

    def sync(self) -> None:
        """Sees to it that all of it has reached the disk."""
        os.fsync(self._file.fileno())

    def _count_to(self, characters: int | None) -> int:
        """Where the character after so many begins, in bytes, or the end of the file; None stands for the end."""
        while characters is not None and self._marks[-1][0] > characters:
            self._marks.pop()
        count, at = self._marks[-1]
        self._file.seek(at)
        while chunk := self._file.read(_CHUNK):
            begins = np.flatnonzero(np.frombuffer(chunk, np.uint8) & 0xC0 != 0x80)  # of characters in UTF-8
            if characters is not None and count + len(begins) > characters:
                return at + int(begins[characters - count])
            count, at = count + len(begins), at + len(chunk)
            if at - self._marks[-1][1] >= _MARK_EVERY:
                self._marks.append((count, at))
        return at


class OngoingText:
    """Keeps a file equal to the text of a log, with its prompt before it.

    Until `follow` names the file, which may take a while to be written, it remembers where the text parts from it.
    """

    def __init__(self, prompt: str, log: TokenLog) -> None:
        self.file: OngoingFile | None = None
        self._before = len(prompt)
        self._log = log
        self._written = len(log)
        self._parted = False

    def parting(self) -> None:
        """The text goes on from here, whatever it was before: to be called before the log grows."""
        if self._written > len(self._log):
            self._written, self._parted = len(self._log), True

    def follow(self, path: Path) -> None:
        """Goes on in a file that holds the text as it was when this was made. Raises OSError."""
        self.file = OngoingFile(path)
        self.keep_up()

    def keep_up(self) -> None:
        """Brings the file up to the end of the text. Raises OSError; the file is closed then."""
        file, log = self.file, self._log
        if file is None:
            return
        try:
            if self._written < log.let_go:
                raise OSError("the text went on faster than it could be written")
            if self._parted:
                self._written = min(self._written, len(log))  # who went back further since has parted there
                file.cut(self._before + log.end_of(self._written))
                self._parted = False
            if self._written < len(log):
                file.write(log.text(self._written))
                self._written = len(log)
        except OSError:
            self.file = None
            file.close()
            raise

    def close(self) -> None:
        """Writes what is left. Raises OSError."""
        self.keep_up()
        file, self.file = self.file, None
        if file is not None:
            try:
                file.sync()
            finally:
                file.close()
