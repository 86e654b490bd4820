"""A text goes on under other weights of the same network, as while a model is trained."""

from dataclasses import replace

import numpy as np
import pytest

from charrnn_engine import CharRNN, Controls, load
from charrnn_engine.errors import RecordingError
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder, check_model
from tests.archives import write_model

WARM = Controls(temperature=0.8)


def written(generation: Generation, tokens: int) -> list[int]:
    return [generation.next(WARM).id for _ in range(tokens)]


@pytest.mark.parametrize("at", [0, 5, 150])
def test_equal_weights_change_nothing_and_the_text_goes_back_to_the_change_and_no_further(model: CharRNN, at: int):
    whole = written(Generation(model, "the ", seed=1), 300)
    generation = Generation(model, "the ", seed=1)
    first = written(generation, at)
    generation.replace_model(replace(model, name="later"))
    assert first + written(generation, 300 - at) == whole
    assert list(generation.ids) == whole
    assert generation.earliest == at
    with pytest.raises(ValueError, match="it can't go back"):
        generation.rewind(at - 1)
    generation.rewind(at)
    assert written(generation, 300 - at) == whole[at:]


def test_other_weights_give_another_text_and_another_network_is_refused(model: CharRNN, tmp_path):
    generation = Generation(model, "the ", seed=1)
    written(generation, 5)
    head = replace(model.network.head, bias=np.roll(model.network.head.bias, 1) * 9)
    other = replace(model, network=replace(model.network, head=head))
    generation.replace_model(other)
    past = [*model.vocabulary.encode("the "), *generation.ids]
    while model.vocabulary.eos in past[1:]:  # after it the text goes on from the initial state
        del past[0]
    np.testing.assert_allclose(generation.logits(), other.logits(past)[-1], atol=1e-5)
    with pytest.raises(ValueError, match="another vocabulary or network"):
        generation.replace_model(load(write_model(tmp_path / "wider", units=17)))


def test_a_text_of_several_models_is_not_replayed(model: CharRNN):
    recorder = Recorder(model, "the ", 1)
    recorder.model_replaced()
    recording = Recording.from_json(recorder.recording([]).to_json())
    with pytest.raises(RecordingError, match="the model learnt while it wrote this text"):
        check_model(model, recording)
