"""Reads named arrays of an HDF5 file as float32, checking everything that the file says. Knows no layers.

Only plain arrays of floats that hard links lead to are read, whole or in chunks that may be deflated, and only if
they have the shape that is asked for. Beside the array this takes a few megabytes of memory.
"""

import zlib
from collections.abc import Iterator
from itertools import product
from math import ceil, prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.checkpoints.hdf5_blocks import Damaged, Unread
from charrnn_engine.checkpoints.hdf5_file import HDF5File
from charrnn_engine.checkpoints.hdf5_messages import Chunk, Dataset
from charrnn_engine.errors import CheckpointError, shown

_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3
_PIECE = 1 << 20  # elements that are read, converted and checked at a time
_LARGEST_CHUNK = 1 << 22  # elements
_CHUNKS_AT_MOST = 50_000
_UNPACKED_AT_MOST = 400_000_000  # bytes of all chunks together
_PADDING = 4  # times an array's elements that its chunks may hold, the unused edges included
_ORDER = (_SHUFFLE, _DEFLATE, _FLETCHER32)


class HDF5Arrays:
    """The arrays of an HDF5 file, and its attributes of strings. `file` starts with it; it is `size` bytes long.

    Raises CheckpointError if it isn't an HDF5 file.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._unpacked_bytes = 0
        try:
            self._structure = HDF5File(file, size)
        except (Damaged, Unread) as error:
            raise CheckpointError(f"its weights are not a readable HDF5 file ({error})") from None

    def attributes(self, path: str) -> dict[str, str | list[str]] | None:
        """The attributes of strings at `path` ("" is the root), or None where nothing is. Raises CheckpointError."""
        try:
            return self._structure.attributes(path)
        except (Damaged, Unread) as error:
            raise CheckpointError(f"its attributes of {shown(path)} can't be read ({error})") from None

    def shape(self, path: str) -> tuple[int, ...] | None:
        """The shape of the array at `path`, or None if there is none. Raises CheckpointError."""
        try:
            dataset = self._structure.dataset(path)
        except (Damaged, Unread) as error:
            raise CheckpointError(f"its weights {shown(path)} can't be read ({error})") from None
        return None if dataset is None else dataset.shape

    def read(self, path: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The array at `path` as float32. Raises CheckpointError unless it exists, is finite and has this shape."""
        try:
            dataset = self._structure.dataset(path)
            if dataset is None:
                raise CheckpointError(f"its weights {shown(path)} are missing")
            return self._read(path, dataset, shape)
        except Unread as error:
            raise CheckpointError(f"its weights {shown(path)} are {error}; only plain arrays are read") from None
        except (Damaged, zlib.error) as error:
            raise CheckpointError(f"its weights {shown(path)} can't be read ({error})") from None

    def _read(self, path: str, dataset: Dataset, shape: tuple[int, ...]) -> NDArray[np.float32]:
        if dataset.shape != shape:
            found = shown(dataset.shape)
            raise CheckpointError(f"its weights {shown(path)} have the shape {found}; the network needs {shape}")
        if dataset.dtype is None:
            raise CheckpointError(f"its weights {shown(path)} are of another type; float16, 32 or 64 is expected")
        filters = [step.id for step in dataset.filters]
        # Each may have been applied once, and in this order: anything else could unpack without end.
        if dataset.outside or filters != sorted(set(filters) & {_DEFLATE, _SHUFFLE, _FLETCHER32}, key=_ORDER.index):
            raise CheckpointError(f"its weights {shown(path)} lie outside the file or behind an unknown filter")
        if dataset.address is None:
            raise CheckpointError(f"its weights {shown(path)} are missing")
        array = np.empty(shape, np.float32)
        # What is too large for float32 becomes an infinity, and is refused.
        with np.errstate(over="ignore", invalid="ignore"):
            pieces = self._whole(dataset, array) if dataset.chunk_shape is None else self._chunked(dataset, array)
            if not all(np.isfinite(piece).all() for piece in pieces):
                raise CheckpointError(f"its weights {shown(path)} hold NaN or infinity")
        return array

    def _whole(self, dataset: Dataset, array: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Fills `array` from contiguous bytes; yields each piece that it has filled."""
        assert dataset.address is not None
        kind = np.dtype(dataset.dtype)
        end = dataset.address + array.size * kind.itemsize
        if dataset.filters or dataset.size != array.size * kind.itemsize or end > self._size:
            raise Damaged(f"{dataset.size} bytes at {dataset.address} of {self._size}")
        self._file.seek(dataset.address)
        flat = array.reshape(-1)
        for start in range(0, array.size, _PIECE):
            piece = flat[start : start + _PIECE]
            piece[:] = np.frombuffer(self._exactly(piece.size * kind.itemsize), kind)
            yield piece

    def _chunked(self, dataset: Dataset, array: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Fills `array` chunk by chunk; each must exist exactly once."""
        kind, chunk_shape = np.dtype(dataset.dtype), dataset.chunk_shape
        assert chunk_shape is not None
        if not all(0 < side <= _LARGEST_CHUNK for side in chunk_shape) or prod(chunk_shape) > _LARGEST_CHUNK:
            raise Damaged(f"chunks of the shape {chunk_shape}")
        counts = [ceil(side / piece) for side, piece in zip(array.shape, chunk_shape, strict=True)]
        self._unpacked_bytes += prod(counts) * prod(chunk_shape) * kind.itemsize
        if prod(counts) > _CHUNKS_AT_MOST or self._unpacked_bytes > _UNPACKED_AT_MOST:
            raise Damaged("more in chunks than a network needs")
        if dataset.size != kind.itemsize or prod(counts) * prod(chunk_shape) > _PADDING * array.size + _PIECE:
            raise Damaged(f"{prod(counts)} chunks of the shape {chunk_shape} for an array of {array.shape}")
        missing = set(product(*(range(0, n * side, side) for n, side in zip(counts, chunk_shape, strict=True))))
        for chunk in self._structure.chunks(dataset):
            if chunk.offset not in missing:
                raise Damaged(f"a chunk at {chunk.offset}")
            missing.remove(chunk.offset)
            content = np.frombuffer(self._unpacked(dataset, chunk, prod(chunk_shape) * kind.itemsize), kind)
            target = array[tuple(slice(at, at + side) for at, side in zip(chunk.offset, chunk_shape, strict=True))]
            target[...] = content.reshape(chunk_shape)[tuple(slice(side) for side in target.shape)]
            yield target
        if missing:
            raise Damaged(f"{len(missing)} of its chunks are missing")

    def _unpacked(self, dataset: Dataset, chunk: Chunk, size: int) -> bytes:
        """The `size` bytes of a chunk as they were before the filters."""
        if chunk.size > 2 * size + 1024 or chunk.address + chunk.size > self._size:
            raise Damaged(f"a chunk of {chunk.size} bytes at {chunk.address}")
        self._file.seek(chunk.address)
        content: bytes = self._exactly(chunk.size)
        for number, step in reversed(list(enumerate(dataset.filters))):
            if chunk.skipped >> number & 1:
                continue
            if step.id == _FLETCHER32:
                content = content[:-4]  # the archive's own checksum covers it
            elif step.id == _DEFLATE:
                content = zlib.decompressobj().decompress(content, size + 1)
            elif len(content) == size:
                itemsize = np.dtype(dataset.dtype).itemsize
                content = np.frombuffer(content, np.uint8).reshape(itemsize, -1).T.tobytes()
        if len(content) != size:
            raise Damaged(f"a chunk of {len(content)} bytes where {size} are expected")
        return content

    def _exactly(self, size: int) -> Any:
        content = self._file.read(size)
        if len(content) != size:
            raise Damaged("it ends too early")
        return content
