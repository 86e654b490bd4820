"""The assignment of characters to ids that solving for a lost vocabulary ends in."""

from itertools import permutations

import numpy as np
import pytest

from charrnn_engine.checkpoints.substitution import best_assignment


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_the_assignment_with_the_greatest_sum_is_found(size: int) -> None:
    for seed in range(8):
        scores = np.random.default_rng(seed).normal(size=(size, size))
        found = best_assignment(scores)
        assert sorted(found) == list(range(size))
        best = max(sum(scores[row, column] for row, column in enumerate(p)) for p in permutations(range(size)))
        assert scores[np.arange(size), found].sum() == pytest.approx(best)
