"""A recording: what it takes to write a text again to the character, as JSON. Knows no model and no files.

A text follows from model, prompt and seed, the controls with the positions at which they changed, and the tokens
that the reader put in the place of those drawn. The model isn't in it, only its mark.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from charrnn_engine.errors import ControlsError, RecordingError
from charrnn_engine.sampling.controls import Controls

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
