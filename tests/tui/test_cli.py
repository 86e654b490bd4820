"""Which command an argument means, how errors are reported, and that starting imports little."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from rich.traceback import Traceback
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver

from charrnn_engine import Controls
from charrnn_tui.cli import main
from charrnn_tui.commands import COMMANDS, command_meant
from charrnn_tui.settings import SavedSettings, save_settings
from tests.tui.command import Command, environment, run, start


class Terminal(SimpleNamespace):
    """A standard stream that claims to be a terminal."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def isatty(self) -> bool:
        return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the app was opened with, in place of opening it."""
    opened: list[tuple[Any, ...]] = []

    class Opened(App[None]):
        problem = None

        def __init__(self, *settings: Any, **_options: Any) -> None:
            super().__init__()
            opened.append(settings)

        def run(self, *_: Any, **_options: Any) -> None:
            pass

    replace_app(monkeypatch, Opened)
    return opened


def replace_app(monkeypatch: pytest.MonkeyPatch, app: type[App[None]]) -> None:
    module = ModuleType("charrnn_tui.app")
    module.PlaygroundApp = app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "charrnn_tui.app", module)
    monkeypatch.setattr("charrnn_tui.commands.play.require_terminal", lambda: None)


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


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_the_examples_in_help_have_options_that_exist(command: Command, name: str) -> None:
    shown = command(*name.split(), "--help").out
    examples = re.findall(r"^  +(?:echo.*\| )?charrnn-tui\b(.*?)(?:  .*|[|>#].*)?$", shown, re.MULTILINE)
    assert examples
    for example in examples:
        result = command(*shlex.split(example), "--help")
        assert (result.code, result.err) == (0, ""), example


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
        (str(model_folder), None, Controls(0.6), None, None),
        (str(model_folder), None, Controls(0.6), None, 60.0),
    ]


def test_play_takes_the_filters_and_holds_of_sample_and_a_theme(
    command: Command, opened: list[Any], model_folder: Path
) -> None:
    options = ("--top-k", 5, "--top-p", 0.9, "--min-p", 0.1, "--hold", "c1.3=-2sd", "--theme", "charrnn-light")
    assert command("play", model_folder, *options).code == 0
    assert opened[0][2] == Controls(0.6, False, 5, 0.9, 0.1, {"c1.3": "-2sd"})
    assert "no unit 'c7.1'" in command("play", model_folder, "--hold", "c7.1=0").err
    assert "there is no theme 'mauve'; there are" in command("play", model_folder, "--theme", "mauve").err


def test_without_a_model_it_plays_the_default(
    command: Command, opened: list[Any], model_folder: Path, home: Path
) -> None:
    (home / "checkpoints").mkdir()
    (home / "checkpoints" / "headlines").symlink_to(model_folder)
    assert command().code == command("--greedy").code == 0
    assert [settings[0] for settings in opened] == [None, None]


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast"])
def test_a_speed_that_is_not_a_positive_number_is_refused(command: Command, opened: list[Any], speed: str) -> None:
    result = command("--speed", speed)
    assert result.code == 2
    assert "'max'" in result.err


@pytest.mark.parametrize("args", [["smaple"], ["smaple", "--top-k", "3"], ["--debug", "samples"]])
def test_a_misspelt_command_is_recognised(command: Command, args: list[str]) -> None:
    result = command(*args)
    assert result.code == 2
    assert "did you mean: charrnn-tui sample\n" in result.err


def test_a_command_after_options_is_refused(command: Command) -> None:
    result = command("--prompt", "x", "sample")
    assert result.code == 2
    assert "a command comes before its options: charrnn-tui sample" in result.err


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


def test_an_unknown_model_is_reported_before_the_app_opens(command: Command, opened: list[Any]) -> None:
    result = command("nowhere")
    assert (result.code, opened) == (2, [])
    assert "there is no model 'nowhere'" in result.err


def test_two_words_that_are_not_a_command(command: Command) -> None:
    result = command("generate", "headlines")
    assert (result.code, result.err) == (2, "charrnn-tui: there is no command 'generate'; see: charrnn-tui --help\n")


@pytest.mark.parametrize(
    ("args", "reported"),
    [
        (["nosuchmodel"], "there is no model 'nosuchmodel'"),
        (["smaple"], "did you mean: charrnn-tui sample"),
        (["--replay", "nowhere.json"], "'nowhere.json' does not exist"),
        (["--seed", "x"], "must be a whole number"),
        (["--temperature", "0"], "must be a finite number above 0"),
        (["--pattern", "(?=a)"], "looks ahead or behind"),
        ([], "the app needs an interactive terminal; to write to a pipe, use `charrnn-tui sample`"),
    ],
)
def test_without_a_terminal_a_mistake_in_the_command_is_reported_first(
    command: Command, args: list[str], reported: str
) -> None:
    result = command("play", *args)
    assert result.code == 2
    assert reported in result.err
    assert result.err.count("\n") == 1


def test_a_dumb_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from charrnn_tui.commands.console import Refusal, require_terminal

    monkeypatch.setenv("TERM", "dumb")
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal(stream=getattr(sys, name)))
    with pytest.raises(Refusal, match=r"TERM is 'dumb'.*charrnn-tui sample"):
        require_terminal()


@pytest.mark.parametrize(
    ("args", "reported"),
    [
        (["sample", "--seed", "x"], "--seed must be a whole number, 0 or more, not 'x'"),
        (["evaluate", "m", "c", "--window", "0"], "--window must be a whole number, 1 or more, not 0"),
        (["sample", "--temperature", "hot"], "--temperature must be a number, not 'hot'"),
        (["play", "--seed", "1" + "0" * 400], "--seed must have at most 12 digits"),
        (["evaluate", "m", "c", "--held-out", "1"], "--held-out must be a number between 0 and 1, not 1"),
    ],
)
def test_a_number_that_is_refused_is_described_in_words(command: Command, args: list[str], reported: str) -> None:
    result = command(*args)
    assert result.code == 2
    assert reported in result.err
    assert len(result.err) < 200


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
        ["play", "headlines", "--read", "nowhere.txt"],
        ["play", "headlines", "--read", __file__, "--prompt", "Today"],
    ],
)
def test_mistakes_are_one_line_and_exit_2(command: Command, args: list[str]) -> None:
    result = command(*args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("charrnn-tui: ")
    assert result.err.count("\n") == 1


def test_any_other_error_is_one_line_and_exit_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device", "/full/place")

    monkeypatch.setattr("charrnn_tui.commands.models.list_models", fail)
    result = command("models")
    assert (result.code, result.err) == (1, "charrnn-tui: /full/place: No space left on device\n")


@pytest.mark.parametrize("by_panic", [False, True])
def test_an_error_that_ends_the_app_is_one_line_and_exit_1(
    command: Command, monkeypatch: pytest.MonkeyPatch, model_folder: Path, by_panic: bool
) -> None:
    """Textual's panic, which its thread for the keyboard calls, would exit with 0."""

    class Broken(App[None]):
        problem = None

        def __init__(self, *_: Any, **_options: Any) -> None:
            super().__init__(driver_class=HeadlessDriver)

        def keep_text(self) -> None:
            """There is none."""

        def on_mount(self) -> None:
            try:
                raise ValueError("the cat has bitten through the cable")
            except ValueError:
                if not by_panic:
                    raise
                self.panic(Traceback())

    replace_app(monkeypatch, Broken)
    result = command(model_folder)
    said = "charrnn-tui: unexpected error, ValueError: the cat has bitten through the cable; --debug shows where\n"
    assert (result.code, result.err) == (1, said)
    result = command(model_folder, "--debug")
    assert result.code == 1
    assert "on_mount" in result.err
    assert result.err.endswith(said)


def test_an_error_that_ends_a_thread_is_one_line_and_exit_1(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ValueError("in a thread")

    def list_models() -> list[Any]:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        return []

    monkeypatch.setattr("charrnn_tui.commands.models.list_models", list_models)
    result = command("models", "--json")
    said = "charrnn-tui: unexpected error, ValueError: in a thread; --debug shows where\n"
    assert (result.code, result.err) == (1, said)
    assert "in fail" in command("models", "--json", "--debug").err


def test_an_error_before_the_engine_is_imported_is_one_line() -> None:
    broken = "import sys; sys.modules['numpy'] = None\nfrom charrnn_tui.cli import main; sys.exit(main(['sample']))"
    done = subprocess.run(
        [sys.executable, "-c", broken], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("charrnn-tui: unexpected error, ModuleNotFoundError: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("model", ["~nosuchuser", "m" * 300])
def test_a_remembered_model_that_cannot_be_found_is_reported_and_the_default_opens(
    command: Command, opened: list[Any], model: str
) -> None:
    assert save_settings(SavedSettings(model=model)) is None
    result = command()
    assert result.code == 0
    assert "the model of your last session" in result.err
    assert opened[0][0] is None


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("charrnn-tui mod", {"models"}),
        ("charrnn-tui headlines-", {"headlines-gru", "headlines-notebook", "headlines-rnn", "headlines-words"}),
        ("charrnn-tui --te", {"--temperature"}),
        ("charrnn-tui headlines --repl", {"--replay"}),
        ("charrnn-tui evaluate shake", {"shakespeare"}),
    ],
)
def test_the_shell_completes_commands_models_and_options(
    command: Command, monkeypatch: pytest.MonkeyPatch, typed: str, offered: set[str]
) -> None:
    monkeypatch.setenv("_CHARRNN_TUI_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
    result = command()
    assert result.code == 0
    assert {line.removeprefix("plain,") for line in result.out.split() if line.startswith("plain,")} == offered


def test_the_completion_script_is_written_for_each_shell(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for shell in ("bash", "zsh", "fish"):
        monkeypatch.setenv("_CHARRNN_TUI_COMPLETE", f"{shell}_source")
        result = command()
        assert result.code == 0
        assert "_CHARRNN_TUI_COMPLETE" in result.out


def test_debug_shows_the_traceback_and_keeps_the_exit_code(command: Command) -> None:
    for args in (["--debug", "sample", "nowhere"], ["sample", "nowhere", "--debug"]):
        result = command(*args)
        assert result.code == 2
        assert "Traceback (most recent call last)" in result.err
        assert result.err.splitlines()[-1].startswith("charrnn-tui: there is no model 'nowhere'")


def test_ctrl_c_pressed_again_while_the_first_one_is_handled(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_full_disk_is_reported(model_folder: Path) -> None:
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
