"""Measures the project beside its peers on the same weights, in one run, and prints a Markdown table.

    python -m tests.benchmarks.peers [--quick] [--without keras]

from the root of the repository, with the extra `bench` (and `train` for Keras) installed. What isn't installed is
left out and named. All must give the same logits first.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does it; numpy reads it once
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from charrnn_engine import Controls, generate, generate_batch
from charrnn_engine.evaluation.scoring import score, window_rows
from charrnn_engine.generation.race import Lane, Race
from tests.benchmarks.contestants import (
    TEMPERATURE,
    Contestant,
    onnx_runtime,
    onnx_runtime_batch,
    products_alone,
    project,
    pytorch,
)
from tests.benchmarks.machine import Rates, describe, rates, times
from tests.benchmarks.networks import Measured, random_network, shipped_network

ROOT = Path(__file__).parents[2]
PACKAGES = ("numpy", "onnxruntime", "torch", "tensorflow", "keras")
ROWS, LENGTH = 64, 1000  # texts at once, and their characters
TEXTS, TEXT = 4096, 500  # of `sample`
LANES = (0.3, 0.6, 0.9, 1.2, 1.8)  # temperatures
Maker = Callable[[Measured], list[Contestant]]


def _keras(network: Measured) -> list[Contestant]:
    from tests.benchmarks.keras_contestants import notebook, stateful_keras

    return [*stateful_keras(network), notebook(network)]


# TensorFlow comes after the others have been measured: its threads stay, and would slow them down.
LIGHT: dict[str, Maker] = {
    "floor": lambda network: [products_alone(network)],
    "onnx": lambda network: [onnx_runtime(network)],
    "torch": lambda network: [pytorch(network)],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short measurements, for a look")
    parser.add_argument("--without", action="append", default=[], choices=[*LIGHT, "keras"])
    options = parser.parse_args()
    measure = partial(rates, rounds=9 if options.quick else 41, seconds=0.03 if options.quick else 0.1)
    networks = [random_network("LSTM", 1, 128), random_network("LSTM", 2, 512),
                random_network("GRU", 1, 128), random_network("SimpleRNN", 1, 128)]  # fmt: skip
    shipped = [shipped_network(folder) for folder in sorted((ROOT / "checkpoints").iterdir())]
    missing: set[str] = set()
    found: dict[str, Rates] = {}
    for network in [*networks, *shipped]:
        print(network.title, file=sys.stderr)
        makers = {name: maker for name, maker in LIGHT.items() if name not in options.without}
        contestants = [project(network), *_made(network, makers, missing)]
        found[network.title] = measure({c.name: (c.run, c.fewest) for c in contestants})
    many = [*networks, *(network for network in shipped if network.title == "headlines-notebook")]
    fewer = partial(measure, rounds=3 if options.quick else 7)  # each takes long enough to be steady
    batches = {network.title: _batch(network, partial(fewer, rounds=3 if options.quick else 15)) for network in many}
    races = {network.title: _race(network, measure) for network in many}
    evaluations = {network.title: _evaluation(network, fewer) for network in many}
    command: Rates = {}
    notebook_network = next(network for network in shipped if network.title == "headlines-notebook")
    if "onnx" not in options.without:
        try:
            command = _endless_texts(
                notebook_network, ROOT / "checkpoints" / "headlines-notebook", partial(fewer, rounds=7)
            )
        except ImportError as error:
            missing.add(error.name or "onnx")
    if "keras" not in options.without:
        for network in [*networks[:2], *(n for n in shipped if n.title == "headlines-notebook")]:
            print(network.title, file=sys.stderr)
            contestants = _made(network, {"keras": _keras}, missing)
            slow = partial(rates, rounds=3, seconds=4 * measure.keywords["seconds"])
            found[network.title] |= slow({c.name: (c.run, c.fewest) for c in contestants})
    print(f"{describe(PACKAGES)}\n")
    _print_one_at_a_time(found)
    _print_many(batches, races, evaluations)
    if command:
        print(
            f"\n`sample --endless`, {TEXTS:,} texts of {TEXT}, its start included: {median(command['sample']):,.0f}"
            f" characters a second, {_times(command['sample'], command['peer'])} an ONNX Runtime batch of {ROWS}"
            " on two threads."
        )
    for name in sorted(missing):
        print(f"\nLeft out, because it isn't installed: {name}.")


def _made(network: Measured, makers: dict[str, Maker], missing: set[str]) -> list[Contestant]:
    """Those peers that are installed and give the project's logits."""
    ids = np.random.default_rng(0).integers(2, len(network.model.vocabulary), 40)
    wanted = network.model.logits(ids)
    agreed = []
    for name, make in makers.items():
        try:
            contestants = make(network)
        except ImportError as error:
            missing.add(error.name or name)
            continue
        for contestant in contestants:
            if contestant.logits is not None:
                difference = float(abs(contestant.logits(ids) - wanted).max())
                if difference > 1e-3:
                    raise SystemExit(f"{network.title}: the logits of {contestant.name} differ by {difference:.1e}")
            agreed.append(contestant)
    return agreed


Measure = Callable[[dict[str, tuple[Callable[[int], object], int]]], Rates]


def _batch(network: Measured, measure: Measure) -> Rates:
    controls = Controls(TEMPERATURE)

    def one(count: int) -> None:
        for seed in range(count // LENGTH):
            for _ in generate(network.model, network.prompt, controls, seed=seed, max_tokens=LENGTH, endless=True):
                pass

    def many(count: int) -> None:
        rows = [network.prompt] * ROWS, [controls] * ROWS, range(ROWS)
        for _ in range(count // (ROWS * LENGTH)):
            for _ in generate_batch(network.model, *rows, max_tokens=LENGTH, endless=True):
                pass

    return measure({"one": (one, LENGTH), "many": (many, ROWS * LENGTH)})


def _endless_texts(network: Measured, checkpoint: Path, measure: Measure) -> Rates:
    """Endless texts by the command `sample`, its start included, beside an ONNX Runtime batch on two threads."""
    program = [sys.executable, "-m", "charrnn_tui", "sample", str(checkpoint), "--endless"]

    def sample(count: int) -> None:
        options = ["--samples", str(count // TEXT), "--max-chars", str(TEXT), "--seed", "1"]
        options += ["--temperature", str(TEMPERATURE), "--prompt", network.prompt]
        subprocess.run([*program, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    peer = onnx_runtime_batch(network, ROWS, threads=2)
    return measure({"peer": (peer.run, ROWS * TEXT), "sample": (sample, TEXTS * TEXT)})


def _race(network: Measured, measure: Measure) -> Rates:
    """A lane that races alone, and each of five, with all that the race screen shows of them."""

    def running(*temperatures: float) -> Callable[[int], None]:
        race = Race([Lane(network.model, network.prompt, 1, Controls(each)) for each in temperatures])

        def run(count: int) -> None:
            going_to = len(race.lanes[0]) + count
            while (left := going_to - len(race.lanes[0])) > 0:
                race.advance(left, 1.0)

        return run

    return measure({"alone": (running(TEMPERATURE), 64), "five": (running(*LANES), 64)})


def _evaluation(network: Measured, measure: Measure) -> Rates:
    """`evaluate`'s measure of a running text, and the same by `model.step`, a character at a time."""
    model, window = network.model, 256
    ids = np.random.default_rng(0).integers(2, len(model.vocabulary), ROWS * 4 * window + 1).astype(np.int32)

    def stepping(count: int) -> float:
        state, nats = model.initial_state(), 0.0
        for at in range(count):
            if at % window == 0:
                state = model.initial_state()
            logits, state = model.step(int(ids[at]), state)
            relative = logits[0].astype(np.float64) - logits.max()
            nats += float(np.log(np.exp(relative).sum()) - relative[ids[at + 1]])
        return nats / count

    def batched(count: int) -> float:
        return score(model, window_rows(ids[: count + 1], model.vocabulary, window)).nats_per_token

    if abs(stepping(2000) - batched(2000)) > 1e-6:
        raise SystemExit(f"{network.title}: evaluate says {batched(2000)}, stepping {stepping(2000)}")
    whole = len(ids) - 1  # long enough that the batches are full

    def often(count: int) -> None:
        for _ in range(count // whole):
            batched(whole)

    return measure({"stepping": (stepping, 500), "batched": (often, whole)})


def _print_one_at_a_time(found: dict[str, Rates]) -> None:
    names = list(dict.fromkeys(name for column in found.values() for name in column))
    ours = names[0]
    print(
        "Characters per second, one at a time, temperature 0.8; in brackets how many times as fast `generate` is.\n"
    )
    print(f"| | {' | '.join(names)} |\n| --- |{' ---: |' * len(names)}")
    for title, column in found.items():
        cells = []
        for name in names:
            rate = column.get(name)
            ratio = "" if name == ours or rate is None else f" ({_times(column[ours], rate)})"
            cells.append("–" if rate is None else f"{median(rate):,.0f}{ratio}")
        print(f"| {title} | {' | '.join(cells)} |")


def _times(one: list[float], other: list[float]) -> str:
    ratio = times(one, other)
    return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:,.0f} ×"


def _print_many(batches: dict[str, Rates], races: dict[str, Rates], evaluations: dict[str, Rates]) -> None:
    print(f"\n| | {' | '.join(batches)} |\n|{' --- |' * (len(batches) + 1)}")
    for title, table, few, many in (
        (f"{ROWS} texts of {LENGTH:,} at once (`generate_batch`), beside one", batches, "one", "many"),
        (f"each of {len(LANES)} lanes of a race, beside one alone", races, "alone", "five"),
        ("`evaluate`, on all cores, beside `model.step` a character at a time", evaluations, "stepping", "batched"),
    ):
        if not all(many in each for each in table.values()):
            continue
        cells = (f"{median(each[many]):,.0f} ({_times(each[many], each[few])})" for each in table.values())
        print(f"| {title} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
