"""The race, driven by keys as a user drives it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.cells import cell_len
from textual.app import App
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import Label

from charrnn_engine import CharRNN, Controls, generate, load
from charrnn_engine.generation.race import Lane
from charrnn_engine.generation.replay import replay
from charrnn_tui.race.game import RaceGame
from charrnn_tui.race.lane_labels import LaneFoot, LaneHead
from charrnn_tui.race.lane_view import LaneView
from charrnn_tui.race.screen import RaceScreen
from charrnn_tui.save.screen import SaveScreen
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.title_bar import TitleBar
from tests.archives import characters, write_model
from tests.tui import pilot as app
from tests.tui.pilot import until


class RaceApp(App[None]):
    """Opens on nothing but a race."""

    CSS_PATH = Path(__import__("charrnn_tui").__path__[0]) / "app.tcss"

    def __init__(self, race: RaceScreen) -> None:
        super().__init__()
        self.race = race

    def get_theme_variable_defaults(self) -> dict[str, str]:
        from charrnn_tui.ui.theme import scale_variables

        return scale_variables(True)

    def on_mount(self) -> None:
        self.push_screen(self.race)


@asynccontextmanager
async def racing(
    model: CharRNN, *, size: tuple[int, int] = (90, 20), **options: Any
) -> AsyncIterator[tuple[Pilot[None], RaceScreen]]:
    """A race that has begun to write."""
    settings = {"prompt": "the ", "seed": 3, "speed": 1000.0, **options}
    race = RaceScreen(model, **settings)
    async with RaceApp(race).run_test(size=size) as pilot:
        await until(pilot, lambda: len(race.game.lanes[0]) >= 20)
        yield pilot, race


async def paused(pilot: Pilot[None], race: RaceScreen) -> None:
    """Paused, and every lane caught up."""
    if race.game.playback.playing:
        await pilot.press("space")
    await until(pilot, lambda: not race.game.playback.race.behind)
    await pilot.pause()


def views(race: RaceScreen) -> list[LaneView]:
    return [*race.query(LaneView)]


def text_of(view: LaneView) -> str:
    return view.page.page.text()


def alone(lane: Lane, count: int, endless: bool = True) -> str:
    tokens = generate(lane.model, lane.prompt, lane.controls, seed=lane.seed, max_tokens=count, endless=endless)
    return lane.prompt + "".join(token.text or "\n" for token in tokens)


def temperatures(race: RaceScreen) -> list[float]:
    return [lane.controls.temperature for lane in race.game.lanes]


def notice(race: RaceScreen) -> str:
    return str(race.query_one("#race-notice", Label).render())


def state(race: RaceScreen) -> str:
    return race.query_one(TitleBar).state


def assert_texts_are_the_lanes_own(race: RaceScreen) -> None:
    assert [view.lane for view in views(race)] == list(race.game.lanes)
    for view in views(race):
        assert text_of(view) == alone(view.lane, len(view.lane))


def fits(race: RaceScreen, width: int, height: int) -> bool:
    """Whether the screen has a size, with as many lanes in view as can be read there, the selected one among them."""
    shown = [view for view in views(race) if view.region.x >= 0 and view.region.right <= width]
    legible = all(view.size.width >= 16 for view in views(race))
    many = len(shown) >= min(5, width // 16)
    return race.size == (width, height) and legible and many and any(view.selected for view in shown)


def heads(race: RaceScreen) -> list[str]:
    return [head.render().plain for head in race.query(LaneHead)]


def named(race: RaceScreen) -> list[str]:
    """The keys that are named, by what they do."""
    return [hint.label for hint in race.query_one(KeyBar).hints]


async def left(pilot: Pilot[None], race: RaceScreen) -> RaceGame:
    """Leaves the race; its game."""
    await paused(pilot, race)
    await pilot.press("q")
    await until(pilot, lambda: pilot.app.screen is not race)
    return race.game


async def test_five_temperatures_share_random_numbers_and_the_first_difference_is_highlighted(model: CharRNN) -> None:
    async with racing(model, controls=Controls(0.7, greedy=True, top_k=40)) as (pilot, race):
        await until(pilot, lambda: len(race.game.lanes[0]) > 100)
        await paused(pilot, race)
        # The controls given are what all lanes have in common.
        assert [lane.controls for lane in race.game.lanes] == [
            Controls(t, top_k=40) for t in (0.3, 0.8, 1.0, 1.3, 1.8)
        ]
        assert {lane.seed for lane in race.game.lanes} == {3}
        assert len({len(lane) for lane in race.game.lanes}) == 1
        assert_texts_are_the_lanes_own(race)

        assert not views(race)[0].page.shared
        for left, view in pairwise(views(race)):
            assert view.page.shared
            assert view.page.difference is not None
            start, end = view.page.difference
            assert text_of(left)[:start] == text_of(view)[:start]
            assert text_of(left)[start:end] != text_of(view)[start:end]

        await pilot.press("home")
        await pilot.pause()
        for view in views(race)[1:]:
            page = view.page
            assert page.difference is not None
            marked = page.get_component_rich_style("lane-page--difference").bgcolor
            line = page.page.line_of(page.difference[0])
            if page.scroll_offset.y != 0 or line >= page.size.height:
                continue
            found = [
                segment.text
                for segment in page.render_line(line)
                if segment.style and segment.style.bgcolor == marked
            ]
            assert text_of(view)[page.difference[0]].strip() == "".join(found).strip("∎ ")


async def test_keys_change_the_selected_lane_alone_and_its_next_character_obeys(model: CharRNN) -> None:
    async with racing(model) as (pilot, race):
        await paused(pilot, race)
        count = len(race.game.lanes[0])
        await pilot.press("4", "up", "shift+down")
        assert temperatures(race) == [0.3, 0.8, 1.0, 1.1, 1.8]
        assert {len(lane) for lane in race.game.lanes} == {count}
        await pilot.press("right", "right", "right")  # a paused race advances only by single steps
        assert {len(lane) for lane in race.game.lanes} == {count + 3}
        controls = iter([*[Controls(1.3)] * count, *[Controls(1.1)] * 3])
        tokens = generate(model, "the ", lambda: next(controls, None), seed=3, endless=True)
        assert text_of(views(race)[3]) == "the " + "".join(token.text or "\n" for token in tokens)
        for place in (0, 1, 2, 4):
            view = views(race)[place]
            assert text_of(view) == alone(view.lane, count + 3)

        await pilot.press("1", *["shift+down"] * 3)
        assert temperatures(race)[0] == 0.05
        race.game.change_temperature(4.8)
        await pilot.press("shift+up")
        assert temperatures(race)[0] == 5.0
        await pilot.press("tab", "g")
        assert [lane.controls.greedy for lane in race.game.lanes] == [False, True, False, False, False]
        await pilot.press("g", "h", "pageup", "home", "end")
        assert not any(lane.controls.greedy for lane in race.game.lanes)

        await pilot.press("1")
        selected = []
        for key in ("tab", "5", "tab", "shift+tab", "3"):
            await pilot.press(key)
            selected.append([view.selected for view in views(race)].index(True))
        assert selected == [1, 4, 0, 4, 2]
        await pilot.click(views(race)[1].page)
        assert race.game.selected is race.game.lanes[1]
        assert sum(view.selected for view in views(race)) == 1

        assert {len(lane) for lane in race.game.lanes} == {count + 3}
        await pilot.press(*["right_square_bracket"] * 3)
        assert race.game.playback.speed is None
        assert "resume" in named(race)
        await pilot.press("space")
        await until(pilot, lambda: len(race.game.lanes[0]) > count + 20)


async def test_a_race_has_two_to_five_lanes_and_an_added_one_catches_up(model: CharRNN) -> None:
    async with racing(model) as (pilot, race):
        await pilot.press("a")
        assert len(views(race)) == 5
        assert "5 lanes" in notice(race)
        await pilot.press(*["minus"] * 5)
        assert len(views(race)) == len(race.game.lanes) == 2
        assert "2 lanes" in notice(race)
        await pilot.press("5", *["a"] * 5)
        assert len(views(race)) == 5
        await paused(pilot, race)
        assert_texts_are_the_lanes_own(race)

        await pilot.press("x", "x", "2", "plus")
        left, added, right = temperatures(race)[1:]
        assert left < added < right
        assert race.game.selected is race.game.lanes[2]
        await paused(pilot, race)
        assert len({len(lane) for lane in race.game.lanes}) == 1
        assert_texts_are_the_lanes_own(race)
        await pilot.press("1", "plus")
        await paused(pilot, race)  # also where it was put in during a pause
        assert len({len(lane) for lane in race.game.lanes}) == 1
        assert_texts_are_the_lanes_own(race)
        assert [view.page.shared for view in views(race)] == [False, True, True, True, True]

        # The first difference is found again when a lane is removed.
        await pilot.press("space")
        await until(pilot, lambda: len(race.game.lanes[0]) > 60)
        await pilot.press("2", "x")
        await paused(pilot, race)
        first, view = views(race)[:2]
        assert view.page.difference is not None
        start, end = view.page.difference
        assert text_of(first)[:start] == text_of(view)[:start]
        assert text_of(first)[start:end] != text_of(view)[start:end]
        await pilot.press("1", "x")
        assert not views(race)[0].page.shared

        race.action_add()
        race.action_restart(False)  # before the new lane is on the screen
        await paused(pilot, race)
        assert_texts_are_the_lanes_own(race)
        race.action_add()
        race.game.playback.step()
        await paused(pilot, race)
        assert len(views(race)) == len(race.game.lanes) == 5
        assert_texts_are_the_lanes_own(race)


async def test_r_restarts_with_new_seeds_and_capital_r_with_the_same_and_p_gives_all_lanes_a_new_prompt(
    model: CharRNN,
) -> None:
    async with racing(model) as (pilot, race):
        await pilot.press("r")
        await until(pilot, lambda: len(race.game.lanes[0]) > 30)
        await paused(pilot, race)
        seeds = {lane.seed for lane in race.game.lanes}
        assert len(seeds) == 1
        assert seeds != {3}
        assert_texts_are_the_lanes_own(race)
        await pilot.press("R")
        assert race.game.playback.playing
        await until(pilot, lambda: len(race.game.lanes[0]) > 30)
        await paused(pilot, race)
        assert {lane.seed for lane in race.game.lanes} == seeds
        assert_texts_are_the_lanes_own(race)

        await pilot.press("p", "Ω", "enter")
        assert {lane.prompt for lane in race.game.lanes} == {"the "}
        assert "'Ω' (at 4)" in str(race.query_one("#prompt-problem", Label).render())
        await pilot.press("backspace", "q", "1", "tab", "backspace", "enter")
        assert {lane.prompt for lane in race.game.lanes} == {"the q"}
        assert race.game.selected is race.game.lanes[0]
        await paused(pilot, race)
        assert_texts_are_the_lanes_own(race)


async def test_every_lane_stops_at_its_own_end_and_goes_on_or_restarts(speller: CharRNN) -> None:
    async with racing(speller, prompt="", speed=200.0) as (pilot, race):
        await pilot.press("e")
        await until(pilot, lambda: any(lane.ended for lane in race.game.lanes))
        await pilot.press("e")  # lanes that have ended catch up
        await until(pilot, lambda: not race.game.playback.race.behind and len(race.game.lanes[0]) > 60)
        await paused(pilot, race)
        assert len({len(lane) for lane in race.game.lanes}) == 1
        assert text_of(views(race)[0]) == alone(race.game.lanes[0], len(race.game.lanes[0]))

        await pilot.press("e", "R")
        await until(pilot, lambda: race.game.playback.race.ended)
        await until(pilot, lambda: "ended" in state(race))
        eos = speller.vocabulary.eos
        assert all(lane.opening[-1] == eos for lane in race.game.lanes)
        assert named(race).count("restart") == 1
        count = [len(lane) for lane in race.game.lanes]
        await pilot.press("right", "space", "right", "space", "up")
        assert [len(lane) for lane in race.game.lanes] == count
        await pilot.press("r")
        await until(pilot, lambda: race.game.playback.race.ended and race.game.lanes[0].seed != 3)
        await pilot.pause()
        for view in views(race):
            assert text_of(view) == alone(view.lane, 10_000, endless=False)


async def test_lanes_vary_in_their_seeds_prompts_or_models(
    model: CharRNN, model_folder: Path, home: Path, tmp_path: Path
) -> None:
    found = home / "checkpoints"
    found.mkdir()
    (found / "small").symlink_to(model_folder)
    write_model(found / "another", cell="GRU", seed=4)
    write_model(found / "unlike", vocabulary=characters("xyz"))
    async with racing(load(model_folder), size=(80, 24)) as (pilot, race):
        assert "step" not in named(race)
        assert "next model" not in named(race)
        await pilot.press("v")
        await until(pilot, lambda: race.game.vary == "seed")
        seeds = [lane.seed for lane in race.game.lanes]
        assert len({*seeds}) == 5
        assert len({lane.controls for lane in race.game.lanes}) == 1
        assert seeds[0] == 3
        # In narrow lanes, too, the whole seed can be read.
        assert all(str(seed) in head for seed, head in zip(seeds, heads(race), strict=True))

        pilot.app.set_keymap({"race.prompt": "f2"})
        await pilot.press("v")
        assert "F2" in notice(race).upper()
        await until(pilot, lambda: race.game.vary == "prompt")
        prompts = [lane.prompt for lane in race.game.lanes]
        assert prompts[0] == "the "
        assert len({*prompts}) == 5  # the others begin with examples
        assert all(prompt.strip() for prompt in prompts)
        await pilot.press("2", "f2", *["backspace"] * 12, "a", "enter")
        assert [lane.prompt for lane in race.game.lanes] == ["the ", "a", *prompts[2:]]
        assert {lane.seed for lane in race.game.lanes} == {3}
        await until(pilot, lambda: len(race.game.lanes[0]) > 40)
        await paused(pilot, race)
        assert "step" in named(race)
        assert_texts_are_the_lanes_own(race)
        lines = str(views(race)[1].query_one(LaneFoot).render()).splitlines()
        assert lines[0] == "other prompt"
        assert {line.split()[0] for line in lines[1:]} >= {"bits/char", "repeats"}  # figures keep their names

        await pilot.press("1", "v")
        await until(pilot, lambda: race.game.lanes[1].model.name == "another")
        names = [lane.model.name for lane in race.game.lanes]
        assert names[:2] == ["small", "another"]
        assert "unlike" not in names
        await pilot.press("m")
        await until(pilot, lambda: race.game.lanes[0].model.name == "another")
        await pilot.press("right", "right")
        await paused(pilot, race)
        assert_texts_are_the_lanes_own(race)
        assert all(cell_len(head) <= 16 for head in heads(race))

        await pilot.press("v", "v")
        assert temperatures(race) == [0.3, 0.8, 1.0, 1.3, 1.8]
        assert len({lane.model.name for lane in race.game.lanes}) == 1

        await pilot.press("v", "v", "v", "v", "v", "v")  # faster than models open
        assert race.game.vary == "seed"
        assert [lane.seed for lane in race.game.lanes] == seeds


async def test_a_failing_model_is_reported_and_keys_in_any_order_do_no_harm(model: CharRNN) -> None:
    async with racing(model) as (pilot, race):
        keys = "p x escape minus right 5 plus space a e e v r right g tab R m h v x x x x up 1 v v"
        await pilot.press(*keys.split())
        await until(pilot, lambda: len(race.game.lanes[0]) > 5)
        assert [view.lane for view in views(race)] == list(race.game.lanes)

        await paused(pilot, race)
        broken = replace(model, network=replace(model.network, inputs=np.full_like(model.network.inputs, np.nan)))
        race.game.playback.lanes = [Lane(broken, "the ", 1), race.game.lanes[1]]
        await pilot.press("right")
        assert "overflowed" in notice(race)
        await pilot.press("r", "space", "right", "q")
        await until(pilot, lambda: pilot.app.screen is not race)


async def test_it_fits_any_terminal_and_follows_its_changes(model: CharRNN) -> None:
    async with racing(model, size=(100, 30)) as (pilot, race):
        await pilot.press("5")
        for width, height in ((60, 20), (160, 50), (20, 6), (80, 24)):
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda size=(width, height): fits(race, *size))  # type: ignore[misc]
        await pilot.press("1")
        await until(pilot, lambda: views(race)[0].region.x >= 0)
        await paused(pilot, race)
        assert_texts_are_the_lanes_own(race)


async def test_it_is_left_at_full_speed_and_draws_nothing_more(model: CharRNN) -> None:
    async with racing(model, speed=None) as (pilot, race):
        for key in ("q", "escape"):
            await pilot.press(key)
            await until(pilot, lambda: not isinstance(pilot.app.screen, RaceScreen))
            await pilot.pause()
            count = len(race.game.lanes[0])
            for _ in range(20):
                await pilot.pause()
            assert len(race.game.lanes[0]) == count
            race = RaceScreen(model, "the ", 3, None)
            await pilot.app.push_screen(race)


async def test_every_key_has_a_name_and_says_what_it_does() -> None:
    bindings = [binding for binding in RaceScreen.BINDINGS if isinstance(binding, Binding)]
    assert len(bindings) == len(RaceScreen.BINDINGS)
    assert len({binding.id for binding in bindings}) == len(bindings)
    assert all((binding.id or "").startswith("race.") and binding.tooltip for binding in bindings)


async def test_lanes_hold_a_unit_at_different_values_with_a_figure_of_what_it_does(model: CharRNN) -> None:
    listed = [{"unit": "c1.4", "name": "a vowel", "property": "vowel"}]
    game = RaceGame(replace(model, card={"units": listed}), "the ", 3, 1000.0)
    for _ in range(4):
        game.vary_next()  # left before the units were measured: they are measured when the race comes back
    async with racing(game.model, previous=game) as (pilot, race):
        assert race.game is game
        await until(pilot, lambda: bool(game.lanes[0].controls.hold))
        assert "c1.4 a vowel" in race.query_one(TitleBar).title
        await until(pilot, lambda: len(race.game.lanes[0]) > 100)
        await pilot.press("4", "up", "shift+up", "3", "down", "5", "backspace")
        await paused(pilot, race)
        held = [lane.controls.hold.get("c1.4") for lane in race.game.lanes]
        assert held == ["-3sd", "-1.5sd", "-0.5sd", "4.5sd", None]
        await pilot.resize_terminal(160, 40)
        await until(pilot, lambda: all("a vowel" in str(foot.render()) for foot in race.query(LaneFoot)))
        await pilot.press("u", *"h9.9", "enter")
        await pilot.press(*["backspace"] * 4, *"h1.2", "enter")
        await until(pilot, lambda: race.game.lanes[0].controls.hold == {"h1.2": "-3sd"})
        assert "h1.2" in notice(race)
        await pilot.press("v")
        assert {len(lane.controls.hold) for lane in race.game.lanes} == {0}


# -- in the app -----------------------------------------------------------------------------------------------------


async def test_the_app_remembers_the_race_saves_it_and_plays_a_lane_on(
    model_folder: Path, model: CharRNN, tmp_path: Path
) -> None:
    async def race(pilot: Pilot[None]) -> RaceScreen:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, RaceScreen))
        assert isinstance(pilot.app.screen, RaceScreen)
        return pilot.app.screen

    async with app.app_for(model_folder).run_test(size=(100, 30)) as pilot:
        play = await app.paused(pilot)
        play.saving.folder = str(tmp_path)
        first = await race(pilot)
        await pilot.press("v", "v", "2", "p", *["backspace"] * 12, "a", "enter", "shift+up")
        await until(pilot, lambda: len(first.game.lanes[0]) > 40)
        game = await left(pilot, first)
        texts = [output.page.text() for output in game.outputs]
        again = await race(pilot)
        assert [text_of(view) for view in views(again)] == texts
        assert [view.selected for view in views(again)] == [False, True, False, False, False]
        assert "paused" in state(again)
        assert all(view.page.render_line(0).text.strip() for view in views(again))

        for key in ("t", "j"):
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
            await pilot.press(key)
            await until(pilot, lambda: "Saved as" in notice(again))
            again.query_one("#race-notice", Label).update("")
        written = (tmp_path / "race-small-1.txt").read_text(encoding="utf-8")
        assert all(text in written for text in texts)
        assert "=== 2  ·  T 1.25 “a”" in written
        lanes = [json.loads(line) for line in (tmp_path / "race-small-2.jsonl").read_text().splitlines()]
        assert [(lane["prompt"], lane["text"]) for lane in lanes] == [
            (lane.prompt, text) for lane, text in zip(game.lanes, texts, strict=True)
        ]
        assert [change["temperature"] for change in lanes[1]["changes"]] in ([1.25], [1.0, 1.25])

        # Enter plays the lane on where it is, as a text that can be recorded; the race stays as it was.
        await pilot.press("enter")
        await until(pilot, lambda: app.text_of(pilot) == texts[1])
        assert play.game.paused
        assert play.game.controls.temperature == 1.25
        recording = play.game.recording()
        assert "a" + "".join(token.text or "\n" for token in replay(model, recording)) == texts[1]
        assert (await race(pilot)).game is game
        await pilot.press("q", "p", *["backspace"] * 12, *"an", "enter")
        await until(pilot, lambda: app.text_of(pilot).startswith("an"))
        other = await race(pilot)
        assert other.game is not game
        assert other.game.vary == "prompt"
        assert [lane.prompt for lane in other.game.lanes][1:] == [lane.prompt for lane in game.lanes][1:]
