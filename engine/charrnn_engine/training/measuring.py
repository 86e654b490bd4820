"""Measures how long runs would take on this machine, with real steps on their own corpora. Saves nothing.

Emits an `estimate` for each of a list of settings: `index` in the list, `seconds` of the whole run after its start,
`start_seconds`, `rate` in tokens a second, `parameters`, `bytes` of the saved model; or a `problem`.
"""

import gc
import itertools
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from charrnn_engine.errors import SettingsError
from charrnn_engine.evaluation.scoring import score_rows
from charrnn_engine.runs.failures import check_tensorflow, explain, importing_tensorflow
from charrnn_engine.runs.limits import check_limits
from charrnn_engine.runs.settings import CorpusSettings, TrainingSettings
from charrnn_engine.training.batches import Batch, Schedule, validation_rows
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import Corpus, open_corpus
from charrnn_engine.training.events import Reporter

if TYPE_CHECKING:
    from charrnn_engine.training.optimisation import Optimisation

_LONG_ENOUGH = 1.0  # seconds of steps
_FEWEST_STEPS = 3


def measure(asked: Any, reporter: Reporter, commands: int | None) -> int:
    """Measures one run after the other and returns the exit code. Ends the process at once when `commands`, a
    descriptor, is closed. Raises SettingsError for anything but a list of settings, TrainingError without
    TensorFlow."""
    if not isinstance(asked, list):
        raise SettingsError("--measure takes a list of settings")
    Control(lambda: os._exit(0)).watch(commands)
    check_tensorflow()
    began = time.monotonic()
    with importing_tensorflow():
        from charrnn_engine.training.optimisation import configure_threads
    configure_threads()
    imported = time.monotonic() - began
    corpora: dict[tuple[CorpusSettings, int], tuple[Corpus, float]] = {}
    for index, data in enumerate(asked):
        try:
            settings = TrainingSettings.from_json(data)
            key = (settings.corpus, settings.seed)
            if key not in corpora:
                began = time.monotonic()
                corpora[key] = open_corpus(settings.corpus, None, settings.seed), time.monotonic() - began
            found = _measured(settings, *corpora[key], imported)
        except Exception as error:  # the others can still be measured
            found = {"problem": explain(error).message}
        reporter.emit("estimate", index=index, **found)
        if reporter.gone:
            break
    return 0


def _measured(settings: TrainingSettings, corpus: Corpus, opened: float, imported: float) -> dict[str, Any]:
    import keras
    import tensorflow as tf

    from charrnn_engine.training.network import build
    from charrnn_engine.training.optimisation import Optimisation
    from charrnn_engine.training.run_events import expected_bytes

    check_limits(settings, len(corpus.vocabulary))
    keras.backend.clear_session()
    gc.collect()
    began = time.monotonic()
    schedule = Schedule(corpus, settings.epochs, settings.batch, settings.extra, settings.seed)
    model = build(settings.network, len(corpus.vocabulary), settings.seed)
    optimisation = Optimisation(model, settings, schedule.total_steps, tf.distribute.get_strategy())
    batches = _endless(schedule)
    optimisation.step(next(batches), 0)  # builds the graph of a step
    validation = _validation_seconds(optimisation, corpus)  # and that of measuring
    # The untrained network is validated too.
    started = imported + opened + validation + time.monotonic() - began
    began, steps, tokens, took = time.monotonic(), 0, 0, 0.0
    while steps < _FEWEST_STEPS or took < _LONG_ENOUGH:
        batch = next(batches)
        steps += 1
        tokens += batch.tokens
        optimisation.step(batch, steps)
        took = time.monotonic() - began
    parameters = model.count_params()
    return {
        "seconds": round(schedule.total_steps * took / steps + settings.epochs * validation, 2),
        "start_seconds": round(started, 2),
        "rate": round(tokens / took, 1),
        "parameters": parameters,
        "bytes": expected_bytes(parameters, settings.half_weights),
    }


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
