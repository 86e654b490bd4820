"""A live file always holds what a running text holds. New text is appended; where the text takes another
continuation, the file is cut first. Knows no screen, and touches the disk only in threads.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Protocol

import numpy as np

from charrnn_engine.network.model import CharRNN
from charrnn_tui.text.token_log import TokenLog

_SECONDS = 1.0  # between two looks at the text
_MARK_EVERY = 1 << 20
_CHUNK = 1 << 16


class LiveFile:
    """A text file to append to, and to cut after a number of characters. Every method may raise OSError."""

    def __init__(self, path: Path) -> None:
        """Opens a file in UTF-8, and reads it once to count its characters."""
        self.path = path
        self._file = path.open("r+b", buffering=0)
        self._marks = [(0, 0)]  # characters and the bytes that they take, about every MB
        self._count_to(None)

    def write(self, text: str) -> None:
        """Appends all of the text, or nothing if that fails."""
        begin = self._file.seek(0, os.SEEK_END)
        content = memoryview(text.encode("utf-8", "replace"))  # one character for each, as `cut` counts them
        try:
            while content:
                content = content[self._file.write(content) :]
        except OSError:
            self._file.truncate(begin)
            raise

    def cut(self, characters: int) -> None:
        """Keeps only that many characters from the beginning."""
        self._file.truncate(self._count_to(characters))

    def sync(self) -> None:
        """Waits until everything has reached the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _count_to(self, characters: int | None) -> int:
        """The number of bytes that so many characters take, or of all bytes if it is None."""
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


class RunningText(Protocol):
    """What saving needs to know about a text."""

    model: CharRNN
    prompt: str
    changed_from: float
    """The lowest position that was rewritten since this was last set to infinity."""

    log: TokenLog

    @property
    def ids(self) -> Sequence[int]: ...


class LiveText:
    """Keeps a file equal to a text, from the state that the text has when this is made."""

    def __init__(self, text: RunningText) -> None:
        self.path: Path | None = None
        """The file, once it is being written to."""
        self._text = text
        self._written = len(text.log)
        self._stopping = False
        self._wake = asyncio.Event()
        text.changed_from = inf

    def write_soon(self) -> None:
        """Brings the file up to date now, and not within a second."""
        self._wake.set()

    def stop(self) -> None:
        """Writes the rest, and ends `follow`."""
        self._stopping = True
        self._wake.set()

    async def follow(self, path: Path, begun: Callable[[], None]) -> None:
        """Writes to a file that holds the text as it was when this was made, until `stop`; calls `begun` once the
        file is open. Raises OSError.
        """
        file = await asyncio.to_thread(LiveFile, path)
        self.path = path
        begun()
        try:
            while True:
                self._wake.clear()
                stopping = self._stopping
                await asyncio.to_thread(_write, file, *self._due(), stopping)
                if stopping:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _SECONDS)
        finally:
            file.close()

    def _due(self) -> tuple[int | None, str]:
        """The number of characters after which the file is to be cut, if any, and the text to append."""
        text, log, cut = self._text, self._text.log, None
        if self._written < log.dropped:
            raise OSError("the text grew faster than it could be written")
        if text.changed_from < self._written:
            self._written = min(int(text.changed_from), len(log))
            cut = len(text.prompt) + log.end_of(self._written)
        text.changed_from = inf
        added = log.text(self._written) if self._written < len(log) else ""
        self._written = max(self._written, len(log))
        return cut, added


def _write(file: LiveFile, cut: int | None, added: str, sync: bool) -> None:
    if cut is not None:
        file.cut(cut)
    if added:
        file.write(added)
    if sync:
        file.sync()
