"""Which command an argument means, what goes wrong how, and how fast it all starts."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from charrnn_engine import Controls
from charrnn_tui.cli import main
from charrnn_tui.commands import COMMANDS, command_meant
from tests.tui.command import Command, environment, run, start


class Terminal(SimpleNamespace):
    """A standard stream that says it is a terminal."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def isatty(self) -> bool:
        return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the app was opened with, in place of opening it."""
    opened: list[tuple[Any, ...]] = []

    class PlaygroundApp:
        return_code = 0
        problem = None

        def __init__(self, *settings: Any, **_options: Any) -> None:
            opened.append(settings)

        def run(self) -> None:
            pass

    module = ModuleType("charrnn_tui.app")
    module.PlaygroundApp = PlaygroundApp  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "charrnn_tui.app", module)
    monkeypatch.setattr("charrnn_tui.commands.play._refuse_without_terminal", lambda: None)
    return opened


def test_help_lists_every_command_and_shows_examples(command: Command) -> None:
    result = command("--help")
    assert result.code == 0
    assert all(place.summary.split(" (")[0] in result.out for place in COMMANDS.values())
    assert 'charrnn-tui sample --prompt "Today " --seed 1' in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(command: Command, name: str) -> None:
    result = command(name, "--help")
    assert result.code == 0
    usage, _, rest = result.out.partition("Options:")
    assert usage.startswith(f"Usage: charrnn-tui {name}")
    assert f"charrnn-tui {name} " in rest  # an example
    assert "--debug" in result.out


def test_help_and_version_import_nothing_heavy() -> None:
    look = (
        "import sys; from charrnn_tui.cli import main\n"
        "assert main(['--help']) == main(['--version']) == 0\n"
        "print('heavy:', *{'numpy', 'h5py', 'textual', 'rich', 'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", look], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.endswith("heavy:\n")


def test_version(command: Command) -> None:
    assert command("--version").out.startswith("charrnn-tui ")


def test_without_a_command_it_plays(command: Command, opened: list[Any], model_folder: Path) -> None:
    controls = Controls(0.5, True)
    code = command(
        model_folder, "--prompt", "the ", "--temperature", 0.5, "--greedy", "--seed", 3, "--speed", 20
    ).code
    assert code == 0
    assert command("play", model_folder, "--speed", "max").code == 0
    assert command("--debug", model_folder).code == 0
    assert opened == [
        (str(model_folder), "the ", controls, 3, 20.0),
        (str(model_folder), None, Controls(), None, None),
        (str(model_folder), None, Controls(), None, 60.0),
    ]


def test_without_a_model_it_plays_the_default(
    command: Command, opened: list[Any], model_folder: Path, home: Path
) -> None:
    (home / "checkpoints").mkdir()
    (home / "checkpoints" / "headlines").symlink_to(model_folder)
    assert command().code == command("--greedy").code == 0
    assert [settings[0] for settings in opened] == [None, None]


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast"])
def test_a_speed_that_is_none_is_refused(command: Command, opened: list[Any], speed: str) -> None:
    result = command("--speed", speed)
    assert result.code == 2
    assert "'max'" in result.err


@pytest.mark.parametrize("args", [["smaple"], ["smaple", "--top-k", "3"], ["--debug", "samples"]])
def test_a_slip_of_a_command_is_told(command: Command, args: list[str]) -> None:
    result = command(*args)
    assert result.code == 2
    assert "did you mean: charrnn-tui sample\n" in result.err


def test_a_command_behind_options_is_told(command: Command) -> None:
    result = command("--prompt", "x", "sample")
    assert result.code == 2
    assert "it comes first: charrnn-tui sample" in result.err


def test_a_model_with_nearly_the_name_of_a_command_opens(
    command: Command, opened: list[Any], model_folder: Path, home: Path
) -> None:
    (home / "checkpoints").mkdir()
    (home / "checkpoints" / "samples").symlink_to(model_folder)
    assert command("samples").code == 0
    assert opened[0][0] == "samples"


def test_other_words_mean_no_command() -> None:
    assert command_meant("headlines") is None
    assert command_meant("Sample") == "sample"


def test_an_unknown_model_is_told_before_the_app_opens(command: Command, opened: list[Any]) -> None:
    result = command("nowhere")
    assert (result.code, opened) == (2, [])
    assert "there is no model 'nowhere'" in result.err


def test_two_words_that_are_no_command(command: Command) -> None:
    result = command("generate", "headlines")
    assert (result.code, result.err) == (2, "charrnn-tui: there is no command 'generate'; see: charrnn-tui --help\n")


def test_without_a_terminal_play_points_to_sample(command: Command) -> None:
    result = command("play")
    assert result.code == 2
    assert "needs a terminal" in result.err
    assert result.err.endswith("charrnn-tui sample\n")


def test_on_a_dumb_terminal_play_points_to_sample(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from charrnn_tui.commands.console import Refusal
    from charrnn_tui.commands.play import _refuse_without_terminal

    monkeypatch.setenv("TERM", "dumb")
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal(stream=getattr(sys, name)))
    with pytest.raises(Refusal, match=r"TERM is 'dumb'.*charrnn-tui sample"):
        _refuse_without_terminal()


@pytest.mark.parametrize(
    "args",
    [
        ["sample", "nowhere"],
        ["sample", "--seed", "-1"],
        ["sample", "--sede", "1"],
        ["sample", "--temperature", "0"],
        ["sample", "--temperature", "nan"],
        ["models", "surplus"],
        ["--modles"],
    ],
)
def test_mistakes_are_one_line_and_exit_2(command: Command, args: list[str]) -> None:
    result = command(*args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("charrnn-tui: ")
    assert result.err.count("\n") == 1


def test_what_goes_wrong_otherwise_is_one_line_and_exits_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device", "/full/place")

    monkeypatch.setattr("charrnn_tui.commands.models.list_models", fail)
    result = command("models")
    assert (result.code, result.err) == (1, "charrnn-tui: /full/place: No space left on device\n")


def test_debug_shows_the_traceback_and_keeps_the_exit_code(command: Command) -> None:
    for args in (["--debug", "sample", "nowhere"], ["sample", "nowhere", "--debug"]):
        result = command(*args)
        assert result.code == 2
        assert "Traceback (most recent call last)" in result.err
        assert result.err.splitlines()[-1].startswith("charrnn-tui: there is no model 'nowhere'")


def test_ctrl_c_once_more_while_the_first_one_is_seen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("charrnn_tui.cli._run", pressed)
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(flush=pressed))
    assert main(["sample"]) == 130


def test_ctrl_c_exits_130_quietly_with_the_text_so_far(model_folder: Path) -> None:
    with start("sample", model_folder, "--endless") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err


def test_a_closed_pipe_ends_quietly(model_folder: Path) -> None:
    with start("sample", model_folder, "--endless") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert err.count(b"\n") == 1  # the model and the seed


def test_a_pipe_closed_before_the_first_word_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = run("--help", stdout=writer)
    finally:
        os.close(writer)
    assert (result.code, result.err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told(model_folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        result = run("sample", model_folder, "--greedy", stdout=full)
    assert result.code == 1
    assert result.err.splitlines()[-1] == "charrnn-tui: reading or writing failed: No space left on device"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_do_no_harm(model_folder: Path, closed: str) -> None:
    for args, code in (("--prompt the", 0), ("--prompt É", 2)):
        line = f"'{sys.executable}' -m charrnn_tui sample '{model_folder}' {args} --seed 1 {closed}"
        done = subprocess.run(["sh", "-c", line], env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
