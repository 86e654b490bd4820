"""The loop: it learns, keeps the best, goes on exactly where it was, and says why it stops."""

import errno
import io
import json
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.keras
pytest.importorskip("tensorflow")

import keras  # noqa: E402

from charrnn_engine import load  # noqa: E402
from charrnn_engine.evaluation.corpus import evaluate  # noqa: E402
from charrnn_engine.runs.errors import CorpusError, TrainingError  # noqa: E402
from charrnn_engine.runs.state import read_state  # noqa: E402
from charrnn_engine.training import keeper as keeper_module  # noqa: E402
from charrnn_engine.training.commands import Control  # noqa: E402
from charrnn_engine.training.encoded_corpus import open_corpus  # noqa: E402
from charrnn_engine.training.events import Reporter  # noqa: E402
from charrnn_engine.training.optimisation import StepResult  # noqa: E402
from charrnn_engine.training.trainer import Interrupted, Trainer  # noqa: E402


class StopAfter(Control):
    """Asks for the run's end once it has taken so many steps."""

    def __init__(self, steps):
        super().__init__()
        self._left = steps

    def begin(self):
        super().begin()
        self._left -= 1
        if self._left <= 1:  # the step that is told of it is the last one
            self.stopping = True


class Run:
    """A trainer and what it reported."""

    def __init__(self, settings, control=None, state=None):
        self._stream = io.StringIO()
        corpus = open_corpus(settings.corpus, state.vocabulary if state else None, settings.seed)
        self.trainer = Trainer(settings, corpus, Reporter(self._stream), control)
        if state:
            self.trainer.restore(state)

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


@pytest.fixture
def line_settings(settings_of, table_file):
    def make(**changes):
        corpus = {"path": str(table_file), "columns": ["title", "body"], "lines": True, "validation": "0.2"}
        return settings_of(corpus=corpus, **changes)

    return make


def test_a_run_learns_and_leaves_a_checkpoint_that_keras_and_the_playground_open(settings_of):
    settings = settings_of(epochs=12, batch=4)
    run = Run(settings).finish()
    figures = [event["validation"]["nats_per_token"] for event in run.events("epoch")]
    assert figures[-1] < figures[0] - 0.5
    model = load(settings.out)
    ids = np.array([model.vocabulary.encode("salt river\n")])
    wanted = keras.models.load_model(f"{settings.out}/model.keras").predict(ids, verbose=0)
    np.testing.assert_allclose(model.logits(ids[0]), wanted[0], atol=1e-5)


def test_the_validation_figure_is_the_one_that_evaluate_gives(settings_of, line_settings, tmp_path):
    for settings in (settings_of(), line_settings(out=str(tmp_path / "lines"))):
        best = Run(settings).finish().trainer.progress.best
        corpus = open_corpus(settings.corpus, None, settings.seed)
        held_out = tmp_path / "held-out.txt"
        texts = [load(settings.out).vocabulary.decode(corpus.validation[i]) for i in range(len(corpus.validation))]
        held_out.write_text("\n".join(texts), encoding="utf-8")
        score = evaluate(load(settings.out), str(held_out)).score
        assert score.nats_per_token == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(("kind", "cut"), [("windows", 3), ("lines", 17)])
def test_a_run_cut_in_two_gives_the_same_weights_as_one_that_wasnt(kind, cut, settings_of, line_settings, tmp_path):
    make = settings_of if kind == "windows" else line_settings
    whole = Run(make(epochs=3, batch=4, network={"recurrent_dropout": 0.2})).finish()
    settings = make(epochs=3, batch=4, network={"recurrent_dropout": 0.2}, out=str(tmp_path / "cut"))
    first = Run(settings, StopAfter(cut))
    with pytest.raises(Interrupted):
        first.finish()
    second = Run(replace(settings, resume=True), state=read_state(tmp_path / "cut")).finish()
    assert second.events("start")[0]["done"] == cut
    assert_equal_weights(second.weights(), whole.weights())
    assert second.trainer.progress.best == whole.trainer.progress.best


def test_an_interrupted_run_leaves_a_model_even_in_its_first_epoch(settings_of):
    settings = settings_of()
    run = Run(settings, StopAfter(2))
    with pytest.raises(Interrupted):
        run.finish()
    assert load(settings.out).card["held_out"] == []
    assert run.events("finished")[0]["reason"] == "interrupted"


def test_training_ends_after_patience_epochs_without_progress_and_the_best_stays(settings_of, monkeypatch):
    settings = settings_of(epochs=9, patience=2)
    run = Run(settings)
    true_score = run.trainer.validate
    scores = iter([1.0, 3.0, 2.0, 2.5, 2.25, 9.0])  # the first is what the untrained network is measured at
    monkeypatch.setattr(run.trainer, "validate", lambda: replace(true_score(), nats=next(scores), tokens=1))
    run.finish()
    finished = run.events("finished")[0]
    assert (finished["reason"], finished["epochs"], finished["best_epoch"]) == ("early stopping", 4, 2)
    assert load(settings.out).card["held_out"][0]["nats_per_token"] == 2.0


def test_a_loss_that_is_no_number_stops_with_the_reason_and_the_best_checkpoint_kept(settings_of, monkeypatch):
    settings = settings_of(epochs=3)
    run = Run(settings)
    true_step = run.trainer.optimisation.step

    def step(batch, number, stop=False):
        return StepResult(float("nan"), 1.0, 0) if run.trainer.progress.epoch == 1 else true_step(batch, number, stop)

    monkeypatch.setattr(run.trainer.optimisation, "step", step)
    with pytest.raises(TrainingError, match=r"stopped being a number at step \d+; the best checkpoint .*--lr"):
        run.finish()
    assert load(settings.out).card["training"]["epochs"] == 1


def test_a_full_disk_is_said_and_what_stood_there_still_stands(settings_of, monkeypatch):
    settings = settings_of()
    Run(settings).finish()
    before = load(settings.out).card

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keeper_module, "write_state", refuse)
    monkeypatch.setattr(keeper_module, "write_checkpoint", refuse)
    with pytest.raises(TrainingError, match=r"model: it can't be written \(No space left on device\)"):
        Run(settings).finish()
    assert load(settings.out).card == before


def test_samples_are_drawn_at_every_temperature_from_every_prompt(settings_of):
    run = Run(settings_of(epochs=1, prompts=["salt", "§"], temperatures=[0.5, 1.0])).finish()
    samples = [sample for sample in run.events("sample") if sample["epoch"] == 1]
    assert [(s["prompt"], s["temperature"]) for s in samples] == [
        ("salt", 0.5), ("salt", 1.0), ("§", 0.5), ("§", 1.0)
    ]  # fmt: skip
    assert len(samples[0]["text"]) == 120
    assert "§" in samples[2]["problem"]


def test_weights_kept_as_float16_open_and_measure_nearly_the_same(settings_of, tmp_path):
    whole, half = settings_of(), settings_of(half_weights=True, out=str(tmp_path / "half"))
    Run(whole).finish()
    Run(half).finish()
    ids = load(whole.out).vocabulary.encode("salt river")
    np.testing.assert_allclose(load(half.out).logits(ids), load(whole.out).logits(ids), atol=0.01)
    keras.models.load_model(f"{half.out}/model.keras")


def test_training_goes_on_with_new_text_from_a_models_weights(settings_of, tmp_path):
    settings = settings_of(epochs=1)
    Run(settings).finish()
    run = Run(settings_of(epochs=1, out=str(tmp_path / "second"), start_from=settings.out))
    run.trainer.start_from(settings.out)
    assert run.trainer.validate().nats_per_token < 2.9
    wider = Run(settings_of(network={"units": 13}, out=str(tmp_path / "third")))
    with pytest.raises(TrainingError, match="another network"):
        wider.trainer.start_from(settings.out)


def test_a_run_isnt_resumed_on_another_corpus(settings_of, line_settings):
    settings = settings_of(epochs=1)
    Run(settings).finish()
    with pytest.raises(CorpusError, match="no longer what the run was started on"):
        Run(line_settings(), state=read_state(Run(settings).trainer.out))
