"""Steps a network that scores each token from the last N tokens alone, as networks trained on windows are used.

Every step runs the whole network over its window from the initial state; the state is the window itself. Chooses no
tokens.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn_engine.network.products import Array
from charrnn_engine.network.stepper import Held, Stepper

if TYPE_CHECKING:
    from charrnn_engine.network.model import Network


class WindowStepper(Stepper):
    """A Stepper whose state is (N,) or (B, N): the last N ids plus 1, the newest at the end, 0 where none was read.

    `feed` only remembers the token; what is scored is computed when it is asked for.
    """

    def __init__(self, network: "Network", window: int, batch: int | None = None) -> None:
        super().__init__(network, batch)
        rows = () if batch is None else (batch,)
        self._window: Array = np.zeros((*rows, window), np.float32)
        self._stale = True
        self._attention = network.attention
        if self._attention is not None:
            attended = np.ones((*rows, len(network.head.kernel) + 1), np.float32)
            self._top = attended[..., :-1]
            self.head_input = attended
            self.logits, self._score = network.head.bind(attended)

    @property
    def top(self) -> Array:
        """What the head reads: the last layer's output at the end of the window."""
        if self._stale:
            self._run()
        return self._top

    @top.setter
    def top(self, top: Array) -> None:
        self._top = top

    def feed(self, ids: Any) -> None:
        self._window[..., :-1] = self._window[..., 1:]
        self._window[..., -1] = ids + 1
        self._stale = True

    def step(self, ids: Any) -> Array:
        self.feed(ids)
        self._run()
        self._score()
        return self.logits

    def hold(self, *held: Held) -> None:
        super().hold(*held)
        self._stale = True

    @property
    def units(self) -> Array:
        if self._stale:
            self._run()
        return super().units

    @property
    def state(self) -> Array:
        return np.atleast_2d(self._window.copy())

    @state.setter
    def state(self, state: Array) -> None:
        self.put(..., state)

    def put(self, row: Any, state: Array) -> None:
        self._window[row] = state
        self._stale = True

    def reset(self, row: Any = ...) -> None:
        self._window[row] = 0.0
        self._stale = True

    def restore(self, state: Array) -> None:
        self.state = state
        self._run()
        self._score()

    def _run(self) -> None:
        """Reads the window from the initial state."""
        self._stale = False
        super().reset()
        window = self._window.astype(np.intp) - 1
        if self._attention is not None:
            # Padded at the left by id 0, which such a network has learnt to read.
            self._top[...] = self._attention.average(self._outputs(np.maximum(window, 0)))
            return
        single = window.ndim == 1
        columns = window[window >= 0].tolist() if single else window.T[(window >= 0).any(axis=0)]
        for ids in columns:
            if single:
                super().feed(ids)
            else:
                super().feed(np.maximum(ids, 0))
                super().reset(ids < 0)

    def _outputs(self, window: Any) -> Array:
        """What attention averages, (N, *rows, D): the embeddings and all hidden states at each place."""
        assert self._attention is not None
        outputs = np.empty((window.shape[-1], *self._top.shape), np.float32)
        width = self._attention.embedding.shape[1]
        for t, ids in enumerate(window.T):
            super().feed(int(ids) if window.ndim == 1 else ids)
            outputs[t, ..., :width] = self._attention.embedding[ids]
            outputs[t, ..., width:] = self._hidden
        return outputs
