"""Saves a text: as text, as JSON lines with probabilities, as a picture of the screen, or as a recording.

Files are never overwritten, and a write that fails leaves nothing behind. Knows no screen; may run in a thread.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from itertools import islice
from pathlib import Path

from charrnn_engine.checkpoints.locations import saved_texts
from charrnn_engine.errors import CharRNNError, RecordingError
from charrnn_engine.generation.recording import BYTES_AT_MOST, Recording
from charrnn_engine.generation.replay import replay
from charrnn_engine.network.model import CharRNN
from charrnn_engine.vocabulary import Vocabulary
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
    JSON_LINES = (".jsonl", "JSON lines", "each character with its probabilities")
    PICTURE = (".svg", "SVG picture", "the screen as it is now")
    LIVE = (".txt", "live file", "the text, kept up to date while it runs")
    RECORDING = (".json", "recording", "for charrnn-tui play --replay FILE")

    def __init__(self, suffix: str, label: str, content: str) -> None:
        self.suffix, self.label, self.content = suffix, label, content

    @property
    def errors(self) -> str:
        """How a lone surrogate, which UTF-8 can't hold, is written: as an escape. In a live file it is one character,
        because such a file is cut by its count of characters.
        """
        return "replace" if self is Kind.LIVE else "backslashreplace"


@dataclass(frozen=True)
class TextToSave:
    """A text with all that is needed to save it in any form.

    `ids` are the generated ones, all or only the last ones; `picture` is an SVG.
    """

    model: CharRNN
    recording: Recording
    ids: Sequence[int]
    picture: str = ""

    @property
    def stem(self) -> str:
        """The beginning of the file's name: the model's."""
        return re.sub(r"[^\w.-]+", "-", self.model.name).strip("-.")[:80] or "text"

    def pieces(self, kind: Kind) -> Iterator[str]:
        """The content of the file."""
        if kind in (Kind.TEXT, Kind.LIVE):
            ids: Iterable[int] = self.ids
            if len(self.ids) < self.recording.length:  # the beginning was dropped: it is generated again
                ids = (token.id for token in replay(self.model, self.recording))
            return text_pieces(self.model.vocabulary, self.recording.prompt, ids)
        if kind is Kind.JSON_LINES:
            return json_lines(self.model, self.recording)
        return iter([self.picture if kind is Kind.PICTURE else self.recording.to_json()])


def default_folder() -> Path:
    """Where texts are saved unless another folder is named. It needn't exist yet."""
    return saved_texts()


def folder_typed(text: str) -> Path:
    """The folder that was typed: `~` is the home folder, nothing is the default, other paths start from here."""
    text = text.strip()
    return Path(os.path.abspath(os.path.expanduser(text))) if text else default_folder()  # noqa: PTH100, PTH111


def next_name(folder: Path, stem: str, kind: Kind) -> str:
    """The name of the next file: its number is one above those in the folder, whatever their kind."""
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


def save_text(text: TextToSave, kind: Kind, folder: Path) -> Path:
    """Writes a file of that kind into the folder, which is created if it is missing; returns its path.

    Raises SaveError where that fails; nothing half-written is left.
    """
    stem = text.stem
    if not folder.is_absolute():
        raise SaveError(f"not saved: {folder}: there is no home folder; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(first := _highest(folder, stem) + 1, first + _NUMBERS_TRIED):
            path = folder / _numbered(stem, number, kind)
            try:
                # "x": the name may have been taken since the folder was read
                file = path.open("x", encoding="utf-8", errors=kind.errors, newline="")
            except FileExistsError:
                continue
            try:
                with file:
                    file.writelines(text.pieces(kind))
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            return path
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SaveError(f"not saved: {shown_path(folder)}: {reason}; choose another folder") from None
    raise SaveError(f"not saved: {shown_path(folder)} has no free number for {stem}; choose another folder")


def text_pieces(vocabulary: Vocabulary, prompt: str, ids: Iterable[int]) -> Iterator[str]:
    """The prompt and the text after it; an `<eos>` is a newline."""
    yield prompt
    texts = page_texts(vocabulary)
    more = iter(ids)
    while chunk := [texts[index] for index in islice(more, _CHUNK)]:
        yield "".join(chunk)


def page_texts(vocabulary: Vocabulary) -> list[str]:
    """What each id adds to a page of texts: its text, and for `<eos>` a newline."""
    return ["\n" if index == vocabulary.eos else text for index, text in enumerate(vocabulary.texts)]


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
    """Reads a recording. Raises RecordingError, which names the file, and OSError."""
    with path.open("rb") as file:
        content = file.read(BYTES_AT_MOST + 1)
    try:
        return Recording.from_json(content)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None


def for_clipboard(text: str) -> tuple[str, bool]:
    """As much of the end of a text as a terminal puts on the clipboard, and whether something was left out."""
    content = text.encode("utf-8", "replace")
    if len(content) <= CLIPBOARD_BYTES:
        return text, False
    return content[-CLIPBOARD_BYTES:].decode("utf-8", "ignore"), True
