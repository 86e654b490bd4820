"""The recurrent cells and the Dense head in numpy: weights, and one step for one row or a batch of rows.

A cell is bound once to the hidden state that the caller owns, makes its own carried state, and then steps without
allocating. Knows nothing of vocabularies or files. Formulas as in Keras 3 (`keras.layers.LSTM`, `GRU`,
`SimpleRNN`), whose weight layouts the constructors take.

Three things make a step cheap (H units):
- sigmoid(x) = (tanh(x / 2) + 1) / 2, with the half folded into the weights (exact: a power of two), so that
  all gates of a cell take one tanh;
- a deeper layer's input and its own hidden state lie side by side, so that W x + U h is one matrix product with the
  stacked weights;
- the gates are kept in blocks of W columns, (G / W, *rows, W), as `products` has them: each gate is one stretch of
  memory, also for many rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import numpy as np

from charrnn_engine.network.products import Array as Array  # part of what the cells are handed
from charrnn_engine.network.products import Weights, block_width, float32, in_blocks, repeated

Step = Callable[[int], None]

# An array and not a scalar, which numpy would make an array of at each call: twice the time for few numbers.
# For the same reason the steps give `out` by place.
_HALF = np.array(0.5, np.float32)


class Cell(Protocol):
    """A recurrent layer. `hidden` and `carried` say how much of the state is its own, per row."""

    input_size: int
    hidden: int
    carried: int

    def project(self, inputs: Array) -> Array:
        """What an input adds to the gates: (..., I) -> (..., G), the bias included."""
        ...

    @property
    def kernel(self) -> Array:
        """(I, G): one-hot row i projects to row i and the bias."""
        ...

    @property
    def bias(self) -> Array:
        """(G,): what `project` adds to every input."""
        ...

    def bind(self, joint: Array, h: Array, addends: Array | None) -> tuple[Step, Array]:
        """A function that moves `h` (*rows, H) one step on in place, and the carried state, (*rows, ?, W).

        For a first layer `joint` is `h`, and the function takes the place, among addends (N, G / W, *rows, W), of
        the projected input. For a deeper one `addends` is None, `joint` is the input and `h` side by side,
        (*rows, I + H), and the function takes 0.
        """
        ...


def _projected(inputs: Array, kernel: Array, bias: Array) -> Array:
    projected: Array = inputs @ kernel
    projected += bias  # in place: a large vocabulary's is a large array
    return projected


class LSTM:
    """Keras' LSTM with tanh and sigmoid: kernel (I, 4H), recurrent kernel (H, 4H), bias (4H,) or None."""

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = self.carried = H = recurrent.shape[0]
        self.kernel: Array = _sigmoids_first(kernel)
        self.recurrent = Weights(_sigmoids_first(recurrent))
        self.bias: Array = np.zeros(4 * H, np.float32) if bias is None else _sigmoids_first(bias)

    @cached_property
    def stacked(self) -> Weights:
        """Of an input and the own hidden state side by side, (I + H, G)."""
        return Weights(np.vstack([self.kernel, self.recurrent.matrix]))

    def project(self, inputs: Array) -> Array:
        return _projected(inputs, self.kernel, self.bias)

    def bind(self, joint: Array, h: Array, addends: Array | None) -> tuple[Step, Array]:
        rows, H = h.shape[:-1], self.hidden
        W = block_width(H, joint.shape[-1], rows)
        m = H // W
        # The carried state follows the candidate, so that (i, f) times (candidate, carried) is one call.
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

        return step, np.moveaxis(carried, 0, -2)


def _sigmoids_first(columns: Array) -> Array:
    """Keras orders the gates i, f, candidate, o; here i, f, o come first, halved: (..., 4H) -> (..., 4H)."""
    H = columns.shape[-1] // 4
    ordered = np.empty(columns.shape, np.float32)
    np.multiply(columns[..., : 2 * H], _HALF, ordered[..., : 2 * H])
    np.multiply(columns[..., 3 * H :], _HALF, ordered[..., 2 * H : 3 * H])
    ordered[..., 3 * H :] = columns[..., 2 * H : 3 * H]
    return ordered


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
        self.kernel: Array = float32(kernel * scale)
        recurrent = recurrent * scale
        self.recurrent = Weights(recurrent if reset_after else recurrent[:, : 2 * H])
        self.candidate = None if reset_after else Weights(recurrent[:, 2 * H :])
        both = np.zeros((2, 3 * H), np.float32)
        if bias is not None:
            both[: 2 if reset_after else 1] = bias
        both *= scale
        # The recurrent bias of z and r only ever adds to the input's; that of the candidate is reset with h.
        both[0, : 2 * H] += both[1, : 2 * H]
        self.bias: Array = both[0].copy()
        self.candidate_bias: Array = both[1, 2 * H :].copy()

    @cached_property
    def _inputs(self) -> Weights:
        return Weights(self.kernel)

    def project(self, inputs: Array) -> Array:
        return _projected(inputs, self.kernel, self.bias)

    def bind(self, joint: Array, h: Array, addends: Array | None) -> tuple[Step, Array]:
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

        return step, np.zeros((*rows, 0, W), np.float32)


class SimpleRNN:
    """Keras' SimpleRNN with tanh: kernel (I, H), recurrent kernel (H, H), bias (H,) or None."""

    carried = 0

    def __init__(self, kernel: Array, recurrent: Array, bias: Array | None) -> None:
        self.input_size = kernel.shape[0]
        self.hidden = H = recurrent.shape[0]
        self.kernel: Array = float32(kernel)
        self.recurrent = Weights(recurrent)
        self.bias: Array = np.zeros(H, np.float32) if bias is None else float32(bias)

    @cached_property
    def stacked(self) -> Weights:
        """Of an input and the own hidden state side by side, (I + H, G)."""
        return Weights(np.vstack([self.kernel, self.recurrent.matrix]))

    def project(self, inputs: Array) -> Array:
        return _projected(inputs, self.kernel, self.bias)

    def bind(self, joint: Array, h: Array, addends: Array | None) -> tuple[Step, Array]:
        rows, W = h.shape[:-1], block_width(self.hidden, joint.shape[-1], h.shape[:-1])
        summed, new_h = np.empty((self.hidden // W, *rows, W), np.float32), in_blocks(h, W)
        fill_summed = (self.recurrent if addends is not None else self.stacked).product(joint, summed)
        table = repeated(self.bias, rows, W)[None] if addends is None else addends
        add, tanh = np.add, np.tanh

        def step(place: int) -> None:
            fill_summed()
            add(summed, table[place], summed)
            tanh(summed, new_h)

        return step, np.zeros((*rows, 0, W), np.float32)


@dataclass(frozen=True)
class Dense:
    """The head: kernel (H, V) and bias (V,). Its outputs are logits; a softmax after it is left to the sampler."""

    kernel: Array
    bias: Array

    def __call__(self, h: Array) -> Array:
        """(..., H) -> (..., V)"""
        return h @ self.kernel + self.bias

    @cached_property
    def reach(self) -> float:
        """How far from 0 a logit can be at most, where no hidden state is larger than 1, as none is after a tanh.

        NaN or infinity where the weights are.
        """
        with np.errstate(all="ignore"):
            return float((np.abs(self.kernel).sum(axis=0) + np.abs(self.bias)).max()) * 1.001

    @cached_property
    def _with_bias(self) -> Array:
        return np.vstack([self.kernel, self.bias])

    def bind(self, h_and_one: Array) -> tuple[Array, Callable[[], object]]:
        """The logits of a bound hidden state followed by a 1, (..., H + 1): an array (..., V), and the function that
        fills it. The 1 spares adding the bias.
        """
        logits = np.empty((*h_and_one.shape[:-1], len(self.bias)), np.float32)
        return logits, partial(np.dot, h_and_one, self._with_bias, logits)
