"""The app in a real terminal, for what only a terminal shows."""

import os
import re
import signal
from pathlib import Path

import pytest

from charrnn_engine import CharRNN
from tests.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pty")


def test_opens_streams_obeys_and_leaves_a_clean_terminal(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--prompt", "the ", "--seed", "1"]) as terminal:
        terminal.wait_for("playing")
        terminal.wait_for(lambda screen: re.search(r"the \S", screen) is not None)
        terminal.press("up")
        terminal.wait_for("T 1.05")
        terminal.press("g")
        terminal.wait_for(lambda screen: re.search(r"greedy +◂ on", screen) is not None)
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        # The main screen is back, the cursor shown, the mouse let go.
        for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"):
            assert terminal.raw.rindex(sequence) > terminal.raw.rindex(b"playing")
        assert b"Traceback" not in terminal.raw


def test_a_new_prompt_is_typed_and_played(model_folder: Path) -> None:
    with Terminal(["play", str(model_folder), "--prompt", "the ", "--seed", "1"]) as terminal:
        terminal.wait_for("playing")
        terminal.press("p")
        terminal.wait_for("start from this")
        terminal.press("fox", "enter")
        terminal.wait_for(lambda screen: re.search(r"^ +the fox", screen, re.MULTILINE) is not None)
        terminal.press("q")
        assert terminal.wait_for_exit() == 0


def test_greedy_text_repeats_itself(speller_folder: Path, speller: CharRNN) -> None:
    with Terminal(["play", str(speller_folder), "--greedy", "--speed", "1000"], 100, 30) as terminal:
        screen = terminal.wait_for(lambda screen: screen.count("the quick") >= 5 or screen.count("he quick") >= 5)
        assert "∎" in screen
        terminal.press("q")
        assert terminal.wait_for_exit() == 0


def test_resizing_the_terminal_wraps_anew(model_folder: Path) -> None:
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
