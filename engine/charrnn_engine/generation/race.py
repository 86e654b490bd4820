"""Texts written side by side: each lane has a model, a prompt, a seed and controls of its own, and lanes of one model
move in one batched step. Knows no screen; what the reader changes arrives as a lane's new Controls.
"""

from array import array
from collections.abc import Sequence
from math import inf
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.generation.divergence import Pair
from charrnn_engine.generation.generation import encode_prompt
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import surprisals_and_entropies
from charrnn_engine.sampling.random_numbers import Draws
from charrnn_engine.sampling.sampler import RowSampler

OPENING = 100_000
"""How many of a lane's first tokens are kept, to tell where it parts from another."""

_BLOCK = 64  # steps measured together


class Lane:
    """One text of a race. `controls` may be replaced at any time; the next token obeys.

    The tokens are those that `generate` gives for the same model, prompt, controls and seed, but for the last bit of
    a product of matrices, which lets a random number fall on the other side of a border between two tokens once in
    some 300,000 tokens, as measured with the models that ship. Lanes of the same seed have the same random number at
    each position, so they differ by nothing else.

    Raises what `encode_prompt` raises, and ControlsError for a seed below 0.
    """

    def __init__(self, model: CharRNN, prompt: str, seed: int, controls: Controls = Controls()) -> None:
        self.model = model
        self.prompt = prompt
        self.controls = controls
        self.ended = False
        """Whether it stopped at an `<eos>`."""
        self.opening = array("l")
        """The first OPENING ids drawn."""
        self._count = 0
        self._draws = Draws(seed)
        *before, self._last = encode_prompt(model, prompt)
        stepper = model.stepper()
        for index in before:
            stepper.feed(index)
        self._state = stepper.state[0]  # it hasn't seen `_last` yet

    @property
    def seed(self) -> int:
        return self._draws.seed

    def __len__(self) -> int:
        """Tokens drawn so far."""
        return self._count

    def again(self, seed: int | None = None) -> "Lane":
        """The same lane from the beginning, with another seed if one is given."""
        return Lane(self.model, self.prompt, self.seed if seed is None else seed, self.controls)


class Stretch(NamedTuple):
    """Tokens that a lane drew one after the other, T of them, all under the same controls."""

    lane: Lane
    start: int
    """Position of the first one in the lane's text."""
    ids: NDArray[np.intp]
    surprisals: NDArray[np.float32]
    """-log2 of each token's probability before the controls, (T,)."""
    entropies: NDArray[np.float32]
    """Of the model's distribution before the controls, in bits, (T,)."""
    controls: Controls


class Race:
    """Lanes that stand at the same position, each in its own text.

    Lanes that are behind, because they were put in later or had ended, move alone until they have caught up.
    Where not `endless`, a lane ends at its first `<eos>`.
    """

    def __init__(self, lanes: Sequence[Lane], *, endless: bool = True) -> None:
        self._lanes = list(lanes)
        self._endless = endless
        self._moving: list[_Rows] = []
        self._pairs: dict[tuple[Lane, Lane], Pair] = {}

    @property
    def lanes(self) -> Sequence[Lane]:
        return tuple(self._lanes)

    @lanes.setter
    def lanes(self, lanes: Sequence[Lane]) -> None:
        """Lanes come, go and change places at any time."""
        self._lanes = list(lanes)
        neighbours = set(zip(self._lanes, self._lanes[1:], strict=False))
        self._pairs = {lanes: pair for lanes, pair in self._pairs.items() if lanes in neighbours}

    @property
    def endless(self) -> bool:
        return self._endless

    @endless.setter
    def endless(self, endless: bool) -> None:
        """Lanes that have ended go on when it becomes true."""
        self._endless = endless
        if endless:
            for lane in self._lanes:
                lane.ended = False

    @property
    def ended(self) -> bool:
        """Whether every lane has ended."""
        return all(lane.ended for lane in self._lanes)

    @property
    def behind(self) -> bool:
        """Whether some lane has yet to catch up with another."""
        return len({len(lane) for lane in self._lanes if not lane.ended}) > 1

    def advance(self, most: int, seconds: float) -> list[Stretch]:
        """Draws up to `most` tokens for each lane, or for those that are behind, within about so many seconds, but
        one at least; a Stretch for each lane that moved.

        Controls are read once, at the beginning. Raises CheckpointError where a model's scores overflow.
        """
        running = [lane for lane in self._lanes if not lane.ended]
        if not running or most < 1:
            return []
        positions = sorted({len(lane) for lane in running})
        if len(positions) > 1:
            most = min(most, positions[1] - positions[0])
        groups = self._groups([lane for lane in running if len(lane) == positions[0]])
        stretches: list[Stretch] = []
        deadline = perf_counter() + seconds / len(groups)
        for rows in groups:
            drawn = rows.run(most, deadline, self._endless)
            stretches += drawn
            if not all(stretch.lane.ended for stretch in drawn):
                # As far as this group came in time, the others go too, however long it takes them.
                most, deadline = max(len(stretch.ids) for stretch in drawn), inf
        order = {lane: place for place, lane in enumerate(self._lanes)}
        return sorted(stretches, key=lambda stretch: order[stretch.lane])

    def parting(self, place: int) -> int | None:
        """The position where the lane at a place first differs from its left neighbour; None while they agree.

        Lanes of different prompts part at 0.
        """
        if place < 1:
            return None
        left, lane = self._lanes[place - 1], self._lanes[place]
        pair = self._pairs.get((left, lane))
        if pair is None:
            pair = self._pairs[left, lane] = Pair(left, lane)
        return pair.look()

    def _groups(self, lanes: list[Lane]) -> list["_Rows"]:
        """The lanes by model, as rows that are stepped together."""
        if lanes != [lane for rows in self._moving for lane in rows.lanes]:
            for rows in self._moving:
                rows.release()
            models = {id(lane.model): lane.model for lane in lanes}
            self._moving = [
                _Rows(model, [lane for lane in lanes if lane.model is model]) for model in models.values()
            ]
        return self._moving


class _Rows:
    """Lanes of one model at one position, whose states are the rows of one batch until they are released."""

    def __init__(self, model: CharRNN, lanes: list[Lane]) -> None:
        self.lanes = lanes
        self._eos = model.vocabulary.eos
        self._stepper = model.stepper(len(lanes))
        self._stepper.state = np.array([lane._state for lane in lanes])
        self._ids = np.array([lane._last for lane in lanes], np.intp)
        self._reach = model.network.head.reach
        self._sampler = RowSampler(len(lanes), len(model.vocabulary), model.vocabulary.never_drawn, self._reach)
        self._logits = np.empty((_BLOCK, *self._stepper.logits.shape), np.float32)
        self._chosen = np.empty((_BLOCK, len(lanes)), np.intp)

    def release(self) -> None:
        """Gives the lanes their states back."""
        for lane, state in zip(self.lanes, self._stepper.state, strict=True):
            lane._state = np.zeros_like(state) if lane.ended else state.copy()

    def run(self, most: int, deadline: float, endless: bool) -> list[Stretch]:
        """Draws up to `most` tokens a row, as many as there is time for, but one at least."""
        lanes = self.lanes
        controls = [lane.controls for lane in lanes]
        ends: dict[int, int] = {}  # tokens up to the <eos> of each row that ended
        blocks: list[tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]] = []
        went, done = 0, False
        while not done:
            size = min(_BLOCK, most - went)
            u = self._random_numbers(went, size)
            step, choose, ids = self._stepper.step, self._sampler.choose, self._ids
            kept, chosen, eos = self._logits, self._chosen, self._eos
            k = 0
            while k < size and not done:
                logits = kept[k] = step(ids)
                drawn = choose(logits, controls, u[k])
                ids = chosen[k]
                ids[...] = drawn
                k += 1
                if eos in drawn:
                    self._end(drawn, went + k, {} if endless else ends)
                    done = len(ends) == len(lanes)
                done = done or perf_counter() >= deadline
            self._ids = ids.copy()
            blocks.append(self._measured(k))
            went += k
            done = done or went == most
        columns = [np.concatenate(column) for column in zip(*blocks, strict=True)]
        stretches = []
        for row, lane in enumerate(lanes):
            length = ends.get(row, went)
            ids, surprisals, entropies = (column[:length, row] for column in columns)
            stretches.append(Stretch(lane, len(lane), ids, surprisals, entropies, controls[row]))
            self._take(lane, ids, row in ends)
        return stretches

    def _take(self, lane: Lane, ids: NDArray[np.intp], ended: bool) -> None:
        if len(lane.opening) < OPENING:
            lane.opening.extend(ids[: OPENING - len(lane.opening)].tolist())
        lane._count += len(ids)
        lane._last = int(ids[-1])
        lane.ended = ended

    def _end(self, ids: list[int], went: int, ends: dict[int, int]) -> None:
        """The text after an `<eos>` starts from a fresh state."""
        for row, index in enumerate(ids):
            if index == self._eos:
                self._stepper.reset(row)
                ends.setdefault(row, went)

    def _random_numbers(self, ahead: int, size: int) -> list[tuple[float, ...]]:
        """Those of each lane from so many tokens ahead on, a row of them a step. Lanes of one seed share them."""
        known: dict[int, list[float]] = {}
        for lane in self.lanes:
            if lane.seed not in known:
                known[lane.seed] = lane._draws.numbers(len(lane) + ahead, size).tolist()
        return list(zip(*(known[lane.seed] for lane in self.lanes), strict=True))

    def _measured(self, size: int) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """Ids, surprisals and entropies of a block, (size, B) each."""
        chosen = self._chosen[:size].copy()
        return chosen, *surprisals_and_entropies(self._logits[:size], chosen, self._reach)
