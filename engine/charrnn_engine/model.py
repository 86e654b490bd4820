"""CharRNN: a vocabulary and a recurrent network that scores the next token. Knows no files and draws nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError
from charrnn_engine.layers import Array, Cell, Dense, Step
from charrnn_engine.vocabulary import Vocabulary

Ids = int | Sequence[int] | NDArray[np.integer[Any]]


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
        stepper = Stepper(self, len(rows))
        stepper.state[:] = state
        return stepper.step(rows).copy(), stepper.state

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
    """A network bound to state of its own: `feed` moves it one token on, `logits` scores the next.

    With `batch` None the arrays have no batch axis and ids are ints, else ids are (B,) arrays. Ids are not
    checked here: this is the inner loop.
    """

    def __init__(self, model: CharRNN, batch: int | None = None) -> None:
        network = model.network
        self.state = model.initial_state(1 if batch is None else batch)
        # (S,) for a single row: a vector times a matrix is faster than one row of a matrix product.
        state = self.state[0] if batch is None else self.state
        self._inputs = network.inputs
        self._first, self._deeper = _bind(network.cells, state)
        hidden = sum(cell.hidden for cell in network.cells)
        self.top: Array = state[..., hidden - network.cells[-1].hidden : hidden]
        """The last layer's hidden state, (H,) or (B, H)."""
        self.logits, self._fill = network.head.bind(self.top)
        self._rows = None if batch is None else np.empty((batch, network.inputs.shape[1]), np.float32)

    def feed(self, ids: Any) -> None:
        """Moves the state one token on and leaves the logits as they were."""
        if self._rows is None:
            self._first(self._inputs[ids])
        else:
            # "clip" only spares numpy a buffered copy: ids are in range.
            self._first(np.take(self._inputs, ids, axis=0, out=self._rows, mode="clip"))
        for step, bias in self._deeper:
            step(bias)

    def step(self, ids: Any) -> Array:
        """`feed`, and the logits of the token after: (V,) or (B, V), overwritten by the next step."""
        self.feed(ids)
        self._fill()
        return self.logits

    def reset(self) -> None:
        """Back to the fresh state; the logits stay as they were until the next step."""
        self.state[:] = 0.0

    def restore(self, state: Array) -> None:
        """Back to a state kept earlier, (S,) or (B, S), and the logits that go with it."""
        self.state[:] = state
        self._fill()


def _bind(cells: tuple[Cell, ...], state: Array) -> tuple[Step, list[tuple[Step, Array]]]:
    """The step of the first cell, and those of the deeper ones with their bias, over views of `state`.

    Hidden states lie side by side in layer order, so that a layer's input (the hidden state below) and its own
    hidden state are one slice; the cell states follow them.
    """
    hidden = list(pairwise(accumulate((cell.hidden for cell in cells), initial=0)))
    carried = list(pairwise(accumulate((cell.carried for cell in cells), initial=hidden[-1][1])))
    steps: list[Step] = []
    for layer, cell in enumerate(cells):
        start, end = hidden[layer]
        below = hidden[layer - 1][0] if layer else start
        joint, h, c = (state[..., a:b] for a, b in ((below, end), (start, end), carried[layer]))
        steps.append(cell.bind(joint, h, c, stacked=layer > 0))
    return steps[0], [(step, cell.bias) for step, cell in zip(steps[1:], cells[1:], strict=True)]
