"""The distribution drawn from is the exact one, worked out here with 50 decimal digits and no numpy."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from itertools import product
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from charrnn_engine import CheckpointError, Controls, ControlsError
from charrnn_engine.errors import shown
from charrnn_engine.sampling.distribution import (
    drawn_distribution,
    entropy_bits,
    model_distribution,
    surprisals_and_entropies,
)
from charrnn_engine.sampling.random_numbers import SEED_AT_MOST, RandomNumbers
from charrnn_engine.sampling.sampler import BELOW_ONE, Draw, RowSampler, Sampler

PAD = 0
LOGITS = np.array([0.7, 2.0, -1.5, 0.3, 1.1, -0.2, 1.95, -3.0, 0.0, -6.0], np.float32)

DrawOne = Callable[[np.ndarray, Controls, float], Draw]


def exact(logits: Sequence[float], controls: Controls, margins: list[Decimal] | None = None) -> list[float]:
    """The probability of each token after the controls, by their definition; token 0 is `<pad>`.

    `margins` takes how far each token is from being kept instead of left out, or the other way round: nearer than
    rounding, the one is as right as the other.
    """
    margins = [] if margins is None else margins
    with localcontext() as context:
        context.prec = 50
        scores = [Decimal(float(x)) / Decimal(controls.temperature) for x in logits]
        best = max(scores[1:])
        weights = [Decimal(0)] + [(x - best).exp() for x in scores[1:]]
        ranked = sorted(range(1, len(weights)), key=lambda i: (-weights[i], i))
        if controls.greedy:
            ranked = ranked[:1]
        else:
            ranked = first_of(ranked, controls.top_k or len(ranked), weights, margins)
            if controls.top_p is not None:
                total, reached, kept = sum(weights[i] for i in ranked), Decimal(0), 0
                for i in ranked:
                    if reached >= Decimal(controls.top_p) * total:
                        break
                    kept += 1
                    reached += weights[i]
                    if i != ranked[-1]:
                        margins.append(abs(reached / total - Decimal(controls.top_p)))
                ranked = first_of(ranked, kept, weights, margins)
            if controls.min_p is not None:
                margins += [abs(weights[i] - Decimal(controls.min_p)) for i in ranked[1:]]
                ranked = [i for i in ranked if weights[i] >= Decimal(controls.min_p)]
        total = sum(weights[i] for i in ranked)
        return [float(weights[i] / total) if i in ranked else 0.0 for i in range(len(weights))]


def first_of(ranked: list[int], count: int, weights: list[Decimal], margins: list[Decimal]) -> list[int]:
    """The first so many tokens. Equals are told apart by their ids, those that are nearly equal by rounding."""
    gaps = [weights[i] - weights[j] for i in ranked[:count] for j in ranked[count:]]
    margins += [gap for gap in gaps if gap]
    return ranked[:count]


def furthest(logits: np.ndarray) -> float:
    return float(np.abs(logits).max())


def draw_alone(logits: np.ndarray, controls: Controls, u: float) -> Draw:
    return Sampler(len(logits)).draw(logits, controls, u)


def draw_with_a_bound(logits: np.ndarray, controls: Controls, u: float) -> Draw:
    return Sampler(len(logits), largest_logit=furthest(logits)).draw(logits, controls, u)


def draw_rows(logits: np.ndarray, controls: Sequence[Controls], u: Sequence[float], row: int, **options: Any) -> Draw:
    """One row of a batch; the figures that RowSampler leaves out are taken from the logits, as in a batch."""
    sampler, ids = RowSampler(logits.shape[1], controls, **options), np.empty(len(logits), np.intp)
    sampler.draw(logits, np.minimum(u, BELOW_ONE), ids)
    surprisals, entropies = surprisals_and_entropies(logits.astype(np.float64), ids)
    probability = float(sampler.probabilities(ids)[row])
    return Draw(int(ids[row]), probability, float(2.0 ** -surprisals[row]), float(entropies[row]))


def draw_in_a_batch(logits: np.ndarray, controls: Controls, u: float) -> Draw:
    """The middle one of three rows that differ in everything."""
    rows = np.array([logits[::-1], logits, logits + 3])
    return draw_rows(rows, [Controls(temperature=3.0, top_k=2), controls, Controls(greedy=True)], [0.1, u, 0.9], 1)


def draw_in_a_large_batch(logits: np.ndarray, controls: Controls, u: float) -> Draw:
    """One of fifty rows, with a bound of the logits. Some others have the same controls."""
    rows = logits[(np.arange(len(logits)) - np.arange(50)[:, None]) % len(logits)]
    rows[30] = logits
    every = [Controls(0.5 + n / 50, top_k=3 if n % 3 else None, greedy=n % 7 == 0) for n in range(50)]
    every[30] = every[11] = every[40] = controls
    at = [n / 50 for n in range(50)]
    at[30] = u
    return draw_rows(rows, every, at, 30, largest_logit=furthest(logits))


WAYS = (draw_alone, draw_with_a_bound, draw_in_a_batch, draw_in_a_large_batch)
either_way = pytest.mark.parametrize("draw", WAYS)

COMBINATIONS = [
    Controls(),
    Controls(temperature=0.5),
    Controls(temperature=2.5),
    Controls(top_k=3),
    Controls(top_k=100),
    Controls(top_p=0.8),
    Controls(top_p=1.0),
    Controls(min_p=0.1),
    Controls(min_p=0.0),
    Controls(temperature=1.5, top_k=5, top_p=0.9),
    Controls(temperature=0.7, top_k=6, min_p=0.05),
    Controls(temperature=2.0, top_p=0.95, min_p=0.2),
    Controls(temperature=1.3, top_k=7, top_p=0.97, min_p=0.02),
]


@pytest.mark.parametrize("controls", COMBINATIONS, ids=repr)
def test_the_distribution_is_the_exact_one(controls: Controls) -> None:
    np.testing.assert_allclose(drawn_distribution(LOGITS, controls), exact(LOGITS, controls), rtol=1e-12, atol=1e-300)


logit = st.floats(-30, 30, width=32)
some_controls = st.builds(
    Controls,
    temperature=st.floats(0.05, 20),
    top_k=st.none() | st.integers(1, 8),
    top_p=st.none() | st.floats(0.01, 1),
    min_p=st.none() | st.floats(0, 1),
)


@given(st.lists(logit, min_size=2, max_size=8), some_controls)
def test_any_logits_under_any_controls_give_the_exact_distribution(logits: list[float], controls: Controls) -> None:
    margins: list[Decimal] = []
    expected = exact(logits, controls, margins)
    assume(all(margin > Decimal("1e-9") for margin in margins))
    np.testing.assert_allclose(drawn_distribution(np.array(logits), controls), expected, rtol=1e-9, atol=1e-12)


def chi_square_p(counts: Counter[int], probabilities: Sequence[float]) -> float:
    """p-value of Pearson's test, with the Wilson-Hilferty approximation; rare tokens are taken together."""
    drawn = sum(counts.values())
    cells: list[tuple[float, float]] = []
    rare_seen = rare_expected = 0.0
    for token, probability in enumerate(probabilities):
        seen, expected = counts[token], probability * drawn
        if expected == 0:
            assert seen == 0, f"token {token} has probability 0 and was drawn"
        elif expected < 10:
            rare_seen, rare_expected = rare_seen + seen, rare_expected + expected
        else:
            cells.append((seen, expected))
    if rare_expected:
        cells.append((rare_seen, max(rare_expected, 1e-9)))
    freedom = len(cells) - 1
    if not freedom:
        return 1.0
    statistic = sum((seen - expected) ** 2 / expected for seen, expected in cells)
    spread = 2 / (9 * freedom)
    return 1 - NormalDist().cdf(((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread))


@pytest.mark.parametrize("controls", [*COMBINATIONS, Controls(greedy=True)], ids=repr)
def test_frequencies_of_what_is_drawn_pass_a_chi_square_test(controls: Controls) -> None:
    numbers, sampler = RandomNumbers(7), Sampler(len(LOGITS))
    alone = Counter(sampler.draw(LOGITS, controls, numbers[n]).id for n in range(8_000))
    assert chi_square_p(alone, exact(LOGITS, controls)) > 0.001

    rows, together, ids = RowSampler(len(LOGITS), [controls] * 500), Counter[int](), np.empty(500, np.intp)
    for n in range(16):
        rows.draw(np.tile(LOGITS, (500, 1)), numbers.stretch(n * 500, 500), ids)
        together.update(ids.tolist())
    assert together == alone


def test_the_chi_square_test_itself_tells_a_wrong_distribution() -> None:
    numbers, sampler = RandomNumbers(7), Sampler(len(LOGITS))
    counts = Counter(sampler.draw(LOGITS, Controls(), numbers[n]).id for n in range(8_000))
    assert chi_square_p(counts, exact(LOGITS, Controls(temperature=1.1))) < 0.001


@either_way
@given(
    logits=st.lists(logit, min_size=2, max_size=8),
    controls=some_controls,
    u=st.floats(0, 1, exclude_max=True),
    greedy=st.booleans(),
)
def test_a_draw_inverts_the_cumulated_distribution(
    draw: DrawOne, logits: list[float], controls: Controls, u: float, greedy: bool
) -> None:
    if greedy:
        controls = Controls(greedy=True)
    scores = np.array(logits, np.float32)
    # Scores that differ by less than rounding are equal in one way of computing and not in another.
    assume(np.diff(np.unique(scores)).min(initial=1) > 1e-6)
    expected = drawn_distribution(scores, controls)
    cumulated = np.cumsum(expected)
    assume(np.abs(cumulated - u).min() > 1e-9)
    drawn = draw(scores, controls, u)
    thought = model_distribution(scores)
    assert drawn.id == int((cumulated <= u).sum())
    assert drawn.probability == pytest.approx(expected[drawn.id], rel=1e-9)
    assert drawn.model_probability == pytest.approx(thought[drawn.id], rel=1e-9)
    assert drawn.entropy == pytest.approx(entropy_bits(scores), abs=1e-9)


@pytest.mark.parametrize("controls", COMBINATIONS, ids=repr)
def test_even_the_ends_of_the_unit_interval_draw_something_that_can_be_drawn(controls: Controls) -> None:
    distribution = exact(LOGITS, controls)
    for draw, u in product(WAYS, (0.0, 5e-324, 0.5, math.nextafter(1, 0))):
        drawn = draw(LOGITS, controls, u)
        assert distribution[drawn.id] > 0
        assert drawn.probability > 0


TEMPERATURES = [1e-300, 1e-30, 1e-9, 1e-3, 0.05, 1.0, 5.0, 1e3, 1e30, 1e300]


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("filters", [{}, {"top_k": 4}, {"top_p": 0.9}, {"min_p": 0.1}], ids=repr)
@pytest.mark.filterwarnings("error")
def test_no_temperature_gives_nan_or_pad(temperature: float, filters: dict[str, Any]) -> None:
    controls = Controls(temperature=temperature, **filters)
    for pad in (0.0, 1e4):  # with and without <pad> far above everything else
        logits = LOGITS.copy()
        logits[PAD] = pad
        distribution = drawn_distribution(logits, controls)
        assert np.isfinite(distribution).all()
        assert distribution.sum() == pytest.approx(1)
        assert distribution[PAD] == 0
        for draw, u in product(WAYS, np.linspace(0, 1, 12, endpoint=False)):
            drawn = draw(logits, controls, u)
            assert drawn.id != PAD
            assert all(math.isfinite(number) for number in drawn)
            assert drawn.probability == pytest.approx(distribution[drawn.id])


@either_way
@pytest.mark.parametrize("temperature", [1e-300, 1e-12, 1e-4])
def test_a_very_small_temperature_is_as_good_as_greedy(draw: DrawOne, temperature: float) -> None:
    greedy = draw(LOGITS, Controls(greedy=True), 0.5)
    for u in (0.0, 0.5, 0.999):
        assert draw(LOGITS, Controls(temperature=temperature), u) == pytest.approx(greedy)


@either_way
def test_a_very_great_temperature_draws_all_but_pad_alike(draw: DrawOne) -> None:
    for token, u in enumerate(np.linspace(0, 1, len(LOGITS) - 1, endpoint=False) + 0.01, start=1):
        drawn = draw(LOGITS, Controls(temperature=1e300), u)
        assert (drawn.id, drawn.probability) == (token, pytest.approx(1 / (len(LOGITS) - 1)))


@either_way
def test_greedy_takes_the_most_probable_token_and_no_chance(draw: DrawOne) -> None:
    for u in (0.0, 0.5, 0.999):
        drawn = draw(LOGITS, Controls(greedy=True, temperature=5.0, top_k=3), u)
        assert (drawn.id, drawn.probability) == (1, 1.0)
        assert drawn.model_probability == pytest.approx(model_distribution(LOGITS)[1])


@either_way
def test_greedy_passes_over_pad(draw: DrawOne) -> None:
    logits = LOGITS.copy()
    logits[PAD] = 50
    assert draw(logits, Controls(greedy=True), 0.5).id == 1


def test_other_tokens_can_be_kept_from_being_drawn_too() -> None:
    never = (0, 1, 6)
    assert drawn_distribution(LOGITS, Controls(), never)[list(never)].sum() == 0
    for controls in (Controls(), Controls(top_k=2), Controls(greedy=True), Controls(temperature=0.01)):
        for u in np.linspace(0, 1, 40, endpoint=False):
            alone = Sampler(len(LOGITS), never).draw(LOGITS, controls, u)
            assert alone.id not in never
            assert draw_rows(LOGITS[None], [controls], [u], 0, never_drawn=never).id == alone.id


def test_among_equals_the_lower_ids_are_kept() -> None:
    distribution = drawn_distribution(np.zeros(6), Controls(top_k=2))
    assert distribution.tolist() == [0, 0.5, 0.5, 0, 0, 0]


def test_the_most_probable_token_survives_every_filter() -> None:
    for controls in (Controls(top_k=1), Controls(top_p=1e-9), Controls(min_p=1.0)):
        assert drawn_distribution(LOGITS, controls)[1] == 1.0


def test_entropy_of_equally_likely_tokens_is_the_logarithm_of_their_number() -> None:
    assert draw_alone(np.zeros(8, np.float32), Controls(), 0.5).entropy == pytest.approx(3.0)
    assert draw_alone(np.array([0, 500, 0, 0], np.float32), Controls(), 0.5).entropy == pytest.approx(0.0)


@either_way
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_scores_that_overflowed_are_refused_instead_of_drawn_from(draw: DrawOne, value: float) -> None:
    logits = LOGITS.copy()
    logits[4] = value
    with pytest.raises(CheckpointError, match="overflowed"):
        draw(logits, Controls(), 0.5)


def test_scores_that_are_not_numbers_are_refused_whatever_their_bound() -> None:
    for bound in (1.0, 1e300, math.inf, math.nan):
        with pytest.raises(CheckpointError, match="overflowed"):
            Sampler(3, largest_logit=bound).draw(np.full(3, np.nan, np.float32), Controls(), 0.5)
        with pytest.raises(CheckpointError, match="overflowed"):
            draw_rows(np.full((1, 3), np.nan, np.float32), [Controls()], [0.5], 0, largest_logit=bound)


@pytest.mark.parametrize(
    "settings",
    [
        *({"temperature": t} for t in (0, 0.0, -1, -1e-300, math.nan, math.inf, -math.inf, True, "1", None, 1j)),
        {"temperature": 10**400}, {"temperature": np.float32("nan")}, {"temperature": np.complex64(1)},
        *({"greedy": g} for g in (1, 0, None, "yes")),
        *({"top_k": k} for k in (0, -1, 1.5, True, "3", math.nan, 10**9 + 1, 10**400, 10**5000)),
        *({"top_p": p} for p in (0, 0.0, -0.1, 1.0001, math.nan, math.inf, True, "0.9")),
        *({"min_p": p} for p in (-0.1, 1.0001, math.nan, math.inf, True, "0.1")),
    ],
    ids=lambda settings: shown(settings, 30),
)  # fmt: skip
def test_controls_outside_their_range_are_refused_with_the_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ControlsError, match=r"must be") as caught:
        Controls(**settings)
    [name] = settings
    assert len(str(caught.value)) < 200
    assert name.replace("_", "-") in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 5e-324}, {"temperature": 1}, {"temperature": np.float32(0.5)}, {"temperature": 1.7e308},
        {"top_k": 1}, {"top_k": 10**9}, {"top_p": 1}, {"top_p": 1e-9}, {"min_p": 0}, {"min_p": 1.0},
    ],
    ids=repr,
)  # fmt: skip
def test_the_ends_of_the_ranges_are_in_them(settings: dict[str, Any]) -> None:
    drawn_distribution(LOGITS, Controls(**settings))


def test_controls_can_not_be_changed() -> None:
    with pytest.raises(AttributeError):
        Controls().temperature = 2.0  # type: ignore[misc]
    assert Controls(temperature=0.5) == Controls(0.5)
    assert len({Controls(), Controls(), Controls(greedy=True)}) == 2


def test_a_seed_gives_the_same_numbers_on_every_machine_and_in_every_version() -> None:
    for (seed, position), value in KNOWN_NUMBERS.items():
        assert RandomNumbers(seed)[position] == value


@given(st.integers(0, SEED_AT_MOST), st.lists(st.integers(0, 5_000), min_size=1, max_size=20))
def test_a_number_is_the_same_however_its_position_is_reached(seed: int, positions: list[int]) -> None:
    here_and_there = RandomNumbers(seed)
    for position in positions:
        assert here_and_there[position] == RandomNumbers(seed)[position]


@given(st.integers(0, 5_000), st.integers(0, 3_000))
def test_numbers_in_a_row_are_those_of_their_positions(start: int, count: int) -> None:
    numbers = RandomNumbers(5)
    assert numbers.stretch(start, count).tolist() == [numbers[position] for position in range(start, start + count)]


def test_numbers_go_on_evenly_across_the_blocks_they_are_made_in() -> None:
    stream = RandomNumbers(3)
    numbers = [stream[n] for n in range(5_000)]
    assert len(set(numbers)) == 5_000
    assert all(0 <= number < 1 for number in numbers)
    assert chi_square_p(Counter(int(10 * number) for number in numbers), [0.1] * 10) > 0.001


def test_seeds_next_to_each_other_have_nothing_in_common() -> None:
    assert not {RandomNumbers(1)[n] for n in range(1000)} & {RandomNumbers(2)[n] for n in range(1000)}


@pytest.mark.parametrize(
    "seed", [-1, 1.0, "1", None, True, math.nan, 2**63, 10**400, 10**5000], ids=lambda s: shown(s, 20)
)
def test_a_seed_out_of_range_is_refused(seed: Any) -> None:
    with pytest.raises(ControlsError, match="whole number from 0 to 9223372036854775807"):
        RandomNumbers(seed)


@pytest.mark.parametrize("seed", [0, 2**32, SEED_AT_MOST, np.int64(5)])
def test_any_seed_in_range_is_taken(seed: int) -> None:
    assert 0 <= RandomNumbers(seed)[0] < 1
    assert RandomNumbers(seed).seed == seed


KNOWN_NUMBERS: dict[tuple[int, int], float] = {
    (0, 0): 0.014067035665647709,
    (1, 0): 0.0668020093396563,
    (1, 1): 0.07901298235490295,
    (1, 1023): 0.05252979319867024,
    (1, 1024): 0.4445886246186235,
    (1, 1000000): 0.40466837855822746,
}
