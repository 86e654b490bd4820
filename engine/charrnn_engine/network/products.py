"""Products of rows with a matrix of weights, and the layout that makes them fast. Knows no layers.

G columns, such as a layer's gates, are kept in blocks of W columns, (G / W, B, W) for B rows: BLAS runs at full speed
on matrices that narrow, even with few rows. For a single row W is the layer's number of units and there is no axis of
rows: (G / W, W), a plain vector in memory.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_WIDEST, _NARROWEST = 64, 16  # columns of a block
_MANY_ROWS, _FEW_ROWS = 32, 8  # rows per call in a large product, and the fewest of them
_SMALL = 1_000_000  # multiplications; up to this many OpenBLAS multiplies without copying its operands first


def float32(array: NDArray[Any]) -> Array:
    return np.ascontiguousarray(array, dtype=np.float32)


def block_width(hidden: int, inputs: int, rows: tuple[int, ...]) -> int:
    """Columns of a block for inputs of shape (*rows, inputs): a divisor of `hidden`. `rows` is () or (B,)."""
    if not rows:
        return hidden
    most = min(_WIDEST, _SMALL // (max(1, min(rows[0], _MANY_ROWS)) * inputs))
    return next((width for width in range(most, _NARROWEST - 1, -1) if hidden % width == 0), hidden)


def in_blocks(columns: Array, width: int) -> Array:
    """(..., G) -> (G / W, ..., W), a view if possible."""
    return np.moveaxis(columns.reshape(*columns.shape[:-1], columns.shape[-1] // width, width), -2, 0)


def repeated(columns: Array, rows: tuple[int, ...], width: int) -> Array:
    """(G,) -> (G / W, *rows, W), the same for every row."""
    return float32(in_blocks(np.broadcast_to(columns, (*rows, len(columns))), width))


class WeightMatrix:
    """A matrix (I, G) that rows are multiplied by."""

    def __init__(self, matrix: NDArray[Any]) -> None:
        self.matrix = float32(matrix)
        self._blocks: dict[int, Array] = {}

    def product(self, inputs: Array, out: Array) -> Callable[[], object]:
        """A function that fills `out`, contiguous (G / W, *rows, W), from inputs (*rows, I)."""
        if inputs.ndim == 1:
            return partial(np.dot, inputs, self.matrix, out.reshape(-1))
        (rows, size), width = inputs.shape, out.shape[-1]
        if width not in self._blocks:
            self._blocks[width] = float32(in_blocks(self.matrix, width))
        most = _SMALL // (width * size)
        piece = next((few for few in range(min(rows, most), _FEW_ROWS, -1) if rows % few == 0), max(1, rows))
        return partial(
            np.matmul,
            inputs.reshape(-1, piece, size),
            self._blocks[width][:, None],
            out.reshape(len(out), -1, piece, width),
        )
