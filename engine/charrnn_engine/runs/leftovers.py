"""What runs that were killed, or that are begun anew, have left. Removes nothing that is whole and wanted.

To be called by who holds the lock of the run.
"""

import contextlib
import re
import shutil
from pathlib import Path

from charrnn_engine.checkpoints.store import CARD_FILE, MODEL_FILE, VOCABULARY_FILE
from charrnn_engine.runs.runs import epochs_folder, run_folder
from charrnn_engine.runs.state import state_file

_RANDOM = "[a-z0-9_]{8}"  # as the tempfile module makes names


def forget_earlier_run(out: Path) -> None:
    """Removes what a run that is begun anew could not go on from. The model that stands in `out` stays."""
    state_file(out).unlink(missing_ok=True)
    shutil.rmtree(epochs_folder(out), ignore_errors=True)


def remove_half_written(out: Path) -> None:
    """Removes checkpoints, states and models that were being written when a process was killed."""
    name = re.escape(out.name)
    _remove(out.parent, rf"\.{name}-{_RANDOM}", rf"\.{name}\.training-{_RANDOM}\.tmp")
    _remove(run_folder(out), rf"scratch-{_RANDOM}")
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
    """Whether there is nothing else in it: what has a name like ours may be somebody else's."""
    return {path.name for path in folder.iterdir()} <= {MODEL_FILE, VOCABULARY_FILE, CARD_FILE}
