"""What is filled in becomes the settings that the command line would make of it, or a line that says why not."""

import contextlib
import json
import shlex
from pathlib import Path

import click
import pytest

from charrnn_engine.runs.folder import run_folder, state_file
from charrnn_engine.runs.presets import PRESETS
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.commands import train as train_module
from charrnn_tui.train.setup.corpus_reading import Reading
from charrnn_tui.train.setup.draft import Draft, Plan, make_plan
from charrnn_tui.train.setup.options import OPTIONS
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
    return make_plan(Draft(**draft), reading)  # type: ignore[arg-type]


def unfinished_run(out: Path) -> None:
    state_file(out).parent.mkdir(parents=True)
    state_file(out).touch()


def from_the_shell(command: str, monkeypatch: pytest.MonkeyPatch) -> TrainingSettings:
    """The settings that a command would start a run with."""
    sent: list[TrainingSettings] = []
    monkeypatch.setattr(train_module, "follow", lambda settings, as_json: sent.append(settings) or 0)
    with contextlib.suppress(click.exceptions.Exit):
        train_module.train.main(shlex.split(command)[2:], standalone_mode=False)
    return sent[0]


def test_a_path_is_enough(notes: Reading, models: Path) -> None:
    plan = planned(notes)
    assert plan.settings is not None
    assert (plan.settings.name, plan.settings.out) == ("notes", str(models / "notes"))
    assert (plan.settings.preset, plan.settings.low_priority) == ("automatic", True)
    assert plan.settings.command == plan.command == "charrnn-tui train notes.txt"
    assert (plan.problem, plan.wrong) == ("", frozenset())
    assert set(plan.defaults) == {option.name for option in OPTIONS}


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"preset": "quick", "name": "mine"},
        {"preset": "notebook", "options": {"units": "32", "dropout": "0", "seed": "7", "cell": "gru"}},
        {"options": {"level": "word", "epochs": "3", "layers": "2"}},
    ],
)
def test_the_command_shown_makes_the_same_settings(
    notes: Reading, draft: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for reading in (notes, Reading(notes.path, lines=True)):
        plan = planned(reading, **draft)
        assert plan.settings is not None, plan.problem
        shell = from_the_shell(plan.command, monkeypatch)
        here = json.loads(json.dumps(plan.settings.to_json()))
        there = json.loads(json.dumps(shell.to_json()))
        assert there["corpus"].pop("path") == "notes.txt"
        assert here["corpus"].pop("path") == notes.path
        assert (here.pop("low_priority"), there.pop("low_priority")) == (True, False)
        # The same options in another order.
        assert sorted(here.pop("command").split()) == sorted(there.pop("command").split())
        assert here == there


@pytest.mark.parametrize(
    ("option", "typed", "said"),
    [
        ("units", "many", "--units must be a whole number, not 'many'"),
        ("dropout", "much", "--dropout must be a number, not 'much'"),
        ("units", "0", "--units"),
        ("dropout", "1", "--dropout"),
        ("layers", "1000", "--layers"),
        ("seed", "-1", "--seed"),
    ],
)
def test_each_option_is_checked_by_itself(notes: Reading, option: str, typed: str, said: str) -> None:
    plan = planned(notes, options={option: typed, "epochs": "3"})
    assert plan.settings is None
    assert plan.wrong == {option}
    assert plan.problem.startswith(said)
    assert "\n" not in plan.problem
    assert plan.presets == {}


def test_a_table_needs_a_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title\none\ntwo\n")
    path = str(tmp_path / "a.csv")
    assert planned(Reading(path, True)).problem == "Choose a column to learn from"
    plan = planned(Reading(path, True, ("title",)))
    assert plan.settings is not None
    assert (plan.settings.corpus.columns, plan.settings.corpus.lines) == (("title",), True)
    assert "preset 'nonsense'" in planned(Reading(path, True, ("title",)), preset="nonsense").problem


def test_the_name_proposed_is_free(notes: Reading, models: Path) -> None:
    write_model(models / "notes")
    run_folder(models / "notes-2").mkdir()
    unfinished_run(models / "notes-3")
    plan = planned(notes)
    assert plan.proposed == "notes-4"
    assert plan.command == "charrnn-tui train notes.txt --name notes-4"


def test_a_name_that_is_taken_is_refused(notes: Reading, models: Path) -> None:
    write_model(models / "mine")
    unfinished_run(models / "begun")
    assert "There is already a model 'mine'" in planned(notes, name="mine").problem
    assert "There is an unfinished run 'begun'" in planned(notes, name="begun").problem
    assert "'a/b' can't be the name of a model" in planned(notes, name="a/b").problem


def test_a_corpus_that_is_gone_is_reported(notes: Reading) -> None:
    Path(notes.path).unlink()
    plan = planned(notes)
    assert "there is no such file" in plan.problem
    assert (plan.settings, plan.presets) == (None, {})


def test_presets_are_planned_with_the_options_that_are_filled_in(notes: Reading) -> None:
    plans = planned(notes, preset="quick", options={"units": "24"}).presets
    assert list(plans)[:2] == ["quick", ""], "the chosen one is measured first"
    assert set(plans) == {"", *PRESETS}
    assert (plans["shakespeare"].network.units, plans["shakespeare"].network.layers) == (24, 2)
