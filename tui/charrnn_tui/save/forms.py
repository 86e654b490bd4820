"""Saves a text: as text, in colour, as JSON lines with probabilities, as a picture of the screen, or as a recording.

Files are never overwritten, and a failed write leaves nothing behind. Knows no screen, and may run in a thread.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Protocol

from charrnn_engine.checkpoints.files import read_regular
from charrnn_engine.checkpoints.locations import saved_texts
from charrnn_engine.errors import CharRNNError, RecordingError, shown
from charrnn_engine.generation.prompts import encode_prompt
from charrnn_engine.generation.recording import BYTES_AT_MOST, Recording
from charrnn_engine.generation.replay import replay
from charrnn_engine.network.model import CharRNN
from charrnn_tui.save.coloured import ansi_pieces, html_pieces
from charrnn_tui.save.learnt_model import model_name, save_model
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.ui.formats import shown_path

CLIPBOARD_BYTES = 74_000
"""What every terminal accepts as OSC 52: 100,000 bytes of base64, the sequence itself included."""

_NUMBERS_TRIED = 100
_CHUNK = 4096


class SaveError(CharRNNError):
    """A text that couldn't be saved: one line that names the place and the way out."""


class Kind(Enum):
    """The form of a saved text: the file's suffix, a name, and what is in it."""

    TEXT = (".txt", "text", "the prompt and the text after it")
    HTML = (".html", "web page", "coloured; the mouse shows the probabilities")
    ANSI = (".ansi", "coloured text", "for cat or less -R in a terminal")
    JSON_LINES = (".jsonl", "JSON lines", "each character with its probabilities")
    PICTURE = (".svg", "SVG picture", "the screen as it is now")
    LIVE = (".txt", "live file", "the text, kept up to date while it runs")
    RECORDING = (".json", "recording", "for charrnn-tui play --replay FILE")
    MODEL = ("", "model", "with what it learnt from this text")

    def __init__(self, suffix: str, label: str, content: str) -> None:
        self.suffix, self.label, self.content = suffix, label, content

    @property
    def errors(self) -> str:
        """How a lone surrogate, which UTF-8 can't hold, is written: as an escape. In a live file it is one character,
        because such a file is cut by its count of characters.
        """
        return "replace" if self is Kind.LIVE else "backslashreplace"


class ToSave(Protocol):
    """Something to save. `kinds` are the forms that it has, each with what the file holds."""

    @property
    def kinds(self) -> Mapping[Kind, str]: ...

    @property
    def stem(self) -> str:
        """The beginning of the file's name."""

    def pieces(self, kind: Kind) -> Iterable[str]:
        """The content of the file, for any of `kinds`."""


@dataclass(frozen=True)
class TextToSave:
    """A text with all that is needed to save it in any form.

    `ids` are the generated ones: all of them, or the last ones that are kept. `picture` is an SVG. A text in colour
    has the colours of `colouring`, and in a terminal those for a `dark` or a light background.
    """

    model: CharRNN
    recording: Recording
    ids: Sequence[int]
    picture: str = ""
    colouring: Colouring = "surprise"
    dark: bool = True
    learnt: CharRNN | None = None
    """The model with what it has learnt from the text."""
    source: str = ""
    """The name or path that the model was opened by."""

    @property
    def kinds(self) -> Mapping[Kind, str]:
        return {kind: kind.content for kind in Kind if kind is not Kind.MODEL or self.learnt is not None}

    @property
    def stem(self) -> str:
        return file_stem(self.model.name)

    def pieces(self, kind: Kind) -> Iterator[str]:
        """The content of the file. Forms with probabilities generate the text again from the recording."""
        if kind in (Kind.TEXT, Kind.LIVE):
            ids: Iterable[int] = self.ids
            if len(self.ids) < self.recording.length:  # the beginning was dropped: it is generated again
                ids = (token.id for token in replay(self.model, self.recording))
            return text_pieces(self.model, self.recording.prompt, ids)
        if kind is Kind.JSON_LINES:
            return json_lines(self.model, self.recording)
        if kind is Kind.HTML:
            return html_pieces(self.model, self.recording, self.colouring)
        if kind is Kind.ANSI:
            return ansi_pieces(self.model, self.recording, self.colouring, self.dark)
        if kind is Kind.RECORDING:
            self.recording.check_one_model()
        return iter([self.picture if kind is Kind.PICTURE else self.recording.to_json()])


def file_stem(name: str) -> str:
    """A model's name as the beginning of a file's name."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "text"


def default_folder() -> Path:
    """Where texts are saved unless another folder is named. It needn't exist yet."""
    return saved_texts()


def folder_typed(text: str) -> Path:
    """The folder that was typed: `~` is the home folder, nothing is the default, other paths start from here."""
    text = text.strip()
    return Path(os.path.abspath(os.path.expanduser(text))) if text else default_folder()  # noqa: PTH100, PTH111


def next_name(folder: Path, stem: str, kind: Kind) -> str:
    """The name of the next file: its number is one above those in the folder, whatever their kind."""
    if kind is Kind.MODEL:
        return model_name(stem)
    return _numbered(stem, _highest(folder, stem) + 1, kind)


def _numbered(stem: str, number: int, kind: Kind) -> str:
    return f"{stem}-{number}{kind.suffix}"


def _highest(folder: Path, stem: str) -> int:
    numbered = re.compile(re.escape(stem) + r"-(\d{1,9})\.\w+")
    try:
        with os.scandir(folder) as entries:
            found = [match for entry in entries if (match := numbered.fullmatch(entry.name))]
    except (OSError, ValueError):
        return 0  # the folder isn't there yet, or can't be read, which writing will report
    return max((int(match[1]) for match in found), default=0)


def file_name(typed: str, kind: Kind) -> str:
    """The file name that was typed, with the suffix of its kind. Raises SaveError if it can't be a file name."""
    name = typed.strip()
    if name in ("", ".", "..") or not name.isprintable() or {"/", os.sep} & set(name):
        raise SaveError(f"not saved: {shown(name, 40)} can't be a file name; type another")
    return name if name.lower().endswith(kind.suffix) else f"{name.rstrip('.')}{kind.suffix}"


def problem_with_name(folder: Path, typed: str, kind: Kind) -> str | None:
    """Why a file can't have the name that was typed, in a line, or None."""
    try:
        name = file_name(typed, kind)
        taken = os.path.lexists(folder / name)
    except (SaveError, OSError, ValueError) as error:
        return str(error)
    return f"{name} is already there; type another name" if taken else None


def save_text(to_save: ToSave, kind: Kind, folder: Path, typed: str | None = None) -> Path:
    """Writes a file of that kind into the folder, which is created if it is missing; returns its path. Without a
    typed name, the file gets the next number.

    Raises SaveError if that fails, and leaves no half-written file.
    """
    stem = to_save.stem
    if kind is Kind.MODEL and isinstance(to_save, TextToSave) and to_save.learnt is not None:
        try:
            name = file_name(typed, kind) if typed else model_name(stem)
            return save_model(to_save.learnt, to_save.source, to_save.recording, name)
        except (CharRNNError, OSError) as error:
            raise SaveError(f"not saved: {error}") from None
    if not folder.is_absolute():
        raise SaveError(f"not saved: {folder}: there is no home folder; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        first = _highest(folder, stem) + 1
        numbered = (_numbered(stem, number, kind) for number in range(first, first + _NUMBERS_TRIED))
        for name in numbered if typed is None else [file_name(typed, kind)]:
            path = folder / name
            try:
                # "x": the name may have been taken since the folder was read
                file = path.open("x", encoding="utf-8", errors=kind.errors, newline="")
            except FileExistsError:
                continue
            try:
                with file:
                    file.writelines(to_save.pieces(kind))
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            return path
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SaveError(f"not saved: {shown_path(folder)}: {reason}; choose another folder") from None
    if typed is not None:
        raise SaveError(f"not saved: {file_name(typed, kind)} is already there; type another name")
    raise SaveError(f"not saved: {shown_path(folder)} has no free number for {stem}; choose another folder")


def text_pieces(model: CharRNN, prompt: str, ids: Iterable[int]) -> Iterator[str]:
    """The prompt and the text after it; an `<eos>` is a newline."""
    yield prompt
    more, before = iter(ids), encode_prompt(model, prompt)[-1]
    while chunk := list(islice(more, _CHUNK)):
        yield "".join(model.vocabulary.pieces(chunk, before, "\n"))
        before = chunk[-1]


def json_lines(model: CharRNN, recording: Recording) -> Iterator[str]:
    """A line for the text as a whole, then one for each token: Token's fields, its controls, and whether the user
    chose it (`forced`). Generated again from the recording, so nothing of it needs to be in memory.
    """
    whole = {"model": recording.model, "prompt": recording.prompt, "seed": recording.seed, "tokens": recording.length}
    yield json.dumps(whole) + "\n"
    for token in replay(model, recording):
        line = token._asdict()
        line.update(asdict(line.pop("controls")), forced=recording.forced_at(token.index) is not None)
        yield json.dumps(line) + "\n"


def read_recording(path: Path) -> Recording:
    """Reads a recording from a regular file. Raises RecordingError, which names the file."""
    try:
        return Recording.from_json(read_regular(path, BYTES_AT_MOST))
    except CharRNNError as error:
        raise RecordingError(f"{path}: {error}") from None


def for_clipboard(text: str) -> tuple[str, bool]:
    """As much of the end of a text as a terminal puts on the clipboard, and whether something was left out."""
    content = text.encode("utf-8", "replace")
    if len(content) <= CLIPBOARD_BYTES:
        return text, False
    return content[-CLIPBOARD_BYTES:].decode("utf-8", "ignore"), True
