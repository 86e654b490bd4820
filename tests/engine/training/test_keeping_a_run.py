"""What a run leaves on the disk while it learns: its epochs, and something whole when the disk is full."""

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.keras
pytest.importorskip("tensorflow")

from charrnn_engine import load  # noqa: E402
from charrnn_engine.runs import runs  # noqa: E402
from charrnn_engine.runs.errors import TrainingError  # noqa: E402
from charrnn_engine.runs.saved_epochs import epoch_folder, kept_epochs  # noqa: E402
from charrnn_engine.runs.state import read_state  # noqa: E402
from charrnn_engine.training import trainer as trainer_module  # noqa: E402
from charrnn_engine.training.commands import Control  # noqa: E402
from charrnn_engine.training.trainer import Interrupted  # noqa: E402
from tests.engine.training.test_trainer import Run, assert_equal_weights  # noqa: E402


def test_a_run_tells_what_it_is_and_keeps_epochs_from_the_untrained_network_to_the_last(settings_of):
    settings = settings_of(epochs=9, keep_epochs=4)
    out = Path(settings.out)
    run = Run(settings).finish()
    kept = kept_epochs(runs.epochs_folder(out))
    assert len(kept) <= 4
    assert (kept[0], kept[-1]) == (0, 9)
    told = run.events("epoch")
    assert [event["epoch"] for event in told] == list(range(10))
    first, *later = told
    assert (first["step"], first["training"], first["best"]) == (0, None, False)
    assert first["validation"]["nats_per_token"] == pytest.approx(np.log(len(load(out).vocabulary)), rel=0.05)
    assert later[-1]["step"] == run.trainer.total_steps
    for number in kept:
        assert told[number]["checkpoint"] == str(epoch_folder(runs.epochs_folder(out), number).absolute())
        model = load(told[number]["checkpoint"])
        assert (model.card["name"], model.card["training"]["epochs"]) == (f"model epoch {number}", number)
        assert model.card["held_out"][0]["nats_per_token"] == told[number]["validation"]["nats_per_token"]
    ids = load(out).vocabulary.encode("salt river")
    last, best = load(told[9]["checkpoint"]), load(out)
    assert run.trainer.progress.best_epoch == 9
    np.testing.assert_allclose(last.logits(ids), best.logits(ids), atol=0.01)
    assert {path.name for path in runs.run_folder(out).iterdir()} == {"epochs"}, "nothing for the moment stays"

    (start,) = run.events("start")
    text = Path(settings.corpus.path).read_text(encoding="utf-8")
    learnt = text[: int(len(text) * 0.9)]
    shares = np.array([learnt.count(character) for character in set(learnt)]) / len(learnt)
    assert start["uniform_bits"] == np.log2(len(shares))
    assert start["unigram_bits"] == pytest.approx(-(shares * np.log2(shares)).sum())
    assert (start["cell"], start["units"], start["layers"], start["resumed"]) == ("lstm", 12, 1, False)
    assert start["bytes"] == pytest.approx((out / "model.keras").stat().st_size, rel=0.3)


def test_who_is_stopped_while_it_measures_resumes_to_the_same_weights(settings_of, tmp_path, monkeypatch):
    whole = Run(settings_of(epochs=2)).finish()
    settings = settings_of(epochs=2, out=str(tmp_path / "cut"))
    control = Control()
    cut = Run(settings, control)
    rows_of = trainer_module.validation_rows

    def rows_until_asked(corpus):
        rows, batch = rows_of(corpus)
        control.stopping = cut.trainer.progress.total > 0
        return itertools.chain(rows, rows_of(corpus)[0]), batch

    monkeypatch.setattr(trainer_module, "validation_rows", rows_until_asked)
    with pytest.raises(Interrupted):
        cut.finish()
    monkeypatch.undo()
    state = read_state(tmp_path / "cut")
    assert (state.progress.epoch, state.progress.step) == (0, cut.trainer.schedule.steps(0))
    resumed = Run(replace(settings, resume=True), state=state).finish()
    assert_equal_weights(resumed.weights(), whole.weights())
    assert resumed.trainer.progress.best == whole.trainer.progress.best


def test_on_a_small_disk_epochs_are_given_up_before_the_run_is(settings_of, tiny_disk):
    run = Run(settings_of(epochs=16, keep_epochs=50, out=str(tiny_disk(600) / "mine"))).finish()
    assert [event["reason"] for event in run.events("finished")] == ["done"]
    (warning,) = run.events("warning")
    assert "can't be kept (the disk is nearly full)" in warning["message"]
    assert load(run.trainer.out)


def test_on_a_full_disk_the_run_says_so_and_a_whole_checkpoint_stands(settings_of, tiny_disk):
    disk = tiny_disk(600)
    settings = settings_of(epochs=1, out=str(disk / "mine"))
    Run(settings).finish()
    assert not runs.epochs_folder(Path(settings.out)).exists(), "none is kept where none is wanted"
    for left in (8, 60):
        state = read_state(Path(settings.out))
        fill(disk / "filler", left * 1024)
        with pytest.raises(
            TrainingError, match=r"mine: it can't be written .*what stood there still stands"
        ) as error:
            Run(replace(settings, epochs=9, resume=True), state=state).finish()
        assert error.value.kind == "disk"
        assert load(settings.out).card["training"]["epochs"] >= 1
        assert read_state(Path(settings.out)).progress.total >= state.progress.total
        (disk / "filler").unlink()


def fill(file, left):
    """Fills a disk up to so many bytes."""
    with file.open("wb", buffering=0) as filler:
        while (free := shutil.disk_usage(file.parent).free) > left:
            filler.write(bytes(min(free - left, 4096)))
