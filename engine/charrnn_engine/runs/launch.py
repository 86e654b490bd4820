"""Starts the training process and reads what it says: for the command line and for the app. No TensorFlow."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from charrnn_engine.runs import runs
from charrnn_engine.runs.settings import TrainingSettings

_CHATTER = re.compile(r"[IWE]\d{4} |\d{4}-\d\d-\d\d .*: [IWE] |WARNING: All log messages before absl")
"""How the lines begin that TensorFlow writes about itself whether anything is wrong or not."""

_PROGRAM = [sys.executable, "-m", "charrnn_engine.training"]


def command_line(settings: TrainingSettings, control: bool = False) -> list[str]:
    """The arguments of the training process."""
    return [*_PROGRAM, json.dumps(settings.to_json()), *(["--control"] if control else [])]


def environment() -> dict[str, str]:
    """Its environment: this process' own, in which it finds the same package."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path}


def start(
    settings: TrainingSettings, errors: int | IO[bytes] | None = subprocess.PIPE, *, control: bool = False
) -> "subprocess.Popen[bytes]":
    """Starts a run. With `control` it takes commands on a pipe, its standard input, and ends when that is closed;
    else its standard input is this process' own, for a corpus `-`.

    It stands in a process group of its own, so that Ctrl-C reaches only the caller, who passes it on (SIGINT) and
    reads on until the run has saved itself.
    """
    return _started(command_line(settings, control), errors, subprocess.PIPE if control else None)


def measure(settings: Sequence[TrainingSettings]) -> "subprocess.Popen[bytes]":
    """Starts a process that measures how long runs would take on this machine, and ends when its standard input is
    closed."""
    asked = json.dumps([entry.to_json() for entry in settings])
    return _started([*_PROGRAM, "--measure", asked, "--control"], subprocess.DEVNULL, subprocess.PIPE)


def _started(command: list[str], errors: Any, stdin: int | None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=errors, env=environment(), start_new_session=True
    )


def open_log(settings: TrainingSettings) -> IO[bytes]:
    """Where a run's process shall write what isn't an event: beside its journal, after what earlier runs wrote where
    it goes on with one; without a name where that can't be written, which the process itself will say."""
    out = Path(settings.out)
    try:
        runs.run_folder(out).mkdir(parents=True, exist_ok=True)
        anew = not settings.resume and runs.live_pid(out) is None
        log = runs.log_file(out).open("a+b")
        if anew:
            log.truncate(0)
        return log
    except OSError:
        return tempfile.TemporaryFile()


def last_words(code: int, log: str) -> str:
    """Why a process that reported nothing has died, in a line, as far as its exit code and its log can tell."""
    said = [line.strip() for line in log.splitlines() if line.strip() and not _CHATTER.match(line)]
    if code == -signal.SIGKILL:
        return "the training process was killed (SIGKILL): most often because memory ran out; a smaller --batch helps"
    if code == -signal.SIGILL:
        return "the training process ended with SIGILL: TensorFlow uses instructions that this processor lacks"
    if any("bad_alloc" in line for line in said):
        return "the training process ran out of memory; a smaller --batch, --window or --units needs less"
    how = _signal_name(-code) if code < 0 else f"exit code {code}"
    return f"the training process ended with {how}" + (f": {said[-1][:200]}" if said else "")


def _signal_name(number: int) -> str:
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"


def events(pipe: int) -> Iterator[dict[str, Any]]:
    """The events of a process from its standard output, a descriptor, as they come, until it is closed.

    Past the buffered file, which couldn't be closed while a thread waits in it.
    """
    rest = b""
    with contextlib.suppress(OSError):
        while piece := os.read(pipe, 65_536):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (event for event in map(parse, lines) if event is not None)


def parse(line: bytes) -> dict[str, Any] | None:
    """One event of a line that the process wrote, or None for a line that is none."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None
