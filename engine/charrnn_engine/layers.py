"""The recurrent cells and the Dense head in numpy: weights, and one step for one row or a batch of rows.

State lives outside, in arrays that the caller owns; a cell is bound to views of them once and then steps
without allocating. Knows nothing of vocabularies or files. Formulas as in Keras 3 (`keras.layers.LSTM`, `GRU`,
`SimpleRNN`), whose weight layouts the constructors take.

Two identities make a step cheap (B rows, H units, I inputs):
- sigmoid(x) = (tanh(x / 2) + 1) / 2, with the half folded into the weights (exact: a power of two), so that
  all gates of a cell take one tanh;
- a deeper layer's input and its own hidden state lie side by side in the state, so that W x + U h is one
  matrix product with the stacked weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Step = Callable[[Array], None]

# An array and not a scalar, which numpy would make an array of at each call: twice the time for few numbers.
# For the same reason the steps give `out` by place.
_HALF = np.array(0.5, np.float32)
_FEW_ROWS = 8
_BLOCK_BYTES = 512 * 1024


def _float32(array: NDArray[Any]) -> Array:
    return np.ascontiguousarray(array, dtype=np.float32)


def _sigmoid_from_tanh(gates: Array) -> None:
    """In place: sigmoid(x), given tanh(x / 2)."""
    np.multiply(gates, _HALF, gates)
    np.add(gates, _HALF, gates)


def _like(view: Array, width: int) -> Array:
    """An empty array with the rows of `view` (or none, for a single row) and `width` columns."""
    return np.empty((*view.shape[:-1], width), np.float32)


def _product(rows: Array, weights: Array, out: Array) -> Callable[[], object]:
    """A function that fills `out`, which is contiguous, with rows @ weights, for rows (I,) or (B, I).

    Few rows are multiplied one by one, within one call: BLAS does that faster than a product of matrices so flat,
    and each row is rounded as it is when it is alone. Weights too large for a core's cache are cut into blocks of
    columns that fit, so that they are fetched once for all rows.
    """
    if rows.ndim == 1 or len(rows) > _FEW_ROWS:
        return partial(np.dot, rows, weights, out)
    inputs, columns = weights.shape
    blocks = 1
    while weights.nbytes > blocks * _BLOCK_BYTES and columns % (32 * blocks) == 0:
        blocks *= 2
    width = columns // blocks
    cut = np.ascontiguousarray(weights.reshape(inputs, blocks, width).swapaxes(0, 1))[:, None]  # (N, 1, I, W)
    filled = out.reshape(len(rows), blocks, width).swapaxes(0, 1)[:, :, None]  # (N, B, 1, W), a view
    return partial(np.matmul, rows[None, :, None], cut, filled)


class Cell(Protocol):
    """A recurrent layer. `hidden` and `carried` say how much of the state is its own, per row."""

    input_size: int
    hidden: int
    """Units of the hidden state, which is also the output."""
    carried: int
    """Units of further state: the LSTM's cell state, else 0."""

    def project(self, inputs: Array) -> Array:
        """What an input adds to the gates: (..., I) -> (..., G), the bias included."""
        ...

    @property
    def kernel(self) -> Array:
        """(I, G): one-hot row i projects to row i and the bias."""
        ...

    def bind(self, joint: Array, h: Array, carried: Array, stacked: bool) -> Step:
        """A function that advances `h` and `carried` in place.

        `stacked` false: `joint` is `h`, and the function takes the projected input (..., G).
        `stacked` true: `joint` is the input and `h` side by side, (..., I + H), and the function takes `bias`.
        """
        ...

    @property
    def bias(self) -> Array:
        """(G,): what `project` adds to every input."""
        ...


class LSTM:
    """Keras' LSTM with tanh and sigmoid: kernel (I, 4H), recurrent kernel (H, 4H), bias (4H,) or None."""

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = self.carried = H = recurrent.shape[0]
        # Keras orders the gates i, f, candidate, o; here the sigmoids i, f, o come first.
        order = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]
        scale = np.repeat(np.array([0.5, 1.0], np.float32), [3 * H, H])
        self.kernel: Array = _float32(kernel[:, order] * scale)
        self._recurrent = _float32(recurrent[:, order] * scale)
        self.bias: Array = np.zeros(4 * H, np.float32) if bias is None else _float32(bias[order] * scale)

    def project(self, inputs: Array) -> Array:
        return inputs @ self.kernel + self.bias

    def bind(self, joint: Array, h: Array, carried: Array, stacked: bool) -> Step:
        H = self.hidden
        weights = np.vstack([self.kernel, self._recurrent]) if stacked else self._recurrent
        # For a batch each gate is a block of its own, (4, B, H): what follows the product runs over memory in one go.
        in_blocks = h.ndim == 2 and len(h) > _FEW_ROWS
        if in_blocks:
            gates = np.empty((4, *h.shape), np.float32)
            blocks = _float32(weights.reshape(-1, 4, H).swapaxes(0, 1))
            fill_gates: Callable[[], object] = partial(np.matmul, joint, blocks, gates)
            sigmoids, (i, f, o, candidate), summed = gates[:3], gates, gates.swapaxes(0, 1)
        else:
            gates = summed = _like(h, 4 * H)
            fill_gates = _product(joint, weights, gates)
            sigmoids = gates[..., : 3 * H]
            i, f, o, candidate = (gates[..., n * H : (n + 1) * H] for n in range(4))
        squashed = _like(h, H)
        add, multiply, tanh = np.add, np.multiply, np.tanh

        def step(addend: Array) -> None:
            fill_gates()
            add(summed, addend.reshape(-1, 4, H) if in_blocks else addend, summed)
            tanh(gates, gates)
            _sigmoid_from_tanh(sigmoids)
            multiply(i, candidate, i)
            multiply(carried, f, carried)
            add(carried, i, carried)
            tanh(carried, squashed)
            multiply(o, squashed, h)

        return step


class GRU:
    """Keras' GRU with tanh and sigmoid: kernel (I, 3H), recurrent kernel (H, 3H), gates z, r, candidate.

    bias is (2, 3H) with `reset_after` (input's and recurrent's), (3H,) without, or None.
    """

    carried = 0

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None, reset_after: bool) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = H = recurrent.shape[0]
        self._reset_after = reset_after
        scale = np.repeat(np.array([0.5, 1.0], np.float32), [2 * H, H])
        self.kernel: Array = _float32(kernel * scale)
        self._recurrent = _float32(recurrent * scale)
        both = np.zeros((2, 3 * H), np.float32)
        if bias is not None:
            both[: 2 if reset_after else 1] = bias
        both *= scale
        # The recurrent bias of z and r only ever adds to the input's; that of the candidate is reset with h.
        both[0, : 2 * H] += both[1, : 2 * H]
        self.bias: Array = both[0].copy()
        self._candidate_bias: Array = both[1, 2 * H :].copy()

    def project(self, inputs: Array) -> Array:
        return inputs @ self.kernel + self.bias

    def bind(self, joint: Array, h: Array, carried: Array, stacked: bool) -> Step:
        H = self.hidden
        below = joint[..., : self.input_size]
        kernel, recurrent, candidate_bias = self.kernel, self._recurrent, self._candidate_bias
        reset_after = self._reset_after
        if not reset_after:
            recurrent, candidate_kernel = _float32(recurrent[:, : 2 * H]), _float32(recurrent[:, 2 * H :])
        gates = _like(h, recurrent.shape[1])
        sigmoids = gates[..., : 2 * H]
        z, r = gates[..., :H], gates[..., H : 2 * H]
        candidate = gates[..., 2 * H :] if reset_after else _like(h, H)
        reset_h = _like(h, H)
        projected = _like(h, 3 * H)
        fill_gates = _product(h, recurrent, gates)
        project = _product(below, kernel, projected) if stacked else None
        fill_candidate = None if reset_after else _product(reset_h, candidate_kernel, candidate)
        add, multiply, subtract, tanh = np.add, np.multiply, np.subtract, np.tanh

        def step(addend: Array) -> None:
            if project is not None:
                project()
                add(projected, addend, projected)
                addend = projected
            fill_gates()
            add(sigmoids, addend[..., : 2 * H], sigmoids)
            tanh(sigmoids, sigmoids)
            _sigmoid_from_tanh(sigmoids)
            if fill_candidate is None:
                add(candidate, candidate_bias, candidate)
                multiply(candidate, r, candidate)
            else:
                multiply(h, r, reset_h)
                fill_candidate()
            add(candidate, addend[..., 2 * H :], candidate)
            tanh(candidate, candidate)
            subtract(h, candidate, h)  # h = candidate + z (h - candidate)
            multiply(h, z, h)
            add(h, candidate, h)

        return step


class SimpleRNN:
    """Keras' SimpleRNN with tanh: kernel (I, H), recurrent kernel (H, H), bias (H,) or None."""

    carried = 0

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = H = recurrent.shape[0]
        self.kernel: Array = _float32(kernel)
        self._recurrent = _float32(recurrent)
        self.bias: Array = np.zeros(H, np.float32) if bias is None else _float32(bias)

    def project(self, inputs: Array) -> Array:
        return inputs @ self.kernel + self.bias

    def bind(self, joint: Array, h: Array, carried: Array, stacked: bool) -> Step:
        weights = np.vstack([self.kernel, self._recurrent]) if stacked else self._recurrent
        summed = _like(h, self.hidden)
        fill_summed = _product(joint, weights, summed)
        add, tanh = np.add, np.tanh

        def step(addend: Array) -> None:
            fill_summed()
            add(summed, addend, summed)
            tanh(summed, h)

        return step


@dataclass(frozen=True)
class Dense:
    """The head: kernel (H, V) and bias (V,). Its outputs are logits; a softmax after it is left to the sampler."""

    kernel: Array
    bias: Array

    def __call__(self, h: Array) -> Array:
        """(..., H) -> (..., V)"""
        return h @ self.kernel + self.bias

    def bind(self, h: Array) -> tuple[Array, Callable[[], None]]:
        """The logits of a bound `h`: an array (..., V), and the function that fills it."""
        bias = self.bias
        logits = _like(h, self.kernel.shape[1])
        fill_logits = _product(h, self.kernel, logits)
        add = np.add

        def fill() -> None:
            fill_logits()
            add(logits, bias, logits)

        return logits, fill
