"""A race: texts written side by side, each lane with a model, a prompt, a seed and controls of its own. Lanes of one
model are rows of one batch. Knows no screen; what the reader changes arrives as a lane's new Controls.
"""

from array import array
from collections.abc import Sequence
from math import inf
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.generation.batch import Batch, new_text
from charrnn_engine.generation.divergence import Pair
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

OPENING = 100_000
"""How many of a lane's first ids are kept, to find where it differs from another lane."""


class Lane:
    """One text of a race. `controls` may be replaced at any time; the next token obeys.

    Lanes of the same seed use the same random number at each position. For what is promised of the text, see Race.

    Raises what `encode_prompt` raises, and ControlsError for a seed out of range.
    """

    def __init__(self, model: CharRNN, prompt: str, seed: int, controls: Controls = Controls()) -> None:
        self.model = model
        self.prompt = prompt
        self.controls = controls
        self.ended = False
        """Whether it stopped at an `<eos>`."""
        self.opening = array("l")
        """The first OPENING ids drawn."""
        self.text = new_text(model, prompt, controls, seed)

    @property
    def seed(self) -> int:
        return self.text.numbers.seed

    def __len__(self) -> int:
        """Tokens drawn so far."""
        return self.text.length

    def again(self, seed: int | None = None) -> "Lane":
        """The same lane from the beginning, with another seed if one is given."""
        return Lane(self.model, self.prompt, self.seed if seed is None else seed, self.controls)


class Stretch(NamedTuple):
    """T tokens that a lane drew one after the other, all under the same controls."""

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
    """Lanes at the same position, each in its own text.

    A lane is drawn from the same distribution and with the same random numbers as the text that `generate` gives
    for its model, prompt, controls and seed, and the same race gives the same texts again. It isn't promised to be
    that text to the last character: matrix products round their last bit differently in a batch, and where that
    decides a draw, about once in some 100,000 characters, the texts differ from there on.

    Lanes that are behind, because they joined later or had ended, move alone until they have caught up. Unless
    `endless`, a lane ends at its first `<eos>`.
    """

    def __init__(self, lanes: Sequence[Lane], *, endless: bool = True) -> None:
        self._lanes = list(lanes)
        self._endless = endless
        self._moving: list[_Group] = []
        self._pairs: dict[tuple[Lane, Lane], Pair] = {}

    @property
    def lanes(self) -> Sequence[Lane]:
        return tuple(self._lanes)

    @lanes.setter
    def lanes(self, lanes: Sequence[Lane]) -> None:
        """Lanes may join, leave and change places at any time."""
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
            for group in self._moving:
                group.release()  # while it is known which lanes have ended
            self._moving = []
            for lane in self._lanes:
                lane.ended = False

    @property
    def ended(self) -> bool:
        """Whether every lane has ended."""
        return all(lane.ended for lane in self._lanes)

    @property
    def behind(self) -> bool:
        """Whether some lane still has to catch up with another."""
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
        for group in groups:
            drawn = group.run(most, deadline, self._endless)
            stretches += drawn
            if not all(stretch.lane.ended for stretch in drawn):
                # All other groups advance by as many steps as the first managed in its time.
                most, deadline = max(len(stretch.ids) for stretch in drawn), inf
        order = {lane: place for place, lane in enumerate(self._lanes)}
        return sorted(stretches, key=lambda stretch: order[stretch.lane])

    def parting(self, place: int) -> int | None:
        """The position where the lane at a place first differs from its left neighbour; None while they agree.

        Lanes with different prompts differ from position 0.
        """
        if place < 1:
            return None
        left, lane = self._lanes[place - 1], self._lanes[place]
        pair = self._pairs.get((left, lane))
        if pair is None:
            pair = self._pairs[left, lane] = Pair(left, lane)
        return pair.divergence()

    def _groups(self, lanes: list[Lane]) -> list["_Group"]:
        """The lanes by model, each group in the rows of one batch."""
        if lanes != [lane for group in self._moving for lane in group.lanes]:
            for group in self._moving:
                group.release()
            by_model: dict[CharRNN, list[Lane]] = {}
            for lane in lanes:
                by_model.setdefault(lane.model, []).append(lane)
            self._moving = [_Group(model, its_lanes) for model, its_lanes in by_model.items()]
        return self._moving


class _Group:
    """Lanes of one model at one position, whose texts are in the rows of a batch until they are released."""

    def __init__(self, model: CharRNN, lanes: list[Lane]) -> None:
        self.lanes = lanes
        self._eos = model.vocabulary.eos
        self._batch = Batch(model, [lane.text for lane in lanes])

    def release(self) -> None:
        """Gives the lanes their texts back."""
        for lane, text in zip(self.lanes, self._batch.texts, strict=True):
            if text.alone is not None:
                text.alone.rewind(len(lane))
            if text.rules is not None:
                text.rules.rewind(len(lane))
            if lane.ended:  # the row has gone on after the lane's `<eos>`
                text.state[...], text.last, text.length = 0.0, lane.text.last, lane.text.length
            lane.text = text

    def run(self, most: int, deadline: float, endless: bool) -> list[Stretch]:
        """Draws up to `most` tokens for each lane, as many as there is time for, but one at least."""
        self._batch.controls = controls = [lane.controls for lane in self.lanes]
        runs: list[NDArray[np.intp]] = []
        figures: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        lengths = [0] * len(self.lanes)
        ended = [False] * len(self.lanes)
        while most and not all(ended) and (not runs or perf_counter() < deadline):
            ids = self._batch.run(most, deadline)
            _, surprisals, entropies = self._batch.figures()
            runs.append(ids)
            figures.append((surprisals, entropies))
            most -= len(ids)
            for row in range(len(self.lanes)):
                if not ended[row]:
                    ends = [] if endless else np.flatnonzero(ids[:, row] == self._eos).tolist()
                    ended[row] = bool(ends)
                    lengths[row] += ends[0] + 1 if ends else len(ids)
        ids = np.concatenate(runs)
        surprisals, entropies = (np.concatenate(columns) for columns in zip(*figures, strict=True))
        stretches = []
        for row, (lane, end) in enumerate(zip(self.lanes, lengths, strict=True)):
            drawn = ids[:end, row]
            stretches.append(
                Stretch(lane, len(lane), drawn, surprisals[:end, row], entropies[:end, row], controls[row])
            )
            _append(lane, drawn, ended[row])
        return stretches


def _append(lane: Lane, ids: NDArray[np.intp], ended: bool) -> None:
    lane.opening.extend(ids[: max(0, OPENING - len(lane.opening))].tolist())
    lane.text.length += len(ids)
    lane.text.past.extend(ids.tolist())
    lane.text.last = int(ids[-1])
    lane.ended = ended
