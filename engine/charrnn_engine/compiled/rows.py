"""Rows that compiled code steps, many steps at a time, beside other rows: it needs no lock of Python's."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.compiled import kernel
from charrnn_engine.compiled.weights import Weights, pack
from charrnn_engine.errors import CheckpointError
from charrnn_engine.evaluation.threads import threads_at_most
from charrnn_engine.generation.rows import Figures, Made, Rows, Text
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling import sampler
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import NEGLIGIBLE, OVERFLOWED

_STEPS = 64  # steps at a time
_PRODUCTS = 2_500_000_000  # multiplications at a time, some 50 ms: who ends a batch waits as long
_MOMENT = 0.001  # s
_CACHED = 500_000  # weights that stay in a core's own cache; others are best read once for many rows

_pool = ThreadPoolExecutor(max(1, threads_at_most() - 1), "charrnn-batch")  # beside the thread that asks


def compiled_groups(model: CharRNN, rows: int) -> list[Rows]:
    """Rows for so many texts, in groups for all cores; none where the network has a layer that isn't known here."""
    weights = pack(model)
    if weights is None:
        return []
    size = weights.numbers.size
    sizes = _sizes(rows, threads_at_most(), alike=size > _CACHED)
    steps = max(1, min(_STEPS, _PRODUCTS // (max(sizes) * size)))
    return [CompiledRows(model, rows, weights, steps) for rows in sizes]


def _sizes(rows: int, threads: int, *, alike: bool) -> list[int]:
    """Rows of the groups, tiles but for the last: a share for each thread.

    The thread that asks has more to do than the steps. Unless groups are to be `alike`, its share is cut into small
    ones: the others take of it what it doesn't come to.
    """
    tiles = -(-rows // kernel.TILE)
    if alike:
        shares = [len(share) for share in np.array_split(range(tiles), min(threads, tiles))]
    else:
        share = tiles // threads
        shares = [share] * (threads - 1) if share else []
        shares += [1] * (tiles - sum(shares))
    sizes = [kernel.TILE * share for share in shares]
    sizes[-1] -= sum(sizes) - rows
    return sizes


class CompiledRows(Rows):
    """Rows in compiled code."""

    def __init__(self, model: CharRNN, rows: int, weights: Weights, steps: int) -> None:
        """`steps` are made at a time."""
        super().__init__(model, rows)
        self._weights, self._reach = weights, model.network.head.reach
        stepped = -(-rows // kernel.TILE) * kernel.TILE
        self._states = np.zeros((stepped, weights.state_size), np.float32)
        self._stepped_ids = np.zeros(stepped, np.int64)
        self._ids = self._stepped_ids[:rows]
        self._settings = np.zeros((kernel.CONTROLS, stepped))
        self._settings[kernel.WAY] = kernel.GREEDY
        self._scratch = (
            np.zeros((stepped, weights.gates_size), np.float32),
            np.zeros((stepped, weights.reset_size), np.float32),
            np.zeros((stepped, weights.columns), np.float32),
            np.zeros((2, weights.columns), np.float32),
        )
        self._most = steps
        self._never = np.array(model.vocabulary.never_drawn, np.int64)
        self._result: Future[bool] | None = None
        self._under_way = Event()

    def put(self, row: int, text: Text) -> None:
        super().put(row, text)
        self._settings[:, row] = _settings(text.controls, self._reach)

    def begin(self, most: int | None = None) -> None:
        super().begin(most)
        steps, stepped = min(most or self._most, self._most), len(self._states)
        self._u = np.zeros((stepped, steps))
        self._drawn = np.empty((stepped, steps), np.int64)
        self._told = np.empty((3, stepped, steps))
        self._near = np.empty((stepped, steps), np.bool_)
        for row, (draws, at) in enumerate(zip(self._draws, self._count.tolist(), strict=True)):
            self._u[row] = draws.numbers(at, steps)
        self._before = self._ids.copy()
        self._under_way.clear()
        self._result = _pool.submit(self._run)

    def let_go(self) -> None:
        # What holds Python's lock meanwhile would keep the other thread from beginning for milliseconds.
        self._under_way.wait(_MOMENT)

    def _run(self) -> bool:
        self._under_way.set()
        weights = self._weights
        fine: bool = kernel.run(
            weights.numbers,
            weights.layers,
            weights.head,
            self._never,
            self._eos,
            self._states,
            self._stepped_ids,
            *self._scratch,
            self._settings,
            sampler.NEAR_LOGITS,
            NEGLIGIBLE,
            self._u,
            self._drawn,
            self._told,
            self._near,
        )
        return fine

    def wait(self) -> int:
        result = self._result
        return 0 if result is None or result.done() else 2 if result.running() else 1

    def finish(self) -> Made:
        self.begun = False
        assert self._result is not None
        # What no other thread has begun with is done in this one: so all cores are at work while there is any.
        if not (self._run() if self._result.cancel() else self._result.result()):
            raise CheckpointError(OVERFLOWED)
        rows, steps = len(self), self._u.shape[1]
        drawn, told, near = self._drawn[:rows], self._told[:, :rows], self._near[:rows]
        fed = np.concatenate([self._before[:, None], drawn[:, :-1]], axis=1)
        self._fed[:, self._places(self._steps, self._steps + steps)] = fed
        self._steps += steps
        for row in np.flatnonzero(near.any(axis=1)).tolist():
            self._settle(row, np.flatnonzero(near[row]).tolist())
        made = Made(drawn, told, self._ended(drawn), self._controls.copy(), self._count.copy())
        self._count += steps
        return made

    def _ended(self, drawn: NDArray[np.int64]) -> NDArray[np.intp]:
        """Tokens up to the first `<eos>` of each row, after the last of which its state is known."""
        ends = drawn == self._eos
        any_end = ends.any(axis=1)
        steps_since = ends[:, ::-1].argmax(axis=1)
        for row in np.flatnonzero(any_end).tolist():
            since = self._steps - int(steps_since[row])
            if since >= self._known[row][0]:
                self._known[row] = since, self._fresh
        return np.where(any_end, ends.argmax(axis=1) + 1, 0)

    def _settle(self, row: int, near: list[int]) -> None:
        """Draws alone what rounding could decide, among the steps just made, and what comes after if it does."""
        drawn, start = self._drawn[row], self._steps - self._u.shape[1]
        for step in near:
            if len(ends := np.flatnonzero(drawn[:step] == self._eos)):
                since = start + int(ends[-1]) + 1
                if since >= self._known[row][0]:
                    self._known[row] = since, self._fresh
            if exactly := self._drawn_alone(row, start + step + 1, float(self._u[row, step])):
                parted = exactly[0] != drawn[step]
                self._tell(row, step, exactly)
                if parted:
                    self._go_on_alone(row, step + 1)
                    return

    def _go_on_alone(self, row: int, step: int) -> None:
        """Makes the rest of the steps as `generate` does."""
        drawn, alone, start = self._drawn[row], self._alone, self._steps - self._u.shape[1]
        for at in range(step, len(drawn)):
            last = int(drawn[at - 1])
            self._fed[row, self._places(start + at, start + at + 1)] = last
            if last == self._eos:
                alone.reset()
            self._tell(row, at, self._figures(alone.step(last), self._controls[row], float(self._u[row, at])))
        state = self._fresh if drawn[-1] == self._eos else alone.state[0]
        self._put_state(row, state)
        self._ids[row] = drawn[-1]
        self._known[row] = self._steps, state

    def _tell(self, row: int, step: int, figures: Figures) -> None:
        self._drawn[row, step], *told = figures
        self._told[:, row, step] = told

    def _put_state(self, row: int, state: Array) -> None:
        self._states[row, : len(state)] = state


def _settings(controls: Controls, reach: float) -> list[float]:
    """As `kernel.run` takes them."""
    inverse = sampler.inverse_temperature(controls)
    way = kernel.GREEDY if controls.greedy else kernel.FILTERED if controls.filters else kernel.PLAINLY
    nearness = float(sampler.nearness(reach, np.array(inverse)))
    top_p = 2.0 if controls.top_p is None else controls.top_p
    return [inverse, nearness, way, controls.top_k or 0, top_p, -1.0 if controls.min_p is None else controls.min_p]
