"""The units worth seeing are found, with the command that finds them again, and recorded in the card."""

import json
from pathlib import Path

import pytest

import survey_units
from charrnn_engine import load
from tests.archives import write_speller

TEXT = "ab1 cdefgh.\n" * 80


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_speller(tmp_path / "counter", "ab1 cdefgh.")
    (folder / "card.json").write_text('{"name": "counter", "note": "é"}', encoding="utf-8")
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["survey_units.py", *map(str, arguments)])
    return survey_units.main()


def test_units_are_recorded_in_the_card_and_the_rest_of_it_stays(folder, tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, folder, tmp_path / "text.txt", "--held-out", "0.9", "--record") == 0
    card = load(folder).card
    assert card["note"] == "é"
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == card["units"]
    digit = next(each for each in card["units"] if each["property"] == "digit")
    assert (digit["unit"], digit["name"], digit["score"], digit["direction"]) == ("h1.4", "a digit", 1.0, 1)
    assert digit["command"] == "charrnn-tui units counter text.txt --held-out 0.9 --property digit --top 3 --effect"
    assert digit["effect"]["high"]["mean"] != digit["effect"]["free"]["mean"]
    units = [each["unit"] for each in card["units"]]
    assert len(units) == len(set(units))


def test_without_record_the_card_stays_and_a_missing_text_is_one_line(folder, tmp_path, monkeypatch, capsys):
    before = (folder / "card.json").read_bytes()
    assert run(monkeypatch, folder, tmp_path / "nothing.txt", "--record") == 2
    assert capsys.readouterr().err.startswith("survey: ")
    assert run(monkeypatch, folder, tmp_path / "text.txt") == 0
    assert (folder / "card.json").read_bytes() == before
