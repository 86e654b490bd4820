"""Opens untrusted files, and is the only module that does: regular files only, within limits of size.

Knows nothing of what the files hold.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from charrnn_engine.errors import CheckpointError


def open_regular(path: Path) -> BinaryIO:
    """Opens a regular file, or a link to one, for reading in binary.

    Raises CheckpointError, without the file's name, for anything else. Opening a pipe would block, and opening a
    device can have effects of its own.
    """
    try:
        _check(path.stat())
        file = open(path, "rb", opener=_open_without_waiting)  # noqa: SIM115  # Path.open has no opener
    except FileNotFoundError:
        raise CheckpointError("there is no such file") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"it can't be read ({getattr(error, 'strerror', None) or error})") from None
    try:
        _check(os.fstat(file.fileno()))
    except CheckpointError:
        file.close()
        raise
    return file


def read_regular(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises CheckpointError as `open_regular` does."""
    with open_regular(path) as file:
        try:
            content = file.read(limit + 1)
        except OSError as error:
            raise CheckpointError(f"it can't be read ({error.strerror or error})") from None
    if len(content) > limit:
        raise CheckpointError(f"it is larger than {limit // 1_000_000} MB")
    return content


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Puts the file's name in front of the message of a CheckpointError."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def _open_without_waiting(path: str, flags: int) -> int:
    """The file may have become a pipe since it was looked at, and opening one waits for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise CheckpointError("it is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise CheckpointError("it is not a regular file (a pipe, a socket or a device)")
