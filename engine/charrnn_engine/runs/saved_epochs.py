"""The epochs of a run that are kept as checkpoints, so that one can go back and see how it has learnt. Decides which
of them are worth their time and their room; knows neither networks nor files of a model."""

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from charrnn_engine.checkpoints.store import MODEL_FILE

_SHARE = 0.1  # of the run's time that saving epochs may take


class Budget:
    """Lets something happen as often as it takes no more than a share of the time. Times are in seconds."""

    def __init__(self, share: float = _SHARE) -> None:
        self._share = share
        self._spent = 0.0
        self._last = 0.0

    def allows(self, elapsed: float) -> bool:
        """Whether one more fits in, `elapsed` after the start, if it takes as long as the last one did."""
        return self._spent + self._last <= self._share * elapsed

    def spend(self, seconds: float) -> None:
        self._last = seconds
        self._spent += seconds


def epoch_folder(folder: Path, epoch: int) -> Path:
    """Where an epoch is kept in the folder of them all."""
    return folder / f"{epoch:04}"


def kept_epochs(folder: Path) -> list[int]:
    """The numbers of the epochs that are kept, in their order."""
    with contextlib.suppress(OSError):
        return sorted(
            int(path.name) for path in folder.iterdir() if path.name.isdecimal() and (path / MODEL_FILE).is_file()
        )
    return []


def superfluous(kept: Sequence[int], most: int, best: int) -> list[int]:
    """Which of the epochs, given in their order, go so that `most` stay: evenly spread, the last one among them and,
    as far as that goes, the first and the best."""
    left, gone = list(kept), []
    while len(left) > max(0, most):
        inner = [n for n in range(1, len(left) - 1) if left[n] != best]
        # The one whose neighbours are closest together leaves the smallest gap; of equal ones the later.
        spread = {n: (left[n + 1] - left[n - 1], -n) for n in inner}
        place = min(spread, key=spread.__getitem__) if inner else max(0, min(1, len(left) - 2))
        gone.append(left.pop(place))
    return gone


def thin_out(folder: Path, most: int, best: int) -> None:
    """Removes what is superfluous. An epoch goes at once, never in pieces. Raises OSError."""
    for epoch in superfluous(kept_epochs(folder), most, best):
        path = epoch_folder(folder, epoch)
        aside = path.with_name(f".{path.name}.gone")
        path.rename(aside)
        shutil.rmtree(aside)
