"""Records what happens to a text, and writes the text again from a recording. Knows no files and no screen."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from charrnn_engine.errors import ControlsError, RecordingError
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.holding import held_units
from charrnn_engine.generation.prompts import encode_prompt
from charrnn_engine.generation.recording import SEVERAL_MODELS, Ending, Recording
from charrnn_engine.generation.rules_in_force import rules_for
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.random_numbers import RandomNumbers

_ENDING = 100_000  # last ids that the ending is computed from, at most


class Drawn(Protocol):
    """What the recorder reads of a token: a Token has it, and so has an entry of a log."""

    @property
    def id(self) -> int: ...
    @property
    def controls(self) -> Controls: ...


class Recorder:
    """Records what happens to a text: `extend` with new tokens, `truncate` when it goes back.

    Takes a few dozen bytes for every change of controls and every token chosen by the user, nothing for others.
    """

    def __init__(self, model: CharRNN, prompt: str, seed: int) -> None:
        self._model, self._prompt, self._seed = model, prompt, seed
        self._fingerprint: str | None = None
        self._length = 0
        self._changes: list[tuple[int, Controls]] = []
        self._forced: list[tuple[int, int]] = []
        self._now: Controls | None = None

    def extend(self, tokens: Iterable[Drawn], forced: bool = False) -> None:
        """Adds tokens. All of them were chosen by the user if `forced`, else those with a true attribute `forced`."""
        at, now = self._length, self._now
        for token in tokens:
            controls = token.controls
            if controls is not now and controls != now:
                self._changes.append((at, controls))
            now = controls
            if forced or getattr(token, "forced", False):
                self._forced.append((at, token.id))
            at += 1
        self._length, self._now = at, now

    def truncate(self, length: int) -> None:
        """Goes back to the first `length` tokens."""
        self._length = min(self._length, length)
        for kept in (self._changes, self._forced):
            while kept and kept[-1][0] >= self._length:
                kept.pop()
        self._now = self._changes[-1][1] if self._changes else None

    def model_replaced(self) -> None:
        """Marks the text as one of several models, which can't be replayed."""
        self._fingerprint = SEVERAL_MODELS

    def recording(self, last_ids: Sequence[int] = (), controls: Controls = Controls()) -> Recording:
        """The recording of the text so far. `last_ids` are its last ids, as many as are known; by them a replay is
        checked. `controls` are for a text that is still empty.
        """
        return Recording(
            self._model.name,
            self._fingerprint or fingerprint(self._model),
            self._prompt,
            self._seed,
            self._length,
            tuple(self._changes) or ((0, controls),),
            tuple(self._forced),
            Ending.of(last_ids[-_ENDING:]) if len(last_ids) else None,
        )


def fingerprint(model: CharRNN) -> str:
    """A hash of a model's vocabulary and weights.

    Of the arrays as the archive has them, not of products, which may differ between machines.
    """
    vocabulary = model.vocabulary
    digest = hashlib.sha256(json.dumps([vocabulary.level, vocabulary.eos, vocabulary.tokens]).encode())
    arrays = [array for cell in model.network.cells for array in (cell.kernel, cell.bias)]
    for array in (*arrays, model.network.head.kernel, model.network.head.bias):
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return f"sha256:{digest.hexdigest()}"


def check_model(model: CharRNN, recording: Recording) -> None:
    """Raises RecordingError if the recording was made with another model or has tokens that this one can't generate.

    Also raises what Generation raises for a prompt or a seed.
    """
    recording.check_one_model()
    if fingerprint(model) != recording.fingerprint:
        raise RecordingError(
            f"the recording was made with a model {recording.model[:80]!r} of other weights than {model.name!r};"
            " name the model that it was made with"
        )
    for at, index in recording.forced:
        if index >= len(model.vocabulary) or index in model.vocabulary.never_drawn:
            raise RecordingError(f"the recording has the token {index} at {at}, which the model can't generate")
    for _, controls in recording.changes:
        try:
            held_units(model, controls.hold)
            rules_for(model, controls)
        except ControlsError as error:
            raise RecordingError(f"the recording's controls don't fit the model: {error}") from None
    encode_prompt(model, recording.prompt)
    RandomNumbers(recording.seed)


class ReplayedGeneration(Generation):
    """A Generation that follows a recording to its end, whatever controls are passed, and then goes on as any other.
    It may go back and forward again; `leave` ends the replay earlier.

    Raises what `check_model` raises.
    """

    def __init__(self, model: CharRNN, recording: Recording) -> None:
        check_model(model, recording)
        super().__init__(model, recording.prompt, seed=recording.seed)
        self._recording = recording
        self._until = recording.length

    @property
    def replaying(self) -> bool:
        """Whether the next token comes from the recording."""
        return len(self) < self._until

    def leave(self) -> None:
        """Ends the replay here; the text goes on under the controls that are passed."""
        self._until = min(self._until, len(self))

    def forced_at(self, position: int) -> bool:
        """Whether the user chose the token at a position when it was recorded."""
        return position < self._until and self._recording.forced_at(position) is not None

    def next(self, controls: Controls) -> Token:
        position = len(self)
        if position >= self._until:
            return super().next(controls)
        controls, forced = self._recording.controls_at(position), self._recording.forced_at(position)
        return super().next(controls) if forced is None else self.take(forced, controls)


def replay(model: CharRNN, recording: Recording) -> Iterator[Token]:
    """The tokens of the recorded text, `recording.length` of them. Raises at once what `check_model` raises."""
    generation = ReplayedGeneration(model, recording)
    end = recording.controls_at(recording.length)
    return (generation.next(end) for _ in range(recording.length))
