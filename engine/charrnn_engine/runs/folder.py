"""A run's folder: what lies in it, which runs there are, and what it takes to stop one or to delete it.

A run that writes a model to PARENT/NAME keeps all else in PARENT/.NAME.run. Knows no TensorFlow and starts nothing.
"""

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charrnn_engine.checkpoints.store import CARD_FILE, MODEL_FILE, VOCABULARY_FILE
from charrnn_engine.errors import SettingsError, TrainingError
from charrnn_engine.runs import lock
from charrnn_engine.runs.journal import Event, read_events

_SUFFIX = ".run"
_TAIL_BYTES = 64_000
_RANDOM = "[a-z0-9_]{8}"  # as the tempfile module makes names


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


def state_file(out: Path) -> Path:
    """What the run can be resumed from."""
    return run_folder(out) / "state.npz"


def list_runs(folder: Path) -> list[Run]:
    """The runs that write models into `folder`, newest first. Damaged ones are passed over."""
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            out = folder / path.name.removeprefix(".").removesuffix(_SUFFIX)
            if out.name and path == run_folder(out):
                with contextlib.suppress(OSError):
                    changed = events_file(out).stat().st_mtime
                    run = Run(out, out.name, events_file(out), log_file(out), live_pid(out), is_resumable(out))
                    found.append((changed, run))
    return [run for _, run in sorted(found, key=lambda entry: entry[0], reverse=True)]


def is_resumable(out: Path) -> bool:
    """Whether there is a state to resume from."""
    return state_file(out).is_file()


def live_pid(out: Path) -> int | None:
    """The process that writes to `out` now, None where none does."""
    return lock.holder(run_folder(out))


@contextlib.contextmanager
def hold(out: Path) -> Iterator[None]:
    """Keeps every other run away from `out`. Raises SettingsError, which names the process that writes to it."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(lock.hold(run_folder(out)))
        except lock.LockedError as error:
            raise SettingsError(
                f"{out.name}: a training run is writing to it already (process {error.pid or 'unknown'}); "
                "wait for it, stop it, or choose another --name"
            ) from None
        yield


def last_checkpoint(out: Path) -> Path | None:
    """The last good checkpoint of a run: its best, else the last of its saved epochs, None where there is none."""
    events, _ = read_events(events_file(out))
    if _saved(events) and (out / MODEL_FILE).is_file():
        return out
    kept = [Path(event["checkpoint"]) for event in events if isinstance(event.get("checkpoint"), str)]
    return next((path for path in reversed(kept) if (path / MODEL_FILE).is_file()), None)


def _saved(events: list[Event]) -> bool:
    return any(event["event"] == "saved" for event in events)


def stop_run(run: Run) -> None:
    """Asks a live run to save itself and end."""
    pid = live_pid(run.out)
    if pid is not None:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGINT)


def discard_run(run: Run) -> None:
    """Deletes a run with its saved epochs and the model that it wrote. A model that was there before and that the run
    has not replaced stays. Raises TrainingError while the run is live, OSError."""
    try:
        with lock.hold(run_folder(run.out)):
            if _saved(read_events(events_file(run.out))[0]):
                for name in (MODEL_FILE, VOCABULARY_FILE, CARD_FILE):
                    (run.out / name).unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    run.out.rmdir()  # stays where it holds other files
            # Last, so that what is interrupted here can be deleted again.
            shutil.rmtree(run_folder(run.out))
    except lock.LockedError:
        raise TrainingError(f"{run.name}: it is being trained; stop it first") from None


def forget_earlier_run(out: Path) -> None:
    """Deletes what an earlier run could have been resumed from, and its epochs. Its model stays. Needs the lock."""
    state_file(out).unlink(missing_ok=True)
    shutil.rmtree(epochs_folder(out), ignore_errors=True)


def forget_unbegun(out: Path) -> None:
    """Deletes the folder of a run that was refused before it began, unless an earlier one left something in it."""
    with contextlib.suppress(OSError):
        log = log_file(out)
        left = {path.name for path in run_folder(out).iterdir()} - {"lock", log.name}
        if not left and not (log.exists() and log.stat().st_size):
            shutil.rmtree(run_folder(out))


def remove_half_written(out: Path) -> None:
    """Deletes what a killed process was writing. Needs the lock."""
    _remove(out.parent, rf"\.{re.escape(out.name)}-{_RANDOM}")
    _remove(run_folder(out), rf"scratch-{_RANDOM}", rf"state-{_RANDOM}\.tmp")
    _remove(epochs_folder(out), rf"\.\d+-{_RANDOM}", r"\.\d+\.gone")


def _remove(folder: Path, *patterns: str) -> None:
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if any(re.fullmatch(pattern, path.name) for pattern in patterns):
                if not path.is_dir():
                    path.unlink(missing_ok=True)
                elif path.name.startswith("scratch-") or _is_checkpoint(path):
                    shutil.rmtree(path, ignore_errors=True)


def _is_checkpoint(folder: Path) -> bool:
    """Whether nothing else is in it: a folder whose name looks like ours may be somebody else's."""
    return {path.name for path in folder.iterdir()} <= {MODEL_FILE, VOCABULARY_FILE, CARD_FILE}


def tail(log: Path, lines: int = 40) -> str:
    """The last lines of a file, as text; empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            content = file.read()
    except OSError:
        return ""
    return "\n".join(content.decode("utf-8", "replace").splitlines()[-lines:])
