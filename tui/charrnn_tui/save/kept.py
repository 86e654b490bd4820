"""Keeps the text of a session that ended unexpectedly in the data folder, to offer it at the next start. Knows no
screen.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from charrnn_engine.checkpoints.files import read_regular
from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.locations import user_data
from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.recording import BYTES_AT_MOST, Recording
from charrnn_tui.save.forms import Kind, TextToSave, save_text

_BYTES_AT_MOST = 1_000_000


@dataclass(frozen=True)
class Kept:
    """A text to play again, the name or path of its model, and what the user had typed as a prompt."""

    file: Path
    """The text, for the user to read."""
    model: str
    recording: Recording
    typed: str


def keep(text: TextToSave, model: str, typed: str) -> Path:
    """Saves a text, to be offered at the next start; returns its path. Raises SaveError and OSError."""
    folder = _folder()
    file = save_text(text, Kind.TEXT, folder)
    recording = save_text(text, Kind.RECORDING, folder)
    note = {"text": file.name, "recording": recording.name, "model": model, "typed": typed[: _BYTES_AT_MOST // 16]}
    _note().write_text(json.dumps(note), encoding="utf-8")
    return file


def kept() -> Kept | None:
    """The text that was kept last and hasn't been offered yet. None if there is none, or it can't be read."""
    with suppress(CharRNNError, OSError, ValueError):
        note = parse_json(read_regular(_note(), _BYTES_AT_MOST))
        match note:
            case {"text": str(text), "recording": str(name), "model": str(model), "typed": str(typed)}:
                content = read_regular(_folder() / Path(name).name, BYTES_AT_MOST)
                return Kept(_folder() / Path(text).name, model, Recording.from_json(content), typed)
    return None


def forget() -> None:
    """The text won't be offered again. Its files stay."""
    with suppress(OSError):
        _note().unlink(missing_ok=True)


def _folder() -> Path:
    return user_data() / "kept"


def _note() -> Path:
    return _folder() / "offer.json"
