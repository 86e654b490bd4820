"""`charrnn-tui models` lists what there is and why something doesn't open."""

import json
from pathlib import Path

import pytest

from charrnn_engine.checkpoints.store import find_checkpoints
from charrnn_tui.commands.models import MOST_OPENED
from tests.archives import write_model
from tests.tui.command import Command

CARD = {
    "corpus": {"name": "Headlines"},
    "held_out": [
        {"corpus": "validation part of the corpus", "bits_per_character": 2.1},
        {"corpus": "test.csv", "bits_per_character": 2.3456},
    ],
}


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("charrnn_engine.checkpoints.locations.shipped_checkpoints", lambda: tmp_path / "none")


@pytest.fixture
def checkpoints(home: Path) -> Path:
    """The folder searched first, with two good models and a broken one."""
    folder = home / "checkpoints"
    write_model(folder / "headlines", "GRU", layers=2, card=CARD)
    write_model(folder / "bare")
    (write_model(folder / "damaged") / "model.keras").write_bytes(b"PK\x03\x04 and then nothing")
    return folder


def test_a_row_for_each_with_the_default_marked(command: Command, checkpoints: Path) -> None:
    result = command("models")
    assert (result.code, result.err) == (0, "")
    rows = {line[3:].split(maxsplit=1)[0]: line for line in result.out.splitlines()}
    assert rows["headlines"].startswith("*")
    assert "2 × GRU 16" in rows["headlines"]
    assert "Headlines" in rows["headlines"]
    assert "2.35" in rows["headlines"]
    assert str(checkpoints / "headlines").removeprefix(str(checkpoints.parent)) in rows["headlines"]
    assert "LSTM 16" in rows["bare"]


def test_a_broken_one_says_why(command: Command, checkpoints: Path) -> None:
    out = command("models").out
    reason = next(line for line in out.splitlines() if line.startswith("damaged can't be opened: "))
    assert "model.keras" in reason


def test_json(command: Command, checkpoints: Path) -> None:
    rows = {row["name"]: row for row in map(json.loads, command("models", "--json").out.splitlines())}
    assert [name for name, row in rows.items() if row["default"]] == ["headlines"]
    assert rows["headlines"]["bits_per_character"] == 2.3456
    assert rows["headlines"]["held_out"] == "test.csv"
    assert rows["headlines"]["network"] == "2 × GRU 16"
    assert rows["headlines"]["folder"] == str(checkpoints / "headlines")
    assert rows["bare"]["corpus"] is rows["bare"]["bits_per_character"] is rows["bare"]["problem"] is None
    assert rows["bare"]["bytes"] == (checkpoints / "bare" / "model.keras").stat().st_size
    assert rows["damaged"]["problem"]
    assert rows["damaged"]["network"] is None


def test_a_card_of_another_form_is_shown_as_far_as_it_goes(command: Command, home: Path) -> None:
    for number, card in enumerate([{"corpus": 3, "held_out": "good"}, {"corpus": "plain", "held_out": [[]]}]):
        write_model(home / "checkpoints" / f"m{number}", card=card)
    rows = [json.loads(line) for line in command("models", "--json").out.splitlines()]
    assert [(row["corpus"], row["bits_per_character"]) for row in rows] == [(None, None), ("plain", None)]


def test_a_hostile_card_can_not_write_to_the_terminal(command: Command, home: Path) -> None:
    write_model(home / "checkpoints" / "m", card={"corpus": {"name": "a\x1b[2J[bold]b"}})
    assert "a\\x1b[2J[bold]b" in command("models").out


def test_none_at_all(command: Command) -> None:
    result = command("models")
    assert (result.code, result.out) == (0, "")
    assert "charrnn-tui train" in result.err


def test_long_text_in_a_card_is_cut(command: Command, home: Path) -> None:
    write_model(home / "checkpoints" / "m", card={"corpus": {"name": "long " * 100_000}})
    assert len(command("models").out) < 1000
    assert len(command("models", "--json").out) < 1000


def test_a_model_that_vanishes_while_it_is_listed_is_left_out(
    command: Command, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {**find_checkpoints(), "gone": checkpoints / "gone"}
    monkeypatch.setattr("charrnn_engine.checkpoints.store.find_checkpoints", lambda: found)
    result = command("models", "--json")
    assert result.code == 0
    assert [json.loads(line)["name"] for line in result.out.splitlines()] == ["bare", "damaged", "headlines"]


def test_of_very_many_models_only_the_cards_are_read(command: Command, home: Path) -> None:
    folder = home / "checkpoints"
    first = write_model(folder / "m0", card={**CARD, "network": {"cell": "gru", "layers": 2, "units": 7}})
    (first / "model.keras").write_bytes(b"never opened")
    for number in range(1, MOST_OPENED + 1):
        (folder / f"m{number}").symlink_to(first)
    rows = [json.loads(line) for line in command("models", "--json").out.splitlines()]
    assert len(rows) == MOST_OPENED + 1
    assert {(row["network"], row["problem"]) for row in rows} == {("2 × GRU 7", None)}
