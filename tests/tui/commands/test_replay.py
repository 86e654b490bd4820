"""A recording is written again from the shell, to the character, and opened in the app; settings are remembered."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from charrnn_engine import CharRNN, Controls, Generation
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder
from charrnn_tui.settings import SavedSettings, save_settings
from tests.archives import write_model
from tests.tui.command import Command


@pytest.fixture
def played(model: CharRNN) -> tuple[Recording, str]:
    """A recording with changes, greedy on and off, and a branch, and its text."""
    generation, recorder = Generation(model, "the ", seed=4), Recorder(model, "the ", 4)
    for controls in (Controls(), Controls(1.4), Controls(greedy=True), Controls(0.6, top_k=5)):
        recorder.extend([generation.next(controls) for _ in range(60)])
    generation.rewind(200)
    recorder.truncate(200)
    recorder.extend([generation.take(9, Controls(0.6))], forced=True)
    recorder.extend([generation.next(Controls(0.6)) for _ in range(99)])
    pieces = model.vocabulary.pieces(generation.ids, eos="\n")
    return recorder.recording(generation.ids), "the " + "".join(pieces)


@pytest.fixture
def file(played: tuple[Recording, str], tmp_path: Path) -> Path:
    path = tmp_path / "small-1.json"
    path.write_text(played[0].to_json())
    return path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """What the app was opened with, in place of opening it."""
    opened: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    class PlaygroundApp:
        return_code = 0
        problem = None

        def __init__(self, *settings: Any, **options: Any) -> None:
            opened.append((settings, options))

        def run(self) -> None:
            pass

    module = ModuleType("charrnn_tui.app")
    module.PlaygroundApp = PlaygroundApp  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "charrnn_tui.app", module)
    monkeypatch.setattr("charrnn_tui.commands.play.require_terminal", lambda: None)
    return opened


def test_sample_writes_the_recorded_text(
    command: Command, file: Path, model_folder: Path, played: tuple[Recording, str]
) -> None:
    result = command("sample", model_folder, "--replay", file)
    assert result.code == 0
    assert result.out == played[1]
    assert result.err == "small · seed 4 · a recording\n"


def test_the_model_is_found_by_the_name_that_was_recorded(
    command: Command, file: Path, model_folder: Path, home: Path, played: tuple[Recording, str]
) -> None:
    refused = command("sample", "--replay", file)
    assert refused.code == 2
    assert "the recording's model: there is no model 'small'" in refused.err
    (home / "checkpoints").mkdir()
    (home / "checkpoints" / "small").symlink_to(model_folder)
    assert command("sample", "--replay", file).out == played[1]


def test_json_says_what_the_text_was_made_of(
    command: Command, file: Path, model_folder: Path, played: tuple[Recording, str]
) -> None:
    said = json.loads(command("sample", model_folder, "--replay", file, "--json").out)
    assert said["text"] == played[1]
    assert said["seed"] == 4
    assert [change["at"] for change in said["changes"]] == [0, 60, 120, 180, 200]
    assert said["forced"] == [{"at": 200, "id": 9}]
    assert said["stopped"] == "recording"
    assert said["bits_per_character"] > 0


def test_a_text_that_comes_out_otherwise_is_said(command: Command, file: Path, model_folder: Path) -> None:
    content = json.loads(file.read_text())
    content["seed"] = 5
    file.write_text(json.dumps(content))
    result = command("sample", model_folder, "--replay", file)
    assert result.code == 0
    assert "this is not the recorded text" in result.err


@pytest.mark.parametrize("args", [["--seed", "1"], ["--prompt", "a"], ["--greedy"], ["--endless"], ["--top-k", "3"]])
def test_what_the_recording_says_by_itself_is_refused(
    command: Command, file: Path, model_folder: Path, args: list[str]
) -> None:
    result = command("sample", model_folder, "--replay", file, *args)
    assert (result.code, result.out) == (2, "")
    assert f"leave {args[0]} out" in result.err
    if args[0] in ("--seed", "--prompt", "--greedy"):
        assert command("play", model_folder, "--replay", file, *args).code == 2


def test_another_model_and_other_files_are_refused_by_name(
    command: Command, file: Path, tmp_path: Path, model_folder: Path
) -> None:
    other = write_model(tmp_path / "other", seed=8)
    result = command("sample", other, "--replay", file)
    assert (result.code, result.out) == (2, "")
    assert "made with a model 'small' of other weights than 'other'" in result.err
    result = command("sample", model_folder, "--replay", model_folder / "vocabulary.json")
    assert result.code == 2
    assert "vocabulary.json: this is not a charrnn-tui recording" in result.err
    assert command("sample", model_folder, "--replay", tmp_path / "nowhere.json").code == 2


def test_play_opens_the_recording_with_its_model_prompt_and_seed(
    command: Command, opened: list[Any], file: Path, model_folder: Path, played: tuple[Recording, str]
) -> None:
    assert command("play", model_folder, "--replay", file, "--speed", "max").code == 0
    ((settings, options),) = opened
    assert settings == (str(model_folder), "the ", Controls(), 4, None)
    assert options["replay"] == played[0]


def test_play_opens_with_what_was_set_last(command: Command, opened: list[Any], model_folder: Path) -> None:
    save_settings(SavedSettings(temperature=0.7, top_p=0.9, speed=None, model=str(model_folder)))
    assert command().code == 0
    assert command("--temperature", 1.2, "--speed", 20).code == 0
    assert command(model_folder, "--seed", 1).code == 0
    assert [(*settings, options["word_speed"]) for settings, options in opened] == [
        (str(model_folder), None, Controls(0.7, top_p=0.9), None, None, 12.0),
        (str(model_folder), None, Controls(1.2), None, 20.0, 20.0),
        (str(model_folder), None, Controls(0.6), 1, None, 12.0),
    ]


def test_a_model_remembered_that_is_gone_is_not_missed(
    command: Command, opened: list[Any], model_folder: Path, home: Path
) -> None:
    (home / "checkpoints").mkdir()
    (home / "checkpoints" / "headlines").symlink_to(model_folder)
    save_settings(SavedSettings(model="no longer there"))
    assert command().code == 0
    assert opened[0][0][0] is None


def test_damaged_settings_are_told_and_the_app_opens(command: Command, opened: list[Any], model_folder: Path) -> None:
    path = settings_file()
    path.parent.mkdir(parents=True)
    path.write_text("{")
    result = command(model_folder)
    assert result.code == 0
    assert "are damaged" in result.err
    assert "set aside as settings-damaged.json" in result.err
    assert opened[0][0] == (str(model_folder), None, Controls(0.6), None, 60.0)
