"""The loop: it learns, keeps the best, goes on exactly where it was, and reports why it stops."""

import errno
import shutil
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.keras
pytest.importorskip("tensorflow")

import keras  # noqa: E402

from charrnn_engine import load  # noqa: E402
from charrnn_engine.errors import TrainingError  # noqa: E402
from charrnn_engine.evaluation.corpus import evaluate  # noqa: E402
from charrnn_engine.runs.folder import epochs_folder, live_folder  # noqa: E402
from charrnn_engine.runs.state import read_state  # noqa: E402
from charrnn_engine.training import run_files as run_files_module  # noqa: E402
from charrnn_engine.training.commands import Control  # noqa: E402
from charrnn_engine.training.encoded_corpus import open_corpus  # noqa: E402
from charrnn_engine.training.optimisation import StepResult  # noqa: E402
from charrnn_engine.training.trainer import Interrupted  # noqa: E402
from tests.engine.training.conftest import Run, StopAfter, assert_equal_weights  # noqa: E402


def test_a_run_learns_and_leaves_a_checkpoint_that_keras_and_the_playground_open(trained):
    figures = [event["validation"]["nats_per_token"] for event in trained.events("epoch")]
    assert figures[-1] < figures[0] - 0.5
    out = trained.settings.out
    model = load(out)
    ids = np.array([model.vocabulary.encode("salt river\n")])
    wanted = keras.models.load_model(f"{out}/model.keras").predict(ids, verbose=0)
    np.testing.assert_allclose(model.logits(ids[0]), wanted[0], atol=1e-5)


def test_the_validation_figure_is_the_one_that_evaluate_gives(trained, trained_on_lines, tmp_path):
    for run, tolerance in ((trained, 1e-4), (trained_on_lines, 2e-3)):
        settings, model = run.settings, load(run.settings.out)
        corpus = open_corpus(settings.corpus, None, settings.seed)
        held_out = tmp_path / "held-out.txt"
        texts = [model.vocabulary.decode(corpus.validation[i]) for i in range(len(corpus.validation))]
        held_out.write_text("\n".join(texts), encoding="utf-8")
        score = evaluate(model, str(held_out)).score
        assert score.nats_per_token == pytest.approx(run.trainer.progress.best, abs=tolerance)


class StopInValidation(Control):
    """Stops the run in its first validation after a step."""

    def __init__(self, steps):
        super().__init__()
        self._steps = steps

    def begin(self):
        super().begin()
        self._steps -= 1

    @property
    def pausing(self):
        self.stopping = self.stopping or self._steps == 0
        return False


def test_a_run_cut_in_an_epoch_and_in_a_validation_learns_the_same_weights_as_a_whole_one(trained_on_lines, tmp_path):
    whole, settings = trained_on_lines, replace(trained_on_lines.settings, out=str(tmp_path / "cut"))
    steps = whole.trainer.schedule.steps(0)
    run = Run(settings, StopAfter(3))
    with pytest.raises(Interrupted):
        run.finish()
    assert load(settings.out).card["held_out"] == [], "it leaves a model even in its first epoch"
    assert run.events("finished")[0]["reason"] == "interrupted"
    assert not epochs_folder(run.trainer.out).exists(), "no epoch is kept unless asked for"
    with pytest.raises(Interrupted):
        Run(replace(settings, resume=True), StopInValidation(steps - 3), read_state(tmp_path / "cut")).finish()
    state = read_state(tmp_path / "cut")
    assert (state.progress.epoch, state.progress.step) == (0, steps)
    resumed = Run(replace(settings, resume=True), state=state).finish()
    assert resumed.events("start")[0]["done"] == state.progress.total
    assert_equal_weights(resumed.weights(), whole.weights())
    assert resumed.trainer.progress.best == whole.trainer.progress.best


class GoneInThePause(Control):
    """Pauses the run; then the process that has started it ends."""

    def wait(self):
        self.ask("gone")


def test_a_paused_run_whose_starter_ends_saves_itself(settings_of):
    control = GoneInThePause()
    control.ask("pause")
    run = Run(settings_of(), control).without_learning()
    with pytest.raises(Interrupted):
        run.finish()
    assert [event["reason"] for event in run.events("finished")] == ["interrupted"]
    assert len(run.events("paused")) == 1
    assert run.events("resumed") == []
    assert read_state(run.trainer.out).progress.total == 1


def test_training_ends_after_patience_epochs_without_progress_and_the_best_stays(settings_of):
    # The first is that of the untrained network.
    run = Run(settings_of(epochs=9, patience=2, batch=64)).without_learning(1.0, 3.0, 2.0, 2.5, 2.25, 9.0).finish()
    finished = run.events("finished")[0]
    assert (finished["reason"], finished["epochs"], finished["best_epoch"]) == ("early stopping", 4, 2)
    assert load(run.settings.out).card["held_out"][0]["nats_per_token"] == 2.0


def test_a_loss_that_is_not_a_number_ends_the_run_and_keeps_the_best_checkpoint(settings_of, monkeypatch):
    run = Run(settings_of(batch=64)).without_learning()

    def step(*_):
        return StepResult(float("nan") if run.trainer.progress.epoch == 1 else 1.0, 1.0, 0)

    monkeypatch.setattr(run.trainer.optimisation, "step", step)
    with pytest.raises(TrainingError, match=r"stopped being a number at step \d+; the best checkpoint .*--lr"):
        run.finish()
    assert load(run.settings.out).card["training"]["epochs"] == 1


def test_a_full_disk_is_reported_and_the_last_checkpoint_is_still_there(trained, settings_of, monkeypatch):
    settings = settings_of(epochs=1, batch=64)
    shutil.copytree(trained.settings.out, settings.out)
    before = load(settings.out).card

    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run_files_module, "write_state", refuse)
    monkeypatch.setattr(run_files_module, "write_checkpoint", refuse)
    with pytest.raises(TrainingError, match=r"model: it can't be written \(No space left on device\)"):
        Run(settings).without_learning().finish()
    assert load(settings.out).card == before


def test_models_within_an_epoch_can_be_played_and_change_nothing_in_the_run(trained_on_lines, tmp_path, monkeypatch):
    run = Run(replace(trained_on_lines.settings, out=str(tmp_path / "lines")))
    # A step takes a second, and nothing else takes any time.
    monkeypatch.setattr("charrnn_engine.training.interim.time.monotonic", lambda: float(run.trainer.progress.total))
    live, played, emit = live_folder(tmp_path / "lines"), [], run.trainer.reporter.emit

    def watch(event, **values):
        emit(event, **values)
        if event == "interim":
            played.append(load(live))

    monkeypatch.setattr(run.trainer.reporter, "emit", watch)
    run.finish()
    reports = run.events("interim")
    assert len(reports) == len(played) > 1
    assert "\n" in "".join(report["text"] for report in reports), "where a text ends, the next begins on a new line"
    assert 0 < reports[0]["validation"] < 10, "nats, of a part"
    assert played[-1].name == "lines"
    assert not live.exists(), "it goes with the end of the run"
    assert_equal_weights(run.weights(), trained_on_lines.weights())


def test_samples_are_written_at_every_temperature_after_every_prompt(trained):
    samples = [sample for sample in trained.events("sample") if sample["epoch"] == 12]
    assert [(s["prompt"], s["temperature"]) for s in samples] == [
        ("salt", 0.5), ("salt", 1.0), ("§", 0.5), ("§", 1.0)
    ]  # fmt: skip
    assert len(samples[0]["text"]) == 200
    assert "§" in samples[2]["problem"]


def test_weights_kept_as_float16_are_read_by_keras_and_give_nearly_the_same(trained_on_lines):
    run = trained_on_lines
    model = load(run.settings.out)
    ids = np.array([model.vocabulary.encode("salt river")])
    np.testing.assert_allclose(model.logits(ids[0]), run.trainer.model.predict(ids, verbose=0)[0], atol=0.01)
    halved = keras.models.load_model(f"{run.settings.out}/model.keras")
    np.testing.assert_allclose(model.logits(ids[0]), halved.predict(ids, verbose=0)[0], atol=1e-5)
    rounded = [weights.astype(np.float16) for weights in run.weights()]
    assert_equal_weights(halved.get_weights(), [weights.astype(np.float32) for weights in rounded])


def test_training_starts_from_the_weights_of_a_model(trained, settings_of):
    run = Run(settings_of(network={"cell": "lstm"}))
    run.trainer.start_from(trained.settings.out)
    assert_equal_weights(run.weights(), trained.weights())
    wider = Run(settings_of(network={"cell": "lstm", "units": 13}))
    with pytest.raises(TrainingError, match="another network"):
        wider.trainer.start_from(trained.settings.out)


def test_a_run_is_not_resumed_with_another_network(trained, settings_of):
    with pytest.raises(TrainingError, match="model: its weights belong to another network"):
        Run(settings_of(network={"cell": "lstm", "units": 13}), state=read_state(trained.trainer.out))


def test_the_card_says_how_the_model_was_trained(trained):
    card = load(trained.settings.out).card
    network, training = card["network"], card["training"]
    assert (network["input_dropout"], network["dropout"], network["recurrent_dropout"]) == (0.0, 0.2, 0.2)
    assert (training["precision"], training["seed"]) == ("float32", 0)
    assert training["epoch_chosen_by"] == "lowest validation loss"


def test_automatic_precision_is_resolved_in_the_events_and_on_the_card(trained_on_lines):
    (start,) = trained_on_lines.events("start")
    assert start["precision"] in ("float32", "bfloat16")
    assert load(trained_on_lines.settings.out).card["training"]["precision"] == start["precision"]


def test_a_validation_reports_its_progress(line_settings, monkeypatch):
    now = iter(range(1_000_000))  # a second goes by whenever somebody looks
    monkeypatch.setattr("charrnn_engine.training.trainer.time.monotonic", lambda: float(next(now)))
    run = Run(line_settings())
    run.trainer.validate()
    events = run.events("validating")
    assert [(event["epoch"], event["done"]) for event in events] == [(0, event["total"]) for event in events]
    assert events[-1]["total"] == len(run.trainer.corpus.validation)
