import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charrnn_engine import CheckpointError, Vocabulary, list_checkpoints, load
from charrnn_engine.checkpoints import store as checkpoint
from charrnn_engine.checkpoints.locations import checkpoint_folders, shipped_checkpoints, user_checkpoints
from charrnn_engine.checkpoints.store import default_checkpoint, find_checkpoint, write_checkpoint
from tests.archives import characters, write_model

ABC = characters("abc")


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the shipped checkpoints."""
    folder = tmp_path / "shipped"
    monkeypatch.setattr(f"{checkpoint_folders.__module__}.shipped_checkpoints", lambda: folder)
    return folder


def write(folder: Path, **card: Any) -> Path:
    return write_model(folder, units=2, vocabulary=ABC, card=card)


def test_names_are_looked_up_in_the_variables_folders_then_the_users_then_the_shipped_ones(
    tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    monkeypatch.setenv("CHARRNN_CHECKPOINTS", f"{one}{os.pathsep}{os.pathsep}{two}")
    roots = [one, two, user_checkpoints(), shipped]
    for root in reversed(roots):
        folder = write(root / "poems", where=str(root))
        assert find_checkpoint("poems") == folder / "model.keras"
        assert load("poems").card == {"where": str(root)}


def test_without_the_variable_the_users_and_the_shipped_are_searched(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHARRNN_CHECKPOINTS")
    assert checkpoint_folders() == [user_checkpoints(), shipped]


def test_a_tilde_in_the_variable_is_the_home_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARRNN_CHECKPOINTS", "~/mine")
    write(home / "mine" / "poems")
    assert find_checkpoint("poems") == home / "mine" / "poems" / "model.keras"


def test_a_model_is_found_by_the_path_of_its_folder_or_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "poems")
    for path in (folder, str(folder), f"{folder}/", folder / "model.keras", str(folder / "model.keras")):
        assert find_checkpoint(path) == folder / "model.keras"
        assert load(path).name == "poems"


def test_a_keras_file_of_any_name_opens_with_the_vocabulary_beside_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "poems")
    file = (folder / "model.keras").rename(folder / "epoch-3.keras")
    assert load(file).name == "epoch-3"


def test_a_relative_path_and_a_path_from_home_are_understood(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "poems")
    write(home / "odes")
    monkeypatch.chdir(tmp_path)
    assert load("poems").name == load("./poems").name == "poems"
    assert load("~/odes").name == "odes"
    monkeypatch.chdir(tmp_path / "poems")
    assert load(".").name == "poems"


def test_a_name_is_preferred_to_a_folder_of_that_name_in_the_current_one(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "poems", where="here")
    write(home / "checkpoints" / "poems", where="named")
    monkeypatch.chdir(tmp_path)
    assert load("poems").card["where"] == "named"
    assert load("./poems").card["where"] == "here"
    assert load(Path("poems")).card["where"] == "here"


@pytest.mark.parametrize("name", ["sonnets", "", ".", "..", "no/such", "gone.keras"])
def test_an_unknown_name_is_refused_with_the_names_there_are(home: Path, name: str) -> None:
    write(home / "checkpoints" / "poems")
    write(home / "checkpoints" / "odes")
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint(name)
    message = str(caught.value)
    assert "odes, poems" in message or "holds no model.keras" in message
    assert len(message.splitlines()) == 1


def test_the_list_names_each_model_once_and_the_first_one_found_wins(home: Path, shipped: Path) -> None:
    write(home / "checkpoints" / "poems", where="variable")
    write(user_checkpoints() / "poems", where="user")
    write(user_checkpoints() / "odes", where="user")
    write(shipped / "headlines", where="shipped")
    infos = list_checkpoints()
    assert [(info.name, info.card["where"]) for info in infos] == [
        ("poems", "variable"),
        ("odes", "user"),
        ("headlines", "shipped"),
    ]
    assert all(info.problem is None for info in infos)


def test_the_list_leaves_out_half_written_folders_and_other_files(home: Path) -> None:
    write(home / "checkpoints" / ".poems-1234")
    (home / "checkpoints" / "notes").mkdir()
    (home / "checkpoints" / "readme.txt").write_text("hello")
    assert list_checkpoints() == []


def nested(key: str, depth: int) -> str:
    """An object whose value is nested: not so deeply that it can't be parsed, but for whoever walks it."""
    return f'{{"{key}": {"[" * depth}{"]" * depth}}}'


BREAKS: list[tuple[Callable[[Path], Any], str]] = [
    (lambda folder: (folder / "vocabulary.json").unlink(), "vocabulary.json: the file is missing"),
    (lambda folder: (folder / "vocabulary.json").write_text("{"), "vocabulary.json: it is not readable JSON"),
    (lambda folder: (folder / "vocabulary.json").write_text("[" * 10**5), "vocabulary.json: it is not readable"),
    (lambda folder: (folder / "vocabulary.json").write_bytes(b'"\xff"'), "vocabulary.json: it is not readable"),
    (lambda folder: (folder / "vocabulary.json").write_text('{"format": 9}'), "vocabulary.json: .* format 9"),
    (lambda folder: (folder / "card.json").write_text("["), "card.json: it is not readable JSON"),
    (lambda folder: (folder / "card.json").write_text("[]"), "card.json: it is not a JSON object"),
    (lambda folder: (folder / "vocabulary.json").write_bytes(b" " * 9_000_000), "larger than 8 MB"),
    (lambda folder: (folder / "vocabulary.json").write_text("[[]" + ",[]" * 600_000 + "]"), "not readable JSON"),
    (lambda folder: (folder / "vocabulary.json").write_text(nested("format", 900)), "not readable JSON"),
    (lambda folder: (folder / "card.json").write_text(nested("name", 900)), "card.json: it is not readable JSON"),
    (lambda folder: (folder / "vocabulary.json").write_text(json.dumps({"format": "x" * 10**6})), "format .x.*…"),
]


@pytest.mark.parametrize(("damage", "reason"), BREAKS)
def test_a_broken_checkpoint_is_listed_with_the_reason_and_refused_with_the_same(
    home: Path, damage: Callable[[Path], Any], reason: str
) -> None:
    write(home / "checkpoints" / "whole")
    broken = write(home / "checkpoints" / "broken")
    damage(broken)
    infos = {info.name: info for info in list_checkpoints()}
    assert infos["whole"].problem is None
    with pytest.raises(CheckpointError, match=reason) as caught:
        load("broken")
    assert infos["broken"].problem == str(caught.value)
    assert str(caught.value).startswith(str(broken))
    assert len(str(caught.value)) < len(str(broken)) + 200


def test_a_vocabulary_of_another_size_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "poems")
    (folder / "vocabulary.json").write_text(json.dumps(characters("abcd").to_json()))
    with pytest.raises(CheckpointError, match="5 tokens and the vocabulary has 6") as caught:
        load(folder)
    assert str(caught.value).startswith(str(folder))


def test_a_model_without_a_card_plays(tmp_path: Path) -> None:
    assert load(write_model(tmp_path / "poems", units=2, vocabulary=ABC)).card == {}


def test_the_default_is_headlines_then_headlines_notebook_then_any_whole_model(home: Path) -> None:
    with pytest.raises(CheckpointError, match="charrnn-tui train"):
        default_checkpoint()
    root = home / "checkpoints"
    (write(root / "a-broken-one") / "vocabulary.json").unlink()
    for name in ("poems", "headlines-notebook", "headlines"):
        write(root / name)
        assert default_checkpoint() == name


def test_a_written_checkpoint_opens_again(tmp_path: Path) -> None:
    source = write(tmp_path / "source")
    folder = tmp_path / "deep" / "down" / "poems"
    card = {"corpus": "Gedichte — ø", "bits_per_character": 2.5}
    write_checkpoint(folder, source / "model.keras", ABC, card)
    model = load(folder)
    assert (model.vocabulary, model.card, model.name) == (ABC, card, "poems")
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "model.keras", "vocabulary.json"]
    assert [path.name for path in folder.parent.iterdir()] == ["poems"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("atomic", [True, False])
def test_an_older_checkpoint_is_replaced_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool
) -> None:
    if not atomic:  # as on a system that can't exchange two folders
        monkeypatch.setattr(checkpoint, "_exchange", lambda one, other: False)
    source = write(tmp_path / "source")
    folder = write(tmp_path / "out" / "poems", age="old")
    (folder / "left-over.txt").write_text("from the old one")
    write_checkpoint(folder, source / "model.keras", ABC, {"age": "new"})
    assert load(folder).card == {"age": "new"}
    assert "left-over.txt" not in contents(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["poems"]


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("moment", ["copying", "text", "flushing", "moving"])
def test_a_failing_disk_leaves_the_old_checkpoint_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    source = write(tmp_path / "source")
    folder = write(tmp_path / "out" / "poems", age="old")
    before = contents(folder)
    if moment == "copying":
        monkeypatch.setattr(shutil, "copyfile", full_disk)
    elif moment == "text":
        monkeypatch.setattr(Path, "write_text", full_disk)
    elif moment == "flushing":
        monkeypatch.setattr(os, "fsync", full_disk)
    else:
        rename = Path.rename
        monkeypatch.setattr(checkpoint, "_exchange", lambda one, other: False)
        monkeypatch.setattr(
            Path,
            "rename",
            lambda self, to: full_disk() if (self / "card.json").is_file() and "new" in
            (self / "card.json").read_text() else rename(self, to),
        )  # fmt: skip
    with pytest.raises(OSError, match="No space left"):
        write_checkpoint(folder, source / "model.keras", ABC, {"age": "new"})
    monkeypatch.undo()
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["poems"]


def test_a_failed_first_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_checkpoint(tmp_path / "out" / "poems", tmp_path / "gone.keras", ABC, {})
    assert list((tmp_path / "out").iterdir()) == []


def test_a_card_that_cant_be_json_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    folder = write(tmp_path / "out" / "poems", age="old")
    before = contents(folder)
    with pytest.raises(ValueError, match="JSON"):
        write_checkpoint(folder, folder / "model.keras", ABC, {"loss": float("nan")})
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["poems"]


def test_a_checkpoint_can_be_written_over_the_one_its_model_comes_from(tmp_path: Path) -> None:
    folder = write(tmp_path / "poems", age="old")
    words = Vocabulary(["<pad>", "<eos>", "x", "y", "z"], 1)
    write_checkpoint(folder, folder / "model.keras", words, {"age": "new"})
    assert load(folder).vocabulary == words


def test_the_shipped_checkpoints_lie_in_the_package_or_beside_its_source() -> None:
    folder = shipped_checkpoints()
    package = Path(checkpoint.__file__).parents[1]
    assert folder in (package / "shipped", package.parents[1] / "checkpoints")
