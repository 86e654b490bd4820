"""Starts the training process and reads what it says: for the command line and for the app. No TensorFlow."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from charrnn_engine.training.settings import TrainingSettings


def command_line(settings: TrainingSettings) -> list[str]:
    """The arguments of the training process."""
    return [sys.executable, "-m", "charrnn_engine.training", json.dumps(settings.to_json())]


def environment() -> dict[str, str]:
    """Its environment: this process' own, in which it finds the same package."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path}


def start(settings: TrainingSettings, errors: int | IO[bytes] | None = subprocess.PIPE) -> "subprocess.Popen[bytes]":
    """Starts a run; its standard input is this process' own, for a corpus `-`.

    It stands in a process group of its own, so that Ctrl-C reaches only the caller, who passes it on (SIGINT) and
    reads on until the run has saved itself.
    """
    return subprocess.Popen(
        command_line(settings), stdout=subprocess.PIPE, stderr=errors, env=environment(), start_new_session=True
    )


def parse(line: bytes) -> dict[str, Any] | None:
    """One event of a line that the process wrote, or None for a line that is none."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None
