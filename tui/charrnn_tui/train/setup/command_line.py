"""A training run as a command line: the fields that its options set, and the command to type for it again.

Shared by `charrnn-tui train` and the set-up screen. Starts nothing.
"""

import os
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_FIELDS = {
    "column": "columns", "lr": "learning_rate", "prompt": "prompts", "vocabulary": "vocabulary_size",
    "half": "half_weights", "from_": "start_from", "nice": "low_priority",
}  # fmt: skip
_NOT_SETTINGS = {"corpus", "name", "out", "preset", "json_", "resume", "force", "workers", "worker"}
_THIS_TIME_ONLY = {"json_", "force", "nice", "resume", "out", "debug", "workers", "worker", "tensorboard"}
_PATHS = {"corpus", "validation", "from_", "out"}


def settings_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options by name, as `settings_for` takes them: by the fields of the settings."""
    return {
        _FIELDS.get(name, name): tuple(value) if isinstance(value, list) else value
        for name, value in options.items()
        if name not in _NOT_SETTINGS
    }


def card_command(options: Mapping[str, Any]) -> str:
    """The command for a model's card: without folders of this machine, and without what mattered only once."""
    return _command({name: value for name, value in options.items() if name not in _THIS_TIME_ONLY}, _file_name)


def shell_command(options: Mapping[str, Any]) -> str:
    """The command to type in a shell, in the current folder."""
    return _command(options, _short_path)


def _command(options: Mapping[str, Any], path: Callable[[str], str]) -> str:
    words = ["charrnn-tui", "train"]
    for name, value in options.items():
        # Not `in (False, …)`: 0 equals False, and an embedding of 0 has a meaning.
        if value is None or value is False or value == () or value == "":
            continue
        for entry in value if isinstance(value, tuple | list) else (value,):
            if name != "corpus":
                words.append(f"--{name.strip('_').replace('_', '-')}")
            if entry is not True:
                words.append(_quoted(path(entry)) if name in _PATHS else shlex.quote(str(entry)))
    return " ".join(words)


def _file_name(path: str) -> str:
    return Path(path).name if path.startswith(("/", "~", "..")) else path


def _short_path(path: str) -> str:
    """Relative to the current folder or to the home folder, where that is shorter."""
    if not path.startswith("/"):
        return path
    below = os.path.relpath(path)
    home = os.path.expanduser("~")  # noqa: PTH111  # unlike Path.home, this never fails
    if not below.startswith(".."):
        return below
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path


def _quoted(path: str) -> str:
    # A shell reads ~ as the home folder only outside of quotes.
    return f"~/{shlex.quote(path[2:])}" if re.match(r"~/.", path) else shlex.quote(path)


def name_for(corpus: str) -> str:
    """The name of a model, taken from its corpus."""
    if corpus.startswith("tfds:"):
        stem = corpus.removeprefix("tfds:").split(":")[0]
    else:
        pattern = re.match(r"(.*?)/?[^/]*[*?]", corpus)  # named after the folder that it looks in
        stem = Path(pattern[1] if pattern else corpus).stem
    return re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "model"


def is_name(name: str) -> bool:
    """Whether a model can have this name: it is the name of a folder."""
    return re.fullmatch(r"[^/\\\0]+", name) is not None and not name.startswith(".")
