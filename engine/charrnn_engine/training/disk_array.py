"""An array in a file, for a corpus that is larger than memory. Knows no text and no TensorFlow."""

import contextlib
import os
import tempfile
import weakref
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_BUFFER = 1 << 20  # bytes


class DiskArray:
    """An array (N,) on the disk, to be read in slices.

    Its file has no name, so it vanishes with the process, however that ends. It is read and not mapped: mapped pages
    would count as memory of the process.
    """

    def __init__(self, stored: Any, kind: Any, folder: Path | None = None) -> None:
        """`stored` is the type of a number in the file, `kind` that of a number in a slice. The file is in `folder`,
        or where temporary files are. Raises OSError."""
        self._file = tempfile.TemporaryFile(dir=folder, buffering=_BUFFER)  # noqa: SIM115  # open as long as the array
        self._stored, self._kind = np.dtype(stored), np.dtype(kind)
        self._count = 0
        weakref.finalize(self, _close, self._file)

    def append(self, numbers: NDArray[Any]) -> None:
        """Call `flush` before anything is read. Raises OSError."""
        self._file.write(numbers.astype(self._stored).tobytes())
        self._count += len(numbers)

    def flush(self) -> "DiskArray":
        """Raises OSError."""
        self._file.flush()
        return self

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: slice) -> NDArray[Any]:
        start, stop, _ = part.indices(self._count)
        size = self._stored.itemsize
        content = _read(self._file, max(0, stop - start) * size, start * size)
        return np.frombuffer(content, self._stored).astype(self._kind)


def _read(file: IO[bytes], size: int, at: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, at)
    file.seek(at)  # Windows
    return file.read(size)


def _close(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # of a full disk, which has been reported
        file.close()
