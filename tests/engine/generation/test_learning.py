"""The head of a text's network learns from it, and only there; what was learnt can be forgotten and kept."""

from pathlib import Path

import numpy as np
import pytest

from charrnn_engine import CharRNN, Controls, Generation, load
from charrnn_engine.checkpoints.adapted import write_adapted
from charrnn_engine.checkpoints.store import find_checkpoint
from charrnn_engine.errors import CheckpointError
from tests.archives import write_speller

TEXT = "To be or not to be" * 20


def read(generation: Generation, text: str, rate: float | None) -> float:
    """Has it read a text; nats per token."""
    ids = generation.model.vocabulary.encode(text)
    return -float(np.mean([np.log(generation.take(i, Controls(adapt=rate)).model_probability) for i in ids]))


@pytest.fixture(scope="module")
def headlines() -> CharRNN:
    return load("headlines-notebook")


def test_it_learns_what_it_reads_and_the_model_stays_as_it_was(headlines: CharRNN) -> None:
    before = headlines.network.head.kernel.copy()
    static, learning = (Generation(headlines, "", seed=1) for _ in range(2))
    assert read(learning, TEXT, 0.05) < 0.8 * read(static, TEXT, None)
    assert static.adapted() is None
    assert (headlines.network.head.kernel == before).all()


def test_one_step_is_one_of_gradient_descent(headlines: CharRNN) -> None:
    head = headlines.network.head
    hidden = headlines.stepper()
    hidden.feed(headlines.vocabulary.ids["T"])
    logits = hidden.top.astype(np.float64) @ head.kernel + head.bias
    error = np.exp(logits - logits.max())
    error /= error.sum()
    error[5] -= 1
    generation = Generation(headlines, "T", seed=1)
    generation.take(5, Controls(adapt=0.1))
    learnt = generation.adapted()
    assert learnt is not None
    np.testing.assert_allclose(learnt.network.head.kernel, head.kernel - 0.1 * np.outer(hidden.top, error), atol=1e-6)
    np.testing.assert_allclose(learnt.network.head.bias, head.bias - 0.1 * error, atol=1e-6)


def test_at_rate_0_it_keeps_what_it_learnt_and_without_a_rate_forgets_it(headlines: CharRNN) -> None:
    generation = Generation(headlines, "", seed=1)
    read(generation, TEXT, 0.05)
    learnt = generation.adapted()
    read(generation, TEXT, 0.0)
    kept = generation.adapted()
    assert learnt is not None
    assert kept is not None
    assert (kept.network.head.kernel == learnt.network.head.kernel).all()
    read(generation, "T", None)
    assert generation.adapted() is None


def test_going_back_forgets_what_came_after(headlines: CharRNN) -> None:
    one, other = (Generation(headlines, "", seed=1) for _ in range(2))
    read(one, TEXT, 0.05)
    read(other, TEXT * 3, 0.05)
    other.rewind(len(one))
    pair = one.adapted(), other.adapted()
    assert pair[0] is not None
    assert pair[1] is not None
    assert (pair[0].network.head.kernel == pair[1].network.head.kernel).all()
    assert one.next(Controls(adapt=0.05)) == other.next(Controls(adapt=0.05))


def test_it_tells_what_the_model_without_what_it_learnt_gave_each_token(headlines: CharRNN) -> None:
    learning, static = (Generation(headlines, "", seed=1) for _ in range(2))
    assert (learning.static_probability(), learning.learning) == (None, False)
    found, expected = [], []
    for place, index in enumerate(headlines.vocabulary.encode(TEXT[:60])):
        learning.take(index, Controls(adapt=0.05 if place < 40 else 0.0, ban=("zz",)))
        found.append(learning.static_probability())
        expected.append(static.take(index, Controls()).model_probability)
    np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-4)
    learning.next(Controls(adapt=0.0, ban=("qz",)))  # drafts look ahead, and are put back
    static.take(learning.ids[-1], Controls())
    assert learning.static_probability() is not None
    learning.rewind(30)
    static.rewind(30)
    token = learning.next(Controls(adapt=0.05))
    assert learning.static_probability() == pytest.approx(
        static.take(token.id, Controls()).model_probability, rel=1e-4
    )


def test_what_was_learnt_becomes_a_checkpoint(headlines: CharRNN, tmp_path: Path) -> None:
    generation = Generation(headlines, "", seed=1)
    read(generation, TEXT, 0.05)
    learnt = generation.adapted()
    assert learnt is not None
    write_adapted(tmp_path / "mine", find_checkpoint("headlines-notebook"), learnt, {"from": "headlines-notebook"})
    again = load(tmp_path / "mine")
    np.testing.assert_array_equal(again.network.head.kernel, learnt.network.head.kernel)
    np.testing.assert_array_equal(again.network.cells[0].kernel, headlines.network.cells[0].kernel)
    assert (again.card["adapted"], "held_out" in again.card) == ({"from": "headlines-notebook"}, False)


def test_a_model_whose_head_cannot_hold_it_is_refused(headlines: CharRNN, tmp_path: Path) -> None:
    speller = find_checkpoint(write_speller(tmp_path / "speller"))
    with pytest.raises(CheckpointError, match="no bias"):
        write_adapted(tmp_path / "mine", speller, headlines, {})
    with pytest.raises(CheckpointError, match="another shape"):
        write_adapted(tmp_path / "mine", find_checkpoint("headlines-words"), headlines, {})
    assert not (tmp_path / "mine").exists()
