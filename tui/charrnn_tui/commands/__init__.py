"""The subcommands of charrnn-tui, a module each. This table is all that is read until one of them is called, so
that `--help` and `--version` stay instant: the modules import numpy and Textual, or start TensorFlow.
"""

from difflib import get_close_matches
from typing import NamedTuple


class Place(NamedTuple):
    """Where a subcommand is defined, and the line that the list of commands says of it."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "play": Place("play", "play", "Open the app on a model (what happens without a command)."),
    "sample": Place("sample", "sample", "Write text to standard output."),
    "train": Place("train", "train", "Train a model on a text, a CSV or JSON lines (needs TensorFlow)."),
    "evaluate": Place("evaluate", "evaluate", "Measure how well a model predicts a text."),
    "import": Place("import_", "import_model", "Make a checkpoint of a Keras model and its tokenizer."),
    "models": Place("models", "models", "List the models that there are."),
}


def command_meant(word: str) -> str | None:
    """The command that `word` is a slip of, or is."""
    return next(iter(get_close_matches(word.lower(), COMMANDS, n=1, cutoff=0.75)), None)
