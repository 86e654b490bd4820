"""What a run leaves on the disk while it learns: its epochs, and something whole when the disk is full."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.keras
pytest.importorskip("tensorflow")

from charrnn_engine import load  # noqa: E402
from charrnn_engine.errors import TrainingError  # noqa: E402
from charrnn_engine.runs import folder as runs  # noqa: E402
from charrnn_engine.runs.saved_epochs import epoch_folder, kept_epochs  # noqa: E402
from charrnn_engine.runs.state import read_state  # noqa: E402
from tests.engine.training.conftest import Run  # noqa: E402


def test_a_run_says_what_it_is_and_keeps_epochs_from_the_untrained_network_to_the_last(trained):
    out = Path(trained.settings.out)
    kept = kept_epochs(runs.epochs_folder(out))
    assert len(kept) <= 4
    assert (kept[0], kept[-1]) == (0, 12)
    epochs = trained.events("epoch")
    assert [event["epoch"] for event in epochs] == list(range(13))
    first, *later = epochs
    assert (first["step"], first["training"], first["best"]) == (0, None, False)
    assert first["validation"]["nats_per_token"] == pytest.approx(np.log(len(load(out).vocabulary)), rel=0.05)
    assert later[-1]["step"] == trained.trainer.total_steps
    for number in kept:
        assert epochs[number]["checkpoint"] == str(epoch_folder(runs.epochs_folder(out), number).absolute())
        model = load(epochs[number]["checkpoint"])
        assert (model.card["name"], model.card["training"]["epochs"]) == (f"model epoch {number}", number)
        assert model.card["held_out"][0]["nats_per_token"] == epochs[number]["validation"]["nats_per_token"]
    assert trained.trainer.progress.best_epoch == 12
    ids = load(out).vocabulary.encode("salt river")
    np.testing.assert_allclose(load(epochs[12]["checkpoint"]).logits(ids), load(out).logits(ids), atol=0.01)
    assert {path.name for path in runs.run_folder(out).iterdir()} == {"epochs", "state.npz"}, "nothing temporary"
    assert {path.name for path in out.parent.iterdir()} == {out.name, runs.run_folder(out).name}

    (start,) = trained.events("start")
    text = Path(trained.settings.corpus.path).read_text(encoding="utf-8")
    learnt = text[: int(len(text) * 0.9)]
    shares = np.array([learnt.count(character) for character in set(learnt)]) / len(learnt)
    assert start["uniform_bits"] == np.log2(len(shares))
    assert start["unigram_bits"] == pytest.approx(-(shares * np.log2(shares)).sum())
    assert (start["cell"], start["units"], start["layers"], start["resumed"]) == ("lstm", 12, 1, False)
    assert start["bytes"] == pytest.approx((out / "model.keras").stat().st_size, rel=0.3)


def test_on_a_small_disk_the_run_goes_on_without_keeping_epochs(settings_of, tiny_disk):
    settings = settings_of(epochs=7, patience=7, batch=64, keep_epochs=50, out=str(tiny_disk(300) / "mine"))
    run = Run(settings).without_learning().finish()
    assert [event["reason"] for event in run.events("finished")] == ["done"]
    (warning,) = run.events("warning")
    assert "can't be saved (the disk is nearly full)" in warning["message"]
    assert load(run.trainer.out)


def test_on_a_full_disk_the_run_says_so_and_a_whole_checkpoint_is_still_there(trained, tiny_disk):
    disk = tiny_disk(600)
    settings = replace(trained.settings, out=str(disk / "mine"), keep_epochs=0, epochs=14, resume=True)
    shutil.copytree(trained.settings.out, settings.out)
    runs.run_folder(Path(settings.out)).mkdir()
    shutil.copy(runs.state_file(Path(trained.settings.out)), runs.state_file(Path(settings.out)))
    for left in (8, 60):
        state = read_state(Path(settings.out))
        fill(disk / "filler", left * 1024)
        with pytest.raises(TrainingError, match=r"mine: it can't be written .*the last checkpoint is still") as error:
            Run(settings, state=state).without_learning(0.5, 0.4).finish()
        assert error.value.kind == "disk"
        assert load(settings.out).card["training"]["epochs"] >= 12
        assert read_state(Path(settings.out)).progress.total >= state.progress.total
        (disk / "filler").unlink()


def fill(file, left):
    """Fills a disk until so many bytes are free."""
    with file.open("wb", buffering=0) as filler:
        while (free := shutil.disk_usage(file.parent).free) > left:
            filler.write(bytes(min(free - left, 4096)))
