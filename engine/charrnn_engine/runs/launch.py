"""Starts the training process and reads its events: for the command line and for the app. No TensorFlow."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from charrnn_engine.runs import folder
from charrnn_engine.runs.journal import Event, parse_event
from charrnn_engine.runs.settings import TrainingSettings

_PROGRAM = [sys.executable, "-m", "charrnn_engine.training"]


def command_line(settings: TrainingSettings, control: bool = False) -> list[str]:
    """The arguments of the training process."""
    return [*_PROGRAM, json.dumps(settings.to_json()), *(["--control"] if control else [])]


def start(
    settings: TrainingSettings, errors: int | IO[bytes] | None = subprocess.PIPE, *, control: bool = False
) -> "subprocess.Popen[bytes]":
    """Starts a run. With `control` it takes commands on its standard input, a pipe, and ends when that is closed;
    otherwise it has this process' standard input, for a corpus `-`.

    It has a process group of its own, so Ctrl-C reaches only the caller, who passes it on (SIGINT) and reads until
    the run has saved itself.
    """
    return _started(command_line(settings, control), errors, subprocess.PIPE if control else None)


def measure(settings: TrainingSettings) -> "subprocess.Popen[bytes]":
    """Starts a process that measures how long a run would take on this machine. It ends when its standard input is
    closed."""
    return _started([*command_line(settings, control=True), "--measure"], subprocess.DEVNULL, subprocess.PIPE)


def _started(command: list[str], errors: int | IO[bytes] | None, stdin: int | None) -> "subprocess.Popen[bytes]":
    # Samples are written a character at a time, which threads of numpy's libraries only slow down.
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    # The child finds the same package as this process, installed or not.
    path = [str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**single, **os.environ, "PYTHONPATH": os.pathsep.join(path)}
    return subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=errors, env=environment, start_new_session=True
    )


def open_log(settings: TrainingSettings) -> IO[bytes]:
    """The file in the run's folder for what its process prints besides events. A resumed run appends to it. Where the
    folder can't be written, which the process itself reports, the file is temporary."""
    out = Path(settings.out)
    try:
        folder.run_folder(out).mkdir(parents=True, exist_ok=True)
        fresh = not settings.resume and folder.live_pid(out) is None
        log = folder.log_file(out).open("a+b")
        if fresh:
            log.truncate(0)
        return log
    except OSError:
        return tempfile.TemporaryFile()


def events(pipe: int) -> Iterator[Event]:
    """The events of a process from its standard output, a descriptor, as they come, until it is closed.

    Reads the descriptor and no buffered file, which couldn't be closed while a thread waits in it.
    """
    rest = b""
    with contextlib.suppress(OSError):
        while piece := os.read(pipe, 65_536):
            *lines, rest = (rest + piece).split(b"\n")
            yield from filter(None, map(parse_event, lines))
