"""The app in a real terminal, for what only a terminal shows."""

import os
import random
import re
import signal
from pathlib import Path

import pytest

from charrnn_engine import CharRNN
from charrnn_engine.checkpoints.locations import settings_file
from tests.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pty")


def test_opens_streams_obeys_takes_a_prompt_and_leaves_a_clean_terminal(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--prompt", "the ", "--seed", "1"]) as terminal:
        terminal.wait_for("playing")
        terminal.wait_for(lambda screen: re.search(r"the \S", screen) is not None)
        terminal.press("up")
        terminal.wait_for("T 0.65")
        terminal.press("g")
        terminal.wait_for(lambda screen: re.search(r"greedy +◂ on", screen) is not None)
        terminal.press("p")
        terminal.wait_for("for a new line")
        terminal.press("fox", "enter")
        terminal.wait_for(lambda screen: re.search(r"^ +the fox", screen, re.MULTILINE) is not None)
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        # The main screen is back, the cursor shown, the mouse let go.
        for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"):
            assert terminal.raw.rindex(sequence) > terminal.raw.rindex(b"playing")
        assert b"Traceback" not in terminal.raw


def test_greedy_text_repeats_itself(speller_folder: Path, speller: CharRNN) -> None:
    with Terminal(["play", str(speller_folder), "--greedy", "--speed", "1000"], 100, 30) as terminal:
        screen = terminal.wait_for(lambda screen: screen.count("the quick") >= 5 or screen.count("he quick") >= 5)
        assert "∎" in screen
        terminal.press("q")
        assert terminal.wait_for_exit() == 0


def test_damaged_settings_are_said_while_the_app_runs(model_folder: Path) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("{")
    with Terminal(["play", str(model_folder), "--seed", "1"], 100, 30) as terminal:
        said = "set aside as settings-damaged.json"
        terminal.wait_for(lambda screen: "playing" in screen and said in " ".join(screen.split()))
        terminal.press("q")
        assert terminal.wait_for_exit() == 0


def test_resizing_the_terminal_wraps_again(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1", "--speed", "3000"], 120, 30) as terminal:
        terminal.wait_for("playing")
        terminal.resize(62, 20)
        terminal.wait_for(lambda screen: "quit" in screen.splitlines()[-1])
        terminal.press("q")
        assert terminal.wait_for_exit() == 0


def test_ctrl_c_leaves(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder)]) as terminal:
        terminal.wait_for("playing")
        terminal.press("\x03")
        assert terminal.wait_for_exit() == 0


def test_without_colour_it_still_streams(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder)], NO_COLOR="1") as terminal:
        terminal.wait_for("playing")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_ends_it(model_folder: Path, number: signal.Signals) -> None:
    with Terminal(["play", str(model_folder), "--speed", "1000"]) as terminal:
        terminal.wait_for("playing")
        os.kill(terminal.pid, number)
        assert terminal.wait_for_exit() == 128 + number
        assert b"\x1b[?1049l" in terminal.raw
        assert b"Traceback" not in terminal.raw


def test_bytes_that_are_no_utf_8_do_not_end_the_app(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1"]) as terminal:
        terminal.wait_for("playing")
        for typed in (b"Bj\xf6rn", b"\xe9x", b"\x1b[M#\x80\x80"):
            terminal.press("p")
            terminal.wait_for("for a new line")
            terminal.send(typed)
            terminal.press("escape")
            terminal.wait_for(lambda screen: "greedy" in screen.splitlines()[-1])
        assert terminal.wait_for_exit("escape", "q") == 0
        assert b"Traceback" not in terminal.raw


def state(pid: int) -> str:
    """The letter of a process's state: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_ctrl_z_gives_the_terminal_back_and_fg_draws_the_app_again(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1"]) as terminal:
        terminal.wait_for("playing")
        for _ in range(2):
            before = len(terminal.raw)
            terminal.press("\x1a")
            # The main screen is back, the cursor shown, the mouse let go; and the process waits for the shell.
            for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"):
                terminal.wait_for(lambda _, at=before, what=sequence: what in terminal.raw[at:])
            terminal.wait_for(lambda _: state(terminal.pid) == "T")
            before = len(terminal.raw)
            os.kill(terminal.pid, signal.SIGCONT)
            terminal.wait_for(lambda _, at=before: b"\x1b[?1049h" in terminal.raw[at:])
            terminal.wait_for(lambda _, at=before: b"playing" in terminal.raw[at:])
        terminal.press("up")
        terminal.wait_for("T 0.65")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        assert b"Traceback" not in terminal.raw


def test_a_terminal_that_is_closed_ends_the_app(model_folder: Path, home: Path) -> None:
    with Terminal(["play", str(model_folder), "--speed", "max"]) as terminal:
        terminal.wait_for("playing")
        assert terminal.hang_up() in (128 + signal.SIGHUP, -signal.SIGHUP)
    assert list((home / "config").rglob("settings.json"))  # it left in order


def test_a_storm_of_resizes_leaves_the_app_as_it_was(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--seed", "1", "--speed", "max"]) as terminal:
        terminal.wait_for("playing")
        for number in range(120):
            terminal.resize(1 + number * 37 % 180, 1 + number * 17 % 60)
        terminal.resize(90, 28)
        terminal.wait_for(lambda screen: "quit" in screen.splitlines()[-1] and "playing" in screen.splitlines()[0])
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_a_text_is_sampled_ends_it_at_once(model_folder: Path, number: signal.Signals) -> None:
    with Terminal(["sample", str(model_folder), "--endless", "--seed", "1"]) as terminal:
        # More than the heading, which stands there before anything is sampled.
        terminal.wait_for(lambda screen: len(screen.split()) > 20)
        os.kill(terminal.pid, number)
        assert terminal.wait_for_exit() == (130 if number == signal.SIGINT else -number)
        assert b"Traceback" not in terminal.raw


def test_keys_at_random_in_a_real_terminal(model_folder: Path) -> None:
    chance = random.Random(5)
    mouse_and_paste = ["\x1b[<0;20;5M\x1b[<0;20;5m", "\x1b[<64;9;9M", "\x1b[200~a\x07b\x1b[201~"]
    keys = [
        *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[1;5C", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[Z"),
        *"\t\r\x7f\x10gphrcm?s[]ey1239 xé名",
        *mouse_and_paste,
    ]
    with Terminal(["play", str(model_folder), "--speed", "1000"], TEXTUAL_ANIMATIONS="none") as terminal:
        terminal.wait_for("playing")
        for _ in range(60):
            terminal.press(chance.choice(keys))
            if chance.random() < 0.1:
                terminal.resize(chance.randrange(10, 120), chance.randrange(4, 40))
            terminal.read_on(0.01)
        terminal.resize(90, 28)
        assert terminal.wait_for_exit(*["escape"] * 8, "q") == 0
        assert b"Traceback" not in terminal.raw
