"""Every sentence of the README is a promise: its examples run, and print what it says they print."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.command import ROOT, environment

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(mark: str) -> list[str]:
    """The fenced blocks under `<!-- mark -->`."""
    return re.findall(rf"<!-- {re.escape(mark)} -->\n```\w*\n(.*?)```", README, re.DOTALL)


def test_the_sample_command_prints_what_is_shown() -> None:
    (shown,) = blocks("example:sample")
    command, _, output = shown.replace("\\\n", "").removeprefix("$ ").partition("\n")
    program, *args = shlex.split(command)
    assert program == "charrnn-tui"
    # A terminal shows both streams as one.
    done = subprocess.run(
        [sys.executable, "-m", "charrnn_tui", *args],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
    )
    assert done.stdout.decode() == output


@pytest.mark.parametrize("code", blocks("example:python"))
def test_the_python_examples_run(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_every_key_in_the_table_is_bound() -> None:
    from charrnn_tui.app import PlaygroundApp
    from charrnn_tui.play.screen import PlayScreen

    table = re.search(r"\| key \| does \|\n.*?\n\n", README, re.DOTALL)
    assert table is not None
    rows = [row.split("|")[1] for row in table[0].splitlines()[2:] if row]
    keys = {key for row in rows for key in re.findall(r"`([^`]+)`", row)} - {"shift+"}
    spelled = {"[": "left_square_bracket", "]": "right_square_bracket", "?": "question_mark"}
    bound = {binding.key for owner in (PlayScreen, PlaygroundApp) for binding in owner.BINDINGS}
    assert {spelled.get(key, key) for key in keys} <= bound | {PlaygroundApp.COMMAND_PALETTE_BINDING}


def test_the_two_commands_are_one_block_each() -> None:
    for mark in ("ci:install", "ci:test"):
        (block,) = blocks(mark)
        assert block.count("\n") == 1


def test_the_shipped_folder_is_where_it_is_said_to_be() -> None:
    assert (Path(ROOT) / "checkpoints" / "headlines-notebook" / "model.keras").is_file()


def test_the_table_of_models_says_what_their_cards_say() -> None:
    from charrnn_engine import list_checkpoints
    from charrnn_engine.checkpoints.locations import shipped_checkpoints
    from charrnn_tui.models.cards import held_out

    shipped = [info for info in list_checkpoints() if info.folder.parent == shipped_checkpoints()]
    assert shipped
    for info in shipped:
        (row,) = re.findall(rf"^\| `{info.name}` \|.*$", README, re.MULTILINE)
        figure, _ = held_out(info.card)
        assert f"{figure:.2f} bits per character" in row
        assert info.card["corpus"]["name"] in row
