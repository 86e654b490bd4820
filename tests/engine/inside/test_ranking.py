"""Which units follow a property: chosen on one half, reported on the other."""

import numpy as np
import pytest

from charrnn_engine import PromptError
from charrnn_engine.inside.activations import Sample
from charrnn_engine.inside.properties import property_named, regex_property
from charrnn_engine.inside.ranking import Ranking, rank_units
from charrnn_engine.inside.scores import Moments, auroc, aurocs, correlation, project

VOWEL = property_named("vowel")


def test_auroc_is_the_share_of_pairs_in_the_right_order_with_ties_as_half():
    values, flags = np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True])
    assert auroc(values, flags) == (1 + 0.5 + 1 + 1) / 4
    assert auroc(-values, flags) == 1 - auroc(values, flags)
    assert np.isnan(auroc(values, np.ones(4, bool)))


def test_the_scores_of_many_columns_are_those_of_each():
    rng = np.random.default_rng(0)
    columns, flags = rng.normal(size=(3000, 5)).astype(np.float16), rng.random(3000) < 0.2
    columns[flags, 2] += 1
    numbers = columns[:, 1].astype(float) + rng.normal(size=3000)
    singly = [auroc(column.astype(np.float32), flags) for column in columns.T]
    np.testing.assert_allclose(aurocs(columns, flags), singly, atol=1e-3)
    singly = [correlation(column.astype(np.float32), numbers) for column in columns.T]
    np.testing.assert_allclose(Moments(columns).correlations(numbers), singly, atol=1e-3)


def test_a_probe_finds_what_units_know_together_only():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(4000, 6)).astype(np.float16)
    numbers = columns.astype(float) @ [1, -2, 0, 0, 3, 0] + 5
    weights = Moments(columns[:2000]).probe(numbers[:2000])
    assert correlation(project(columns[2000:], weights), numbers[2000:]) > 0.99


def made_up_sample(model, states):
    """A sample of one text, half vowels, whose states are these."""
    count = len(states)
    text = "ab" * (count // 2)
    return Sample(model, (text,), states.astype(np.float16), np.zeros(count, int), np.arange(count))


def test_a_unit_that_follows_the_property_in_the_first_half_alone_is_reported_as_not_following(model):
    rng = np.random.default_rng(0)
    states = rng.normal(size=(2000, model.network.state_size))
    vowels = VOWEL.of("ab" * 1000)
    states[:1000, 3] += 10.0 * vowels[:1000]
    states[:, 5] -= 2.0 * vowels
    best, second = Ranking(made_up_sample(model, states)).units(VOWEL, top=2)
    assert (best.unit, best.direction, best.measure) == ("h1.5", -1, "auroc")
    assert best.score > 0.9
    assert second.unit == "h1.3"
    assert abs(second.score - 0.5) < 0.05


def test_the_speller_has_a_unit_for_each_character(speller):
    text = "the quick " * 60
    best = rank_units(speller, text, regex_property("q"), top=3)[0]
    assert best.unit == f"h1.{speller.vocabulary.ids['q']}"
    assert best.score == pytest.approx(1.0)
    assert best.probe == pytest.approx(1.0)


def test_a_count_is_ranked_by_correlation_in_text_that_the_model_writes_itself(speller):
    best = rank_units(speller, None, property_named("word-position"), top=3)[0]
    assert best.measure == "r"
    assert 0 < best.score <= 1


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [("the quick " * 60, "double-quotes", "too little with and without"), ("t" * 90, "word-position", None),
     ("t" * 90, "bracket-depth", "the same everywhere")],
)  # fmt: skip
def test_a_text_that_cannot_tell_is_refused(speller, text, name, said):
    if said is None:
        assert rank_units(speller, text, property_named(name))
    else:
        with pytest.raises(PromptError, match=said):
            rank_units(speller, text, property_named(name))
