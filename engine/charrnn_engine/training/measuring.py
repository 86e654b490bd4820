"""Measures how long a run would take on this machine, with real steps on its own corpus. Saves nothing.

Emits an `estimate`: `seconds` of the whole run after its start, `start_seconds`, `rate` in tokens a second, and
`bytes` of the saved model.
"""

import itertools
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from charrnn_engine.evaluation.scoring import score_rows
from charrnn_engine.runs.failures import check_tensorflow, importing_tensorflow
from charrnn_engine.runs.limits import check_limits, expected_bytes
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.training.batches import Batch, Schedule, validation_rows
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import Corpus, open_corpus
from charrnn_engine.training.events import Reporter

if TYPE_CHECKING:
    from charrnn_engine.training.optimisation import Optimisation

_LONG_ENOUGH = 1.0  # seconds of steps
_FEWEST_STEPS = 3
_INTERIM = 1.04  # what the reports within the epochs add


def measure(settings: TrainingSettings, reporter: Reporter, commands: int | None) -> None:
    """Ends the process at once when `commands`, a descriptor, is closed. Raises what a run would raise."""
    Control(lambda: os._exit(0)).watch(commands)
    began = time.monotonic()
    corpus = open_corpus(settings.corpus, None, settings.seed)
    check_limits(settings, len(corpus.vocabulary))
    check_tensorflow()
    with importing_tensorflow():
        import tensorflow as tf

        from charrnn_engine.training.network import build
        from charrnn_engine.training.optimisation import Optimisation, configure_threads
    configure_threads()
    carried = settings.state == "carried"
    schedule = Schedule(corpus, settings.epochs, settings.batch, settings.extra, settings.seed, carried)
    model = build(settings.network, len(corpus.vocabulary), settings.seed)
    optimisation = Optimisation(model, settings, schedule.total_steps, tf.distribute.get_strategy())
    batches = _endless(schedule)
    optimisation.step(next(batches), 0)  # builds the graph of a step
    validation = _validation_seconds(optimisation, corpus)  # and that of measuring
    started = validation + time.monotonic() - began  # the untrained network is validated too
    began, steps, tokens, took = time.monotonic(), 0, 0, 0.0
    while steps < _FEWEST_STEPS or took < _LONG_ENOUGH:
        batch = next(batches)
        steps += 1
        tokens += batch.tokens
        optimisation.step(batch, steps)
        took = time.monotonic() - began
    seconds = _INTERIM * schedule.total_steps * took / steps + settings.epochs * validation
    reporter.emit(
        "estimate", seconds=round(seconds, 2), start_seconds=round(started, 2), rate=round(tokens / took, 1),
        bytes=expected_bytes(model.count_params(), settings.half_weights),
    )  # fmt: skip


def _validation_seconds(optimisation: "Optimisation", corpus: Corpus) -> float:
    """How long the validation part takes, from one batch of it."""
    rows, number, size = validation_rows(corpus)
    group = list(itertools.islice(rows, size))
    score_rows(group, corpus.vocabulary, optimisation.costs, size)  # builds the graph
    began = time.monotonic()
    score_rows(group, corpus.vocabulary, optimisation.costs, size)
    return (time.monotonic() - began) * number / len(group)


def _endless(schedule: Schedule) -> Iterator[Batch]:
    for epoch in itertools.cycle(range(schedule.epochs)):
        yield from schedule.batches(epoch)
