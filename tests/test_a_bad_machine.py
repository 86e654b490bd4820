"""A machine that runs out of disk space or of open files: what was whole stays whole, and one line says why."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from charrnn_engine import CharRNN, CheckpointError, Controls, load
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_engine.checkpoints.store import write_checkpoint
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.save.forms import Kind, SaveError, TextToSave, save_text
from charrnn_tui.settings import SavedSettings, load_settings, save_settings

resource = pytest.importorskip("resource")


@contextmanager
def limited(kind: int, most: int) -> Iterator[None]:
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def text_of(model: CharRNN) -> TextToSave:
    text = BranchingText(model, "the ", 3)
    text.drawn([text.generation.next(Controls()) for _ in range(3000)])
    return TextToSave(model, text.recording(Controls()), list(text.ids), "<svg>" * 1000)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def at_each_limit(write: Callable[[], object], folder: Path, *errors: type[Exception]) -> None:
    """Writes once, and then on a disk that is full after ever more bytes, where every file stays as it was. If
    `errors` are named, each of these writes raises one of them."""
    before = files_in(folder)
    write()
    after = files_in(folder)
    longest = max(len(content) for name, content in after.items() if before.get(name) != content)
    for room in (0, 1, 100, longest // 3, longest // 2, longest - 1):
        held = files_in(folder)
        with limited(resource.RLIMIT_FSIZE, room), raising(errors):
            write()
        assert files_in(folder) == held, f"with room for {room} bytes"


@contextmanager
def raising(errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Expects one of the errors, with a message of one line; without any, nothing may be raised."""
    if not errors:
        yield
        return
    with pytest.raises(errors) as caught:
        yield
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("kind", Kind)
def test_a_text_is_saved_whole_or_not_at_all(model: CharRNN, tmp_path: Path, kind: Kind) -> None:
    text = text_of(model)
    if kind in text.kinds:
        at_each_limit(lambda: save_text(text, kind, tmp_path), tmp_path, SaveError)


def test_settings_and_checkpoints_are_replaced_whole_or_not_at_all(model_folder: Path, tmp_path: Path) -> None:
    def save() -> None:
        said = save_settings(replace(SavedSettings(), temperature=0.3, folder="x" * 2000))
        assert said is None or os.strerror(errno.EFBIG) in said

    at_each_limit(save, settings_file().parent)
    assert load_settings()[0].temperature == 0.3

    model, out = load(model_folder), tmp_path / "out"
    write_checkpoint(out, model_folder / "model.keras", model.vocabulary, {"name": "old"})

    def write() -> None:
        write_checkpoint(out, model_folder / "model.keras", model.vocabulary, {"name": "new"})

    at_each_limit(write, tmp_path, OSError)
    assert load(out).card == {"name": "new"}


def test_without_open_files_left_nothing_is_lost_and_one_line_says_so(model_folder: Path, tmp_path: Path) -> None:
    model = load(model_folder)
    text = text_of(model)
    save_settings(SavedSettings())
    with limited(resource.RLIMIT_NOFILE, 0):
        with pytest.raises(CheckpointError, match="Too many open files"):
            load(model_folder)
        with pytest.raises(SaveError, match="Too many open files"):
            save_text(text, Kind.TEXT, tmp_path)
        said = save_settings(SavedSettings())
        assert said is not None
        assert "Too many open files" in said
    assert not files_in(tmp_path)
    assert load_settings() == (SavedSettings(), None)
