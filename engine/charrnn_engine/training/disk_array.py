"""Numbers in an unnamed file: a corpus may be larger than memory. Knows no text and no TensorFlow."""

import contextlib
import os
import tempfile
import weakref
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.vocabulary import Vocabulary

_BUFFER = 1 << 20  # bytes


class Stored:
    """An array (N,) on the disk. A slice of it is read when it is asked for, as `kind`.

    The file has no name: it vanishes with the process, however that ends. It is read rather than mapped, so that what
    was read doesn't count as memory of the process.
    """

    def __init__(self, stored: Any, kind: Any, folder: Path | None = None) -> None:
        """For numbers written as `stored` in a folder, or in that for temporary files. Raises OSError."""
        self._file = tempfile.TemporaryFile(dir=folder, buffering=_BUFFER)  # noqa: SIM115  # open as long as the array
        self._stored, self._kind = np.dtype(stored), np.dtype(kind)
        self._count = 0
        weakref.finalize(self, _close, self._file)

    def append(self, numbers: NDArray[Any]) -> None:
        """To be followed by `flush` before anything is read. Raises OSError."""
        self._file.write(numbers.astype(self._stored).tobytes())
        self._count += len(numbers)

    def flush(self) -> "Stored":
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


def id_type(vocabulary: Vocabulary, learnt: bool) -> Any:
    """The smallest kind of number for ids of a vocabulary. Unknown tokens are negative where they aren't `learnt`."""
    if vocabulary.level == "word" and not learnt:
        return np.int32  # an unknown word is minus its length
    return np.int8 if len(vocabulary) <= 128 else np.int16 if len(vocabulary) <= 32768 else np.int32
