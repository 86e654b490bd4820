"""Reads named arrays out of an HDF5 file held in memory, trusting nothing that the file says.

Only plain datasets reached by hard links are read, only when their shape is the one asked for, and never through
a filter that HDF5 would have to load from elsewhere.
"""

import io
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError

_FLOATS = (np.dtype("<f2"), np.dtype("<f4"), np.dtype("<f8"))
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}


class Weights:
    """The arrays of a weights file. Raises CheckpointError where it can't be read."""

    def __init__(self, content: bytes) -> None:
        try:
            self._file = h5py.File(io.BytesIO(content), "r")
        except Exception as error:
            raise CheckpointError(f"its weights are not a readable HDF5 file ({_brief(error)})") from None

    def __enter__(self) -> "Weights":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, path: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The array at `path` as float32. Raises CheckpointError unless it is there, finite and of `shape`."""
        try:
            array = self._read(path, shape)
        except CheckpointError:
            raise
        except Exception as error:  # h5py raises what HDF5's C code made of the damage
            raise CheckpointError(f"its weights {path!r} can't be read ({_brief(error)})") from None
        if not np.isfinite(array).all():
            raise CheckpointError(f"its weights {path!r} hold NaN or infinity")
        return array

    def _read(self, path: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        dataset = self._dataset(path)
        if dataset.shape != shape:
            raise CheckpointError(f"its weights {path!r} have the shape {dataset.shape}; the network needs {shape}")
        if dataset.dtype not in _FLOATS:
            raise CheckpointError(f"its weights {path!r} are {dataset.dtype}; float16, 32 or 64 is expected")
        plist = dataset.id.get_create_plist()
        filters = {plist.get_filter(n)[0] for n in range(plist.get_nfilters())}
        if dataset.is_virtual or plist.get_external_count() or filters - _FILTERS:
            raise CheckpointError(f"its weights {path!r} lie outside the file or behind an unknown filter")
        if dataset.id.get_storage_size() == 0 and dataset.size:
            # Never written: HDF5 would make up zeros of whatever size the file declares.
            raise CheckpointError(f"its weights {path!r} are missing")
        with np.errstate(over="ignore"):  # what is too large for float32 becomes an infinity, and is refused
            return np.asarray(dataset[()]).astype(np.float32)

    def _dataset(self, path: str) -> Any:
        """Walks to a dataset by hard links alone: soft and external links could lead out of the file."""
        node: Any = self._file
        for part in path.split("/"):
            link = node.get(part, getlink=True) if isinstance(node, h5py.Group) else None
            if link is None:
                raise CheckpointError(f"its weights {path!r} are missing")
            if not isinstance(link, h5py.HardLink):
                raise CheckpointError(f"its weights {path!r} are a link; only plain arrays are read")
            node = node[part]
        if not isinstance(node, h5py.Dataset):
            raise CheckpointError(f"its weights {path!r} are no array")
        return node


def _brief(error: Exception) -> str:
    """One line of a foreign error."""
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__)[:120]
