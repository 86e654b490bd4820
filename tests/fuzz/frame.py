"""Runs the fuzzers that don't need a process for each input, with a limit of time for each, and reports the faults. A
target is a function that makes an input from random numbers, uses it in a folder of its own, and raises for a fault.

Input N of a seed is always the same. Linux and macOS only: a timer interrupts an input that hangs.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

Target = Callable[[random.Random, Path], None]

WORK_SECONDS, CLOCK_SECONDS = 4.0, 180.0
"""The processor time and the time by the clock that one input may take. The machine may be busy with other work."""
_LONGEST_MESSAGE = 1200


class Stuck(BaseException):
    """An input that takes too long."""


def check_message(message: str | None, longest: int = _LONGEST_MESSAGE) -> None:
    """A message to the user is one line of printable text."""
    if message is not None:
        assert len(message.splitlines()) <= 1, f"says several lines: {message[:200]!r}"
        assert message.isprintable(), f"has control characters: {message[:200]!r}"
        assert len(message) < longest, f"says {len(message)} characters: {message[:200]!r}"


@contextmanager
def home() -> Iterator[Path]:
    """A temporary home folder. The only models to be found are those in its folder `checkpoints`."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        place = Path(name).resolve()
        variables = {f"XDG_{kind}_HOME": str(place / kind.lower()) for kind in ("DATA", "CONFIG", "STATE", "CACHE")}
        variables |= {"HOME": name, "CHARRNN_CHECKPOINTS": str(place / "checkpoints")}
        with (
            mock.patch.dict(os.environ, variables),
            mock.patch("charrnn_engine.checkpoints.locations.shipped_checkpoints", return_value=place / "none"),
        ):
            yield place


def run(
    targets: Mapping[str, Target], seed: int, more: Callable[[], bool], *, first: int = 0
) -> tuple[Counter[str], list[str]]:
    """Gives inputs to each target in turn while `more()` is true. Returns how many each got, and the faults."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    number = first
    before = {kind: signal.signal(kind, _stop) for kind in (signal.SIGALRM, signal.SIGPROF)}
    try:
        with home() as place:
            while more():
                for name, target in targets.items():
                    folder = place / "input"
                    folder.mkdir()
                    counts[name] += 1
                    try:
                        with _limited():
                            target(random.Random(f"{seed}/{name}/{number}"), folder)
                    except (Exception, Stuck, SystemExit) as error:
                        faults.append(
                            f"{name}, input {number} of seed {seed}: {type(error).__name__}: {error}"[:8000]
                        )
                        print(faults[-1], flush=True)
                        traceback.print_exc(limit=-4, file=sys.stdout)
                    shutil.rmtree(folder, ignore_errors=True)
                number += 1
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
    return counts, faults


@contextmanager
def _limited() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, WORK_SECONDS, 0.5)
    signal.setitimer(signal.ITIMER_REAL, CLOCK_SECONDS, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _stop(number: int, frame: object) -> None:
    del frame
    raise Stuck(f"too much {'work' if number == signal.SIGPROF else 'time'}")


def main(targets: Mapping[str, Target], description: str | None) -> int:
    """The command line of a fuzzer."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=list(targets), action="append", help="only these")
    parser.add_argument("--input", type=int, help="only the one with this number")
    args = parser.parse_args()
    ends = time.monotonic() + args.seconds
    once = iter([True])
    more = (lambda: time.monotonic() < ends) if args.input is None else (lambda: next(once, False))
    chosen = {name: targets[name] for name in args.target or targets}
    counts, faults = run(chosen, args.seed, more, first=args.input or 0)
    print(f"{counts.total():,} inputs {json.dumps(counts)}, {len(faults)} faults")
    return 1 if faults else 0
