"""Files that nobody vouches for are opened only if they are regular ones, and refused in one line otherwise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn_engine import CheckpointError, Vocabulary, VocabularyError, list_checkpoints, load
from charrnn_engine.checkpoints.files import open_regular, read_regular
from charrnn_engine.checkpoints.store import find_checkpoint
from tests.archives import characters, network, write_model

unix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        open_regular(path)
    return str(caught.value)


def test_a_link_to_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    (tmp_path / "b").symlink_to("a")
    assert read_regular(tmp_path / "b", 5) == b"hello"
    with pytest.raises(CheckpointError, match="larger than 0 MB"):
        read_regular(tmp_path / "b", 4)


@unix
def test_pipes_devices_and_folders_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "gone").symlink_to("nowhere")
    assert "not a regular file" in refusal(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "device")
    assert refusal(tmp_path / "gone") == "there is no such file"
    assert "a folder" in refusal(tmp_path)
    assert "can't be read" in refusal(tmp_path / ("x" * 300))


@unix
@pytest.mark.parametrize("name", ["vocabulary.json", "card.json"])
@pytest.mark.parametrize("target", [None, "/dev/zero", "/dev/tty"])
def test_a_pipe_or_device_in_a_checkpoint_is_listed_with_the_reason(
    home: Path, name: str, target: str | None
) -> None:
    folder = write_model(home / "checkpoints" / "odd", units=2, card={})
    (folder / name).unlink()
    if target is None:
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to(target)
    problems = {info.name: info.problem for info in list_checkpoints()}
    assert f"{name}: it " in str(problems["odd"])
    with pytest.raises(CheckpointError, match=name):
        load("odd")


def test_a_token_longer_than_a_screen_is_refused(home: Path) -> None:
    folder = write_model(home / "checkpoints" / "long", units=2)
    tokens = ["<pad>", "a" + "\u0301" * 3_900_000]
    (folder / "vocabulary.json").write_text(
        json.dumps({"format": 1, "level": "word", "tokens": tokens}, ensure_ascii=False), encoding="utf-8"
    )
    info = {info.name: info for info in list_checkpoints()}["long"]
    assert "of 3,900,001 characters; at most 200 are read" in str(info.problem)
    with pytest.raises(VocabularyError, match="201 characters"):
        Vocabulary(["<pad>", "a" * 201], level="word")
    assert "a" * 201 not in Vocabulary.of(["b " + "a" * 201], level="word").tokens


def test_a_card_is_cut_to_what_can_be_shown(home: Path) -> None:
    card = {"corpus": {"name": "x\n" * 1_000_000, "years": ["y" * 2_000]}, "parameters": 7}
    write_model(home / "checkpoints" / "loud", units=2, card=card)
    found = {info.name: info for info in list_checkpoints()}["loud"].card
    assert found["corpus"]["name"] == ("x\n" * 1_000_000)[:1_000] + "…"
    assert len(found["corpus"]["years"][0]) == 1_001
    assert found["parameters"] == 7


@pytest.mark.parametrize("name", ["~nosuchuser", "~nosuchuser/model.keras", "x" * 300, "y" * 5_000, "a\0b"])
def test_a_name_that_no_file_can_have_is_refused_in_one_line(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARRNN_CHECKPOINTS", os.pathsep.join(["~nosuchuser", "z" * 300, str(home)]))
    with pytest.raises(CheckpointError, match="there is no model") as caught:
        find_checkpoint(name)
    assert len(str(caught.value)) < 600


def test_overflowing_weights_are_refused_without_a_warning(tmp_path: Path) -> None:
    archive = network(len(characters()), embedding=4)
    for path, array in archive.arrays.items():
        archive.arrays[path] = array * 1e38
    archive.save(tmp_path / "model.keras")
    (tmp_path / "vocabulary.json").write_text(json.dumps(characters().to_json()))
    code = f"from charrnn_engine import load; load({str(tmp_path)!r})"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert "CheckpointError" in done.stderr
    assert "Warning" not in done.stderr
