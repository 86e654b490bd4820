"""Damaged files that a user has or is sent: settings, recordings, folders of models, and corpora.

python -m tests.fuzz.files --seconds 600 --seed 1
python -m tests.fuzz.files --seed 1 --target corpora --input 4711
"""

import json
import os
import random
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from charrnn_engine import CharRNN, CharRNNError, Controls, load
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_engine.corpus.reading import Source
from charrnn_engine.corpus.survey import survey
from charrnn_engine.errors import CorpusError
from charrnn_engine.generation.replay import replay
from charrnn_tui.commands.models import list_models
from charrnn_tui.models.listing import facts, find_models
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.save.forms import json_lines, read_recording
from charrnn_tui.settings import load_settings, save_settings
from tests.archives import write_model
from tests.fuzz.damage import anything, as_json, damaged, json_damaged
from tests.fuzz.frame import Target, check_message, main
from tests.fuzz.sound_models import CARD

_SETTINGS: dict[str, Any] = {
    "temperature": 0.7, "greedy": False, "top_k": 5, "top_p": 0.9, "min_p": None, "speed": 60.0, "endless": True,
    "colouring": "surprise", "theme": "nord", "model": "headlines", "folder": "~/texts",
    "keys": {"play.greedy": "ctrl+g", "app.help": "f1", "app.quit": "f10", "models.up": "k"},
}  # fmt: skip


def settings(chance: random.Random, folder: Path) -> None:
    """Valid settings are used, the others are named in one line, and what is then saved reads the same."""
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json_damaged(chance, _SETTINGS))
    found, problem = load_settings()
    check_message(problem)
    check_message(save_settings(found))
    again, problem = load_settings()
    check_message(problem)
    assert again == found or repr(again) == repr(found), f"{found} was saved and is {again}"
    assert found.controls.temperature > 0


@cache
def model_files() -> dict[str, bytes]:
    """The files of a small model, by name."""
    with TemporaryDirectory() as name:
        return {path.name: path.read_bytes() for path in write_model(Path(name) / "small").iterdir()}


@cache
def model() -> CharRNN:
    with TemporaryDirectory() as name:
        for file, content in model_files().items():
            (Path(name) / file).write_bytes(content)
        return load(Path(name))


@cache
def _recording() -> Any:
    text = BranchingText(model(), "the ", 3)
    for controls in (Controls(), Controls(temperature=0.5, top_k=3), Controls(greedy=True, ban=("q",))):
        text.drawn([text.generation.next(controls) for _ in range(8)])
    return json.loads(text.recording(Controls()).to_json())


def recordings(chance: random.Random, folder: Path) -> None:
    """A recording plays, or is refused in one line."""
    path = folder / "recording.json"
    path.write_bytes(json_damaged(chance, _recording()))
    try:
        recording = read_recording(path)
        list(islice(replay(model(), recording), 40))
        list(islice(json_lines(model(), recording), 4))
    except CharRNNError as error:
        check_message(str(error))


def listings(chance: random.Random, folder: Path) -> None:
    """Models are listed, whatever is in their folders."""
    name = chance.choice(("small", "a\x1b[2Jb", "\u202enames", "é" * 60, "a b", "-x", "\udcff", ".h"))
    place = folder / name
    place.mkdir()
    (place / "model.keras").write_bytes(model_files()["model.keras"])
    (place / "vocabulary.json").write_bytes(json_damaged(chance, json.loads(model_files()["vocabulary.json"])))
    (place / "card.json").write_bytes(json_damaged(chance, CARD))
    for file in ("vocabulary.json", "card.json", "model.keras"):
        if chance.random() < 0.15:
            (place / file).unlink()
            odd_file(chance, place / file)
    os.environ["CHARRNN_CHECKPOINTS"] = str(folder)
    for row in list_models():
        check_message((row.problem or "").replace(str(place), ""))  # whoever shows it escapes what a name holds
        json.dumps(vars(row))
    for entry in find_models(chance.choice((None, name, str(place)))):
        entry.read()
        check_message((entry.problem or "").replace(str(place), ""))
        for _, value in facts(entry):
            assert value.isprintable(), f"shows {value!r}"


def odd_file(chance: random.Random, path: Path) -> None:
    chance.choice((
        lambda: os.mkfifo(path), path.mkdir, lambda: path.symlink_to("/dev/zero"), lambda: path.symlink_to(path),
        lambda: path.symlink_to("/dev/tty"), lambda: path.write_bytes(b""), lambda: None,
        lambda: path.write_bytes(b'{"tokens": ["' + b"\xcc\x81" * 300_000 + b'"]}'),
    ))()  # fmt: skip


_TEXT = 'The quick brown fox.\nA second line, "quoted", with é and 名前.\n\nA third one\n' * 8


def corpora(chance: random.Random, folder: Path) -> None:
    """A corpus is refused in one line or read to its end. A UTF-8 text is read exactly."""
    suffix = chance.choice((".txt", ".txt", ".csv", ".tsv", ".jsonl", ".ndjson", ""))
    path = folder / f"corpus{suffix}"
    content = _content(chance, suffix)
    path.write_bytes(content)
    if chance.random() < 0.03:
        path.unlink()
        odd_file(chance, path)
    columns = chance.choice(((), (), ("text",), ("1",), ("2",), ("9" * 20,), ("²",), ("text", "1"), ("\x1b[2J",)))
    growing = threading.Thread(target=_grow, args=(path,)) if chance.random() < 0.05 and path.is_file() else None
    if growing:
        growing.start()
    for look in (
        lambda: survey(str(path), columns, chance.choice((None, True, False)), 2000),
        lambda: _read(path, columns),
    ):
        try:
            look()
        except CorpusError as error:
            check_message(str(error))
    if growing:
        growing.join()
    elif suffix in ("", ".txt") and not columns and path.is_file() and not path.is_symlink():
        with suppress(CorpusError):
            text = "".join(Source(str(path)).chunks())
            assert text == path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _content(chance: random.Random, suffix: str) -> bytes:
    text = _TEXT
    if suffix in (".csv", ".tsv"):
        text = "text,other\n" + "".join(f'"{line}",{len(line)}\n' for line in _TEXT.split("\n"))
    elif suffix:
        text = "".join(json.dumps({"text": line, "other": [len(line)]}) + "\n" for line in _TEXT.split("\n"))
    content = text.encode()
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: content, lambda: b"", lambda: b"a", lambda: b"\n" * 50, lambda: chance.randbytes(3000),
        lambda: damaged(chance, content), lambda: damaged(chance, content), lambda: damaged(chance, content),
        lambda: content[: chance.randrange(len(content))], lambda: content + b"\0" * 10, lambda: content + b"\xff",
        lambda: content.replace(b"\n", b""), lambda: content.replace(b"\n", b"\r\n"),
        lambda: content.replace(b"\n", b"\r"), lambda: text.encode("utf-16"), lambda: text.encode("utf-16-le"),
        lambda: text.encode("latin-1", "replace"), lambda: b"\xef\xbb\xbf" + content,
        lambda: b'{"text": ' + b"[" * 100_000 + b"\n", lambda: b'"' * 5001, lambda: b'a,"' + b"x" * 200_000,
        lambda: content.replace(b"i", b"\xed\xa0\x80"), lambda: as_json(anything(chance)) + b"\n",
        lambda: "\u2028\u0085\x0b\x0c\x1c a\u2029".encode() * 200, lambda: b"x" * 2_000_000,
    )  # fmt: skip
    return chance.choice(ways)()


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        for _ in range(50):
            file.write(_TEXT.encode())
            file.flush()


def _read(path: Path, columns: tuple[str, ...]) -> None:
    source = Source(str(path), columns)
    for column in columns or (None,):
        for text in source.texts(column):
            assert isinstance(text, str)
    for text in source.chunks():
        assert isinstance(text, str)


TARGETS: dict[str, Target] = {
    "settings": settings, "recordings": recordings, "listings": listings, "corpora": corpora
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(TARGETS, __doc__))
