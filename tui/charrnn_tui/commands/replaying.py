"""`--replay FILE` of `play` and `sample`: reads the recording, opens its model, and refuses conflicting options."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from charrnn_tui.commands.console import Refusal

if TYPE_CHECKING:
    from charrnn_engine.generation.recording import Recording
    from charrnn_engine.network.model import CharRNN


def replay_option(help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option, as a decorator."""
    return click.option(
        "--replay", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help=help
    )


def read_replay(path: Path, model: str | None, *allowed: str) -> "tuple[CharRNN, Recording]":
    """The model that a recording was made with, and the recording in a file. The model is found by `model`, a name or
    a path, or else by the name in the recording.

    `allowed` are the parameters that may be given as well. Raises Refusal, RecordingError, CheckpointError.
    """
    _refuse_recorded_options({"model", "replay", "debug", *allowed})

    from charrnn_engine.checkpoints.store import load
    from charrnn_engine.errors import CheckpointError, RecordingError
    from charrnn_engine.generation.replay import check_model
    from charrnn_tui.save.forms import read_recording

    recording = read_recording(path)
    try:
        opened = load(model or recording.model)
    except CheckpointError as error:
        if model:
            raise
        raise RecordingError(f"{path}: the recording's model: {error}; or give its path as MODEL") from None
    check_model(opened, recording)
    return opened, recording


def _refuse_recorded_options(allowed: set[str]) -> None:
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in allowed and context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            raise Refusal(f"--replay already sets {parameter.opts[0]}; leave {parameter.opts[0]} out")
