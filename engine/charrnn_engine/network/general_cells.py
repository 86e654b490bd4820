"""Recurrent cells with any activation functions, and layers without a state between them. Slower than `cells`, which
holds for tanh and sigmoid. The weight layouts are those of Keras, as in `cells`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from charrnn_engine.network.activations import LIMIT, Activation
from charrnn_engine.network.cells import Bound
from charrnn_engine.network.products import Array, float32


class GeneralCell:
    """An LSTM, GRU or SimpleRNN: kernel (I, G), recurrent kernel (H, G), bias (G,), (2, G) or None.

    `kind` is the class in Keras. A GRU has `reset_after` if its bias has two rows or none is given and it says so.
    """

    def __init__(
        self,
        kind: str,
        kernel: Array,
        recurrent: Array,
        bias: Array | None,
        activation: Activation,
        recurrent_activation: Activation,
        reset_after: bool = False,
    ) -> None:
        self.kind = kind
        self.input_size, columns = kernel.shape
        self.hidden = recurrent.shape[0]
        self.carried = self.hidden if kind == "LSTM" else 0
        both = np.zeros((2, columns), np.float32)
        if bias is not None:
            both[: len(bias) if bias.ndim == 2 else 1] = bias
        self.kernel, self.recurrent = float32(kernel), float32(recurrent)
        self.bias, self._recurrent_bias = both
        self._activation, self._gate = activation, recurrent_activation
        gru = self._gru_after if reset_after else self._gru_before
        moves: dict[str, Callable[..., Array]] = {"LSTM": self._lstm, "GRU": gru}
        self._move = moves.get(kind, self._simple)

    @property
    def weights(self) -> Sequence[Array]:
        return self.kernel, self.recurrent, self.bias, self._recurrent_bias

    def project(self, inputs: Array) -> Array:
        with np.errstate(all="ignore"):  # absurd weights overflow here; CharRNN refuses them by name
            projected: Array = inputs @ self.kernel + self.bias
        return projected

    def bind(self, joint: Array, h: Array, addends: Array | None) -> Bound:
        """As `Cell.bind`."""
        rows, inputs, move = h.shape[:-1], joint[..., : self.input_size], self._move
        c, o = np.zeros((2, *rows, 1, self.carried), np.float32)
        cell_state, output_gate = c[..., 0, :], o[..., 0, :]

        def step(place: int) -> None:
            # Addends lie in blocks, (G / W, *rows, W).
            added = self.project(inputs) if addends is None else np.moveaxis(addends[place], 0, -2)
            h[...] = move(added.reshape(*rows, -1), h, cell_state, output_gate)

        def output() -> None:
            h[...] = self._lstm_output(cell_state, output_gate)

        return Bound(step, c, output if self.carried else None)

    def _lstm(self, added: Array, h: Array, c: Array, output_gate: Array) -> Array:
        i, f, candidate, o = np.split(added + h @ self.recurrent, 4, axis=-1)
        moved = self._gate(f) * c + self._gate(i) * self._activation(candidate)
        np.clip(moved, -LIMIT * LIMIT, LIMIT * LIMIT, out=c)
        output_gate[...] = self._gate(o)
        return self._lstm_output(c, output_gate)

    def _lstm_output(self, c: Array, output_gate: Array) -> Array:
        h: Array = np.clip(output_gate * self._activation(c), -LIMIT, LIMIT)
        return h

    def _gru_after(self, added: Array, h: Array, *_: Array) -> Array:
        H = self.hidden
        from_h = h @ self.recurrent + self._recurrent_bias
        z, r = np.split(self._gate(added[..., : 2 * H] + from_h[..., : 2 * H]), 2, axis=-1)
        candidate = self._activation(added[..., 2 * H :] + r * from_h[..., 2 * H :])
        return np.clip(z * h + (np.float32(1) - z) * candidate, -LIMIT, LIMIT)

    def _gru_before(self, added: Array, h: Array, *_: Array) -> Array:
        H = self.hidden
        gates: Array = added[..., : 2 * H] + h @ self.recurrent[:, : 2 * H]
        z, r = np.split(self._gate(gates), 2, axis=-1)
        reset_h: Array = np.multiply(r, h, dtype=np.float32)
        candidate = self._activation(added[..., 2 * H :] + reset_h @ self.recurrent[:, 2 * H :])
        return np.clip(z * h + (np.float32(1) - z) * candidate, -LIMIT, LIMIT)

    def _simple(self, added: Array, h: Array, *_: Array) -> Array:
        moved: Array = self._activation(added + h @ self.recurrent)
        return moved


class StatelessLayer:
    """A layer between cells, such as Dense or LayerNormalization: its output is kept where a cell keeps its hidden
    state, so that the layer above reads it there. `function` maps (..., I) to (..., H).
    """

    carried = 0

    def __init__(
        self, kind: str, input_size: int, hidden: int, function: Callable[[Array], Array], weights: Sequence[Array]
    ) -> None:
        self.kind, self.input_size, self.hidden = kind, input_size, hidden
        self.weights, self._function = weights, function
        # For fingerprints of models: a stateless layer is never the first one, which is looked up by its kernel.
        self.kernel = weights[0] if weights else np.zeros((0, 0), np.float32)
        self.bias = weights[-1] if weights else np.zeros(0, np.float32)

    def project(self, inputs: Array) -> Array:
        return self._function(inputs)

    def bind(self, joint: Array, h: Array, addends: Array | None) -> Bound:
        """As `Cell.bind`."""
        inputs, function = joint[..., : self.input_size], self._function

        def step(place: int) -> None:
            h[...] = function(inputs)

        return Bound(step, np.zeros((*h.shape[:-1], 1, 0), np.float32))


def dense_layer(kernel: Array, bias: Array, activation: Activation) -> StatelessLayer:
    """Kernel (I, H) and bias (H,)."""
    return StatelessLayer("Dense", len(kernel), len(bias), lambda x: activation(x @ kernel + bias), (kernel, bias))


def activation_layer(size: int, activation: Activation) -> StatelessLayer:
    return StatelessLayer("Activation", size, size, activation, ())


def scaling_layer(scale: Array, shift: Array, size: int) -> StatelessLayer:
    """x * scale + shift, both (H,): BatchNormalization where no kernel follows that could take it over."""
    return StatelessLayer("BatchNormalization", size, size, lambda x: x * scale + shift, (scale, shift))


def layer_normalization(gamma: Array, beta: Array, epsilon: float) -> StatelessLayer:
    """Over the last axis; gamma and beta are (H,)."""

    def normalised(x: Array) -> Array:
        mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
        y: Array = (x - mean) / np.sqrt(variance + np.float32(epsilon)) * gamma + beta
        return y

    return StatelessLayer("LayerNormalization", len(gamma), len(gamma), normalised, (gamma, beta))
