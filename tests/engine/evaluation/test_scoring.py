"""Bits, nats and perplexity, as documented: what is scored, from which state, and what unknown tokens cost."""

import math

import numpy as np
import pytest

from charrnn_engine.evaluation import scoring
from charrnn_engine.evaluation.encoding import encoder
from charrnn_engine.evaluation.scoring import (
    Score,
    ScoringError,
    line_row,
    score,
    score_carried,
    surprisals,
    window_rows,
)
from charrnn_engine.network.cells import LSTM
from charrnn_engine.network.head import Dense
from charrnn_engine.network.model import CharRNN, Network
from charrnn_engine.vocabulary import Vocabulary

LINES = Vocabulary(["<pad>", "<eos>", *"abc "], eos=1)
TEXT = Vocabulary(["<pad>", *"abc \n"])
WORDS = Vocabulary(["<pad>", "<eos>", "<unk>", " one", " two"], eos=1, level="word")


def model_of(vocabulary):
    random = np.random.default_rng(4)

    def array(*shape):
        return random.normal(0, 0.7, shape).astype(np.float32)

    size, hidden = len(vocabulary), 5
    cell = LSTM(array(size, 4 * hidden), array(hidden, 4 * hidden), array(4 * hidden))
    table = cell.project(np.eye(size, dtype=np.float32))
    return CharRNN(vocabulary, Network(table, (cell,), Dense(array(hidden, size), array(size))))


def cost(model, ids, target):
    """-log p of a target after ids from a fresh state, the slow and plain way."""
    logits = model.logits(ids)[-1].astype(np.float64)
    return math.log(np.exp(logits).sum()) - logits[target]


def test_a_line_scores_all_but_its_first_token_and_the_eos_that_ends_it():
    model = model_of(LINES)
    found = score(model, [line_row(encoder(LINES)("abca"), LINES)])
    ids = [2, 3, 4, 2, 1]
    assert found.tokens == found.characters == 4
    assert found.nats == pytest.approx(sum(cost(model, ids[:n], ids[n]) for n in range(1, 5)), abs=1e-5)


def test_many_lines_of_all_lengths_score_as_they_do_one_by_one():
    model = model_of(LINES)
    random = np.random.default_rng(1)
    rows = [line_row(random.integers(2, 6, n % 13 + 1).astype(np.int32), LINES) for n in range(300)]
    singly = [score(model, [row]) for row in rows]
    together = score(model, rows)
    assert together.tokens == sum(one.tokens for one in singly)
    assert together.nats == pytest.approx(sum(one.nats for one in singly), rel=1e-6)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_text_scores_the_same_on_any_number_of_threads(threads: int, monkeypatch: pytest.MonkeyPatch):
    model = model_of(TEXT)
    ids = encoder(TEXT)("abc abca\nab" * 200)
    wanted = sum(cost(model, ids[n - n % 7 : n + 1], ids[n + 1]) for n in range(len(ids) - 1))
    monkeypatch.setattr(scoring, "threads_at_most", lambda: threads)
    found = score(model, window_rows(ids, TEXT, 7))
    assert (found.tokens, found.texts) == (len(ids) - 1, -(-(len(ids) - 1) // 7))
    assert found.nats == pytest.approx(wanted, rel=1e-6)


def test_windows_score_every_token_of_a_text_but_the_first_each_window_from_a_fresh_state():
    model = model_of(TEXT)
    ids = encoder(TEXT)("abc abca\nab")
    found = score(model, window_rows(ids, TEXT, 4))
    assert found.tokens == len(ids) - 1
    assert found.texts == 3
    wanted = [cost(model, ids[n - n % 4 : n + 1], ids[n + 1]) for n in range(len(ids) - 1)]
    assert found.nats == pytest.approx(sum(wanted), abs=1e-5)


def test_with_the_state_carried_every_token_sees_the_whole_text_before_it():
    model = model_of(TEXT)
    ids = encoder(TEXT)("abc abca\nab")
    wanted = sum(cost(model, ids[:n], ids[n]) for n in range(1, len(ids)))
    assert score_carried(model, [ids]).nats == pytest.approx(wanted, abs=1e-5)
    text = "€€ab €c€"
    whole = score_carried(model, [encoder(TEXT)(text)])
    for cuts in ((1,), (2, 3), (4, 5, 7)):
        pieces = [encoder(TEXT)("".join(part)) for part in np.split(np.array(list(text)), cuts)]
        found = score_carried(model, pieces)
        assert (found.nats, found.unknown) == (pytest.approx(whole.nats), whole.unknown)
        assert (found.tokens, found.characters, found.texts) == (whole.tokens, whole.characters, 1)


def test_an_unknown_character_costs_a_hundredth_and_is_not_fed():
    model = model_of(LINES)
    known = score(model, [line_row(encoder(LINES)("abc"), LINES)])
    found = score(model, [line_row(encoder(LINES)("ab€€c"), LINES)])
    assert (found.unknown, found.tokens) == (2, known.tokens + 2)
    assert found.nats == pytest.approx(known.nats + 2 * math.log(100))


def test_what_follows_an_unknown_first_character_is_scored_after_eos():
    model = model_of(LINES)
    found = score(model, [line_row(encoder(LINES)("€ab"), LINES)])
    assert (found.unknown, found.tokens) == (0, 3)
    ids = [1, 2, 3, 1]
    assert found.nats == pytest.approx(sum(cost(model, ids[:n], ids[n]) for n in range(1, 4)), abs=1e-5)


def test_without_eos_it_is_one_of_all_tokens():
    model = model_of(TEXT)
    found = score(model, window_rows(encoder(TEXT)("€ab"), TEXT))
    assert found.tokens == found.characters == 2
    assert found.nats == pytest.approx(math.log(len(TEXT)) + cost(model, [1], 2), abs=1e-5)


def test_words_count_the_characters_they_stand_for_and_unknown_ones_are_read_as_such():
    model = model_of(WORDS)
    found = score(model, [line_row(encoder(WORDS)("one seven two"), WORDS)])
    wanted = math.log(100) + cost(model, [3, 2], 4) + cost(model, [3, 2, 4], 1)
    assert (found.tokens, found.unknown, found.characters) == (3, 1, len(" seven two") + 1)
    assert found.nats == pytest.approx(wanted, abs=1e-5)
    assert found.bits_per_character == pytest.approx(wanted / math.log(2) / found.characters, abs=1e-5)


def test_surprisals_are_bits_of_each_token_after_the_first():
    model = model_of(LINES)
    found = surprisals(model, "abca")
    assert found.shape == (3,)
    assert found[2] == pytest.approx(cost(model, [2, 3, 4], 2) / math.log(2), abs=1e-5)


def test_scores_add_and_say_themselves_in_bits_nats_and_perplexity():
    both = Score(2 * math.log(2), 2, 1, 1, 2) + Score(4 * math.log(2), 1, 0, 1, 4)
    assert (both.tokens, both.unknown, both.texts, both.characters) == (3, 1, 2, 6)
    assert both.bits_per_token == pytest.approx(2)
    assert both.bits_per_character == pytest.approx(1)
    assert both.perplexity == pytest.approx(4)
    assert Score(1e6, 1).perplexity == math.inf


def test_nothing_to_score_is_said():
    with pytest.raises(ScoringError, match="nothing to score"):
        score(model_of(TEXT), window_rows(encoder(TEXT)("a"), TEXT))
