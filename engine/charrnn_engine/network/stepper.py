"""Steps a network through a text, for one row or a batch of rows, without allocating. Chooses no tokens."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.network.cells import Bound, Cell, Step
from charrnn_engine.network.head import Dense
from charrnn_engine.network.products import Array, float32

if TYPE_CHECKING:
    from charrnn_engine.network.model import Network

Held = Sequence[tuple[int, float]]
"""Places among the units, from 0, each with the value that the unit is held at."""

_ALIGNED = 16  # numbers, so that rows begin at vector boundaries


class Stepper:
    """A network with a state: `feed` reads one token, and `step` also scores the next one.

    With `batch` None the arrays have no axis of rows and ids are ints; otherwise ids are (B,) arrays. Ids are not
    checked here: this is the inner loop.
    """

    def __init__(self, network: "Network", batch: int | None = None) -> None:
        rows = () if batch is None else (batch,)
        width = sum(cell.hidden for cell in network.cells)
        # Hidden states lie side by side in layer order, so that a layer's input (the hidden state below) and its
        # own hidden state are one slice. The last one is followed by a 1, which multiplies the head's bias.
        side_by_side = np.zeros((*rows, -(-(width + 1) // _ALIGNED) * _ALIGNED), np.float32)
        side_by_side[..., width] = 1.0
        self._hidden: Array = side_by_side[..., :width]
        top = width - network.cells[-1].hidden
        self.top: Array = side_by_side[..., top:width]
        """The last layer's hidden state, (H,) or (B, H)."""
        self._blocks: Array | None = None
        if batch is None:
            addends = network.inputs.reshape(len(network.inputs), -1, network.cells[0].hidden)
        else:
            self._blocks = network.input_blocks(batch)
            self._looked_up = np.empty((len(self._blocks), batch, self._blocks.shape[-1]), np.float32)
            addends = self._looked_up[None]
        self._layers = _bind(network.cells, self._hidden, addends)
        self._carried = [layer.bound.cell_state for layer in self._layers]
        self._first, *self._deeper = (layer.bound.step for layer in self._layers)
        self.head_input: Array = side_by_side[..., top : width + 1]
        """What the head reads, and a 1: (H + 1,) or (B, H + 1)."""
        self.logits, self._score = network.head.bind(self.head_input)

    def feed(self, ids: Any) -> None:
        """Reads one token per row; the logits stay as they were."""
        if self._blocks is None:
            self._first(ids)
        else:
            # "clip" only saves numpy a buffered copy: ids are in range.
            self._blocks.take(ids, 1, self._looked_up, "clip")
            self._first(0)
        for step in self._deeper:
            step(0)

    def step(self, ids: Any) -> Array:
        """`feed`, then the logits of the next token: (V,) or (B, V), overwritten by the next step."""
        self.feed(ids)
        self._score()
        return self.logits

    def use_head(self, head: Dense) -> None:
        """Scores by another head of the same shape from now on; the logits become those of the present state."""
        self.logits, self._score = head.bind(self.head_input)
        self.restore(self.state[0] if self._blocks is None else self.state)

    def hold(self, *held: Held) -> None:
        """Holds units at values, from the next step on: a Held for each row, or none to hold nothing.

        A cell state is held before the hidden state is computed from it, and a hidden state before the next layer and
        the head read it. Steps cost nothing more where nothing is held.
        """
        triples = np.array([(row, *pair) for row, pairs in enumerate(held) for pair in pairs]).reshape(-1, 3)
        rows, places, values = triples[:, 0].astype(np.intp), triples[:, 1].astype(np.intp), float32(triples[:, 2])
        self._first, *self._deeper = (layer.holding(rows, places, values) for layer in self._layers)

    @property
    def units(self) -> Array:
        """A copy of all hidden states, in the order of the layers, and then of all cell states: (1, S) or (B, S)."""
        carried = (part.reshape(*part.shape[:-2], part.shape[-2] * part.shape[-1]) for part in self._carried)
        return np.atleast_2d(np.concatenate([self._hidden, *carried], axis=-1))

    def unit(self, place: int) -> float:
        """One of `units`, of a single row."""
        width = self._hidden.shape[-1]
        if place < width:
            return float(self._hidden[place])
        for part in self._carried:
            if place < (width := width + part.size):
                return float(part.reshape(-1)[place - width])
        raise IndexError(f"there is no unit at {place}")

    @property
    def state(self) -> Array:
        """A copy of the state, (1, S) or (B, S), laid out as in `CharRNN.initial_state`."""
        return self.units

    @state.setter
    def state(self, state: Array) -> None:
        """Takes (S,) for a single row, or (B, S); the logits stay as they were until the next step."""
        self.put(..., state)

    def put(self, row: Any, state: Array) -> None:
        """Gives one row of a batch a state (S,); the logits stay as they were until the next step."""
        start = self._hidden.shape[-1]
        self._hidden[row] = state[..., :start]
        for part in self._carried:
            end = start + part.shape[-1] * part.shape[-2]
            part[row] = state[..., start:end].reshape(part[row].shape)
            start = end

    def reset(self, row: Any = ...) -> None:
        """Back to the initial state, all rows or some; the logits stay as they were until the next step."""
        self._hidden[row] = 0.0
        for part in self._carried:
            part[row] = 0.0

    def restore(self, state: Array) -> None:
        """Back to a state kept earlier, (S,) or (B, S), and the logits that go with it."""
        self.state = state
        self._score()


class _Layer(NamedTuple):
    """A cell bound to its hidden state, which begins at `hidden_at` among all units, as its cell state does at
    `carried_at`.
    """

    bound: Bound
    hidden: Array
    hidden_at: int
    carried_at: int

    def holding(self, rows: NDArray[np.intp], places: NDArray[np.intp], values: Array) -> Step:
        """The step, followed by holding those of the units (N,) that are this layer's, if any are."""
        step, cell_state, output = self.bound
        size, (blocks, width) = self.hidden.shape[-1], cell_state.shape[-2:]
        in_hidden = (places >= self.hidden_at) & (places < self.hidden_at + size)
        in_cell = (places >= self.carried_at) & (places < self.carried_at + blocks * width)
        at_rows = (lambda chosen: (rows[chosen],)) if self.hidden.ndim > 1 else (lambda chosen: ())
        hidden, hidden_values = self.hidden, values[in_hidden]
        hidden_places = *at_rows(in_hidden), places[in_hidden] - self.hidden_at
        cell_places = *at_rows(in_cell), *np.divmod(places[in_cell] - self.carried_at, max(1, width))
        cell_values = values[in_cell]

        def step_and_hold(place: int) -> None:
            step(place)
            if output is not None and len(cell_values):
                cell_state[cell_places] = cell_values
                output()
            hidden[hidden_places] = hidden_values

        return step_and_hold if in_hidden.any() or in_cell.any() else step


def _bind(cells: tuple[Cell, ...], hidden: Array, addends: Array) -> list[_Layer]:
    """The cells bound to slices of `hidden`."""
    bounds = list(pairwise(accumulate((cell.hidden for cell in cells), initial=0)))
    layers, carried_at = [], hidden.shape[-1]
    for layer, (cell, (start, end)) in enumerate(zip(cells, bounds, strict=True)):
        below = bounds[layer - 1][0] if layer else start
        own = hidden[..., start:end]
        layers.append(
            _Layer(cell.bind(hidden[..., below:end], own, None if layer else addends), own, start, carried_at)
        )
        carried_at += cell.carried
    return layers
