"""Where a unit is highest and lowest."""

import numpy as np

from charrnn_engine.inside.contexts import contexts


def test_contexts_are_the_highest_and_lowest_places_apart_from_each_other():
    text = "abcdefghijklmnopqrstuvwxyz"
    values = np.zeros(26, np.float32)
    values[[4, 5, 20]] = 3.0, 2.5, 1.0
    values[10] = -1.0
    highest, lowest = contexts(values, list(text), 2, width=3)
    assert [(c.index, c.before, c.at, c.after) for c in highest] == [(4, "bcd", "e", "fgh"), (20, "rst", "u", "vwx")]
    assert lowest[0] == (10, -1.0, "hij", "k", "lmn")
    assert len(lowest) == 2


def test_a_short_text_has_fewer_contexts():
    assert contexts(np.empty(0, np.float32), [], 5) == ([], [])
    assert len(contexts(np.ones(3, np.float32), list("abc"), 5)[0]) == 1
