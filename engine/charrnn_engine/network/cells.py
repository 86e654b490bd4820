"""The recurrent cells in numpy: weights, and one step for one row or a batch of rows. They know no vocabulary and no
files. Formulas as in Keras 3 (`keras.layers.LSTM`, `GRU`, `SimpleRNN`), whose weight layouts the constructors take.

A cell is bound once to a hidden state that the caller owns. It allocates its own cell state then, and each step
works in place. Three things make a step cheap (H units, G columns of gates):
- sigmoid(x) = (tanh(x / 2) + 1) / 2, with the half folded into the weights (exact: a power of two), so that one
  tanh serves all gates of a cell;
- a deeper layer's input and its own hidden state lie side by side, so that W x + U h is one matrix product with the
  stacked weights;
- the gates are kept in blocks of W columns, (G / W, *rows, W), as `products` lays them out: each gate is contiguous
  in memory, also for many rows.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from charrnn_engine.network.products import Array, WeightMatrix, block_width, float32, in_blocks, repeated

Step = Callable[[int], None]

# A 0-d array, because numpy would convert a Python float at each call, which doubles the time for short arrays.
# For the same reason the steps pass `out` by position.
_HALF = np.array(0.5, np.float32)


class Bound(NamedTuple):
    """A cell that is bound to a hidden state."""

    step: Step
    """Moves the hidden state and the cell state one step on."""
    cell_state: Array
    """(*rows, ?, W), in blocks of W."""
    output: Callable[[], object] | None = None
    """Computes the hidden state from the cell state again, as the last step did; None without a cell state."""


class Cell(Protocol):
    """A recurrent layer. `hidden` and `carried` are the sizes of its hidden state and its cell state, per row."""

    input_size: int
    hidden: int
    carried: int

    @property
    def weights(self) -> Sequence[Array]:
        """All arrays of weights, as they are used."""
        ...

    def project(self, inputs: Array) -> Array:
        """What an input adds to the gates: (..., I) -> (..., G), bias included."""
        ...

    @property
    def kernel(self) -> Array:
        """(I, G): the one-hot vector of token i projects to row i plus the bias."""
        ...

    @property
    def bias(self) -> Array:
        """(G,): what `project` adds to every input."""
        ...

    def bind(self, joint: Array, h: Array, addends: Array | None) -> Bound:
        """Binds the cell to `h` (*rows, H), which each step then moves on in place.

        For the first layer `joint` is `h`, and the step takes the index, among addends (N, G / W, *rows, W), of
        the projected input. For a deeper layer `addends` is None, `joint` is the input and `h` side by side,
        (*rows, I + H), and the step takes 0.
        """
        ...


def _projected(inputs: Array, kernel: Array, bias: Array) -> Array:
    with np.errstate(all="ignore"):  # absurd weights overflow here; CharRNN refuses them by name
        projected: Array = inputs @ kernel
    projected += bias  # in place: with a large vocabulary this array is large
    return projected


class LSTM:
    """Keras' LSTM with tanh and sigmoid: kernel (I, 4H), recurrent kernel (H, 4H), bias (4H,) or None."""

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = self.carried = H = recurrent.shape[0]
        self.kernel: Array = _sigmoids_first(kernel)
        self.recurrent = WeightMatrix(_sigmoids_first(recurrent))
        self.bias: Array = np.zeros(4 * H, np.float32) if bias is None else _sigmoids_first(bias)

    @cached_property
    def stacked(self) -> WeightMatrix:
        """Kernel over recurrent kernel, for an input and the hidden state side by side: (I + H, G)."""
        return WeightMatrix(np.vstack([self.kernel, self.recurrent.matrix]))

    @property
    def weights(self) -> Sequence[Array]:
        return self.kernel, self.recurrent.matrix, self.bias

    def project(self, inputs: Array) -> Array:
        return _projected(inputs, self.kernel, self.bias)

    def bind(self, joint: Array, h: Array, addends: Array | None) -> Bound:
        rows, H = h.shape[:-1], self.hidden
        W = block_width(H, joint.shape[-1], rows)
        m = H // W
        # The cell state follows the candidate, so that (i, f) times (candidate, cell state) is one call.
        everything = np.zeros((5 * m, *rows, W), np.float32)
        gates, sigmoids, i_and_f = everything[: 4 * m], everything[: 3 * m], everything[: 2 * m]
        from_i, from_f, o = (everything[n * m : (n + 1) * m] for n in range(3))
        candidate_and_carried, carried = everything[3 * m :], everything[4 * m :]
        squashed, new_h = np.empty_like(carried), in_blocks(h, W)
        fill_gates = (self.recurrent if addends is not None else self.stacked).product(joint, gates)
        table = repeated(self.bias, rows, W)[None] if addends is None else addends
        add, multiply, tanh, half = np.add, np.multiply, np.tanh, _HALF

        def step(place: int) -> None:
            fill_gates()
            add(gates, table[place], gates)
            tanh(gates, gates)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            multiply(i_and_f, candidate_and_carried, i_and_f)
            add(from_i, from_f, carried)
            tanh(carried, squashed)
            multiply(o, squashed, new_h)

        def output() -> None:
            tanh(carried, squashed)
            multiply(o, squashed, new_h)

        return Bound(step, np.moveaxis(carried, 0, -2), output)


def _sigmoids_first(columns: Array) -> Array:
    """From Keras' order of gates (i, f, candidate, o) to (i, f, o, candidate), the sigmoids halved: (..., 4H)."""
    H = columns.shape[-1] // 4
    ordered = np.empty(columns.shape, np.float32)
    np.multiply(columns[..., : 2 * H], _HALF, ordered[..., : 2 * H])
    np.multiply(columns[..., 3 * H :], _HALF, ordered[..., 2 * H : 3 * H])
    ordered[..., 3 * H :] = columns[..., 2 * H : 3 * H]
    return ordered


class GRU:
    """Keras' GRU with tanh and sigmoid: kernel (I, 3H), recurrent kernel (H, 3H), gates z, r, candidate.

    bias is (2, 3H) with `reset_after` (of the input and of the hidden state), (3H,) without, or None.
    """

    carried = 0

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None, reset_after: bool) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = H = recurrent.shape[0]
        scale = np.repeat(np.array([0.5, 1.0], np.float32), [2 * H, H])
        self.kernel: Array = float32(kernel * scale)
        recurrent = recurrent * scale
        self.recurrent = WeightMatrix(recurrent if reset_after else recurrent[:, : 2 * H])
        self.candidate = None if reset_after else WeightMatrix(recurrent[:, 2 * H :])
        both = np.zeros((2, 3 * H), np.float32)
        if bias is not None:
            both[: 2 if reset_after else 1] = bias
        both *= scale
        # For z and r the two biases always add up. The candidate's recurrent bias is multiplied by r.
        both[0, : 2 * H] += both[1, : 2 * H]
        self.bias: Array = both[0].copy()
        self.candidate_bias: Array = both[1, 2 * H :].copy()

    @cached_property
    def _inputs(self) -> WeightMatrix:
        return WeightMatrix(self.kernel)

    @property
    def weights(self) -> Sequence[Array]:
        candidate = [] if self.candidate is None else [self.candidate.matrix]
        return self.kernel, self.recurrent.matrix, *candidate, self.bias, self.candidate_bias

    def project(self, inputs: Array) -> Array:
        return _projected(inputs, self.kernel, self.bias)

    def bind(self, joint: Array, h: Array, addends: Array | None) -> Bound:
        rows, H = h.shape[:-1], self.hidden
        W = block_width(H, joint.shape[-1], rows)
        m = H // W
        gates = np.empty((3 * m, *rows, W), np.float32)
        sigmoids, z, r, candidate = gates[: 2 * m], gates[:m], gates[m : 2 * m], gates[2 * m :]
        old_h, difference = in_blocks(h, W), np.empty_like(z)
        reset_h = np.empty_like(h)
        fill_gates = self.recurrent.product(h, gates if self.candidate is None else sigmoids)
        fill_candidate = None if self.candidate is None else self.candidate.product(reset_h, candidate)
        blocks_of_reset_h = in_blocks(reset_h, W)
        candidate_bias = repeated(self.candidate_bias, rows, W)
        table, project = addends, None
        if table is None:
            projected, bias = np.empty_like(gates), repeated(self.bias, rows, W)
            project = self._inputs.product(joint[..., : self.input_size], projected)
            table = projected[None]
        to_sigmoids, to_candidate = table[:, : 2 * m], table[:, 2 * m :]
        add, multiply, subtract, tanh, half = np.add, np.multiply, np.subtract, np.tanh, _HALF

        def step(place: int) -> None:
            if project is not None:
                project()
                add(projected, bias, projected)
            fill_gates()
            add(sigmoids, to_sigmoids[place], sigmoids)
            tanh(sigmoids, sigmoids)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            if fill_candidate is None:
                add(candidate, candidate_bias, candidate)
                multiply(candidate, r, candidate)
            else:
                multiply(old_h, r, blocks_of_reset_h)
                fill_candidate()
            add(candidate, to_candidate[place], candidate)
            tanh(candidate, candidate)
            subtract(old_h, candidate, difference)  # h = candidate + z (h - candidate)
            multiply(difference, z, difference)
            add(difference, candidate, old_h)

        return Bound(step, np.zeros((*rows, 0, W), np.float32))


class SimpleRNN:
    """Keras' SimpleRNN with tanh: kernel (I, H), recurrent kernel (H, H), bias (H,) or None."""

    carried = 0

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = H = recurrent.shape[0]
        self.kernel: Array = float32(kernel)
        self.recurrent = WeightMatrix(recurrent)
        self.bias: Array = np.zeros(H, np.float32) if bias is None else float32(bias)

    @cached_property
    def stacked(self) -> WeightMatrix:
        """Kernel over recurrent kernel, for an input and the hidden state side by side: (I + H, G)."""
        return WeightMatrix(np.vstack([self.kernel, self.recurrent.matrix]))

    @property
    def weights(self) -> Sequence[Array]:
        return self.kernel, self.recurrent.matrix, self.bias

    def project(self, inputs: Array) -> Array:
        return _projected(inputs, self.kernel, self.bias)

    def bind(self, joint: Array, h: Array, addends: Array | None) -> Bound:
        rows, W = h.shape[:-1], block_width(self.hidden, joint.shape[-1], h.shape[:-1])
        summed, new_h = np.empty((self.hidden // W, *rows, W), np.float32), in_blocks(h, W)
        fill_summed = (self.recurrent if addends is not None else self.stacked).product(joint, summed)
        table = repeated(self.bias, rows, W)[None] if addends is None else addends
        add, tanh = np.add, np.tanh

        def step(place: int) -> None:
            fill_summed()
            add(summed, table[place], summed)
            tanh(summed, new_h)

        return Bound(step, np.zeros((*rows, 0, W), np.float32))
