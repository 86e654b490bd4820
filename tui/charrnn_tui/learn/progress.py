"""How far the student has come in each lesson, kept in a small file. Rubbish in it counts as a first start."""

import json
from collections.abc import Iterable
from pathlib import Path

from charrnn_engine.checkpoints.files import read_regular
from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.locations import user_data
from charrnn_engine.errors import CheckpointError
from charrnn_tui.learn.lesson import Lesson

_BYTES_AT_MOST, _LESSONS_AT_MOST, _STEPS_AT_MOST = 100_000, 500, 1_000


class Progress:
    """The step that each lesson was left at, and which lessons are done."""

    def __init__(self, at: dict[str, int] | None = None, done: Iterable[str] = ()) -> None:
        self._at = dict(at or {})
        self._done = set(done)

    def place(self, lesson: Lesson) -> int:
        """The step to resume at, from 0."""
        return min(self._at.get(lesson.key, 0), len(lesson.steps) - 1)

    def is_done(self, lesson: Lesson) -> bool:
        return lesson.key in self._done

    def left(self, lesson: Lesson, place: int) -> None:
        """The student is at a step now."""
        self._at.pop(lesson.key, None)
        self._at[lesson.key] = place  # the last ones are kept

    def finished(self, lesson: Lesson) -> None:
        self._at.pop(lesson.key, None)
        self._done.add(lesson.key)

    @classmethod
    def read(cls) -> "Progress":
        try:
            found = parse_json(read_regular(_file(), _BYTES_AT_MOST))
        except (OSError, ValueError, CheckpointError):
            return cls()
        at = found.get("at") if isinstance(found, dict) else None
        done = found.get("done") if isinstance(found, dict) else None
        places = at.items() if isinstance(at, dict) else ()
        return cls(
            {key: place for key, place in places if type(place) is int and 0 <= place < _STEPS_AT_MOST},
            [key for key in done if isinstance(key, str)] if isinstance(done, list) else (),
        )

    def write(self) -> None:
        """Raises OSError."""
        path = _file()
        path.parent.mkdir(parents=True, exist_ok=True)
        at = dict(list(self._at.items())[-_LESSONS_AT_MOST:])
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"at": at, "done": sorted(self._done)[:_LESSONS_AT_MOST]}, indent=1) + "\n")
        new.replace(path)


def _file() -> Path:
    return user_data() / "lessons.json"
