"""Damaged and hostile checkpoints by the thousand: each is opened, or refused in one line, within 2 s and 300 MB.

Case N of a seed is always the same; what it did wrong is kept with its files, and looked at again by its number.

    python -m tests.fuzz.checkpoints --seconds 1800 --seed 1
    python -m tests.fuzz.checkpoints --seed 1 --case 4711 --keep DIR
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from charrnn_engine.checkpoints import store as checkpoint
from tests.fuzz.mutations import case
from tests.fuzz.opening import open_case, write_case
from tests.fuzz.sandbox import Outcome, Work, outcomes

_NARRATED_EVERY = 60.0


@dataclass
class Tally:
    """What became of the cases so far."""

    opened: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[Outcome] = field(default_factory=list)
    slowest: float = 0.0
    largest: int = 0

    @property
    def count(self) -> int:
        return self.opened.total() + self.refused.total() + len(self.faults)

    def add(self, outcome: Outcome) -> None:
        if outcome.fault is not None:
            self.faults.append(outcome)
            return
        (self.opened if outcome.opened else self.refused)[outcome.kind] += 1
        self.slowest = max(self.slowest, outcome.seconds)
        self.largest = max(self.largest, outcome.bytes)

    def line(self) -> str:
        return (
            f"{self.count:,} cases: {self.refused.total():,} refused, {self.opened.total():,} opened,"
            f" {len(self.faults)} faults; slowest {self.slowest:.2f} s, largest {self.largest / 1e6:.0f} MB"
        )


@contextmanager
def workplace(seed: int) -> Iterator[Work]:
    """A folder to write cases down in, beside one that no case may reach."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        root = Path(name).resolve()
        folder, outside = root / "models" / "case", root / "out"
        folder.mkdir(parents=True)
        outside.mkdir()
        (outside / "file").write_bytes(bytes(4096))

        def prepare(number: int) -> str:
            made = case(seed, number)
            write_case(made, folder, outside / "file")
            return made.kind

        with mock.patch.object(checkpoint, "checkpoint_folders", return_value=[folder.parent]):
            # Modules and tables are loaded before anybody watches what is opened.
            for number in range(-40, 0):
                prepare(number)
                with suppress(Exception):  # a child process reports what goes wrong
                    open_case(folder)
            yield Work(prepare, lambda: open_case(folder), folder.parent, outside)


def run(
    seed: int, goes_on: Callable[[], bool], *, first: int = 0, step: int = 1, tally: Tally | None = None
) -> Tally:
    """Looks at case after case in child processes of this thread's own."""
    tally = Tally() if tally is None else tally
    with workplace(seed) as work:
        for outcome in outcomes(work, first, step, goes_on):
            tally.add(outcome)
            if outcome.fault is not None:
                print(f"case {outcome.number} of seed {seed} ({outcome.kind}) {outcome.fault}", flush=True)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cases", type=int, help="how many, in place of --seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument(
        "--step", type=int, default=1, help="between the numbers: for several runs beside one another"
    )
    parser.add_argument("--case", type=int, help="only this one, in this process")
    parser.add_argument("--keep", type=Path, help="where to write the files of --case")
    args = parser.parse_args()
    if args.case is not None:
        return _again(args.seed, args.case, args.keep)
    ends = time.monotonic() + args.seconds
    tally = Tally()
    over = threading.Event()

    def narrate() -> None:
        while not over.wait(_NARRATED_EVERY):
            print(tally.line(), flush=True)

    threading.Thread(target=narrate, daemon=True).start()
    run(
        args.seed,
        lambda: time.monotonic() < ends if args.cases is None else tally.count < args.cases,
        first=args.first,
        step=args.step,
        tally=tally,
    )
    over.set()
    for kind in sorted(tally.refused.keys() | tally.opened.keys()):
        print(f"  {kind:16} {tally.refused[kind]:>8,} refused {tally.opened[kind]:>8,} opened")
    print(tally.line())
    return 1 if tally.faults else 0


def _again(seed: int, number: int, keep: Path | None) -> int:
    with workplace(seed) as work:
        kind = work.prepare(number)
        if keep is not None:
            shutil.copytree(work.folder / "case", keep, dirs_exist_ok=True)
        print(f"case {number} of seed {seed}: {kind}")
        print("opened" if work.look() else "refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
