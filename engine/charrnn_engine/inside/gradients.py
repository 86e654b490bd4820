"""Backpropagation through time for one text, by hand: from the last hidden state back to what each token added to
the first layer's gates. For looking at a network, not for training it. Knows no text.

Werbos 1990, "Backpropagation through time: what it does and how to do it". Gates and weights are those of
`network.cells`: there a sigmoid is s = (tanh(z) + 1) / 2 of a halved z, so that ds/dz = 2 s (1 - s).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.network.cells import GRU, LSTM, Cell, SimpleRNN
from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array

Backward = Callable[[Array], Array]
"""From the gradient at a layer's hidden states (T, H) to that at its projected inputs (T, G)."""


def has_gradient(network: Network) -> bool:
    """Whether `hidden_and_backward` knows all layers of the network."""
    return network.window is None and all(type(cell) in (LSTM, GRU, SimpleRNN) for cell in network.cells)


def hidden_and_backward(
    network: Network, ids: NDArray[np.intp], state: Array
) -> tuple[Array, Callable[[Array], Array]]:
    """Reads ids (T,) from a state (S,): the last layer's hidden states (T, H), and the function that turns the
    gradient at the last of them, (H,), into the one at `network.inputs[ids]`, (T, G).
    """
    layers: list[tuple[Cell, Backward]] = []
    hidden: Array = np.empty(0, np.float32)
    projected, hidden_at, carried_at = network.inputs[ids], 0, sum(cell.hidden for cell in network.cells)
    for layer, cell in enumerate(network.cells):
        if layer:
            projected = cell.project(hidden)
        h, c = state[hidden_at : hidden_at + cell.hidden], state[carried_at : carried_at + cell.carried]
        hidden, backward = _layer(cell, projected, h, c)
        layers.append((cell, backward))
        hidden_at, carried_at = hidden_at + cell.hidden, carried_at + cell.carried

    def gradient(at_last: Array) -> Array:
        at_hidden = np.zeros_like(hidden)
        at_hidden[-1] = at_last
        for cell, backward in reversed(layers[1:]):
            at_hidden = backward(at_hidden) @ cell.kernel.T
        return layers[0][1](at_hidden)

    return hidden, gradient


def _layer(cell: Cell, projected: Array, h: Array, c: Array) -> tuple[Array, Backward]:
    if isinstance(cell, LSTM):
        return _lstm(cell, projected, h, c)
    if isinstance(cell, GRU):
        return _gru(cell, projected, h)
    assert isinstance(cell, SimpleRNN)
    return _simple(cell, projected, h)


def _sigmoid(halved: Array) -> Array:
    squashed: Array = (np.tanh(halved) + np.float32(1.0)) * np.float32(0.5)
    return squashed


def _lstm(cell: LSTM, projected: Array, h: Array, c: Array) -> tuple[Array, Backward]:
    matrix, H = cell.recurrent.matrix, cell.hidden
    cells, hidden = np.empty((len(projected) + 1, H), np.float32), np.empty((len(projected), H), np.float32)
    gates = np.empty_like(projected)
    cells[0] = c
    for t, addend in enumerate(projected):
        z = h @ matrix + addend
        gates[t, : 3 * H], gates[t, 3 * H :] = _sigmoid(z[: 3 * H]), np.tanh(z[3 * H :])
        i, f, o, candidate = gates[t].reshape(4, H)
        cells[t + 1] = i * candidate + f * cells[t]
        h = hidden[t] = o * np.tanh(cells[t + 1])

    def backward(at_hidden: Array) -> Array:
        at_gates, at_h, at_c = np.empty_like(gates), np.zeros(H, np.float32), np.zeros(H, np.float32)
        for t in reversed(range(len(gates))):
            i, f, o, candidate = gates[t].reshape(4, H)
            squashed = np.tanh(cells[t + 1])
            at_h += at_hidden[t]
            at_c += at_h * o * (1 - squashed**2)
            at_i, at_f, at_o, at_candidate = at_gates[t].reshape(4, H)
            at_i[:] = at_c * candidate * 2 * i * (1 - i)
            at_f[:] = at_c * cells[t] * 2 * f * (1 - f)
            at_o[:] = at_h * squashed * 2 * o * (1 - o)
            at_candidate[:] = at_c * i * (1 - candidate**2)
            at_c *= f
            at_h = matrix @ at_gates[t]
        return at_gates

    return hidden, backward


def _gru(cell: GRU, projected: Array, h: Array) -> tuple[Array, Backward]:
    H, steps = cell.hidden, len(projected)
    # The reset gate multiplies the candidate's recurrent product (`reset_after`) or the hidden state before it.
    split = cell.candidate is not None
    matrix = cell.recurrent.matrix
    sigmoids, of_candidate = matrix[:, : 2 * H], cell.candidate.matrix if cell.candidate else matrix[:, 2 * H :]
    hidden, gates = np.empty((steps + 1, H), np.float32), np.empty_like(projected)
    products = np.empty((steps, H), np.float32)
    hidden[0] = h
    for t, addend in enumerate(projected):
        h = hidden[t]
        gates[t, : 2 * H] = _sigmoid(h @ sigmoids + addend[: 2 * H])
        z, r, candidate = gates[t].reshape(3, H)
        products[t] = (r * h if split else h) @ of_candidate + (0 if split else cell.candidate_bias)
        candidate[:] = np.tanh(addend[2 * H :] + (products[t] if split else r * products[t]))
        hidden[t + 1] = candidate + z * (h - candidate)

    def backward(at_hidden: Array) -> Array:
        at_gates, at_h = np.empty_like(gates), np.zeros(H, np.float32)
        for t in reversed(range(steps)):
            z, r, candidate = gates[t].reshape(3, H)
            at_h += at_hidden[t]
            at_z, at_r, at_candidate = at_gates[t].reshape(3, H)
            at_candidate[:] = at_h * (1 - z) * (1 - candidate**2)
            at_reset = of_candidate @ (at_candidate if split else at_candidate * r)
            at_r[:] = (at_reset * hidden[t] if split else at_candidate * products[t]) * 2 * r * (1 - r)
            at_z[:] = at_h * (hidden[t] - candidate) * 2 * z * (1 - z)
            at_h = at_h * z + (at_reset * r if split else at_reset) + sigmoids @ at_gates[t, : 2 * H]
        return at_gates

    return hidden[1:], backward


def _simple(cell: SimpleRNN, projected: Array, h: Array) -> tuple[Array, Backward]:
    matrix = cell.recurrent.matrix
    hidden = np.empty_like(projected)
    for t, addend in enumerate(projected):
        h = hidden[t] = np.tanh(h @ matrix + addend)

    def backward(at_hidden: Array) -> Array:
        at_gates, at_h = np.empty_like(hidden), np.zeros(cell.hidden, np.float32)
        for t in reversed(range(len(hidden))):
            at_gates[t] = (at_h + at_hidden[t]) * (1 - hidden[t] ** 2)
            at_h = matrix @ at_gates[t]
        return at_gates

    return hidden, backward
