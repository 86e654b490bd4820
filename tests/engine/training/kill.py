"""Kills a training run with SIGKILL at random moments, checks after each kill what is on the disk, and resumes it.

`python -m tests.engine.training.kill --times 100 --seed 1` prints a line a kill and exits with 1 at the first thing
that isn't whole. Runs that reach their end must have, to the bit, the weights of a run that was never killed.
"""

import argparse
import collections
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from charrnn_engine import load
from charrnn_engine.runs import folder as runs
from charrnn_engine.runs import launch
from charrnn_engine.runs.journal import parse_event, read_events
from charrnn_engine.runs.saved_epochs import epoch_folder, kept_epochs
from charrnn_engine.runs.settings import CorpusSettings, NetworkSettings, TrainingSettings
from charrnn_engine.runs.state import read_state
from tests.engine.conftest import made_up_text

EPOCHS = 30
INTERRUPTED = 130


class Damage(Exception):
    """Something that isn't whole."""


def small_settings(folder: Path, name: str) -> TrainingSettings:
    """A run of half a minute that saves itself after every step."""
    corpus = folder / "corpus.txt"
    corpus.write_text(made_up_text(600), encoding="utf-8")
    network = NetworkSettings(units=12, embedding=6, dropout=0.2, recurrent_dropout=0.1)
    return TrainingSettings(
        CorpusSettings(str(corpus), window=24), network, str(folder / name), name, epochs=EPOCHS, batch=8,
        learning_rate=0.01, precision="float32", save_every=0.0, keep_epochs=6, patience=EPOCHS, temperatures=(0.5,),
    )  # fmt: skip


def killed(settings: TrainingSettings, seconds: float, lines: int | None) -> tuple[str, int | None]:
    """Runs a process until so many seconds are over, or so many lines have come. Returns the last event and the exit
    code, None if it had to be killed."""
    process = launch.start(settings, subprocess.DEVNULL)
    assert process.stdout is not None
    last, deadline = "nothing", time.monotonic() + seconds
    try:
        if lines is None:
            process.wait(max(0.0, deadline - time.monotonic()))
        else:
            for line, _ in zip(process.stdout, range(lines), strict=False):
                last = (parse_event(line) or {"event": "?"})["event"]
    except subprocess.TimeoutExpired:
        pass
    code = process.poll()
    process.kill()
    rest = process.communicate()[0]
    for line in rest.splitlines():
        last = (parse_event(line) or {"event": last})["event"]
    return last, process.returncode if code is None and process.returncode >= 0 else code


def look(settings: TrainingSettings, checkpoint_before: bool) -> dict[str, object]:
    """What is there after a kill. Raises Damage where something of it isn't whole."""
    out = Path(settings.out)
    if runs.live_pid(out) is not None:
        raise Damage("the lock outlived its process")
    if checkpoint_before and not out.exists():
        raise Damage("the checkpoint is gone")
    if out.exists():
        load(out)
    for epoch in kept_epochs(runs.epochs_folder(out)):
        if load(epoch_folder(runs.epochs_folder(out), epoch)).card["training"]["epochs"] != epoch:
            raise Damage(f"epoch {epoch} is another")
    events, _ = read_events(runs.events_file(out))
    steps = read_state(out).progress.total if runs.is_resumable(out) else None
    return {"checkpoint": out.exists(), "steps": steps, "events": len(events)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        began = time.monotonic()
        whole = small_settings(folder, "whole")
        _, code = killed(whole, 600.0, None)
        took = time.monotonic() - began
        wanted = read_state(Path(whole.out)).weights
        print(f"a run that is never killed takes {took:.1f} s and ends with {code}", flush=True)
        kills, finished, phases, name = 0, 0, collections.Counter[str](), "killed"
        settings = small_settings(folder, name)
        checkpoint = False
        while kills < arguments.times:
            lines = chance.randrange(1, 40) if chance.random() < 0.5 else None
            last, code = killed(settings, chance.uniform(0.0, took), lines)
            found = look(settings, checkpoint)
            checkpoint = bool(found["checkpoint"])
            if code is None:
                kills += 1
                phases[last] += 1
                print(json.dumps({"kill": kills, "after": last, **found}), flush=True)
            elif code not in (0, INTERRUPTED):  # somebody else may have ended it
                raise Damage(f"it ended with {code}: {read_events(runs.events_file(Path(settings.out)))[0][-1:]}")
            if found["steps"] is not None and read_state(Path(settings.out)).progress.epoch == EPOCHS:
                finished += 1
                for mine, theirs in zip(read_state(Path(settings.out)).weights, wanted, strict=True):
                    if not np.array_equal(mine, theirs):
                        raise Damage("its weights differ from those of the run that was never killed")
                settings, checkpoint = small_settings(folder, f"{name}-{finished}"), False
                continue
            settings = replace(settings, resume=runs.is_resumable(Path(settings.out)))
        left = [path.name for path in folder.iterdir() if ".tmp" in path.name]
    print(f"{kills} kills survived, {finished} runs reached their end with equal weights; left over: {left}")
    print(f"the last event before a kill: {dict(phases)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
