"""A run's folder: what it holds, which runs there are, and what it takes to stop one or to delete it.

A run that writes a model to PARENT/NAME keeps all else in PARENT/.NAME.run. Knows no TensorFlow and starts nothing.
"""

import contextlib
import os
import re
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from charrnn_engine.checkpoints.store import CARD_FILE, MODEL_FILE, VOCABULARY_FILE
from charrnn_engine.errors import TrainingError
from charrnn_engine.runs import lock
from charrnn_engine.runs.journal import read_events

_SUFFIX = ".run"
_TAIL_BYTES = 64_000
_RANDOM = "[a-z0-9_]{8}"  # as the tempfile module makes names
_CHECKPOINT = (MODEL_FILE, VOCABULARY_FILE, CARD_FILE)


@dataclass(frozen=True)
class Run:
    """A run by its files. `live_pid` is the process that writes to it now, None where none does."""

    out: Path
    name: str
    events: Path
    live_pid: int | None
    resumable: bool


def run_folder(out: Path) -> Path:
    """The folder of the run that writes a model to `out`."""
    return out.parent / f".{out.name}{_SUFFIX}"


def events_file(out: Path) -> Path:
    """The run's journal: one event a line, as JSON, each with its `time` in seconds since 1970."""
    return run_folder(out) / "events.jsonl"


def log_file(out: Path) -> Path:
    """What the run's process printed besides events."""
    return run_folder(out) / "log.txt"


def epochs_folder(out: Path) -> Path:
    """The run's saved epochs, a checkpoint folder each: 0007 after seven epochs."""
    return run_folder(out) / "epochs"


def live_folder(out: Path) -> Path:
    """The checkpoint of the live model: replaced every few seconds during a run, deleted at its end."""
    return run_folder(out) / "now" / out.name


def state_file(out: Path) -> Path:
    """What the run can be resumed from."""
    return run_folder(out) / "state.npz"


def list_runs(folder: Path) -> list[Run]:
    """The runs that write models into `folder`, newest first. Damaged ones are passed over."""
    found = []
    for path in folder.glob(f".?*{_SUFFIX}"):
        out = folder / path.name[1 : -len(_SUFFIX)]
        events = events_file(out)
        with contextlib.suppress(OSError):
            changed = events.stat().st_mtime
            found.append((changed, Run(out, out.name, events, live_pid(out), is_resumable(out))))
    return [run for _, run in sorted(found, key=lambda entry: entry[0], reverse=True)]


def is_resumable(out: Path) -> bool:
    """Whether there is a state to resume from."""
    return state_file(out).is_file()


def live_pid(out: Path) -> int | None:
    """The process that writes to `out` now, None where none does."""
    return lock.holder(run_folder(out))


def hold(out: Path) -> contextlib.AbstractContextManager[None]:
    """Keeps every other run away from `out`. Raises SettingsError, which names the process that writes to it."""
    return lock.hold(run_folder(out), out.name)


def last_checkpoint(out: Path) -> Path | None:
    """The last good checkpoint of a run: its best, else the last of its saved epochs, None where there is none."""
    events, _ = read_events(events_file(out))
    found = [Path(event["checkpoint"]) for event in events if isinstance(event.get("checkpoint"), str)]
    if _has_saved(out):
        found.append(out)
    return next((path for path in reversed(found) if (path / MODEL_FILE).is_file()), None)


def _has_saved(out: Path) -> bool:
    """Whether the model in `out` is this run's, and not one that was there before."""
    return any(event["event"] == "saved" for event in read_events(events_file(out))[0])


def stop_run(run: Run) -> None:
    """Asks a live run to save itself and end."""
    if (pid := live_pid(run.out)) is not None:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGINT)


def discard_run(run: Run) -> None:
    """Deletes a run with its saved epochs and the model that it wrote. A model that was there before and that the run
    has not replaced stays. Raises TrainingError while the run is live, OSError."""
    try:
        with hold(run.out):
            if _has_saved(run.out):
                for name in _CHECKPOINT:
                    (run.out / name).unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    run.out.rmdir()  # stays where it holds other files
            # Last, so that an interrupted deletion can be repeated.
            shutil.rmtree(run_folder(run.out))
    except lock.LockedError:
        raise TrainingError(f"{run.name}: it is being trained; stop it first") from None


def prepare(out: Path, *, resume: bool) -> None:
    """Deletes what a killed process was writing, and unless the run is resumed, the state and epochs of the one
    before it. Its model stays. Needs the lock."""
    if not resume:
        state_file(out).unlink(missing_ok=True)
        shutil.rmtree(epochs_folder(out), ignore_errors=True)
    _remove(out.parent, rf"\.{re.escape(out.name)}-{_RANDOM}")
    _remove(run_folder(out), r"state\.tmp")
    forget_live(out)
    _remove(epochs_folder(out), rf"\.\d+-{_RANDOM}|\.\d+\.gone")


def _remove(folder: Path, pattern: str) -> None:
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if re.fullmatch(pattern, path.name):
                if not path.is_dir():
                    path.unlink(missing_ok=True)
                # A folder whose name looks like ours may belong to something else.
                elif {file.name for file in path.iterdir()} <= {*_CHECKPOINT}:
                    shutil.rmtree(path, ignore_errors=True)


def forget_live(out: Path) -> None:
    """Deletes the live model: the run has ended."""
    shutil.rmtree(live_folder(out).parent, ignore_errors=True)


def forget_refused(out: Path) -> None:
    """Deletes the folder of a run that was refused before it began, unless an earlier one left something in it."""
    with contextlib.suppress(OSError):
        log = log_file(out)
        left = {path.name for path in run_folder(out).iterdir()} - {"lock", log.name}
        if not left and not (log.exists() and log.stat().st_size):
            shutil.rmtree(run_folder(out))


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a file, as text; empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""
