"""Going back, taking another way and returning to the first: nothing is lost and everything is exact."""

import random

import pytest

from charrnn_engine import CharRNN, Controls, generate
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.places import word_back

WARM, HOT = Controls(temperature=0.8), Controls(temperature=2.0)


def play(session: BranchingText, count: int, controls: Controls = WARM) -> None:
    for _ in range(count):
        session.drawn([session.generation.next(controls)])


def text(session: BranchingText) -> str:
    return "".join(entry.text for entry in session.log.entries())


def written(model: CharRNN, count: int, controls: Controls = WARM) -> str:
    tokens = generate(model, "the ", controls, seed=4, max_tokens=count, endless=True)
    return "".join(token.text or "\n" for token in tokens)


@pytest.fixture
def session(model: CharRNN) -> BranchingText:
    return BranchingText(model, "the ", 4)


def test_back_and_forward_again_is_the_same_text(session: BranchingText, model: CharRNN) -> None:
    play(session, 600)
    assert session.go_to(session.position - 400) == 400
    assert text(session) == written(model, 200)
    assert session.go_to(session.position + 100) == 100
    assert text(session) == written(model, 300)
    assert session.go_to(session.position + 10_000) == 300
    assert text(session) == written(model, 600)
    play(session, 50)
    assert text(session) == written(model, 650)
    assert session.branches == []


def test_it_goes_back_no_further_than_the_prompt(session: BranchingText) -> None:
    play(session, 10)
    assert session.go_to(session.position - 99) == 10
    assert session.go_to(session.position - 1) == 0


def test_continuing_under_the_same_controls_makes_no_branch(session: BranchingText, model: CharRNN) -> None:
    play(session, 100)
    session.go_to(session.position - 60)
    play(session, 30)
    assert len(session.future) == 30
    play(session, 70)
    assert not session.branches
    assert text(session) == written(model, 140)


def test_continuing_under_other_controls_makes_a_branch_where_they_differ(
    session: BranchingText, model: CharRNN
) -> None:
    play(session, 100)
    session.go_to(session.position - 60)
    play(session, 60, HOT)
    (branch,) = session.branches
    first, second = written(model, 100), text(session)
    assert first[: branch.differs_at] == second[: branch.differs_at]
    assert first[branch.differs_at] != second[branch.differs_at]
    assert "".join(entry.text for entry in branch.tail[:24]) == first[branch.differs_at : branch.differs_at + 24]


def test_returning_to_a_branch_makes_the_current_text_one(session: BranchingText, model: CharRNN) -> None:
    play(session, 100)
    session.go_to(session.position - 60)
    play(session, 60, HOT)
    other = text(session)
    session.return_to(0)
    assert text(session) == written(model, 100)
    session.return_to(0)
    assert text(session) == other
    assert len(session.branches) == 1
    play(session, 20, HOT)
    assert text(session).startswith(other)


def test_the_text_continues_after_a_token_that_was_taken(session: BranchingText, model: CharRNN) -> None:
    play(session, 50)
    session.go_to(session.position - 30)
    came = session.future[0].id
    other = next(index for index in model.vocabulary.ids.values() if index != came)
    token = session.take(other, WARM)
    assert token.index == 20
    assert 0 < token.model_probability < 1
    assert [entry.forced for entry in session.log.entries()] == [False] * 20 + [True]
    play(session, 30)
    assert text(session)[20] == model.vocabulary.tokens[other]
    session.return_to(0)
    assert text(session) == written(model, 50)


def test_taking_the_token_that_was_drawn_makes_no_branch(session: BranchingText) -> None:
    play(session, 50)
    session.go_to(session.position - 30)
    session.take(session.future[0].id, WARM)
    assert not session.branches
    assert len(session.future) == 29


def test_pad_and_ids_out_of_range_cannot_be_taken(session: BranchingText) -> None:
    for index in (0, -1, 10_000):
        with pytest.raises(ValueError, match="id"):
            session.take(index, WARM)


def test_the_surprise_is_that_of_the_text_before_the_cursor(session: BranchingText) -> None:
    play(session, 40)
    at_forty = session.surprise
    play(session, 40)
    session.go_to(session.position - 40)
    assert session.surprise == pytest.approx(at_forty, abs=1e-4)


def test_moving_by_words_goes_over_whole_words(session: BranchingText) -> None:
    play(session, 200)
    session.go_to(100)
    words = text(session)
    session.go_to(word_back(session))
    assert words[session.position :].strip().count(" ") == 0
    assert session.position == 0 or words[session.position - 1].isspace() or words[session.position].isspace()


def test_branches_of_branches_can_all_be_returned_to(session: BranchingText) -> None:
    chance = random.Random(1)
    seen: set[str] = set()
    for turn in range(12):
        play(session, 40, Controls(temperature=0.5 + turn / 8))
        seen.add(text(session))
        session.go_to(session.position - chance.randrange(1, 60))
        assert len(session.branches) < 20
    play(session, 40, HOT)
    reached = set()
    for _ in range(len(session.branches)):
        session.return_to(0)  # the way left becomes the last, so this goes round
        reached.add(text(session))
    for whole in reached:
        assert any(whole.startswith(other[:40]) for other in seen)
    assert len(reached) == len(session.branches)


def test_marks_and_positions_of_words(model: CharRNN, session: BranchingText) -> None:
    play(session, 30)
    assert session.log.end_of(10) == 10
    assert session.log.token_at(9) == 9
