"""A run is said as the command that gives it again: for a card without folders, for a reader as it is typed."""

import shlex
from pathlib import Path

import pytest

from charrnn_tui.train.setup.command_line import card_command, is_name, name_for, settings_fields, shell_command


def test_zero_is_a_value_and_off_is_none() -> None:
    given = {"corpus": "a.txt", "embedding": 0, "dropout": 0.0, "half": False, "licence": "", "column": (), "seed": 0}
    assert card_command(given) == "charrnn-tui train a.txt --embedding 0 --dropout 0.0 --seed 0"


def test_a_card_names_no_folders_but_keeps_prompts_as_they_are() -> None:
    given = {
        "corpus": "/home/me/a b.txt", "validation": "../c.txt", "from_": "~/m", "prompt": ("/start", "~/x"),
        "keep_epochs": 3, "out": "/models/m", "json_": True,
    }  # fmt: skip
    assert shlex.split(card_command(given)) == [
        "charrnn-tui", "train", "a b.txt", "--validation", "c.txt", "--from", "m", "--prompt", "/start", "--prompt",
        "~/x", "--keep-epochs", "3",
    ]  # fmt: skip


def test_a_command_for_the_shell_has_paths_as_short_as_they_can_be_typed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"corpus": str(home / "my notes.txt"), "out": str(tmp_path / "m"), "lines": True, "force": True}
    assert shell_command(given) == "charrnn-tui train ~/'my notes.txt' --out m --lines --force"
    assert shell_command({"corpus": "/elsewhere/a.txt"}) == "charrnn-tui train /elsewhere/a.txt"
    assert shell_command({"corpus": "tfds:news"}) == "charrnn-tui train tfds:news"


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
        ("old texts/", "old-texts"),
        ("old/texts/**/*.txt", "texts"),
        ("*.txt", "model"),
    ],
)
def test_a_model_is_named_after_its_corpus(corpus: str, name: str) -> None:
    assert name_for(corpus) == name
    assert is_name(name)
    assert not is_name(f"a/{name}")
    assert not is_name(f".{name}")
