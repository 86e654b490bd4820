"""A run in this process, and one that is trained once for all tests that only look at its result."""

import io
import json

import numpy as np
import pytest

from charrnn_engine.evaluation.scoring import Score
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import open_corpus
from charrnn_engine.training.events import Reporter
from tests.engine.conftest import small_settings

LINES = {"columns": ["title", "body"], "lines": True, "validation": "0.2"}


class StopAfter(Control):
    """Stops the run after so many steps."""

    def __init__(self, steps):
        super().__init__()
        self._left = steps

    def begin(self):
        super().begin()
        self._left -= 1
        if self._left <= 1:  # the step that sees it is the last one
            self.stopping = True


class Run:
    """A trainer and what it reported."""

    def __init__(self, settings, control=None, state=None):
        from charrnn_engine.training.trainer import Trainer

        self.settings = settings
        self._stream = io.StringIO()
        corpus = open_corpus(settings.corpus, state.vocabulary if state else None, settings.seed)
        self.trainer = Trainer(settings, corpus, Reporter(self._stream), control or Control())
        if state:
            self.trainer.restore(state)

    def without_learning(self, *scores):
        """Each step does nothing, and each validation gives the next of these scores, in nats, or 1. Then nothing has
        to be compiled, which takes longer than such a run."""
        from charrnn_engine.training.optimisation import StepResult

        left = iter(scores)
        self.trainer.optimisation.step = lambda *_: StepResult(1.0, 1.0, 0)
        self.trainer.validate = lambda: Score(next(left, 1.0), 1, characters=1)
        return self

    def finish(self):
        self.trainer.run()
        return self

    def events(self, kind):
        found = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        return [event for event in found if event["event"] == kind]

    def weights(self):
        return self.trainer.optimisation.weights()


def assert_equal_weights(one, other):
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.fixture(scope="session")
def trained(text_file, tmp_path_factory):
    """A finished run of twelve epochs. Its folder is read-only."""
    pytest.importorskip("tensorflow")
    settings = small_settings(
        text_file, tmp_path_factory.mktemp("trained") / "model", epochs=12, batch=4, patience=12, keep_epochs=4,
        network={"cell": "lstm", "recurrent_dropout": 0.2}, prompts=["salt", "§"], temperatures=[0.5, 1.0],
    )  # fmt: skip
    return Run(settings).finish()


@pytest.fixture(scope="session")
def trained_on_lines(table_file, tmp_path_factory):
    """A finished run of two epochs on lines, with weights as float16. Its folder is read-only."""
    pytest.importorskip("tensorflow")
    settings = small_settings(
        table_file, tmp_path_factory.mktemp("trained") / "lines", corpus=LINES, half_weights=True, precision="auto",
        network={"cell": "gru", "recurrent_dropout": 0.2},
    )  # fmt: skip
    return Run(settings).finish()


@pytest.fixture
def line_settings(settings_of, table_file):
    """Settings of a run on the lines of a table."""
    return lambda **changes: settings_of(corpus={"path": str(table_file), **LINES}, **changes)
