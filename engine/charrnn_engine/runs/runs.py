"""The runs that there are: their journals, which of them go on, and what it takes to stop or discard one.

A run that writes to PARENT/NAME keeps its journal and its saved epochs in PARENT/.NAME.run. No TensorFlow.
"""

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.store import CARD_FILE, MODEL_FILE, VOCABULARY_FILE
from charrnn_engine.runs.errors import SettingsError, TrainingError
from charrnn_engine.runs.lock import LockedError, holder
from charrnn_engine.runs.lock import hold as hold_folder
from charrnn_engine.runs.state import state_file

_SUFFIX = ".run"
_TAIL_BYTES = 64_000


@dataclass(frozen=True)
class Run:
    """A run by its files. `live_pid` is the process that writes to it now, None where none does."""

    out: Path
    name: str
    events: Path
    log: Path
    live_pid: int | None
    resumable: bool


def run_folder(out: Path) -> Path:
    """Where the journal of the run that writes to `out` stands."""
    return out.parent / f".{out.name}{_SUFFIX}"


def events_file(out: Path) -> Path:
    """Every event of the run, one JSON object a line, each with its `time` in seconds since the epoch."""
    return run_folder(out) / "events.jsonl"


def log_file(out: Path) -> Path:
    """What its process has written besides."""
    return run_folder(out) / "log.txt"


def epochs_folder(out: Path) -> Path:
    """Where its saved epochs stand, a checkpoint folder each: 0007 after seven epochs."""
    return run_folder(out) / "epochs"


def list_runs(folder: Path) -> list[Run]:
    """The runs that have written to folders in this one, the newest first. What is damaged is passed over."""
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            name = path.name.removeprefix(".").removesuffix(_SUFFIX)
            if path.name == f".{name}{_SUFFIX}" and name and (path / "events.jsonl").is_file():
                with contextlib.suppress(OSError):
                    found.append(((path / "events.jsonl").stat().st_mtime, _run(folder / name)))
    return [run for _, run in sorted(found, key=lambda entry: entry[0], reverse=True)]


def _run(out: Path) -> Run:
    return Run(out, out.name, events_file(out), log_file(out), live_pid(out), is_resumable(out))


def is_resumable(out: Path) -> bool:
    """Whether there is a state to go on from."""
    return state_file(out).is_file()


def live_pid(out: Path) -> int | None:
    """The process that holds the run's lock, None where none does."""
    return holder(run_folder(out))


@contextlib.contextmanager
def hold(out: Path) -> Iterator[None]:
    """Keeps every other run away from `out`. Raises SettingsError, which names the one that writes to it."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(hold_folder(run_folder(out)))
        except LockedError as error:
            raise SettingsError(
                f"{out.name}: a training run is writing to it already (process {error.pid or 'unknown'}); "
                "wait for it, stop it, or choose another --name"
            ) from None
        yield


def read_events(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The events from an offset on, as far as whole lines go, and the offset to go on from."""
    try:
        with path.open("rb") as file:
            if offset > file.seek(0, os.SEEK_END):
                offset = 0  # it has been begun anew
            file.seek(offset)
            content = file.read()
    except OSError:
        return [], offset
    whole = content.rfind(b"\n") + 1
    events = []
    for line in content[:whole].split(b"\n"):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            events.append(event)
    return events, offset + whole


def last_checkpoint(out: Path) -> Path | None:
    """The last good checkpoint of a run: its best, else the last of its saved epochs, None where there is none."""
    events, _ = read_events(events_file(out))
    if _saved(events) and (out / MODEL_FILE).is_file():
        return out
    kept = [event["checkpoint"] for event in events if isinstance(event.get("checkpoint"), str)]
    return next((path for path in map(Path, reversed(kept)) if (path / MODEL_FILE).is_file()), None)


def _saved(events: list[dict[str, Any]]) -> bool:
    return any(event["event"] == "saved" for event in events)


def stop_run(run: Run) -> None:
    """Lets a run that goes on save itself and end."""
    pid = live_pid(run.out)
    if pid is not None:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGINT)


def discard_run(run: Run) -> None:
    """Removes a run, its state, its saved epochs and the model that it has written; a model of that name which was
    there before and which the run has not replaced stays. Raises TrainingError while the run goes on, OSError."""
    try:
        with hold_folder(run_folder(run.out)):
            if _saved(read_events(events_file(run.out))[0]):
                for name in (MODEL_FILE, VOCABULARY_FILE, CARD_FILE):
                    (run.out / name).unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    run.out.rmdir()  # unless somebody has put something of their own beside
            state_file(run.out).unlink(missing_ok=True)
            # Last, so that what is interrupted here can be thrown away again.
            shutil.rmtree(run_folder(run.out))
    except LockedError:
        raise TrainingError(f"{run.name}: it is being trained; stop it first") from None


def forget_unbegun(out: Path) -> None:
    """Removes the folder of a run that came to nothing before it began, where nothing of another one is in it."""
    folder = run_folder(out)
    with contextlib.suppress(OSError):
        names = {path.name for path in folder.iterdir()}
        log = log_file(out)
        if names <= {"lock", log.name} and not (log.exists() and log.stat().st_size):
            shutil.rmtree(folder)


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a file, as text; empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            content = file.read()
    except OSError:
        return ""
    return "\n".join(content.decode("utf-8", "replace").splitlines()[-lines:])
