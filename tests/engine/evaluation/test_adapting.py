"""Dynamic evaluation is the static one at rate 0, and learns at others."""

import numpy as np
import pytest

from charrnn_engine import CharRNN, load
from charrnn_engine.errors import CharRNNError
from charrnn_engine.evaluation.adapting import score_adapting
from charrnn_engine.evaluation.encoding import encoder
from charrnn_engine.evaluation.scoring import ScoringError, score_carried

TEXT = "It is not so, ü, and then it is not so. " * 40


@pytest.fixture(scope="module")
def headlines() -> CharRNN:
    return load("headlines-notebook")


def test_rate_0_is_the_static_score_and_others_learn(headlines: CharRNN) -> None:
    ids = encoder(headlines.vocabulary)(TEXT)
    (static, same), (dynamic, learnt) = score_adapting(headlines, ids, (0.0, 0.02))
    wanted = score_carried(headlines, [ids])
    assert (static.tokens, static.unknown, static.characters) == (wanted.tokens, wanted.unknown, wanted.characters)
    assert static.nats == pytest.approx(wanted.nats, rel=1e-5)
    assert dynamic.nats < 0.8 * static.nats
    np.testing.assert_array_equal(same.network.head.kernel, headlines.network.head.kernel)
    assert score_carried(learnt, [ids]).nats < static.nats


def test_what_cannot_be_scored_is_refused(headlines: CharRNN) -> None:
    ids = encoder(headlines.vocabulary)(TEXT)
    with pytest.raises(CharRNNError, match="from 0 to 1"):
        score_adapting(headlines, ids, [1.5])
    with pytest.raises(ScoringError, match="nothing to score"):
        score_adapting(headlines, ids[:1], [0.1])
