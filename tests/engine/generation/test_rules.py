"""Texts follow their rules, alone and side by side, and going back and replaying change nothing."""

import math
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from charrnn_engine import CharRNN, Controls, ControlsError, Generation, Vocabulary, generate, generate_batch, load
from charrnn_engine.generation.race import Lane, Race
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder, replay
from charrnn_engine.sampling.distribution import drawn_distribution
from tests.archives import write_dice

TITLES = r"[A-Z][a-z]{2,9}( [A-Z]?[a-z]{1,9}){2,5}"
RULES = [
    Controls(ban=("e",)),
    Controls(ban=("the ", "ing", " t")),
    Controls(pattern="J[a-z]{3,5}n [A-Z].{0,20}"),
    Controls(repeat_penalty=12, greedy=True),
    Controls(pattern=TITLES, ban=("or", "an", "e"), bias={"z": 3, "<eos>": -1}, repeat_penalty=5),
]


@pytest.fixture(scope="module")
def headlines() -> CharRNN:
    return load("headlines-notebook")


@pytest.fixture(scope="module")
def words() -> CharRNN:
    return load("headlines-words")


def text_of(model: CharRNN, controls: Controls, seed: int = 1, prompt: str = "", length: int = 200) -> str:
    return "".join(token.text for token in generate(model, prompt, controls, seed=seed, max_tokens=length))


def follows(text: str, controls: Controls) -> bool:
    fits = controls.pattern is None or re.fullmatch(controls.pattern, text)
    return bool(fits) and not any(banned in text for banned in controls.ban)


@pytest.mark.parametrize("controls", RULES, ids=range(len(RULES)))
def test_rows_and_lanes_under_rules_are_the_texts_written_alone(headlines: CharRNN, controls: Controls) -> None:
    alone = [[*generate(headlines, "", controls, seed=seed, max_tokens=120)] for seed in range(5)]
    rows: list[list[int]] = [[] for _ in alone]
    for row, token in generate_batch(headlines, [""] * 5, [controls] * 5, range(5), max_tokens=120):
        rows[row].append(token.id)
    assert rows == [[token.id for token in text] for text in alone]
    race = Race([Lane(headlines, "", seed, controls) for seed in range(5)], endless=False)
    while not race.ended and len(race.lanes[0]) < 120:
        race.advance(120 - len(race.lanes[0]), 1.0)
    assert [list(lane.opening)[: len(text)] for lane, text in zip(race.lanes, rows, strict=True)] == rows
    for text in alone:
        assert follows("".join(token.text for token in text), controls)


def test_a_lane_obeys_rules_given_and_taken_later_as_a_text_alone_does(headlines: CharRNN) -> None:
    phases = [
        Controls(),
        Controls(ban=("the", "in")),
        Controls(pattern=TITLES),
        Controls(repeat_penalty=4),
        Controls(),
    ]
    race, generation = Race([Lane(headlines, "", 5), Lane(headlines, "", 6)]), Generation(headlines, "", seed=5)
    for end, controls in enumerate(phases, 1):
        race.lanes[0].controls = controls
        while len(race.lanes[0]) < 60 * end:
            race.advance(60 * end - len(race.lanes[0]), 1.0)
        for _ in range(60):
            generation.next(controls)
    assert list(race.lanes[0].opening) == list(generation.ids)


def test_words_follow_rules_letter_by_letter(words: CharRNN) -> None:
    controls = Controls(pattern=r"[A-Z]\w+( \w+){3,6}", ban=("e", "o s"))
    assert all(follows(text_of(words, controls, seed), controls) for seed in range(20))


def test_each_line_follows_the_pattern_where_there_is_no_eos() -> None:
    lines = text_of(load("shakespeare"), Controls(pattern="[A-Z].{0,28}[,.;]"), prompt="\n", length=300).split("\n")[
        :-1
    ]
    assert len(lines) > 5
    assert all(re.fullmatch("[A-Z].{0,28}[,.;]", line) for line in lines)


def test_a_banned_string_is_taken_back_to_where_it_begins(tmp_path: Path) -> None:
    chances = {"a": 0.5, "b": 0.3, "c": 0.2}
    vocabulary = Vocabulary(["<pad>", *chances])
    dice = load(write_dice(tmp_path / "dice", [0.0, *map(math.log, chances.values())], vocabulary))
    firsts = Counter(
        next(generate(dice, "c", Controls(ban=("ab",)), seed=seed, max_tokens=1)).text for seed in range(1500)
    )
    # An a that a b follows is drawn anew without the a; what follows the text isn't looked at any further.
    kept = 0.5 * 0.7
    wanted = {"a": kept, "b": 0.3 + (0.5 - kept) * 0.6, "c": 0.2 + (0.5 - kept) * 0.4}
    for text, chance in wanted.items():
        assert abs(firsts[text] / 1500 - chance) < 4 * math.sqrt(chance * (1 - chance) / 1500)


def test_the_prompt_may_begin_a_banned_string_and_stays(headlines: CharRNN) -> None:
    for seed in range(20):
        assert "the" not in f"To th{text_of(headlines, Controls(ban=('the',)), seed, 'To th')}"


def test_a_bias_moves_the_probability_drawn_from_and_not_the_models(headlines: CharRNN) -> None:
    free, biased = (Generation(headlines, "Today ", seed=1) for _ in range(2))
    index, controls = headlines.vocabulary.ids["U"], Controls(bias={"U": 2.5}, temperature=0.7)
    one, other = free.take(index, Controls(temperature=0.7)), biased.take(index, controls)
    assert one.model_probability == other.model_probability
    odds = [token.probability / (1 - token.probability) for token in (one, other)]
    assert odds[1] / odds[0] == pytest.approx(2.718281828 ** (2.5 / 0.7), rel=1e-6)


def test_the_bars_can_be_those_of_the_rules(headlines: CharRNN) -> None:
    generation, controls = Generation(headlines, "", seed=1), Controls(pattern="Ja.*")
    drawn = drawn_distribution(generation.logits(), controls, (0,), generation.addend(controls))
    assert drawn[headlines.vocabulary.ids["J"]] == 1.0
    assert generation.next(controls).text == "J"


def test_a_greedy_loop_ends_under_the_penalty(headlines: CharRNN) -> None:
    loop = [token.text for token in generate(headlines, "", Controls(greedy=True), max_tokens=400, endless=True)]
    free = generate(headlines, "", Controls(greedy=True, repeat_penalty=12), max_tokens=400, endless=True)
    ended = "".join(token.text for token in free)
    assert "".join(loop)[-100:] in "".join(loop)[:-50]
    assert ended[-30:] not in ended[:-1]


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        (Controls(pattern="ü+"), "no text that the model can write follows the pattern"),
        (Controls(pattern="the.*", ban=("he",)), "no text that the model can write follows the pattern"),
        (Controls(bias={"ü": 1}), "doesn't know"),
        (Controls(ban=tuple(map(chr, range(32, 127))), bias={"<eos>": -1}, pattern="a"), "follows the pattern"),
    ],
)
def test_rules_that_leave_no_text_are_refused_before_anything_runs(
    headlines: CharRNN, controls: Controls, said: str
) -> None:
    with pytest.raises(ControlsError, match=said):
        generate(headlines, "", controls)


def test_a_token_taken_against_the_pattern_ends_it_until_the_next_text(headlines: CharRNN) -> None:
    generation, controls = Generation(headlines, "", seed=1), Controls(pattern="[A-Z]+")
    generation.take(headlines.vocabulary.ids["x"], controls)
    text = ""
    while not generation.at_eos:
        text += generation.next(controls).text
    assert not re.fullmatch("[A-Z]*", text)
    assert generation.next(controls).text.isupper()


SESSION = [
    *RULES,
    Controls(),
    Controls(pattern=TITLES, temperature=1.3),
    Controls(adapt=0.05),
    Controls(adapt=0.05, ban=("er", "in")),
    Controls(adapt=0.0, ban=("er", "in")),
    Controls(hold={"h1.3": 1.0}, ban=("er", "in")),
]


@pytest.mark.parametrize("seed", range(12))
def test_a_session_with_rules_typing_and_learning_replays_to_the_character(headlines: CharRNN, seed: int) -> None:
    choose = random.Random(seed)
    generation, recorder = Generation(headlines, "Today", seed=seed), Recorder(headlines, "Today", seed)
    tokens, controls = [], Controls()
    for _ in range(25):
        controls = choose.choice([controls, choose.choice(SESSION)])
        match choose.choice(["write", "write", "go back", "type", "look", "branch"]):
            case "write":
                new = [generation.next(controls) for _ in range(choose.randrange(40))]
                recorder.extend(new)
                tokens += new
            case "type":
                tokens.append(generation.take(headlines.vocabulary.ids[choose.choice("etaoin ")], controls))
                recorder.extend(tokens[-1:], forced=True)
            case "go back":
                generation.rewind(length := choose.randrange(max(0, len(tokens) - 50), len(tokens) + 1))
                recorder.truncate(length)
                del tokens[length:]
            case "look":
                generation.logits(controls)
                generation.addend(choose.choice(SESSION))
            case "branch":
                generation.rewind(length := choose.randrange(max(0, len(tokens) - 50), len(tokens) + 1))
                generation.resume((token.id, token.controls) for token in tokens[length:])
        assert list(generation.ids) == [token.id for token in tokens]
    recording = Recording.from_json(recorder.recording(generation.ids, controls).to_json())
    assert [token[:5] for token in replay(headlines, recording)] == [
        (token.id, token.text, *map(pytest.approx, token[2:5])) for token in tokens
    ]
