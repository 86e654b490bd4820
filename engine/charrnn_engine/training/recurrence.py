"""LSTM, GRU and SimpleRNN over a whole batch of sequences, with gradients of their own. Knows no layers, no loss.

Why not the Keras layers' own loops: differentiated automatically, every time step adds its share to the gradient of
the recurrent weights, which moves the whole matrix through memory once per step. Here the backward loop only
carries what has to be carried, and the weights' gradient is a single product over all steps at the end, as cuDNN
does it (Appleyard et al. 2016, arXiv:1604.01946). Gates are in Keras' order, and biases of the input are already in
`inputs`. Sequences are padded at the right, so no mask is needed: what follows a sequence's end never reaches its
loss.

Time comes first: inputs (T, B, G), outputs (T, B, H). `compute` is the type of the matrix products; everything else
is float32. `state` is that before the first step, as Keras' cells have it: (h, c) of an LSTM, else (h,), each (B, H).
No gradient reaches it. The state after the last step is returned beside the outputs.
"""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from charrnn_engine.training.tensors import DType, Tensor, TensorArray

Gradient = Callable[[Tensor], Any]
State = tuple[Tensor, ...]
Found = tuple[Tensor, State]


def _scan(function: Callable[..., tuple[Tensor, State, Gradient]]) -> Callable[..., Found]:
    """tf.custom_gradient for a function that returns outputs, the state after them and the outputs' gradient: the
    result returns the outputs and the state. `compute` and `state` have no gradient."""

    @functools.wraps(function)
    def scan(compute: DType, state: State, *inputs: Tensor) -> Found:
        def run(*inputs: Tensor) -> Any:
            outputs, after, gradient = function(compute, state, *inputs)
            return (outputs, *after), lambda upstream, *_: gradient(upstream)

        outputs, *after = tf.custom_gradient(run)(*inputs)
        return outputs, tuple(after)

    return scan


@_scan
def lstm(compute: DType, state: State, inputs: Tensor, recurrent: Tensor) -> tuple[Tensor, State, Gradient]:
    """inputs (T, B, 4H) = x W + b with gates i, f, candidate, o; recurrent (H, 4H). -> (T, B, H)"""
    steps, zero, arrays = _loop(inputs, recurrent)
    first_h, first_c = state
    weights = tf.cast(recurrent, compute)

    def forward(t: Tensor, h: Tensor, c: Tensor, hs: TensorArray, cs: TensorArray, gates: TensorArray) -> Any:
        i, f, g, o = tf.split(inputs[t] + _product(h, weights, compute), 4, 1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * c + i * g
        h = o * tf.tanh(c)
        return t + 1, h, c, hs.write(t, h), cs.write(t, c), gates.write(t, tf.concat([i, f, g, o], 1))

    found = _run(forward, steps, first_h, first_c, arrays(1), arrays(1), arrays(4))
    hs, cs, gates = (array.stack() for array in found[3:])

    def gradient(upstream: Tensor) -> Any:
        weights = tf.cast(tf.transpose(recurrent), compute)
        before = _shifted(first_c, cs)

        def backward(n: Tensor, dh: Tensor, dc: Tensor, dzs: TensorArray) -> Any:
            t = steps - 1 - n
            i, f, g, o = tf.split(gates[t], 4, 1)
            squashed = tf.tanh(cs[t])
            dh = dh + upstream[t]
            dc = dc + dh * o * (1 - squashed * squashed)
            dz = tf.concat(
                [
                    dc * g * i * (1 - i),
                    dc * before[t] * f * (1 - f),
                    dc * i * (1 - g * g),
                    dh * squashed * o * (1 - o),
                ],
                1,
            )
            return n + 1, _product(dz, weights, compute), dc * f, dzs.write(t, dz)

        dzs = _run(backward, steps, zero, zero, arrays(4))[3].stack()
        return dzs, _over_all_steps(_shifted(first_h, hs), dzs, compute)

    return hs, found[1:3], gradient


@_scan
def gru(
    compute: DType, state: State, inputs: Tensor, recurrent: Tensor, bias: Tensor
) -> tuple[Tensor, State, Gradient]:
    """Keras' GRU with reset_after. inputs (T, B, 3H) with gates z, r, candidate; recurrent (H, 3H); bias (3H,), the
    recurrent one. -> (T, B, H)"""
    steps, zero, arrays = _loop(inputs, recurrent)
    weights = tf.cast(recurrent, compute)

    def forward(t: Tensor, h: Tensor, hs: TensorArray, gates: TensorArray) -> Any:
        from_z, from_r, from_g = tf.split(inputs[t], 3, 1)
        own_z, own_r, own_g = tf.split(_product(h, weights, compute) + bias, 3, 1)
        z, r = tf.sigmoid(from_z + own_z), tf.sigmoid(from_r + own_r)
        g = tf.tanh(from_g + r * own_g)
        h = g + z * (h - g)
        return t + 1, h, hs.write(t, h), gates.write(t, tf.concat([z, r, g, own_g], 1))

    found = _run(forward, steps, *state, arrays(1), arrays(4))
    last = found[1]
    hs, gates = (array.stack() for array in found[2:])
    before = _shifted(state[0], hs)

    def gradient(upstream: Tensor) -> Any:
        weights = tf.cast(tf.transpose(recurrent), compute)

        def backward(n: Tensor, dh: Tensor, dxs: TensorArray, dus: TensorArray) -> Any:
            t = steps - 1 - n
            z, r, g, own_g = tf.split(gates[t], 4, 1)
            dh = dh + upstream[t]
            dz = dh * (before[t] - g) * z * (1 - z)
            dg = dh * (1 - z) * (1 - g * g)
            dr = dg * own_g * r * (1 - r)
            du = tf.concat([dz, dr, dg * r], 1)
            carried = dh * z + _product(du, weights, compute)
            return n + 1, carried, dxs.write(t, tf.concat([dz, dr, dg], 1)), dus.write(t, du)

        found = _run(backward, steps, zero, arrays(3), arrays(3))
        dxs, dus = (array.stack() for array in found[2:])
        return dxs, _over_all_steps(before, dus, compute), tf.reduce_sum(dus, [0, 1])

    return hs, (last,), gradient


@_scan
def rnn(compute: DType, state: State, inputs: Tensor, recurrent: Tensor) -> tuple[Tensor, State, Gradient]:
    """h = tanh(inputs + h U): inputs (T, B, H), recurrent (H, H). -> (T, B, H)"""
    steps, zero, arrays = _loop(inputs, recurrent)
    weights = tf.cast(recurrent, compute)

    def forward(t: Tensor, h: Tensor, hs: TensorArray) -> Any:
        h = tf.tanh(inputs[t] + _product(h, weights, compute))
        return t + 1, h, hs.write(t, h)

    _, last, written = _run(forward, steps, *state, arrays(1))
    hs = written.stack()

    def gradient(upstream: Tensor) -> Any:
        weights = tf.cast(tf.transpose(recurrent), compute)

        def backward(n: Tensor, dh: Tensor, dzs: TensorArray) -> Any:
            t = steps - 1 - n
            dz = (dh + upstream[t]) * (1 - hs[t] * hs[t])
            return n + 1, _product(dz, weights, compute), dzs.write(t, dz)

        dzs = _run(backward, steps, zero, arrays(1))[2].stack()
        return dzs, _over_all_steps(_shifted(state[0], hs), dzs, compute)

    return hs, (last,), gradient


def _loop(inputs: Tensor, recurrent: Tensor) -> tuple[Tensor, Tensor, Callable[[int], TensorArray]]:
    """Number of steps, the zero state (B, H), and a maker of arrays of (T, B, n H)."""
    hidden = recurrent.shape[0]
    steps, rows = tf.shape(inputs)[0], tf.shape(inputs)[1]

    def arrays(width: int) -> TensorArray:
        made: TensorArray = tf.TensorArray(tf.float32, steps, element_shape=(inputs.shape[1], width * hidden))
        return made

    return steps, tf.zeros((rows, hidden)), arrays


def _run(body: Callable[..., Any], steps: Tensor, *values: Tensor | TensorArray) -> Any:
    return tf.while_loop(lambda t, *_: t < steps, body, (0, *values), maximum_iterations=steps)


def _product(rows: Tensor, weights: Tensor, compute: DType) -> Tensor:
    product: Tensor = tf.cast(tf.matmul(tf.cast(rows, compute), weights), tf.float32)
    return product


def _shifted(first: Tensor, states: Tensor) -> Tensor:
    """The state before each step: the first one, then all but the last of those after a step."""
    shifted: Tensor = tf.concat([first[None], states[:-1]], 0)
    return shifted


def _over_all_steps(states: Tensor, dz: Tensor, compute: DType) -> Tensor:
    """The recurrent weights' gradient, sum over t of h(t-1)ᵀ dz(t), as one product."""
    left = tf.cast(tf.reshape(states, (-1, states.shape[-1])), compute)
    right = tf.cast(tf.reshape(dz, (-1, dz.shape[-1])), compute)
    summed: Tensor = tf.cast(tf.matmul(left, right, transpose_a=True), tf.float32)
    return summed
