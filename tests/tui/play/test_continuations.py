"""Nine continuations of a place and the tree of branches: what is listed, and what taking one does to the text."""

import re
from pathlib import Path

from rich.console import Console
from textual.widgets import OptionList

from charrnn_engine import CharRNN, Controls, Generation, generate, load
from charrnn_engine.generation.replay import replay
from charrnn_tui.play.branches_screen import BranchesScreen, tree
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.continuations import Continuations
from charrnn_tui.play.continuations_screen import COUNT, ContinuationsScreen
from charrnn_tui.play.dialogs import written as text_from
from charrnn_tui.play.distribution_panel import Distribution
from tests.tui.pilot import app_for, paused, played, playing, text_of, until


def written(generation: Generation, controls: Controls) -> list[str]:
    source = Continuations(generation, controls)
    return ["".join(token.text or "∎" for token in source.write(n).tokens) for n in range(1, COUNT + 1)]


def test_continuations_end_at_a_line_or_a_word_and_leave_the_text_unchanged() -> None:
    headlines = load("headlines-notebook")
    generation = Generation(headlines, "Today ", seed=1)
    for _ in range(20):
        generation.next(Controls())
    before = [*generation.ids]
    pieces = written(generation, Controls())
    assert [*generation.ids] == before
    assert pieces == written(generation, Controls())  # the same place has the same ones
    assert len({*pieces}) > COUNT // 2
    for piece in pieces:
        assert len(piece) <= 80
        assert piece.endswith(("∎", " ")) or len(piece) == 80
        assert piece.strip("∎ ")
    after = [generation.next(Controls()).id for _ in range(30)]
    again = Generation(headlines, "Today ", seed=1)
    assert [again.next(Controls()).id for _ in range(50)] == before + after


def test_continuations_follow_rules_and_held_units_from_where_the_text_is() -> None:
    headlines = load("headlines-notebook")
    controls = Controls(pattern="J[a-z]{6}n Q.{3,20}", ban=("e", "the "), hold={"h1.3": 0.9})
    generation = Generation(headlines, "", seed=2)
    begun = "".join(generation.next(controls).text for _ in range(4))
    pieces = written(generation, controls)
    for piece in pieces:
        whole = begun + piece.removesuffix("∎")
        assert "e" not in whole
        assert (whole[0], whole[7:10]) == ("J", "n Q")
    free = Controls(hold={"h1.3": 0.9})
    assert written(generation, free) != written(generation, Controls())


async def test_a_number_takes_a_continuation_escape_takes_none_and_the_text_replays(
    model_folder: Path, model: CharRNN
) -> None:
    async with app_for(model_folder).run_test(size=(80, 24)) as pilot:
        screen = await paused(pilot, 30)

        async def opened() -> ContinuationsScreen:
            await pilot.press("R")
            await until(pilot, lambda: isinstance(pilot.app.screen, ContinuationsScreen))
            assert isinstance(pilot.app.screen, ContinuationsScreen)
            listed = pilot.app.screen.query_one(OptionList)
            await until(pilot, lambda: listed.option_count == COUNT)
            return pilot.app.screen

        before = text_of(pilot)
        await opened()
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert (text_of(pilot), screen.game.paused) == (before, True)

        source = Continuations(played(screen).generation, screen.game.controls)
        # Each different one once, the one that the model finds most likely first.
        found = {one.ids: one for one in (source.write(number) for number in range(1, COUNT + 1))}
        expected = sorted(found.values(), key=lambda one: one.bits_per_character)
        dialog = await opened()
        console = Console(width=70)
        with console.capture() as capture:
            console.print(dialog.query_one(OptionList).get_option_at_index(2).prompt)
        assert f"{expected[2].bits_per_character:.2f}" in capture.get()
        assert dialog.region.size == (80, 24)
        await pilot.press("3")
        await until(pilot, lambda: pilot.app.screen is screen)
        whole = before + "".join(token.text or "\n" for token in expected[2].tokens)
        assert text_of(pilot) == whole
        recording = screen.game.recording()
        assert "the " + "".join(token.text or "\n" for token in replay(model, recording)) == whole

        await pilot.press("space")
        await playing(pilot, len(whole) + 10)
        await opened()
        await pilot.press("r", "escape")  # nine others, and none: it plays on as before
        await until(pilot, lambda: pilot.app.screen is screen and screen.game.playing)
        await pilot.press("g", "space", "R")
        await until(pilot, lambda: isinstance(pilot.app.screen, ContinuationsScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert text_of(pilot).startswith(whole)


def test_a_text_from_a_lane_is_drawn_again_and_taken_where_the_seed_differs(model: CharRNN) -> None:
    own, other = Controls(0.5), Controls(1.5)
    ids = [token.id for token in generate(model, "the ", own, seed=3, max_tokens=20, endless=True)]
    ids[7] = next(id for id in range(5, 9) if id != ids[7])
    tokens = [(id, other if at == 12 else own) for at, id in enumerate(ids)]
    text = text_from(model, "the ", 3, tokens)
    assert [*text.ids] == ids
    recording = text.recording(own)
    assert [token.id for token in replay(model, recording)] == ids
    assert 7 in dict(recording.forced)
    assert 3 not in dict(recording.forced)


def test_branches_hang_on_the_one_with_the_longest_common_beginning(model: CharRNN) -> None:
    text = BranchingText(model, "the ", 3)
    ids = model.vocabulary.ids

    def write(position: int, letters: str) -> None:
        text.go_to(position)
        for letter in letters:
            text.take(ids[letter], Controls())

    write(0, "aaaaaaaa")
    write(4, "bbbb")
    write(6, "cc")
    write(7, "dd")
    write(2, "eeee")
    text.go_to(1)  # the cursor may stand before all of them
    lines = [(node.guide, node.at, node.before, node.after) for node in tree(text)]
    assert lines == [
        ("└ ", 2, "the aa", "aaaaaa"),
        ("  └ ", 4, "the aaaa", "bbbb"),
        ("    └ ", 6, "the aaaabb", "cc"),
        ("      └ ", 7, "the aaaabbc", "dd"),
    ]
    assert [text.branches[node.number].differs_at for node in tree(text)] == [2, 2, 2, 2]


async def test_the_current_text_is_marked_and_a_branch_is_returned_to(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(100, 40)) as pilot:
        screen = await paused(pilot, 60)
        before = text_of(pilot)
        await pilot.press("b")
        assert pilot.app.screen is screen  # there are none yet
        await pilot.press(*["left"] * 20)
        shown = screen.query_one(Distribution).alternatives
        await pilot.press(str(next(n for n, item in enumerate(shown, 1) if not item.came)))
        for keys, text in ((["up", "enter"], text_of(pilot)), (["enter"], before)):
            await pilot.press("b")
            await until(pilot, lambda: isinstance(pilot.app.screen, BranchesScreen))
            listed = pilot.app.screen.query_one(OptionList)
            assert "● this text" in str(listed.get_option_at_index(0).prompt)
            await pilot.press(*keys)
            await until(pilot, lambda: pilot.app.screen is screen)
            await until(pilot, lambda text=text: text_of(pilot) == text)  # type: ignore[misc]
            assert len(played(screen).branches) == 1


# -- the end of a text ---------------------------------------------------------------------------------------------


async def test_the_next_text_can_begin_with_the_prompt_and_replays(speller_folder: Path, speller: CharRNN) -> None:
    rules = Controls(0.4, pattern="[a-z ]{3,30}")  # for what comes after the prompt
    async with app_for(speller_folder, prompt="the qu", controls=rules).run_test(size=(80, 24)) as pilot:
        screen = await playing(pilot, 1)
        await pilot.press("e", "e")
        assert screen.game.repeat_prompt
        await pilot.press("r")
        await until(pilot, lambda: text_of(pilot).count("\n") >= 6)
        await pilot.press("space", *["right"] * 30)
        text = text_of(pilot)
        assert all(re.fullmatch("the qu[a-z ]{3,30}", line) for line in text.split("\n")[:-1])
        recording = screen.game.recording()
        assert "the qu" + "".join(token.text or "\n" for token in replay(speller, recording)) == text
        await pilot.press(*["left"] * 40, "space")  # the known text is drawn again
        await until(pilot, lambda: len(text_of(pilot)) > len(text) + 20)
        assert text_of(pilot).startswith(text)
        await pilot.press("e")
        assert (screen.game.endless, screen.game.repeat_prompt) == (True, False)
