"""Writes down what happens to a text, and writes the text again from that. Knows no files and no screen."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from charrnn_engine.errors import RecordingError
from charrnn_engine.generation.generation import Generation, Token
from charrnn_engine.generation.recording import Ending, Recording
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

_ENDING = 100_000  # ids that the ending is a mark of, at most


class Drawn(Protocol):
    """A token as the recorder sees it: a Token, or whatever a log keeps of one."""

    @property
    def id(self) -> int: ...
    @property
    def controls(self) -> Controls: ...


class Recorder:
    """Writes down what happens to a text: `extend` what it goes on by, `truncate` when it goes back.

    A few dozen bytes for every change of controls and every token forced, nothing for the others.
    """

    def __init__(self, model: CharRNN, prompt: str, seed: int) -> None:
        self._model, self._prompt, self._seed = model, prompt, seed
        self._length = 0
        self._changes: list[tuple[int, Controls]] = []
        self._forced: list[tuple[int, int]] = []
        self._now: Controls | None = None

    def extend(self, tokens: Iterable[Drawn], forced: bool = False) -> None:
        """The text went on by these. They are `forced`, or those of them are that have a `forced` which is true."""
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
        """The text went back to its first `length` tokens."""
        self._length = min(self._length, length)
        for kept in (self._changes, self._forced):
            while kept and kept[-1][0] >= self._length:
                kept.pop()
        self._now = self._changes[-1][1] if self._changes else None

    def recording(self, last_ids: Sequence[int] = (), controls: Controls = Controls()) -> Recording:
        """The recording of the text so far. `last_ids` are those of its end, as many as are at hand, from which it
        is known whether a replay came out the same; `controls` are for a text that is still empty.
        """
        return Recording(
            self._model.name,
            fingerprint(self._model),
            self._prompt,
            self._seed,
            self._length,
            tuple(self._changes) or ((0, controls),),
            tuple(self._forced),
            Ending.of(last_ids[-_ENDING:]) if len(last_ids) else None,
        )


def fingerprint(model: CharRNN) -> str:
    """The mark of a model: of its vocabulary and its weights.

    Made of the arrays as the archive has them, not of products of them, which may differ between machines.
    """
    vocabulary = model.vocabulary
    mark = hashlib.sha256(json.dumps([vocabulary.level, vocabulary.eos, vocabulary.tokens]).encode())
    arrays = [array for cell in model.network.cells for array in (cell.kernel, cell.bias)]
    for array in (*arrays, model.network.head.kernel, model.network.head.bias):
        mark.update(repr(array.shape).encode())
        mark.update(np.ascontiguousarray(array, "<f4").tobytes())
    return f"sha256:{mark.hexdigest()}"


def check_model(model: CharRNN, recording: Recording) -> None:
    """Raises RecordingError where the recording was made with another model, or takes what this one can't generate.

    Raises what Generation does, too, for a prompt that the model doesn't know.
    """
    if fingerprint(model) != recording.fingerprint:
        raise RecordingError(
            f"the recording was made with a model {recording.model[:80]!r} of other weights than {model.name!r} has;"
            " name the one that it was made with"
        )
    for at, index in recording.forced:
        if index >= len(model.vocabulary) or index in model.vocabulary.never_drawn:
            raise RecordingError(f"the recording takes the token {index} at {at}, which the model can't generate")
    Generation(model, recording.prompt, seed=recording.seed)


class ReplayedGeneration(Generation):
    """A Generation that goes as a recording went, up to its end, whatever controls it is asked for, and from there
    on as any other. It may go back and on again; `leave` lets it go its own way earlier.

    Raises what `check_model` does.
    """

    def __init__(self, model: CharRNN, recording: Recording) -> None:
        check_model(model, recording)
        super().__init__(model, recording.prompt, seed=recording.seed)
        self._recording = recording
        self._until = recording.length

    @property
    def replaying(self) -> bool:
        """Whether the next token is the recording's."""
        return len(self) < self._until

    def leave(self) -> None:
        """From here on the text is the reader's."""
        self._until = min(self._until, len(self))

    def forced_at(self, position: int) -> bool:
        """Whether the token at a position is one that the reader chose when it was recorded."""
        return position < self._until and self._recording.forced_at(position) is not None

    def next(self, controls: Controls) -> Token:
        position = len(self)
        if position >= self._until:
            return super().next(controls)
        controls, forced = self._recording.controls_at(position), self._recording.forced_at(position)
        return super().next(controls) if forced is None else self.take(forced, controls)


def replay(model: CharRNN, recording: Recording) -> Iterator[Token]:
    """The tokens of the recorded text, `recording.length` of them. See `check_model` for what is raised, at once."""
    generation = ReplayedGeneration(model, recording)
    end = recording.controls_at(recording.length)
    return (generation.next(end) for _ in range(recording.length))
