"""Every example in the README and in docs/ runs or parses, and every table there agrees with the program."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType

import pytest

from charrnn_engine import Controls, Vocabulary
from charrnn_engine.generation.recording import Recording
from tests.tui.command import ROOT, Command, environment

README, PLAYING, COMMAND_LINE, TRAINING, FIGURES = (
    "README.md",
    "playing.md",
    "command-line.md",
    "training.md",
    "figures.md",
)
PATHS = [ROOT / README, *sorted((ROOT / "docs").glob("*.md"))]
PAGES = MappingProxyType({path.name: path.read_text(encoding="utf-8") for path in PATHS})


def marked(mark: str) -> list[str]:
    """The fenced blocks under `<!-- mark -->`, on all pages."""
    fence = rf"<!-- {re.escape(mark)} -->\n```\w*\n(.*?)```"
    return [block for page in PAGES.values() for block in re.findall(fence, page, re.DOTALL)]


def commands() -> Iterator[str]:
    """What is typed after `charrnn-tui` in every block of shell commands."""
    for page in PAGES.values():
        for block in re.findall(r"```(?:bash|console)\n(.*?)```", page, re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                yield from re.findall(r"^(?:\$ |.*\| )?charrnn-tui\b([^#|>]*)", line)


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the rows under a table's heading."""
    found = re.search(rf"^{re.escape(heading)}\n\|[ |:-]+\n((?:\|.*\n)+)", PAGES[page], re.MULTILINE)
    assert found is not None
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in found[1].splitlines()]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def test_the_readme_is_short() -> None:
    assert len(PAGES[README]) <= 6000


def test_the_sample_command_prints_what_is_shown() -> None:
    (shown,) = marked("example:sample")
    command, _, output = shown.replace("\\\n", "").removeprefix("$ ").partition("\n")
    program, *args = shlex.split(command)
    assert program == "charrnn-tui"
    done = subprocess.run(
        [sys.executable, "-m", "charrnn_tui", *args],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # a terminal shows both streams as one
        check=True,
    )
    assert done.stdout.decode() == output


@pytest.mark.parametrize("code", marked("example:python"))
def test_the_python_examples_run(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "example", "exec"), {"__name__": "example"})
    said = capsys.readouterr()
    assert said.out
    assert said.err == ""


def test_the_shell_examples_run(tmp_path: Path) -> None:
    program = tmp_path / "charrnn-tui"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m charrnn_tui "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{environment()['PATH']}"
    for block in marked("example:shell"):
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", block],
            cwd=tmp_path, env=environment(PATH=path), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert len((tmp_path / "headlines.txt").read_text().splitlines()) == 20


def test_every_command_has_options_that_exist(command: Command) -> None:
    for typed in set(commands()):
        result = command(*shlex.split(typed), "--help")
        assert (result.code, result.err) == (0, ""), typed


def test_the_json_examples_are_read() -> None:
    (vocabulary,) = marked("example:vocabulary")
    (recording,) = marked("example:recording")
    assert len(Vocabulary.from_json(json.loads(vocabulary))) == 5
    assert Recording.from_json(recording).forced == ((12, 3),)


def test_the_two_commands_for_ci_are_one_line_each() -> None:
    for mark in ("ci:install", "ci:test"):
        (block,) = marked(mark)
        assert block.count("\n") == 1


def test_every_key_in_the_tables_is_bound() -> None:
    from charrnn_tui.app import PlaygroundApp
    from charrnn_tui.play.screen import PlayScreen
    from charrnn_tui.train.run.screen import TrainingScreen

    spelled = {"[": "left_square_bracket", "]": "right_square_bracket", "?": "question_mark"}
    spelled |= {".": "full_stop", "/": "slash"}
    for page, screen in ((PLAYING, PlayScreen), (TRAINING, TrainingScreen)):
        keys = {key for row in table(page, "| key | does |") for key in quoted(row[0])} - {"shift+"}
        bindings = [binding for owner in (screen, PlaygroundApp) for binding in owner.BINDINGS]
        bound = {key for binding in bindings for key in binding.key.split(",")}
        assert {spelled.get(key, key) for key in keys} <= bound | {PlaygroundApp.COMMAND_PALETTE_BINDING}


def test_the_table_of_settings_names_every_setting() -> None:
    from charrnn_tui.settings import SavedSettings

    named = [name for row in table(PLAYING, "| name | value |") for name in quoted(row[0])]
    assert sorted(named) == sorted({entry.name for entry in fields(SavedSettings)} - {"other"})


def test_the_table_of_commands_names_every_command() -> None:
    from charrnn_tui.commands import COMMANDS

    named = [quoted(row[0])[0].removeprefix("charrnn-tui ") for row in table(COMMAND_LINE, "| command | does |")]
    assert sorted(named) == sorted(COMMANDS)


def test_the_table_of_json_names_what_sample_writes(command: Command, model_folder: Path) -> None:
    written = json.loads(command("sample", model_folder, "--seed", 1, "--json").out)
    assert [name for row in table(COMMAND_LINE, "| name | value |") for name in quoted(row[0])] == list(written)


def test_the_table_of_controls_names_every_control() -> None:
    named = [name for row in table("python.md", "| field | effect |") for name in quoted(row[0])]
    assert named == [entry.name for entry in fields(Controls)]


def test_the_table_of_models_agrees_with_their_cards() -> None:
    from charrnn_engine import list_checkpoints
    from charrnn_engine.checkpoints.locations import shipped_checkpoints
    from charrnn_tui.ui.cards import held_out, is_word_level

    rows = {quoted(row[0])[0]: row for row in table(FIGURES, "| model | network | trained on | held out |")}
    shipped = {info.name: info.card for info in list_checkpoints() if info.folder.parent == shipped_checkpoints()}
    assert set(rows) == set(shipped)
    for name, card in shipped.items():
        unit = "word" if is_word_level(card) else "char"
        figure, _ = held_out(card, unit)
        assert f"{figure:.2f} bits per {unit}" in rows[name][3]
        assert card["corpus"]["name"] in rows[name][2]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", PAGES[path.name]):
        to = path.parent / target if target else path
        assert to.is_file(), target
        headings = re.findall(r"^#+ (.*)$", to.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs
