"""Measures the models that ship on text that they weren't trained on, beside the figures of others, and prints a
Markdown table.

    python -m tests.benchmarks.models FOLDER [MODEL …]

from the root of the repository. FOLDER holds the corpora that the cards name, or folders with them: `test.csv` of
AG News, `tinyshakespeare.txt`, … A missing corpus is named in its row.
The commands are those of `charrnn-tui evaluate`.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does it; numpy reads it once

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.store import load
from charrnn_engine.evaluation.corpus import evaluate

NOTEBOOK = "the notebook after 4 epochs: 3.25 bits"
_TITLES: dict[str, Any] = {"column": "title"}


@dataclass(frozen=True)
class Measure:
    """How a model is measured: the end of the corpus' path, and the options of `evaluate`. `anchor` is what others
    have reported on that corpus."""

    model: str
    corpus: str
    options: dict[str, Any]
    anchor: str = ""

    def command(self, file: str) -> str:
        words = ["charrnn-tui", "evaluate", self.model, shlex.quote(file)]
        for name, value in self.options.items():
            words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
        return " ".join(words)


MEASURES = (
    Measure("headlines", "test.csv", _TITLES | {"unescape": True}, NOTEBOOK),
    Measure("headlines", "test.csv", _TITLES, NOTEBOOK),
    *(Measure(f"headlines-{kind}", "test.csv", _TITLES, NOTEBOOK) for kind in ("notebook", "gru", "rnn")),
    Measure("headlines-words", "test.csv", _TITLES, "compares with none: an unknown word counts with p = 1/100"),
    Measure("shakespeare", "tinyshakespeare.txt", {"held_out": 0.1},
            "nanoGPT: 1.4697 nats (10.7 M parameters, GPU), 1.8857 (0.8 M, CPU)"),
    Measure("shakespeare", "tinyshakespeare.txt", {"held_out": 0.1, "carry_state": True}),
    Measure("names", "names/test.txt", {"lines": True, "first": True}, "makemore's Transformer: 1.92 nats"),
    Measure("tunes", "tunes-test.jsonl", {"column": "tune"}),
    Measure("bible", "kjv.txt", {"held_out": 0.05}),
    Measure("c", "sqlite.c", {"held_out": 0.05}),
    Measure("python", "python.txt", {"held_out": 0.1}),
)  # fmt: skip


def row(measure: Measure, folder: Path) -> str:
    """A row of the table."""
    model = load(measure.model)
    files = sorted([*folder.glob(measure.corpus), *folder.glob(f"*/{measure.corpus}")])
    if not files:
        made = model.card["corpus"].get("made_by", "see its card")
        return f"| `{measure.model}` | no {measure.corpus} in {folder}: {made} | | | | |"
    found = evaluate(model, str(files[0]), **measure.options).score
    nats = found.nats / found.characters
    command = measure.command(str(files[0].relative_to(folder)))
    return (
        f"| `{measure.model}` | {found.bits_per_character:.4f} | {nats:.4f} | {measure.anchor} | "
        f"{seen_by_chooser(model.card)} | `{command}` |"
    )


def seen_by_chooser(card: Any) -> str:
    """What the best epoch, and any number that was fitted afterwards, were chosen on."""
    seen = "the validation part of its training text"
    if card["training"].get("epochs") == 1:
        seen = "nothing: one epoch"
    if "calibration" in card:
        seen = card["calibration"]["fitted_on"]
    return seen


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    folder, wanted = Path(arguments[0]), arguments[1:]
    print("| model | bits per character | nats per character | others | its epoch was chosen on | command |")
    print("| --- | ---: | ---: | --- | --- | --- |")
    for measure in MEASURES:
        if not wanted or measure.model in wanted:
            print(row(measure, folder), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
