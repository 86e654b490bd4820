"""Saving, replaying, copying, other models, loops and what is remembered, in the running app."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot

from charrnn_engine import CharRNN, Controls, Generation
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder, replay
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.models.screen import ModelsScreen
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.race.screen import RaceScreen
from charrnn_tui.save.live_file import LiveFile
from charrnn_tui.save.screen import SaveScreen
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.title_bar import TitleBar
from tests.archives import characters, write_model
from tests.tui.pilot import app_for, generated, notice, paused, played, playing, text_of, until

SIZE = (110, 40)


def recorded(model: CharRNN, prompt: str, seed: int, controls: list[Controls]) -> Recording:
    """The recording of a text whose tokens were drawn under these controls."""
    generation, recorder = Generation(model, prompt, seed=seed), Recorder(model, prompt, seed)
    recorder.extend([generation.next(each) for each in controls])
    return recorder.recording(generation.ids, controls[-1])


async def worked_on(pilot: Pilot[None]) -> PlayScreen:
    """A text with temperature changes, a greedy stretch and a branch."""
    screen = await paused(pilot, 30)
    await pilot.press("up", *["right"] * 5, "shift+up", *["right"] * 20, "g", *["right"] * 10, "g", *["right"] * 10)
    await pilot.press(*["left"] * 25)
    shown = screen.query_one(Distribution).alternatives
    await pilot.press(str(next(n for n, item in enumerate(shown, 1) if not item.came)), *["right"] * 30)
    return screen


async def test_a_text_is_copied_and_its_recording_replays_to_the_character_in_the_app_and_in_the_engine(
    model_folder: Path, model: CharRNN
) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await worked_on(pilot)
        text = text_of(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == text
        recording = Recording.from_json(played(screen).recording(screen.game.controls).to_json())
    assert "the " + "".join(token.text or "\n" for token in replay(model, recording)) == text
    async with PlaygroundApp(str(model_folder), speed=None, replay=recording).run_test(size=SIZE) as pilot:
        screen = await playing(pilot, recording.length)
        await until(pilot, lambda: not screen.game.playing)
        assert text_of(pilot) == text
        assert played(screen).recording(screen.game.controls) == recording
        assert screen.game.controls == recording.controls_at(recording.length - 1)
        assert notice(pilot) == "End of recording; space continues"
        await pilot.press("space")
        await until(pilot, lambda: len(text_of(pilot)) > len(text) + 20)
        assert text_of(pilot).startswith(text)


async def test_a_change_of_controls_leaves_the_recording(model_folder: Path, model: CharRNN) -> None:
    recording = recorded(model, "the ", 3, [Controls()] * 200)
    async with PlaygroundApp(str(model_folder), speed=5, replay=recording).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 1)
        await pilot.press("g", *["right"] * 30)
        assert not played(screen).replaying
        assert all(entry.controls.greedy for entry in played(screen).log.entries(played(screen).position - 30))


async def test_s_saves_under_a_name_that_was_typed_in_the_colours_of_the_screen_and_plays_on(
    model_folder: Path, tmp_path: Path
) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await playing(pilot, 50)
        screen.saving.folder = str(tmp_path / "texts")
        await pilot.press("h", "s")  # coloured by temperature
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        text = text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Saved as" in notice(pilot))
        (saved,) = (tmp_path / "texts").iterdir()
        assert saved.name in notice(pilot)
        assert saved.read_text(encoding="utf-8") == text
        await until(pilot, lambda: len(text_of(pilot)) > len(text))

        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        await pilot.press("down", "tab", "tab", *["backspace"] * 20, *"mine", "enter")
        await until(pilot, lambda: "mine.html" in notice(pilot))
        assert "temperature-" in (tmp_path / "texts" / "mine.html").read_text(encoding="utf-8")
        assert screen.game.playing


async def saved_as(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press("s")
    await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
    await pilot.press(*keys)


async def test_a_live_file_follows_the_text_and_so_do_those_of_later_texts(
    model_folder: Path, tmp_path: Path
) -> None:
    def written(number: int) -> str:
        path = tmp_path / f"{model_folder.name}-{number}.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 50)
        screen.saving.folder = str(tmp_path)
        await saved_as(pilot, "w")
        await until(pilot, lambda: "s then w stops" in notice(pilot))
        assert written(1) == text_of(pilot)
        assert "✎" in screen.query_one(TitleBar).state
        before = text_of(pilot)
        await pilot.press(*["left"] * 20, *["shift+up"] * 4, "space")
        await until(pilot, lambda: len(text_of(pilot)) > len(before) + 20)
        await pilot.press("space")
        assert not text_of(pilot).startswith(before)
        await until(pilot, lambda: written(1) == text_of(pilot))
        await pilot.press("r")
        await until(pilot, lambda: len(text_of(pilot)) > 30 and written(2) != "")
        await pilot.press("space")
        await until(pilot, lambda: written(2) == text_of(pilot))
        await saved_as(pilot, "w")
        await until(pilot, lambda: "Saved as" in notice(pilot))
        await pilot.press(*["right"] * 5, "space", "space")
        assert text_of(pilot).startswith(written(2))
        assert len(text_of(pilot)) > len(written(2))
        assert "✎" not in screen.query_one(TitleBar).state

        await saved_as(pilot, "w")
        await until(pilot, lambda: "s then w stops" in notice(pilot))
        await pilot.press(*["right"] * 25)
        text = text_of(pilot)
        await pilot.press("q")  # the end of the text is in its file when the app is left
    assert written(3) == text


async def test_a_disk_that_is_full_ends_the_file_and_not_the_text(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: LiveFile, text: str) -> None:
        raise OSError(28, "No space left on device")

    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 50)
        screen.saving.folder = str(tmp_path)
        await saved_as(pilot, "w")
        await until(pilot, lambda: "s then w stops" in notice(pilot))
        written = text_of(pilot)
        monkeypatch.setattr(LiveFile, "write", full)
        await pilot.press("right", "space", "space")
        await until(pilot, lambda: "No space left" in notice(pilot))
        assert text_of(pilot).startswith(written)
        assert (tmp_path / f"{model_folder.name}-1.txt").read_text(encoding="utf-8") == written
        await pilot.press("space")
        await until(pilot, lambda: len(text_of(pilot)) > len(written) + 20)


async def test_a_dropped_beginning_is_reported_once_with_the_way_to_keep_it(model_folder: Path) -> None:
    async with app_for(model_folder, speed=None).run_test(size=SIZE) as pilot:
        screen = await playing(pilot, 100)
        page = screen.query_one(TextView).page
        page.kept = 1000
        await until(pilot, lambda: "Only the last 10 million characters" in notice(pilot))
        assert "s can write all of them" in notice(pilot)
        assert page.dropped > 0


async def test_c_races_from_the_prompt_and_seed_and_comes_back_and_m_opens_another_model_and_keeps_the_prompt(
    model_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(home / "checkpoints" / "other", seed=5)
    write_model(home / "checkpoints" / "vowels", vocabulary=characters("aeiou"))
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await playing(pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, RaceScreen))
        race = pilot.app.screen
        assert isinstance(race, RaceScreen)
        assert {(lane.prompt, lane.seed) for lane in race.game.lanes} == {("the ", 3)}
        drawn = played(screen).position
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await until(pilot, lambda: played(screen).position > drawn)

        async def choose(name: str) -> None:
            await pilot.press("m")
            await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
            pilot.app.screen.dismiss(name)
            await until(pilot, lambda: screen.game.model is not None and screen.game.model.name == name)
            await until(pilot, lambda: played(screen).position > 5)

        await choose("other")
        assert (played(screen).generation.prompt, played(screen).generation.seed) == ("the ", 3)
        await choose("vowels")
        assert played(screen).generation.prompt == ""
        assert notice(pilot) == ""


async def test_a_loop_is_said_with_its_period_and_what_to_press_until_the_text_has_left_it(
    speller_folder: Path,
) -> None:
    async with app_for(speller_folder, prompt="", controls=Controls(greedy=True)).run_test(size=SIZE) as pilot:
        screen = await playing(pilot, 100)
        await until(pilot, lambda: "Stuck in" in notice(pilot))
        assert "Stuck in a 10-character loop" in notice(pilot)
        assert "g turns greedy off" in notice(pilot)
        screen.set_controls(Controls(temperature=5.0))
        await until(pilot, lambda: notice(pilot) == "")
        screen.set_controls(Controls(greedy=True))
        await until(pilot, lambda: "Stuck in" in notice(pilot))
        await pilot.press("space", "g")
        assert notice(pilot) == ""


async def test_the_notice_about_a_loop_goes_when_a_recording_leaves_it(
    speller_folder: Path, speller: CharRNN
) -> None:
    controls = [Controls(greedy=True)] * 150 + [Controls(temperature=5.0)] * 150
    recording = recorded(speller, "", 3, controls)
    async with PlaygroundApp(str(speller_folder), speed=None, replay=recording).run_test(size=SIZE) as pilot:
        screen = await playing(pilot, recording.length)
        await until(pilot, lambda: not screen.game.playing)
        assert notice(pilot) == "End of recording; space continues"


async def test_what_was_set_is_there_the_next_time_and_keys_can_be_remapped_in_the_file(
    model_folder: Path, home: Path
) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        await playing(pilot)
        await pilot.press("up", "h", "e", "left_square_bracket", "q")
    (file,) = home.glob("config/**/*.json")
    saved = json.loads(file.read_text())
    assert saved["temperature"] == 1.05
    file.write_text(json.dumps({**saved, "keys": {"play.greedy": "x"}}))
    app = PlaygroundApp(str(model_folder), "the ", seed=3)
    async with app.run_test(size=SIZE) as pilot:
        screen = await playing(pilot, 1)
        assert screen.colouring == "temperature"
        assert not screen.game.endless
        await pilot.press("g")
        assert not screen.game.controls.greedy
        await pilot.press("x")
        assert screen.game.controls.greedy


async def test_damaged_settings_and_a_model_that_can_not_be_opened_are_said_and_the_text_plays_on(
    model_folder: Path, model: CharRNN
) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text("{")
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await playing(pilot)
        assert "set aside as settings-damaged.json" in notice(pilot)
        screen.open_model("nowhere", "the ")
        await until(pilot, lambda: "nowhere" in notice(pilot))
        assert screen.game.model is not None
        assert screen.game.model.name == model.name
        screen = await paused(pilot, 50)
        assert text_of(pilot) == generated(model, "the ", 3, played(screen).position)
