"""Which epochs of a run are kept as checkpoints, to show later how it learnt. Knows neither networks nor runs."""

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from charrnn_engine.checkpoints.store import MODEL_FILE


@dataclass
class Budget:
    """Lets something happen as often as it takes no more than a share of the time. Times are in seconds."""

    share: float = 0.1
    spent: float = 0.0
    last: float = 0.0

    def allows(self, elapsed: float) -> bool:
        """Whether one more fits in, `elapsed` after the start, if it takes as long as the last one did."""
        return self.spent + self.last <= self.share * elapsed

    def spend(self, seconds: float) -> None:
        self.last = seconds
        self.spent += seconds


def epoch_folder(folder: Path, epoch: int) -> Path:
    """Where an epoch is kept in the folder of all epochs."""
    return folder / f"{epoch:04}"


def kept_epochs(folder: Path) -> list[int]:
    """The numbers of the epochs that are kept, in order."""
    with contextlib.suppress(OSError):
        return sorted(
            int(path.name) for path in folder.iterdir() if path.name.isdecimal() and (path / MODEL_FILE).is_file()
        )
    return []


def superfluous(kept: Sequence[int], most: int, best: int) -> list[int]:
    """The epochs to delete so that `most` stay. Of `kept`, in order, stay the last one, if possible the first and the
    best, and an even spread of the others."""
    left, gone = list(kept), []
    while len(left) > max(0, most):
        inner = [n for n in range(1, len(left) - 1) if left[n] != best]
        # The one whose neighbours are closest together leaves the smallest gap; among equals the latest.
        spread = {n: (left[n + 1] - left[n - 1], -n) for n in inner}
        place = min(spread, key=spread.__getitem__) if inner else max(0, min(1, len(left) - 2))
        gone.append(left.pop(place))
    return gone


def thin_out(folder: Path, most: int, best: int) -> None:
    """Deletes superfluous epochs. At every instant an epoch is whole or gone. Raises OSError."""
    for epoch in superfluous(kept_epochs(folder), most, best):
        path = epoch_folder(folder, epoch)
        aside = path.with_name(f".{path.name}.gone")
        path.rename(aside)
        shutil.rmtree(aside)
