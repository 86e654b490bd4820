"""The subcommands of charrnn-tui, a module each. Only this table is read until one of them is called, so that
`--help` and `--version` stay instant: the modules import numpy and Textual, or start TensorFlow.
"""

from difflib import get_close_matches
from typing import NamedTuple


class Place(NamedTuple):
    """Where a subcommand is defined, and its line in the list of commands."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "play": Place("play", "play", "Open the app on a model (the default command)."),
    "learn": Place("learn", "learn", "Open the course: short lessons beside the text."),
    "sample": Place("sample", "sample", "Write text to standard output."),
    "train": Place("train", "train", "Train a model on a text, CSV or JSON lines file (needs TensorFlow)."),
    "evaluate": Place("evaluate", "evaluate", "Measure how well a model predicts a text."),
    "import": Place("import_", "import_model", "Open your own Keras, textgenrnn or PyTorch model."),
    "models": Place("models", "models", "List the models."),
    "serve": Place("serve", "serve", "Open the app in browsers, for a class."),
    "units": Place("units", "units", "Find the units that follow a property of the text."),
}


def command_meant(word: str) -> str | None:
    """The command that `word` is, or is a misspelling of."""
    return next(iter(get_close_matches(word.lower(), COMMANDS, n=1, cutoff=0.75)), None)
