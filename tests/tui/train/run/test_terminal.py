"""A newcomer trains a model in a real terminal, with TensorFlow, on a text of their own, and plays with it."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.terminal import Terminal

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(find_spec("tensorflow") is None, reason="needs the train extra"),
    pytest.mark.skipif(os.name != "posix", reason="needs a pty"),
]

PATIENCE = 150.0  # seconds for TensorFlow to start and learn, on a machine that is busy with other tests


def test_a_newcomer_trains_a_model_and_plays_with_it(home: Path, model_folder: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "fox.txt"
    corpus.write_text("the quick brown fox jumps over the lazy dog. " * 120)
    with Terminal(["play", str(model_folder), "--seed", "1"]) as terminal:
        terminal.wait_for("playing")
        terminal.press("t")
        terminal.wait_for("corpus")
        terminal.press(str(corpus))
        terminal.wait_for("the quick brown fox")
        terminal.wait_for("enter continue")
        terminal.press("enter")
        terminal.wait_for(lambda screen: "enter continue" not in screen)
        terminal.press("enter")
        terminal.wait_for(lambda screen: re.search(r"epoch [1-9]\d* · \d\.\d\d bits", screen) is not None, PATIENCE)
        terminal.press("x")
        terminal.wait_for("Stop and save")
        terminal.press("enter")
        terminal.wait_for("Training stopped; saved as fox", PATIENCE)
        terminal.press("enter")
        terminal.wait_for(lambda screen: "fox" in screen.splitlines()[0] and "playing" in screen)
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    saved = home / "data" / "charrnn-tui" / "checkpoints" / "fox"
    assert {"model.keras", "vocabulary.json", "card.json"} <= {path.name for path in saved.iterdir()}
    assert str(tmp_path) not in (saved / "card.json").read_text(encoding="utf-8"), "no path of this machine"
