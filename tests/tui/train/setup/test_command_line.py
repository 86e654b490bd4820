"""A run is said as the command that gives it again: for a card without folders, for a reader as it is typed."""

import shlex
from pathlib import Path

import pytest

from charrnn_tui.commands.train import train
from charrnn_tui.train.setup.command_line import command_text, is_name, name_for, settings_fields, typed_here


def test_zero_is_a_value_and_off_is_none() -> None:
    given = {"corpus": "a.txt", "embedding": 0, "dropout": 0.0, "half": False, "licence": "", "column": (), "seed": 0}
    assert command_text(train.params, given) == "charrnn-tui train a.txt --embedding 0 --dropout 0.0 --seed 0"


def test_folders_of_this_machine_stay_out_of_a_card_but_prompts_are_kept_as_they_are() -> None:
    given = {"corpus": "/home/me/a b.txt", "validation": "../c.txt", "prompt": ("/start", "~/x"), "out": "/models/m"}
    text = command_text(train.params, given)
    assert shlex.split(text) == [
        "charrnn-tui", "train", "a b.txt", "--validation", "c.txt", "--prompt", "/start", "--prompt", "~/x",
    ]  # fmt: skip


def test_for_the_shell_it_is_whole_and_as_short_as_it_can_be_typed_here(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"corpus": str(home / "my notes.txt"), "out": str(tmp_path / "m"), "force": True, "lines": True}
    text = command_text(train.params, given, typed_here, whole=True)
    assert text == "charrnn-tui train ~/'my notes.txt' --out m --lines --force"
    assert typed_here("/elsewhere/a.txt") == "/elsewhere/a.txt"
    assert typed_here("headlines") == "headlines"


def test_options_become_the_fields_of_settings() -> None:
    given = {"column": ["a", "b"], "lr": 0.1, "from_": "x", "name": "n", "units": 3}
    assert settings_fields(given) == {"columns": ("a", "b"), "learning_rate": 0.1, "start_from": "x", "units": 3}


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        ("a/My notes.v2.txt", "My-notes.v2"),
        ("tfds:ag_news:train", "ag_news"),
        ("...", "model"),
        ("a/Übung.txt", "Übung"),
    ],
)
def test_a_model_is_named_after_its_corpus(corpus: str, name: str) -> None:
    assert name_for(corpus) == name
    assert is_name(name)
    assert not is_name(f"a/{name}")
    assert not is_name(f".{name}")
