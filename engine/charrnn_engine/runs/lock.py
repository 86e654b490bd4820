"""The lock of a run: one process writes to a folder, and everybody can see which. Knows nothing of what is written.

Held with flock for as long as the process lives, however that ends; the file says its number. Where the system has no
flock (Windows) nothing is locked and nobody is seen.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

_FILE = "lock"
_TRIES = 50
_BETWEEN = 0.01  # seconds; who only looks holds a shared lock for an instant


class LockedError(Exception):
    """Somebody else holds it: the process `pid`, None where that can't be told."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"it is locked by process {pid}")
        self.pid = pid


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keeps every other run away from a folder, which is made. Raises LockedError, OSError."""
    if fcntl is None:
        folder.mkdir(parents=True, exist_ok=True)
        yield
        return
    descriptor = _acquire(folder)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _acquire(folder: Path) -> int:
    for _ in range(_TRIES):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:
            continue  # the folder has been thrown away between the two lines
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is(folder / _FILE, descriptor):
                return descriptor
        except BlockingIOError:
            time.sleep(_BETWEEN)
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
    raise LockedError(holder(folder))


def _is(path: Path, descriptor: int) -> bool:
    """Whether what is locked is still what others would lock: whoever held it may have thrown it away."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def holder(folder: Path) -> int | None:
    """The process that holds the lock of a folder, None where none does."""
    if fcntl is None:
        return None
    for _ in range(_TRIES):
        try:
            descriptor = os.open(folder / _FILE, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except OSError:
            with contextlib.suppress(ValueError):
                return _positive(os.read(descriptor, 32))
        finally:
            os.close(descriptor)
        time.sleep(_BETWEEN)  # it has been taken this instant, and its number isn't written yet
    return None


def _positive(content: bytes) -> int:
    """Never 0 or less: signals to those go to whole groups of processes."""
    number = int(content)
    if number <= 0:
        raise ValueError(number)
    return number
