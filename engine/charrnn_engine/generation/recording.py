"""A recording: what it takes to write a text again, character by character, as JSON. Knows no model and no files.

A text follows from the model, the prompt, the seed, the controls with the positions at which they changed, and the
tokens that the user chose instead of those drawn. Of the model it holds the name and a hash.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from charrnn_engine.errors import ControlsError, RecordingError, shown
from charrnn_engine.sampling.controls import Controls

FORMAT = 1
BYTES_AT_MOST = 16_000_000
"""The largest JSON that is read."""

SEVERAL_MODELS = "several models"
"""The fingerprint of a text whose model was replaced while it was written."""

_KIND = "charrnn recording"
_TOKENS_AT_MOST = 1_000_000_000
_NAME_AT_MOST = 1_000  # characters of the model's name
_CONTROLS = tuple(field.name for field in fields(Controls))


@dataclass(frozen=True)
class Recording:
    """All that a text follows from. Positions count generated tokens from 0.

    `changes` are controls with the position of the first token drawn under them; the first is at 0. `forced` are
    ids that the user chose, with their positions. `ending` hashes the last tokens, so that a replay can tell whether
    it came out the same. Raises RecordingError for positions out of order or out of range.
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
            raise RecordingError(
                f"the recording's length is {shown(self.length)}; it must be 0 to {_TOKENS_AT_MOST:,}"
            )
        if len(self.model) > _NAME_AT_MOST:
            raise RecordingError(f"the recording's model name is longer than {_NAME_AT_MOST:,} characters")
        if not self.changes or self.changes[0][0] != 0:
            raise RecordingError("the recording lacks the controls that it begins with")
        for what, places in (("controls", self.changes), ("forced tokens", self.forced)):
            positions = [at for at, _ in places]
            if sorted(set(positions)) != positions or (positions and positions[-1] > max(0, self.length - 1)):
                raise RecordingError(f"the recording's {what} are out of order, or beyond the end of the text")
        if self.ending is not None and self.ending.tokens > self.length:
            raise RecordingError("the recording's ending is longer than its text")

    def check_one_model(self) -> None:
        """Raises RecordingError for a text whose model was replaced while it was written."""
        if self.fingerprint == SEVERAL_MODELS:
            raise RecordingError(
                "the model learnt while it wrote this text, so the text can't be replayed; save it as text instead"
            )

    def controls_at(self, position: int) -> Controls:
        """The controls of the token at a position; beyond the end, those of the last token."""
        return self.changes[bisect_right(self._changed_at, position) - 1][1]

    def forced_at(self, position: int) -> int | None:
        """The id that the user chose there, or None."""
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
            "forced": [{"at": at, "ids": ids} for at, ids in _runs(self.forced)],
            "ending": None if self.ending is None else asdict(self.ending),
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Recording":
        """Reads a recording. Raises RecordingError if it isn't one, or if a later version wrote it."""
        if len(text) > BYTES_AT_MOST:
            raise RecordingError(f"the recording is larger than {BYTES_AT_MOST // 1_000_000} MB")
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            raise RecordingError("this is not a charrnn-tui recording: it isn't readable JSON") from None
        if not isinstance(content, dict) or content.get("kind") != _KIND:
            raise RecordingError("this is not a charrnn-tui recording; the app saves one with s")
        if content.get("format") != FORMAT:
            raise RecordingError(
                f"the recording has format {shown(content.get('format'), 20)}; this version reads {FORMAT}"
            )
        ending = content.get("ending")
        return cls(
            model=_of(content, "model", str),
            fingerprint=_of(content, "fingerprint", str),
            prompt=_of(content, "prompt", str),
            seed=_position(content, "seed"),
            length=_position(content, "length"),
            changes=tuple((_position(entry, "at"), _controls(entry)) for entry in _entries(content, "changes")),
            forced=tuple(pair for entry in _entries(content, "forced") for pair in _forced(entry)),
            ending=None if ending is None else Ending.from_json(ending),
        )


@dataclass(frozen=True)
class Ending:
    """The number of last ids that were hashed, and their hash."""

    tokens: int
    mark: str

    @classmethod
    def of(cls, ids: Sequence[int]) -> "Ending":
        return cls(len(ids), hashlib.sha256(np.asarray(ids, "<u4").tobytes()).hexdigest())

    @classmethod
    def from_json(cls, content: object) -> "Ending":
        return cls(_position(content, "tokens"), _of(content, "mark", str))

    def fits(self, ids: Sequence[int]) -> bool:
        """Whether the text of these ids ends the same way."""
        return len(ids) >= self.tokens and Ending.of(ids[len(ids) - self.tokens :]) == self


def _runs(forced: Sequence[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    """Runs of ids at successive positions, each with the position of its first. A text that was read is one run."""
    runs: list[tuple[int, list[int]]] = []
    for at, index in forced:
        if runs and at == runs[-1][0] + len(runs[-1][1]):
            runs[-1][1].append(index)
        else:
            runs.append((at, [index]))
    return runs


def _forced(entry: object) -> Iterator[tuple[int, int]]:
    """The positions and ids of a run. Earlier versions wrote an entry with one `id` for each token."""
    at = _position(entry, "at")
    ids = _of(entry, "ids", list) if isinstance(entry, dict) and "ids" in entry else [_position(entry, "id")]
    for place, index in enumerate(ids, at):
        yield place, _position({"id": index}, "id")


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
        raise RecordingError(f"the recording is damaged: its {name!r} is {shown(value, 20)}, below 0")
    return value


def _controls(entry: dict[str, Any]) -> Controls:
    # An unknown control would change the text, so it isn't ignored.
    unknown = sorted(set(entry) - {"at", *_CONTROLS})
    if unknown:
        raise RecordingError(f"the recording has a control {unknown[0][:40]!r} that this version doesn't know")
    try:
        return Controls(**{name: entry[name] for name in _CONTROLS if name in entry})
    except ControlsError as error:
        raise RecordingError(f"the recording is damaged: {error}") from None
