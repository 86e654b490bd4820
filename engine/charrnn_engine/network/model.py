"""CharRNN: a vocabulary and a recurrent network that scores the next token. Knows no files and draws nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.layers import Cell, Dense, Step
from charrnn_engine.network.products import Array, block_width, in_blocks
from charrnn_engine.vocabulary import Vocabulary

Ids = int | Sequence[int] | NDArray[np.integer[Any]]

_ALIGNED = 16  # numbers, so that rows begin where vectors do


@dataclass(frozen=True)
class Network:
    """Layers from the token's id to its logits.

    `inputs` is (V, G): what each token adds to the first cell's gates, its bias included. A one-hot row times a
    kernel is a row of the kernel, and an Embedding times a kernel is a table just the same, so a look-up serves
    both.
    """

    inputs: Array
    cells: tuple[Cell, ...]
    head: Dense

    @property
    def state_size(self) -> int:
        """Floats of state per row."""
        return sum(cell.hidden + cell.carried for cell in self.cells)

    @property
    def vocabulary_size(self) -> int:
        return int(self.inputs.shape[0])

    def input_blocks(self, batch: int) -> Array:
        """`inputs` as the first cell reads them for so many rows, (G / W, V, W)."""
        hidden = self.cells[0].hidden
        width = block_width(hidden, hidden, (batch,))
        if width not in self._input_blocks:
            self._input_blocks[width] = np.ascontiguousarray(in_blocks(self.inputs, width))
        return self._input_blocks[width]

    @cached_property
    def _input_blocks(self) -> dict[int, Array]:
        return {}


@dataclass(frozen=True)
class CharRNN:
    """A trained model. `card` holds what `card.json` says of it; `name` is what it was found by."""

    vocabulary: Vocabulary
    network: Network
    name: str = ""
    card: Mapping[str, Any] = field(default_factory=dict)
    parameters: int = 0

    def __post_init__(self) -> None:
        outputs = self.network.head.kernel.shape[1]
        for what, size in (("reads", self.network.vocabulary_size), ("scores", outputs)):
            if size != len(self.vocabulary):
                raise CheckpointError(
                    f"the network {what} {size} tokens and the vocabulary has {len(self.vocabulary)};"
                    " vocabulary.json belongs to another model"
                )

    def initial_state(self, batch: int = 1) -> Array:
        """Zeros, (batch, state_size): hidden states of all layers, then the LSTMs' cell states."""
        return np.zeros((batch, self.network.state_size), np.float32)

    def step(self, ids: Ids, state: Array) -> tuple[Array, Array]:
        """Feeds one token to each row: ids int or (B,), state (B, S) -> logits (B, V) and the new state.

        Nothing given is changed. Raises ValueError for an id out of range or a state of another shape.
        """
        rows = self._checked(ids)
        if state.shape != (len(rows), self.network.state_size):
            raise ValueError(f"state is {state.shape}, not ({len(rows)}, {self.network.state_size})")
        stepper = Stepper(self, None if len(rows) == 1 else len(rows))
        stepper.state = state
        logits = stepper.step(int(rows[0]) if len(rows) == 1 else rows)
        return np.atleast_2d(logits), stepper.state

    def logits(self, ids: Ids) -> Array:
        """Log-scores of the token after each prefix ids[:1] … ids[:T], from a fresh state: float32 (T, V).

        Unnormalised: softmax over the last axis gives probabilities. Raises ValueError for an id out of range.
        """
        sequence = self._checked(ids)
        stepper = Stepper(self)
        hidden = np.empty((len(sequence), self.network.cells[-1].hidden), np.float32)
        for t, index in enumerate(sequence.tolist()):
            stepper.feed(index)
            hidden[t] = stepper.top
        return self.network.head(hidden)

    def stepper(self, batch: int | None = None) -> "Stepper":
        """Steps without allocating, for `batch` rows, or for a single row without the batch axis."""
        return Stepper(self, batch)

    def _checked(self, ids: Ids) -> NDArray[np.intp]:
        rows = np.atleast_1d(np.asarray(ids, dtype=np.intp if np.size(ids) == 0 else None))
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise ValueError("ids must be whole numbers in one dimension")
        if rows.size and not (rows.min() >= 0 and rows.max() < len(self.vocabulary)):
            raise ValueError(f"ids go from 0 to {len(self.vocabulary) - 1}")
        return rows.astype(np.intp)


class Stepper:
    """A network with state of its own: `feed` moves it one token on, `logits` scores the next.

    With `batch` None the arrays have no axis of rows and ids are ints, else ids are (B,) arrays. Ids are not
    checked here: this is the inner loop.
    """

    def __init__(self, model: CharRNN, batch: int | None = None) -> None:
        network = model.network
        rows = () if batch is None else (batch,)
        width = sum(cell.hidden for cell in network.cells)
        # Hidden states lie side by side in layer order, so that a layer's input (the hidden state below) and its
        # own hidden state are one slice; so are the last one and a 1, which the head multiplies its bias by.
        together = np.zeros((*rows, -(-(width + 1) // _ALIGNED) * _ALIGNED), np.float32)
        together[..., width] = 1.0
        self._hidden: Array = together[..., :width]
        top = width - network.cells[-1].hidden
        self.top: Array = together[..., top:width]
        """The last layer's hidden state, (H,) or (B, H)."""
        self._blocks: Array | None = None
        if batch is None:
            addends = network.inputs.reshape(len(network.inputs), -1, network.cells[0].hidden)
        else:
            self._blocks = network.input_blocks(batch)
            self._read = np.empty((len(self._blocks), batch, self._blocks.shape[-1]), np.float32)
            addends = self._read[None]
        (self._first, *self._deeper), self._carried = _bind(network.cells, self._hidden, addends)
        self.logits, self._fill = network.head.bind(together[..., top : width + 1])

    def feed(self, ids: Any) -> None:
        """Moves the state one token on and leaves the logits as they were."""
        if self._blocks is None:
            self._first(ids)
        else:
            # "clip" only spares numpy a buffered copy: ids are in range.
            self._blocks.take(ids, 1, self._read, "clip")
            self._first(0)
        for step in self._deeper:
            step(0)

    def step(self, ids: Any) -> Array:
        """`feed`, and the logits of the token after: (V,) or (B, V), overwritten by the next step."""
        self.feed(ids)
        self._fill()
        return self.logits

    @property
    def state(self) -> Array:
        """A copy of the state, (1, S) or (B, S), as `CharRNN.initial_state` lays it out."""
        carried = (part.reshape(*part.shape[:-2], part.shape[-2] * part.shape[-1]) for part in self._carried)
        return np.atleast_2d(np.concatenate([self._hidden, *carried], axis=-1))

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
        """Back to the fresh state, all rows or one; the logits stay as they were until the next step."""
        self._hidden[row] = 0.0
        for part in self._carried:
            part[row] = 0.0

    def restore(self, state: Array) -> None:
        """Back to a state kept earlier, (S,) or (B, S), and the logits that go with it."""
        self.state = state
        self._fill()


def _bind(cells: tuple[Cell, ...], hidden: Array, addends: Array) -> tuple[list[Step], list[Array]]:
    """The steps of the cells over slices of `hidden`, and what they carry beside it."""
    bounds = list(pairwise(accumulate((cell.hidden for cell in cells), initial=0)))
    steps, carried = [], []
    for layer, (cell, (start, end)) in enumerate(zip(cells, bounds, strict=True)):
        below = bounds[layer - 1][0] if layer else start
        step, further = cell.bind(hidden[..., below:end], hidden[..., start:end], None if layer else addends)
        steps.append(step)
        carried.append(further)
    return steps, carried
