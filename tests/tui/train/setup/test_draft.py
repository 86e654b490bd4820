"""What is filled in becomes the settings that the command line would make of it, or a line that says why not."""

import contextlib
import json
import shlex
from pathlib import Path

import click
import pytest

from charrnn_engine.runs.presets import PRESETS
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import state_file
from charrnn_tui.commands import train as train_module
from charrnn_tui.train.setup.corpus_reading import Reading
from charrnn_tui.train.setup.draft import Draft, Plan, plan, preset_plans, proposed_name
from charrnn_tui.train.setup.options import train_options
from tests.archives import write_model


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("the quick brown fox\n" * 500)
    return Reading(str(tmp_path / "notes.txt"))


@pytest.fixture
def models(home: Path) -> Path:
    """Where the user's models are."""
    return home / "data" / "charrnn-tui" / "checkpoints"


def planned(reading: Reading, **draft: object) -> Plan:
    return plan(Draft(**draft), reading)  # type: ignore[arg-type]


def from_the_shell(command: str, monkeypatch: pytest.MonkeyPatch) -> TrainingSettings:
    """The settings that a command would start a run with."""
    sent: list[TrainingSettings] = []
    monkeypatch.setattr(train_module, "follow", lambda settings, as_json: sent.append(settings) or 0)
    with contextlib.suppress(click.exceptions.Exit):
        train_module.train.main(shlex.split(command)[2:], standalone_mode=False)
    return sent[0]


def test_a_path_is_enough(notes: Reading, models: Path) -> None:
    made = planned(notes)
    assert made.settings is not None
    assert (made.settings.name, made.settings.out) == ("notes", str(models / "notes"))
    assert (made.settings.preset, made.settings.low_priority) == ("automatic", True)
    assert made.settings.command == made.command == "charrnn-tui train notes.txt"
    assert (made.problem, made.wrong) == ("", {})


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"preset": "quick", "name": "mine"},
        {"preset": "notebook", "options": {"units": "32", "embedding": "0", "lr": "0.01", "prompt": "a | b c"}},
        {"options": {"level": "word", "vocabulary": "50", "half": "yes", "licence": "my own", "validation": "0.2"}},
    ],
)
def test_the_command_shown_makes_the_same_settings(
    notes: Reading, draft: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for reading in (notes, Reading(notes.path, lines=True)):
        made = planned(reading, **draft)
        assert made.settings is not None, made.problem
        shell = from_the_shell(made.command, monkeypatch)
        here = json.loads(json.dumps(made.settings.to_json()))
        there = json.loads(json.dumps(shell.to_json()))
        assert there["corpus"].pop("path") == "notes.txt"
        assert here["corpus"].pop("path") == notes.path
        assert (here.pop("low_priority"), there.pop("low_priority")) == (True, False)
        assert here == there


def test_every_option_of_the_command_can_be_filled_in() -> None:
    shown = {option.name for option in train_options()}
    elsewhere = {"corpus", "name", "preset", "column", "lines", "json_", "resume", "nice", "debug"}
    assert {parameter.name for parameter in train_module.train.params} - elsewhere <= shown
    assert all(option.help for option in train_options())


@pytest.mark.parametrize(
    ("option", "typed", "said"),
    [
        ("units", "many", "--units: 'many' is not a valid integer"),
        ("units", "0", "--units is 0; it must be a whole number from 1 up"),
        ("dropout", "1", "--dropout is 1.0; it is from 0 to below 1"),
        ("lr", "nan", "--lr is nan"),
        ("validation", "2", "--validation is 2"),
        ("validation", "gone.txt", "gone.txt: there is no such file"),
        ("from_", "nobody", "there is no model 'nobody'"),
        ("vocabulary", "1", "--vocabulary is 1"),
        ("seed", "-1", "--seed is -1"),
    ],
)
def test_each_option_is_checked_where_it_stands(notes: Reading, option: str, typed: str, said: str) -> None:
    made = planned(notes, options={option: typed, "batch": "16"})
    assert made.settings is None
    assert list(made.wrong) == [option]
    assert said in made.wrong[option]
    assert made.wrong[option] in made.problem
    assert "\n" not in made.wrong[option]


def test_a_window_is_refused_where_lines_are_texts(notes: Reading) -> None:
    made = planned(Reading(notes.path, lines=True), options={"window": "32"})
    assert "each line is a text of its own" in made.wrong["window"]
    assert planned(notes, options={"window": "32"}).settings is not None


def test_a_table_needs_a_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title\none\ntwo\n")
    path = str(tmp_path / "a.csv")
    assert planned(Reading(path, True)).problem == "choose the column to learn from"
    made = planned(Reading(path, True, ("title",)))
    assert made.settings is not None
    assert (made.settings.corpus.columns, made.settings.corpus.lines) == (("title",), True)
    assert planned(Reading(path, True, ("gone",)), preset="nonsense").problem.startswith("there is no preset")


def test_the_name_proposed_is_free(notes: Reading, models: Path) -> None:
    write_model(models / "notes")
    (models / ".notes-2.run").mkdir()
    state_file(models / "notes-3").touch()
    assert proposed_name(notes.path) == "notes-4"
    made = planned(notes)
    assert made.name == "notes-4"
    assert made.command == "charrnn-tui train notes.txt --name notes-4"


def test_a_name_that_is_taken_is_said_unless_it_is_to_be_replaced(notes: Reading, models: Path) -> None:
    write_model(models / "mine")
    state_file(models / "begun").touch()
    assert "there is a model 'mine' already" in planned(notes, name="mine").problem
    assert "there is an unfinished run 'begun'" in planned(notes, name="begun").problem
    assert planned(notes, name="a/b").problem == "'a/b' is no name for a model"
    replaced = planned(notes, name="mine", options={"force": "yes"})
    assert replaced.settings is not None
    assert replaced.command == "charrnn-tui train notes.txt --name mine --force"
    assert replaced.settings.command == "charrnn-tui train notes.txt --name mine"


def test_a_folder_takes_the_place_of_the_name(notes: Reading, tmp_path: Path) -> None:
    made = planned(notes, name="ignored", options={"out": str(tmp_path / "models" / "m")})
    assert made.settings is not None
    assert (made.settings.name, made.settings.out) == ("m", str(tmp_path / "models" / "m"))
    assert made.command == "charrnn-tui train notes.txt --out models/m"


def test_a_corpus_that_is_gone_is_said(notes: Reading) -> None:
    Path(notes.path).unlink()
    assert "there is no such file" in planned(notes).problem
    assert preset_plans(Draft(), notes) == {}


def test_a_draft_is_ready_for_the_next_run_once_it_has_started() -> None:
    draft = Draft("a.txt", name="mine", options={"units": "3", "out": "x", "force": "yes"})
    draft.started()
    assert draft == Draft("a.txt", options={"units": "3"})


def test_presets_are_estimated_with_the_options_that_are_filled_in(notes: Reading) -> None:
    plans = preset_plans(Draft(preset="quick", options={"units": "24"}), notes)
    assert list(plans)[:2] == ["quick", ""], "the chosen one is measured first"
    assert set(plans) == {"", *PRESETS}
    assert (plans["shakespeare"].network.units, plans["shakespeare"].network.layers) == (24, 2)
    assert preset_plans(Draft(options={"units": "no"}), notes) == {}
