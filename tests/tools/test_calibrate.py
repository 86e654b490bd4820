"""A model that is too sure of itself is made as sure as it is right, and nothing else of it changes."""

import json
from pathlib import Path

import numpy as np
import pytest

from calibrate import calibrate, loss, rescale
from charrnn_engine import CharRNNError, Controls, generate, load
from charrnn_engine.evaluation.encoding import encoder
from tests.archives import characters, write_model


@pytest.fixture
def overconfident(tmp_path: Path) -> tuple[Path, Path]:
    """A model, and a text that one with the same weights wrote at twice its temperature."""
    folder = write_model(tmp_path / "sure", vocabulary=characters(eos=False), units=8, seed=3)
    rescale(folder / "model.keras", 4.0, tmp_path / "sharper.keras")
    (tmp_path / "sharper.keras").replace(folder / "model.keras")
    hot = generate(load(folder), "the ", Controls(temperature=2.0), seed=1, max_tokens=3000, endless=True)
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("".join(token.text for token in hot), encoding="utf-8")
    return folder, corpus


def test_the_scale_found_is_that_of_the_least_loss(overconfident: tuple[Path, Path]) -> None:
    folder, corpus = overconfident
    before = load(folder)
    scale = calibrate(folder, str(corpus), 0.999)
    assert 0.3 < scale < 0.7
    after = load(folder)
    ids = encoder(before.vocabulary)(corpus.read_text(encoding="utf-8"))[3:]
    losses = {other: loss(before, ids, other) for other in (scale - 0.05, scale, scale + 0.05, 1.0)}
    assert min(losses, key=losses.__getitem__) == scale
    assert loss(after, ids, 1.0) == pytest.approx(losses[scale], abs=1e-5)
    np.testing.assert_allclose(after.logits(ids[:50]), before.logits(ids[:50]) * scale, atol=1e-5)


def test_the_card_says_so_and_keeps_no_figure_that_does_not_hold(overconfident: tuple[Path, Path]) -> None:
    folder, corpus = overconfident
    card = {"name": "sure", "held_out": [{"bits_per_character": 1.0}]}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    scale = calibrate(folder, str(corpus), 0.5)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert "held_out" not in card
    assert card["calibration"]["logits_multiplied_by"] == scale
    assert str(folder.parent) not in json.dumps(card)


def test_a_second_time_is_refused(overconfident: tuple[Path, Path]) -> None:
    folder, corpus = overconfident
    calibrate(folder, str(corpus), 0.5)
    with pytest.raises(CharRNNError, match="before"):
        calibrate(folder, str(corpus), 0.5)
