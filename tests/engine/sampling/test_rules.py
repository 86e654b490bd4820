"""Rules as settings: their ranges, and their form in Controls and in JSON."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from charrnn_engine import Controls, ControlsError
from charrnn_engine.sampling.repetition_penalty import RepetitionPenalty
from charrnn_engine.sampling.rule_settings import parse_bias

RULES = Controls(ban=["the ", "e"], bias={"!": 2}, pattern="a+", repeat_penalty=12)  # type: ignore[arg-type]


def test_rules_are_compared_hashed_copied_and_read_back_from_plain_data() -> None:
    plain = dataclasses.asdict(RULES)
    assert (plain["ban"], plain["bias"]) == (("e", "the "), {"!": 2.0})
    assert Controls(**plain) == RULES
    assert hash(Controls(**plain)) == hash(RULES)
    assert Controls() != RULES
    assert pickle.loads(pickle.dumps(RULES)) == copy.deepcopy(RULES) == RULES


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"ban": "the"}, "a list of strings"),
        ({"ban": ["", "a"]}, "aren't empty"),
        ({"ban": [3]}, "aren't empty"),
        ({"ban": ["a" * 20_000]}, "10,000 characters"),
        ({"bias": {"a": 101}}, "from -100 to 100"),
        ({"bias": {"a": float("nan")}}, "from -100 to 100"),
        ({"bias": 3}, "map characters to numbers"),
        ({"pattern": 3}, "regular expression"),
        ({"pattern_lines": 1}, "True or False"),
        ({"repeat_penalty": 0}, "from 1 to 1,000"),
        ({"repeat_base": 0.5}, "base"),
        ({"repeat_multiplier": "2"}, "multiplier"),
        ({"adapt": 2}, "learning rate"),
    ],
)
def test_a_rule_out_of_range_is_refused(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(ControlsError, match=said):
        Controls(**rules)


def test_a_bias_on_the_command_line_may_name_any_character() -> None:
    assert [parse_bias(text) for text in ("!=+2", "==-1.5", "<eos>=3")] == [("!", 2), ("=", -1.5), ("<eos>", 3)]
    for wrong in ("!", "=2", "a=b"):
        with pytest.raises(ControlsError, match="CHARACTER=LOGITS"):
            parse_bias(wrong)


def test_a_repetition_loses_by_the_formula() -> None:
    text = [1, 2, 3, 4, 5, 6, 9, 1, 2, 3, 4, 5]
    losses = {length: RepetitionPenalty(length, 0.8, 1.75, text).losses() for length in (3, 5, 6)}
    assert losses == {3: {6: pytest.approx(0.8 * 1.75**2)}, 5: {6: pytest.approx(0.8)}, 6: {}}


def test_the_greatest_loss_counts_where_a_token_followed_several_times() -> None:
    text = [7, 2, 3, 5, 1, 2, 3, 5, 9, 1, 2, 3]
    assert RepetitionPenalty(2, 1, 2, text).losses() == {5: 2.0}
