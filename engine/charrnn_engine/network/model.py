"""CharRNN: a vocabulary and a recurrent network that scores the next token. Reads no files and draws nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.attention import Attention
from charrnn_engine.network.cells import Cell
from charrnn_engine.network.head import Dense
from charrnn_engine.network.products import Array, block_width, in_blocks
from charrnn_engine.network.stepper import Stepper
from charrnn_engine.network.windows import WindowStepper
from charrnn_engine.vocabulary import PAD_ID, Vocabulary

Ids = int | Sequence[int] | NDArray[np.integer[Any]]

_LARGEST_WEIGHT = 1e30  # no trained network comes near it; thousands of them still add up to a finite float32


@dataclass(frozen=True, eq=False)
class Network:
    """Layers from the token's id to its logits.

    `inputs` is (V, G): what each token adds to the first cell's gates, bias included. A one-hot row times a kernel
    is a row of the kernel, and an Embedding times a kernel is a table as well, so a look-up serves both.
    `masks_padding` is Keras' `mask_zero`: id 0 leaves the state, and so the logits, as they were. With a
    `window` each token is scored from that many tokens before it alone; `attention` then averages over them.
    """

    inputs: Array
    cells: tuple[Cell, ...]
    head: Dense
    masks_padding: bool = False
    window: int | None = None
    attention: Attention | None = None

    @property
    def state_size(self) -> int:
        """Floats of state per row."""
        return self.window or self.units

    @property
    def units(self) -> int:
        """Hidden and cell states of all layers, which is the state unless there is a window."""
        return sum(cell.hidden + cell.carried for cell in self.cells)

    @property
    def vocabulary_size(self) -> int:
        return int(self.inputs.shape[0])

    @property
    def largest_weight(self) -> float:
        """The greatest absolute value among all weights, biases included."""
        arrays = [self.inputs, self.head.kernel, self.head.bias]
        arrays += [array for cell in self.cells for array in cell.weights]
        return max(float(max(array.max(), -array.min())) for array in arrays)

    def input_blocks(self, batch: int) -> Array:
        """`inputs` as the first cell reads them for this number of rows, (G / W, V, W)."""
        hidden = self.cells[0].hidden
        width = block_width(hidden, hidden, (batch,))
        if width not in self._input_blocks:
            self._input_blocks[width] = np.ascontiguousarray(in_blocks(self.inputs, width))
        return self._input_blocks[width]

    @cached_property
    def _input_blocks(self) -> dict[int, Array]:
        return {}


@dataclass(frozen=True, eq=False)
class CharRNN:
    """A trained model. `card` is the content of `card.json`; `name` is what the model was found by.

    Two models are equal only if they are the same object: comparing millions of weights is left to those who want
    it. Raises CheckpointError where network and vocabulary don't fit together, or weights are absurdly large.
    """

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
        largest = self.network.largest_weight
        if largest > _LARGEST_WEIGHT:
            raise CheckpointError(
                f"the network has weights up to {largest:.0e}; they can't be those of a trained model"
            )

    def initial_state(self, batch: int = 1) -> Array:
        """Zeros, (batch, state_size): hidden states of all layers, then the LSTMs' cell states."""
        return np.zeros((batch, self.network.state_size), np.float32)

    def step(self, ids: Ids, state: Array) -> tuple[Array, Array]:
        """Feeds one token to each row: ids int or (B,), state (B, S) -> logits (B, V) and the new state.

        The arguments are left unchanged. Raises ValueError for an id out of range or a state of another shape.
        """
        rows = self._checked(ids)
        if state.shape != (len(rows), self.network.state_size):
            raise ValueError(f"state is {state.shape}, not ({len(rows)}, {self.network.state_size})")
        stepper = self.stepper(None if len(rows) == 1 else len(rows))
        stepper.state = state
        stepper.feed(int(rows[0]) if len(rows) == 1 else rows)
        after = stepper.state
        if self.network.masks_padding:
            after[rows == PAD_ID] = state[rows == PAD_ID]
        stepper.restore(after if len(rows) != 1 else after[0])
        return np.atleast_2d(stepper.logits), after

    def logits(self, ids: Ids) -> Array:
        """Log-scores of the token after each prefix ids[:1] … ids[:T], from the initial state: float32 (T, V).

        Unnormalised: softmax over the last axis gives probabilities. Raises ValueError for an id out of range.
        """
        sequence = self._checked(ids)
        stepper = self.stepper()
        masked = PAD_ID if self.network.masks_padding else None
        hidden = np.empty((len(sequence), len(self.network.head.kernel)), np.float32)
        for t, index in enumerate(sequence.tolist()):
            if index != masked:
                stepper.feed(index)
            hidden[t] = stepper.top
        return self.network.head(hidden)

    def stepper(self, batch: int | None = None) -> Stepper:
        """Steps without allocating, for `batch` rows, or for a single row without the batch axis."""
        window = self.network.window
        return Stepper(self.network, batch) if window is None else WindowStepper(self.network, window, batch)

    def _checked(self, ids: Ids) -> NDArray[np.intp]:
        rows = np.atleast_1d(np.asarray(ids, dtype=np.intp if np.size(ids) == 0 else None))
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise ValueError("ids must be whole numbers in one dimension")
        if rows.size and not (rows.min() >= 0 and rows.max() < len(self.vocabulary)):
            raise ValueError(f"ids go from 0 to {len(self.vocabulary) - 1}")
        return rows.astype(np.intp)
