"""Where a program isn't at home: no home folder or one that is locked, a locale without UTF-8, no proper terminal."""

import os
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tests.tui.command import environment, run

HOMES = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "CHARRNN_CHECKPOINTS")

posix = pytest.mark.skipif(os.name != "posix", reason="needs a pty")


def homes(kind: str, tmp_path: Path) -> dict[str, str]:
    """The variables of a home that is no home."""
    if kind == "a file":
        place = tmp_path / "file"
        place.write_text("")
    elif kind == "nowhere":
        place = tmp_path / "gone" / "gone"
    elif kind == "read-only":
        place = tmp_path / "locked"
        place.mkdir(mode=0o500)
        if os.access(place, os.W_OK):
            pytest.skip("nothing is read-only for this user")
    else:  # a folder that is there, and in which nobody can make anything
        place = Path("/proc/self")
        if not place.is_dir():
            pytest.skip("there is no /proc")
    return {"HOME": str(place), **{name: str(place / name.lower()) for name in HOMES[1:]}}


KINDS = ["a file", "nowhere", "read-only", "of the system"]


def without(names: tuple[str, ...], **changes: str) -> dict[str, str]:
    return {name: value for name, value in environment(**changes).items() if name not in names}


@pytest.mark.parametrize("kind", [*KINDS, "unset"])
def test_models_are_listed_and_texts_written_without_a_home(model_folder: Path, tmp_path: Path, kind: str) -> None:
    variables = without(HOMES) if kind == "unset" else environment(**homes(kind, tmp_path))
    listed = run("models", env=variables)
    assert (listed.code, listed.err) == (0, "")
    assert "headlines-notebook" in listed.out  # those that ship
    sampled = run("sample", model_folder, "--prompt", "the ", "--seed", 1, "--max-chars", 20, env=variables)
    assert sampled.code == 0
    assert sampled.out.startswith("the ")


@posix
@pytest.mark.parametrize("kind", ["a file", "read-only"])
def test_the_app_runs_without_a_home_and_says_that_it_remembers_nothing(
    model_folder: Path, tmp_path: Path, kind: str
) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1"], **homes(kind, tmp_path)) as terminal:
        terminal.wait_for("playing")
        terminal.press("up")
        terminal.wait_for("T 0.65")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        assert b"Traceback" not in terminal.raw
        said = terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :]
        assert b"settings" in said


@posix
@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
    ids=lambda locale: " ".join(locale.values()),
)
def test_the_app_is_drawn_whatever_the_locale(model_folder: Path, locale: dict[str, str]) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1"], **locale) as terminal:
        terminal.wait_for("▶ playing")
        terminal.wait_for("◂")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        assert b"\\u" not in terminal.raw
        assert b"Traceback" not in terminal.raw


@posix
@pytest.mark.parametrize("term", ["", "unknown-terminal"])
def test_the_app_runs_on_terminals_that_nobody_knows(model_folder: Path, term: str) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1"], TERM=term, COLORTERM="") as terminal:
        terminal.wait_for("playing")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        assert b"Traceback" not in terminal.raw


@posix
def test_a_dumb_terminal_is_refused_in_a_line_that_points_to_sample(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder)], TERM="dumb") as terminal:
        assert terminal.wait_for_exit() == 2
        assert "charrnn-tui sample" in " ".join(terminal.text.split())
        assert len(terminal.raw.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs setsid")
@pytest.mark.parametrize("args", [(), ("play",)])
def test_without_any_terminal_it_is_refused_in_a_line_that_points_to_sample(args: tuple[str, ...]) -> None:
    result = run(*args, env=without(("TERM",)), start_new_session=True)
    assert (result.code, result.out) == (2, "")
    assert "charrnn-tui sample" in result.err
    assert len(result.err.splitlines()) == 1
