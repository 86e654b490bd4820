from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn_engine import CharRNN, CheckpointError, load
from tests.archives import characters, write_model

IDS = [2, 5, 1, 9, 9, 3]


@pytest.fixture(scope="module", params=["LSTM", "GRU", "SimpleRNN"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CharRNN:
    """Two layers of each kind."""
    return load(write_model(tmp_path_factory.mktemp("models") / request.param, request.param, 2, 5))


def test_a_fresh_state_is_zeros_with_a_row_for_each_text(model: CharRNN) -> None:
    state = model.initial_state(3)
    assert state.shape == (3, model.network.state_size)
    assert state.dtype == np.float32
    assert not state.any()


def test_logits_are_float32_with_a_row_for_each_prefix(model: CharRNN) -> None:
    logits = model.logits(IDS)
    assert logits.shape == (len(IDS), len(model.vocabulary))
    assert logits.dtype == np.float32


def test_logits_of_a_prefix_are_the_first_rows_of_those_of_the_text(model: CharRNN) -> None:
    np.testing.assert_allclose(model.logits(IDS)[:3], model.logits(IDS[:3]), atol=1e-6)


def test_no_ids_have_no_logits(model: CharRNN) -> None:
    assert model.logits([]).shape == (0, len(model.vocabulary))


def test_no_rows_step_to_no_rows(model: CharRNN) -> None:
    logits, state = model.step([], model.initial_state(0))
    assert logits.shape == (0, len(model.vocabulary))
    assert state.shape == model.initial_state(0).shape


def test_stepping_gives_the_logits_of_the_whole_text(model: CharRNN) -> None:
    state = model.initial_state()
    for index, expected in zip(IDS, model.logits(IDS), strict=True):
        logits, state = model.step(index, state)
        np.testing.assert_allclose(logits[0], expected, rtol=0, atol=1e-5)


def test_rows_step_on_their_own(model: CharRNN) -> None:
    state = model.initial_state(2)
    for pair in zip(IDS, IDS[::-1], strict=True):
        logits, state = model.step(np.array(pair), state)
    np.testing.assert_allclose(logits[0], model.logits(IDS)[-1], rtol=0, atol=1e-5)
    np.testing.assert_allclose(logits[1], model.logits(IDS[::-1])[-1], rtol=0, atol=1e-5)


def test_a_step_changes_nothing_that_it_is_given(model: CharRNN) -> None:
    state = np.random.default_rng(0).normal(size=(1, model.network.state_size)).astype(np.float32)
    before = state.copy()
    logits, after = model.step(3, state)
    kept = logits.copy(), after.copy()
    model.step(4, after)
    np.testing.assert_array_equal(state, before)
    np.testing.assert_array_equal(logits, kept[0])
    np.testing.assert_array_equal(after, kept[1])


def test_a_state_kept_earlier_goes_on_as_it_did(model: CharRNN) -> None:
    stepper = model.stepper()
    for index in IDS:
        stepper.step(index)
    kept, logits = stepper.state[0].copy(), stepper.logits.copy()
    on = stepper.step(4).copy()
    stepper.reset()
    stepper.step(7)
    stepper.restore(kept)
    np.testing.assert_array_equal(stepper.logits, logits)
    np.testing.assert_array_equal(stepper.step(4), on)


@pytest.mark.parametrize("ids", [[-1], [33], 33, [0.5], ["a"], [[1, 2]], [True], None])
def test_what_is_no_id_is_refused(model: CharRNN, ids: Any) -> None:
    with pytest.raises(ValueError, match="ids"):
        model.logits(ids)
    with pytest.raises(ValueError, match="ids"):
        model.step(ids, model.initial_state())


def test_a_state_of_another_shape_is_refused(model: CharRNN) -> None:
    for rows, ids in ((1, [1, 2]), (2, 1), (2, [1])):
        with pytest.raises(ValueError, match="state is"):
            model.step(ids, model.initial_state(rows))


def test_ids_of_any_whole_kind_are_taken(model: CharRNN) -> None:
    for ids in (tuple(IDS), np.array(IDS, np.uint8), np.array(IDS, np.int64)):
        np.testing.assert_array_equal(model.logits(ids), model.logits(IDS))


def test_a_vocabulary_of_another_size_is_refused(model: CharRNN) -> None:
    with pytest.raises(CheckpointError, match="reads 33 tokens and the vocabulary has 5"):
        CharRNN(characters("abc"), model.network)


def test_models_are_compared_and_hashed_by_identity(model: CharRNN) -> None:
    copy = replace(model)
    assert model == model
    assert model != copy
    assert len({model, copy, model}) == 2
    assert model.network == copy.network


def test_masked_padding_leaves_the_state_and_the_logits_as_they_were(model: CharRNN) -> None:
    masked = replace(model, network=replace(model.network, masks_padding=True))
    without = model.logits([2, 5, 1])
    logits = masked.logits([0, 2, 0, 5, 1, 0])
    expected = [model.network.head.bias, without[0], without[0], without[1], without[2], without[2]]
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-6)
    _, state = masked.step([2, 5], masked.initial_state(2))
    logits, after = masked.step([0, 1], state)
    np.testing.assert_allclose(logits[0], without[0], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(after[0], state[0])
    assert (after[1] != state[1]).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [3e38, -1e38])
@pytest.mark.parametrize("where", ["kernel", "bias"])
def test_absurd_weights_are_refused_by_name_and_without_warnings(model: CharRNN, value: float, where: str) -> None:
    array = getattr(model.network.head, where).copy()
    array.flat[3] = value
    head = replace(model.network.head, **{where: array})
    network = replace(model.network, head=head)
    with pytest.raises(CheckpointError, match="weights up to"):
        replace(model, network=network)


def test_the_parameters_are_counted(tmp_path: Path) -> None:
    model = load(write_model(tmp_path / "m", "LSTM", 1, 4, characters("abc")))
    assert model.parameters == (5 * 16 + 4 * 16 + 16) + (4 * 5 + 5)
