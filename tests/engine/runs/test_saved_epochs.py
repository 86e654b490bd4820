"""Which epochs are kept, and how much time that may take."""

import itertools

import pytest

from charrnn_engine.runs.saved_epochs import Budget, superfluous


@pytest.mark.parametrize("most", [2, 3, 4, 24])
@pytest.mark.parametrize("best", [1, 13, 100])
def test_of_many_epochs_the_first_the_best_the_last_and_an_even_spread_stay(most, best):
    kept = []
    for epoch in range(101):
        kept.append(epoch)
        for gone in superfluous(kept, most, min(best, epoch)):
            kept.remove(gone)
        assert len(kept) <= most
        assert kept[-1] == epoch
    assert kept[0] == 0
    assert most < 3 or best in kept
    assert most < 24 or max(b - a for a, b in itertools.pairwise(kept)) <= 9


def test_of_one_epoch_the_last_stays_and_of_none_none():
    assert superfluous([0, 1, 2], 1, 1) == [1, 0]
    assert superfluous([0, 1], 0, 1) == [0, 1]


def test_a_budget_allows_what_fits_into_its_share_of_the_time():
    budget = Budget(0.1)
    assert budget.allows(0.0)
    budget.spend(2.0)
    assert not budget.allows(39.0)
    assert budget.allows(40.0)
