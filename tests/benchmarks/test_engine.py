"""The engine's parts: a step, a draw, a character as `generate` gives it, many texts, opening a model, measuring."""

import asyncio
from collections import deque
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from charrnn_engine import Controls, generate, generate_batch, load, stream
from charrnn_engine.evaluation.scoring import score, window_rows
from charrnn_engine.generation.race import Lane, Race
from charrnn_engine.sampling.sampler import RowSampler, Sampler
from tests.benchmarks.networks import TOKENS, Measured

CHARACTERS, ROWS = 500, 64
CONTROLS = Controls(temperature=0.8)
CHECKPOINTS = sorted((Path(__file__).parents[2] / "checkpoints").iterdir())


def scores(rows: int) -> np.ndarray:
    return (np.random.default_rng(0).normal(size=(rows, TOKENS)) * 3).astype(np.float32)


def test_step(benchmark: BenchmarkFixture, measured: Measured) -> None:
    stepper = measured.model.stepper()
    benchmark(stepper.step, 5)


def test_step_of_64_rows(benchmark: BenchmarkFixture, measured: Measured) -> None:
    stepper = measured.model.stepper(ROWS)
    benchmark(stepper.step, np.arange(ROWS))


@pytest.mark.parametrize(
    "controls", [CONTROLS, Controls(greedy=True), Controls(0.8, top_k=10), Controls(0.8, top_p=0.9)], ids=repr
)
def test_sample(benchmark: BenchmarkFixture, controls: Controls) -> None:
    benchmark(Sampler(TOKENS).draw, scores(1)[0], controls, 0.3)


def test_sample_64_rows(benchmark: BenchmarkFixture) -> None:
    u, ids = np.random.default_rng(1).random(ROWS), np.empty(ROWS, np.intp)
    benchmark(RowSampler(TOKENS, [CONTROLS] * ROWS).draw, scores(ROWS), u, ids)


def test_generate_500_characters(benchmark: BenchmarkFixture, measured: Measured) -> None:
    def run() -> None:
        tokens = generate(measured.model, measured.prompt, CONTROLS, seed=1, max_tokens=CHARACTERS, endless=True)
        deque(tokens, maxlen=0)

    benchmark(run)


def test_stream_500_characters(benchmark: BenchmarkFixture, small: Measured) -> None:
    async def run() -> None:
        tokens = stream(small.model, small.prompt, CONTROLS, seed=1, max_tokens=CHARACTERS, endless=True)
        async for _token in tokens:
            pass

    benchmark(lambda: asyncio.run(run()))


def test_a_character_for_each_of_64_texts(benchmark: BenchmarkFixture, measured: Measured) -> None:
    tokens = generate_batch(measured.model, [measured.prompt] * ROWS, [CONTROLS] * ROWS, range(ROWS), endless=True)
    benchmark(lambda: deque(islice(tokens, ROWS), maxlen=0))


def test_64_characters_for_each_of_5_lanes(benchmark: BenchmarkFixture, measured: Measured) -> None:
    lanes = [
        Lane(measured.model, measured.prompt, 1, Controls(temperature)) for temperature in (0.3, 0.6, 0.9, 1.2, 1.8)
    ]
    race = Race(lanes)
    benchmark(race.advance, 64, 60.0)


@pytest.mark.parametrize("folder", CHECKPOINTS, ids=lambda folder: folder.name)
def test_open_a_checkpoint(benchmark: BenchmarkFixture, folder: Path) -> None:
    benchmark(load, folder)


def test_evaluate_65536_characters(benchmark: BenchmarkFixture, small: Measured) -> None:
    ids = np.random.default_rng(0).integers(2, TOKENS, 256 * 256 + 1).astype(np.int32)
    benchmark(lambda: score(small.model, window_rows(ids, small.model.vocabulary)))
