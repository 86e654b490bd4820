"""The lock of a run's folder: one process writes to it, and every other can see which. Knows no other file in it.

flock holds it for as long as the process lives, however that ends; the file contains the process id. On a system
without flock (Windows) nothing is locked.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from charrnn_engine.errors import SettingsError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

_FILE = "lock"
_TRIES = 50
_BETWEEN = 0.01  # seconds; `holder` holds a shared lock for an instant


class LockedError(SettingsError):
    """Another process holds the lock."""


@contextlib.contextmanager
def hold(folder: Path, name: str) -> Iterator[None]:
    """Locks the folder of the run called `name`, and makes it where it is missing. Raises LockedError, OSError."""
    for _ in range(_TRIES):
        if (file := _locked(folder)) is not None:
            break
        time.sleep(_BETWEEN)
    else:
        raise LockedError(
            f"{name}: a training run is writing to it already (process {holder(folder) or 'unknown'}); "
            "wait for it, stop it, or choose another --name"
        )
    with file:
        file.truncate(0)
        file.write(b"%d\n" % os.getpid())
        yield


def _locked(folder: Path) -> IO[bytes] | None:
    """The lock file, locked, or None where another process holds it or has just deleted it."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as opened, contextlib.suppress(FileNotFoundError):
        file = opened.enter_context((folder / _FILE).open("a+b", buffering=0))
        if _lock(file, exclusive=True) and os.path.samestat((folder / _FILE).stat(), os.fstat(file.fileno())):
            opened.pop_all()
            return file
    return None


def holder(folder: Path) -> int | None:
    """The process that holds the lock of a folder, None where none does."""
    with contextlib.suppress(OSError), (folder / _FILE).open("rb", buffering=0) as file:
        for _ in range(_TRIES):
            if _lock(file, exclusive=False):
                break
            file.seek(0)
            # Never 0 or less: a signal to those goes to whole groups of processes.
            if (content := file.read(32).strip()).isdigit() and int(content):
                return int(content)
            time.sleep(_BETWEEN)  # just locked; its process id isn't written yet
    return None


def _lock(file: IO[bytes], *, exclusive: bool) -> bool:
    """Whether this process has the lock now. It is released when the file is closed."""
    if fcntl is not None:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
