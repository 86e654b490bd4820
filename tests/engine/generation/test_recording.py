"""A recording writes the same text again, to the character, and refuses what it can't."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn_engine import CharRNN, Controls, Generation, PromptError, Token, load
from charrnn_engine.errors import RecordingError
from charrnn_engine.generation.recording import BYTES_AT_MOST, Recording
from charrnn_engine.generation.replay import Recorder, ReplayedGeneration, check_model, fingerprint, replay
from tests.archives import write_model

WARM, COLD, GREEDY = Controls(1.3), Controls(0.5, top_k=9), Controls(greedy=True)

step = st.one_of(
    st.tuples(st.just("draw"), st.integers(1, 30)),
    st.tuples(st.just("controls"), st.sampled_from([WARM, COLD, GREEDY, Controls(0.8, top_p=0.9, min_p=0.01)])),
    st.tuples(st.just("back"), st.integers(1, 40)),
    st.tuples(st.just("take"), st.integers(1, 20)),
)


def played(model: CharRNN, steps: list[tuple[str, Any]]) -> tuple[Generation, Recorder]:
    """A text that was played with as a reader does, and what was written down of it."""
    generation, recorder = Generation(model, "the ", seed=5), Recorder(model, "the ", 5)
    controls = Controls()
    for what, value in steps:
        if what == "draw":
            recorder.extend([generation.next(controls) for _ in range(value)])
        elif what == "controls":
            controls = value
        elif what == "back":
            length = max(0, len(generation) - value)
            generation.rewind(length)
            recorder.truncate(length)
        else:
            recorder.extend([generation.take(value, controls)], forced=True)
    return generation, recorder


@pytest.fixture
def recording(model: CharRNN) -> Recording:
    """Of a text with changes, a way back and a branch."""
    generation, recorder = played(
        model,
        [("draw", 20), ("controls", WARM), ("draw", 30), ("controls", GREEDY), ("draw", 10), ("back", 15),
         ("take", 7), ("draw", 12), ("controls", COLD), ("draw", 400)],
    )  # fmt: skip
    return recorder.recording(generation.ids)


@given(st.lists(step, max_size=25))
def test_a_replay_is_the_same_text_to_the_token(model: CharRNN, steps: list[tuple[str, Any]]) -> None:
    generation, recorder = played(model, steps)
    recording = Recording.from_json(recorder.recording(generation.ids).to_json())
    again = list(replay(model, recording))
    assert [token.id for token in again] == list(generation.ids)
    assert recording.ending is None or recording.ending.fits([token.id for token in again])


def test_it_holds_changes_and_forced_tokens_with_their_positions(recording: Recording) -> None:
    assert recording.changes == ((0, Controls()), (20, WARM), (45, GREEDY), (58, COLD))
    assert recording.forced == ((45, 7),)
    assert recording.length == 458
    assert [recording.controls_at(at) for at in (0, 19, 20, 45, 57, 58, 10_000)] == [
        Controls(), Controls(), WARM, GREEDY, GREEDY, COLD, COLD,
    ]  # fmt: skip
    assert (recording.forced_at(45), recording.forced_at(46)) == (7, None)


def test_a_text_that_was_read_is_one_run_and_earlier_recordings_of_single_ids_are_read(model: CharRNN) -> None:
    generation, recorder = played(model, [("draw", 5), *[("take", 7)] * 500, ("draw", 5), ("take", 8)])
    written = recorder.recording(generation.ids).to_json()
    content = json.loads(written)
    assert [(run["at"], len(run["ids"])) for run in content["forced"]] == [(5, 500), (510, 1)]
    content["forced"] = [{"at": 5 + place, "id": 7} for place in range(500)] + [{"at": 510, "ids": [8]}]
    assert Recording.from_json(json.dumps(content)) == Recording.from_json(written)


def test_a_replayed_token_says_what_the_first_did(model: CharRNN, recording: Recording) -> None:
    tokens = list(replay(model, recording))
    assert [token.index for token in tokens] == list(range(recording.length))
    assert [token.controls for token in tokens] == [recording.controls_at(at) for at in range(recording.length)]
    assert tokens[45].id == 7


def test_a_replayed_generation_goes_its_own_way_beyond_the_end(model: CharRNN, recording: Recording) -> None:
    generation = ReplayedGeneration(model, recording)
    for at in range(recording.length):
        assert generation.replaying
        assert generation.next(WARM).controls == recording.controls_at(at)
    assert not generation.replaying
    assert generation.next(WARM).controls == WARM


def test_it_may_go_back_and_on_and_take_another_way(model: CharRNN, recording: Recording) -> None:
    generation = ReplayedGeneration(model, recording)
    text = [generation.next(WARM).id for _ in range(100)]
    generation.rewind(40)
    assert [generation.next(WARM).id for _ in range(60)] == text[40:]
    assert generation.forced_at(45)
    assert not generation.forced_at(46)
    generation.rewind(40)
    generation.leave()
    assert not generation.replaying
    assert not generation.forced_at(45)
    own = Generation(model, recording.prompt, seed=recording.seed)
    for at in range(40):
        own.next(recording.controls_at(at))
    assert [generation.next(COLD).id for _ in range(60)] == [own.next(COLD).id for _ in range(60)]


def test_entries_of_a_log_know_themselves_whether_they_were_forced(model: CharRNN) -> None:
    class Entry:
        def __init__(self, token: Token, forced: bool) -> None:
            self.id, self.controls, self.forced = token.id, token.controls, forced

    generation, recorder = Generation(model, "a", seed=1), Recorder(model, "a", 1)
    recorder.extend([Entry(generation.next(COLD), False), Entry(generation.take(5, COLD), True)])
    assert recorder.recording().forced == ((1, 5),)


def test_an_empty_text_can_be_recorded(model: CharRNN) -> None:
    recording = Recorder(model, "the ", 2).recording(controls=WARM)
    assert recording.length == 0
    assert recording.changes == ((0, WARM),)
    assert list(replay(model, Recording.from_json(recording.to_json()))) == []


def test_a_text_that_comes_out_otherwise_is_noticed(model: CharRNN, recording: Recording) -> None:
    ids = [token.id for token in replay(model, recording)]
    assert recording.ending is not None
    assert recording.ending.fits(ids)
    assert not recording.ending.fits([*ids[:-1], ids[-1] + 1])
    assert not recording.ending.fits(ids[:-1])


def test_the_fingerprint_is_of_weights_and_vocabulary_alone(
    model_folder: Path, model: CharRNN, tmp_path: Path
) -> None:
    assert fingerprint(load(model_folder)) == fingerprint(model)
    copy = tmp_path / "another name"
    copy.mkdir()
    for name in ("model.keras", "vocabulary.json"):
        (copy / name).write_bytes((model_folder / name).read_bytes())
    assert fingerprint(load(copy)) == fingerprint(model)
    others = {fingerprint(load(write_model(tmp_path / cell, cell, layers=2, seed=1))) for cell in ("LSTM", "GRU")}
    assert len({*others, fingerprint(model)}) == 3


def test_another_model_is_refused_at_once(recording: Recording, tmp_path: Path) -> None:
    other = load(write_model(tmp_path / "other", seed=9))
    with pytest.raises(RecordingError, match="made with a model 'small' of other weights than 'other'"):
        replay(other, recording)


def changed(recording: Recording, **changes: Any) -> str:
    return json.dumps({**json.loads(recording.to_json()), **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": None}, "not a charrnn-tui recording"),
        ({"format": 2}, "has format 2; this version reads 1"),
        ({"format": "\n"}, r"has format '\\n'; this"),
        ({"changes": [{"at": 0, "ban": [["x"]]}]}, "it must hold strings"),
        ({"changes": [{"at": 0, "repeat_base": 10**400}]}, "the repeat penalty's base is 1000"),
        ({"prompt": 3}, "'prompt' is missing or of the wrong kind"),
        ({"seed": -1}, "'seed' is -1, below 0"),
        ({"seed": True}, "'seed' is missing"),
        ({"length": 10**12}, "must be 0 to"),
        ({"length": 5}, "beyond the end"),
        ({"changes": []}, "lacks the controls"),
        ({"changes": [{"at": 3, "temperature": 1.0}]}, "lacks the controls"),
        ({"changes": [{"at": 0, "temperature": 0.0}]}, "the temperature is 0.0; it must be"),
        ({"changes": [{"at": 0, "temperature": float("nan")}]}, "the temperature is nan"),
        ({"changes": [{"at": 0, "warmth": 3}]}, "a control 'warmth' that this version doesn't know"),
        ({"changes": [{"at": 0}, {"at": 9}, {"at": 9}]}, "out of order"),
        ({"changes": ["now"]}, "'at' is missing"),
        ({"forced": [{"at": 9, "id": 3}, {"at": 4, "id": 3}]}, "out of order"),
        ({"forced": [{"at": 900, "id": 3}]}, "beyond the end"),
        ({"forced": {}}, "'forced' is missing"),
        ({"ending": {"tokens": 4}}, "'mark' is missing"),
    ],
)
def test_damage_is_named(recording: Recording, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RecordingError, match=reason) as raised:
        Recording.from_json(changed(recording, **changes))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, b"\xff\xfe\x00", "9" * 10_000])
def test_other_files_are_no_recordings(content: str | bytes) -> None:
    with pytest.raises(RecordingError, match="not a charrnn-tui recording"):
        Recording.from_json(content)


def test_a_file_that_is_too_large_is_not_parsed() -> None:
    with pytest.raises(RecordingError, match="larger than 16 MB"):
        Recording.from_json(" " * (BYTES_AT_MOST + 1))


@given(st.text(max_size=60), st.integers(0, 2**80))
def test_any_prompt_and_seed_come_back(model: CharRNN, prompt: str, seed: int) -> None:
    recording = Recorder(model, prompt, seed).recording()
    assert Recording.from_json(recording.to_json()) == recording


def test_what_the_model_can_not_generate_is_refused(model: CharRNN, recording: Recording) -> None:
    for index in (0, len(model.vocabulary)):
        broken = Recording.from_json(changed(recording, forced=[{"at": 2, "id": index}]))
        with pytest.raises(RecordingError, match=f"has the token {index} at 2, which the model can't generate"):
            check_model(model, broken)
    with pytest.raises(PromptError, match="doesn't know the character"):
        check_model(model, Recording.from_json(changed(recording, prompt="Ω")))
