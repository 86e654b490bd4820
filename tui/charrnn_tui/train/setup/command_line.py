"""A training run as a command: which option sets which field of the settings, and the line to type for it again.

Shared by `charrnn-tui train` and by the screen that says what it would be from the shell. Starts nothing.
"""

import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

_FIELDS = {
    "column": "columns", "lr": "learning_rate", "prompt": "prompts", "vocabulary": "vocabulary_size",
    "half": "half_weights", "from_": "start_from", "nice": "low_priority",
}  # fmt: skip
_NOT_SETTINGS = {"corpus", "name", "out", "preset", "json_", "resume", "force"}
_OF_THE_MOMENT = {"json_", "force", "nice", "resume", "out", "debug"}
_PATHS = {"corpus", "validation", "from_", "out"}


def settings_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options by their names, as `settings_for` takes them: fields of the settings by theirs."""
    return {
        _FIELDS.get(name, name): tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if name not in _NOT_SETTINGS
    }


def portable(word: str) -> str:
    """A word without the folders of this machine."""
    return Path(word).name if word.startswith(("/", "~", "..")) else word


def command_text(
    parameters: Sequence[click.Parameter],
    given: Mapping[str, Any],
    word: Callable[[str], str] = portable,
    *,
    whole: bool = False,
) -> str:
    """The command that gives these options, by their names, again; `word` says how a path is written in it.

    For a model's card, so without folders of this machine, and without what matters only now unless it is `whole`.
    """
    words = ["charrnn-tui", "train"]
    for parameter in parameters:
        value = given.get(parameter.name or "")
        # Not `in (False, …)`: 0 equals False, and a width of 0 is one.
        if value is None or value is False or value == () or value == "":
            continue
        if parameter.name in _OF_THE_MOMENT and not whole:
            continue
        path = parameter.name in _PATHS
        for entry in value if isinstance(value, tuple | list) else (value,):
            words += [] if isinstance(parameter, click.Argument) else [parameter.opts[0]]
            words += [] if value is True else [_quoted(word(entry)) if path else shlex.quote(str(entry))]
    return " ".join(words)


def typed_here(word: str) -> str:
    """A word as it is typed on this machine, in this folder: paths as short as they can be said."""
    if not word.startswith("/"):
        return word
    below = os.path.relpath(word)
    home = os.path.expanduser("~")  # noqa: PTH111  # unlike Path.home, this never fails
    if not below.startswith(".."):
        return below
    return f"~{word[len(home) :]}" if word.startswith(home + os.sep) else word


def _quoted(word: str) -> str:
    # The shell reads ~ as the home folder only where it isn't quoted.
    return f"~/{shlex.quote(word[2:])}" if re.match(r"~/.", word) else shlex.quote(word)


def name_for(corpus: str) -> str:
    """The name of a model of a corpus that is given none."""
    stem = corpus.removeprefix("tfds:").split(":")[0] if corpus.startswith("tfds:") else Path(corpus).stem
    return re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "model"


def is_name(name: str) -> bool:
    """Whether a model can be called that: it is the name of a folder."""
    return re.fullmatch(r"[^/\\\0]+", name) is not None and not name.startswith(".")
