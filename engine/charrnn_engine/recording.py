"""A recording: what it takes to write a text again to the character, as JSON. The model isn't in it, only its mark.

A text follows from model, prompt and seed, the controls with the positions at which they changed, and the tokens
that the reader put in the place of those drawn. Knows no files and no screen.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from charrnn_engine.errors import ControlsError, RecordingError
from charrnn_engine.model import CharRNN
from charrnn_engine.sampler import Controls
from charrnn_engine.stream import Generation, Token

FORMAT = 1
BYTES_AT_MOST = 16_000_000
"""The longest JSON that is read."""

_KIND = "charrnn recording"
_TOKENS_AT_MOST = 1_000_000_000
_CONTROLS = tuple(field.name for field in fields(Controls))


@dataclass(frozen=True)
class Recording:
    """What a text is made of. Positions count generated tokens from 0.

    `changes` are controls and the position of the first token drawn with them; the first is at 0. `forced` are ids
    taken at a position whatever the draw. `ending` marks the last tokens, so that a replay can tell whether it came
    out the same. Raises RecordingError for positions out of order or out of range.
    """

    model: str
    fingerprint: str
    prompt: str
    seed: int
    length: int
    changes: tuple[tuple[int, Controls], ...]
    forced: tuple[tuple[int, int], ...] = ()
    ending: "Ending | None" = None

    def __post_init__(self) -> None:
        if not 0 <= self.length <= _TOKENS_AT_MOST:
            raise RecordingError(f"the recording's length is {self.length}; it goes from 0 to {_TOKENS_AT_MOST:,}")
        if not self.changes or self.changes[0][0] != 0:
            raise RecordingError("the recording doesn't say with which controls it begins")
        for what, places in (("controls", self.changes), ("forced tokens", self.forced)):
            positions = [at for at, _ in places]
            if sorted(set(positions)) != positions or (positions and positions[-1] > max(0, self.length - 1)):
                raise RecordingError(f"the recording's {what} are not in the order of the text, or beyond its end")

    def controls_at(self, position: int) -> Controls:
        """The controls that the token at a position was drawn with; those of the end beyond it."""
        return self.changes[bisect_right(self._changed_at, position) - 1][1]

    def forced_at(self, position: int) -> int | None:
        """The id taken there in the place of the draw, or None."""
        return self._forced_ids.get(position)

    @cached_property
    def _changed_at(self) -> list[int]:
        return [at for at, _ in self.changes]

    @cached_property
    def _forced_ids(self) -> Mapping[int, int]:
        return dict(self.forced)

    def to_json(self) -> str:
        """The content of a recording's file: ASCII, ends with a newline."""
        content = {
            "kind": _KIND,
            "format": FORMAT,
            "model": self.model,
            "fingerprint": self.fingerprint,
            "prompt": self.prompt,
            "seed": self.seed,
            "length": self.length,
            "changes": [{"at": at, **asdict(controls)} for at, controls in self.changes],
            "forced": [{"at": at, "id": index} for at, index in self.forced],
            "ending": None if self.ending is None else asdict(self.ending),
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Recording":
        """Reads a recording. Raises RecordingError where it isn't one, or one of a later version."""
        if len(text) > BYTES_AT_MOST:
            raise RecordingError(f"the recording is larger than {BYTES_AT_MOST // 1_000_000} MB")
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            raise RecordingError("this is no recording: it is not readable JSON") from None
        if not isinstance(content, dict) or content.get("kind") != _KIND:
            raise RecordingError("this is no recording; one is saved with s in the app")
        if content.get("format") != FORMAT:
            raise RecordingError(
                f"the recording has format {str(content.get('format'))[:20]}; this version reads {FORMAT}"
            )
        ending = content.get("ending")
        return cls(
            model=_of(content, "model", str),
            fingerprint=_of(content, "fingerprint", str),
            prompt=_of(content, "prompt", str),
            seed=_position(content, "seed"),
            length=_position(content, "length"),
            changes=tuple((_position(entry, "at"), _controls(entry)) for entry in _entries(content, "changes")),
            forced=tuple((_position(entry, "at"), _position(entry, "id")) for entry in _entries(content, "forced")),
            ending=None if ending is None else Ending.from_json(ending),
        )


@dataclass(frozen=True)
class Ending:
    """A mark of the last `tokens` ids of a text."""

    tokens: int
    mark: str

    @classmethod
    def of(cls, ids: Sequence[int]) -> "Ending":
        return cls(len(ids), hashlib.sha256(np.asarray(ids, "<u4").tobytes()).hexdigest())

    @classmethod
    def from_json(cls, content: object) -> "Ending":
        return cls(_position(content, "tokens"), _of(content, "mark", str))

    def fits(self, ids: Sequence[int]) -> bool:
        """Whether the text of these ids ends so."""
        return len(ids) >= self.tokens and Ending.of(ids[len(ids) - self.tokens :]) == self


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
            Ending.of(last_ids) if len(last_ids) else None,
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
    """Raises RecordingError where the recording was made with another model, PromptError and the like where the
    text can't even begin."""
    if fingerprint(model) != recording.fingerprint:
        raise RecordingError(
            f"the recording was made with a model {recording.model[:80]!r} of other weights than {model.name!r} has;"
            " name the one that it was made with"
        )
    for at, index in recording.forced:
        if index >= len(model.vocabulary) or index in model.vocabulary.never_drawn:
            raise RecordingError(f"the recording takes the token {index} at {at}, which the model can't generate")
    Generation(model, recording.prompt, seed=recording.seed)


def replay_next(generation: Generation, recording: Recording) -> Token:
    """Takes a generation of the recorded prompt and seed one token on, as it went then. Beyond the recording's end
    it goes on with the controls that held there."""
    position = len(generation)
    controls, forced = recording.controls_at(position), recording.forced_at(position)
    return generation.next(controls) if forced is None else generation.take(forced, controls)


def replay(model: CharRNN, recording: Recording) -> Iterator[Token]:
    """The tokens of the recorded text, `recording.length` of them. See `check_model` for what is raised, at once."""
    check_model(model, recording)
    generation = Generation(model, recording.prompt, seed=recording.seed)
    return (replay_next(generation, recording) for _ in range(recording.length))


def _entries(content: Mapping[str, Any], name: str) -> list[Any]:
    return list(_of(content, name, list))


def _of(content: object, name: str, kind: type) -> Any:
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RecordingError(f"the recording is damaged: its {name!r} is missing or of the wrong kind")
    return value


def _position(content: object, name: str) -> int:
    value: int = _of(content, name, int)
    if value < 0:
        raise RecordingError(f"the recording is damaged: its {name!r} is {str(value)[:20]}, below 0")
    return value


def _controls(entry: dict[str, Any]) -> Controls:
    # A control that this version doesn't know would change the text: it isn't passed over.
    unknown = sorted(set(entry) - {"at", *_CONTROLS})
    if unknown:
        raise RecordingError(f"the recording has a control {unknown[0][:40]!r} that this version doesn't know")
    try:
        return Controls(**{name: entry[name] for name in _CONTROLS if name in entry})
    except ControlsError as error:
        raise RecordingError(f"the recording is damaged: {error}") from None
