"""The course in the app, by the keys that a student presses."""

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import OptionList

from charrnn_engine.checkpoints.locations import user_data
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.learn.lesson import SHIPPED, read_lessons
from charrnn_tui.learn.lesson_list import LessonsScreen
from charrnn_tui.learn.panel import LessonPanel
from charrnn_tui.learn.progress import Progress
from charrnn_tui.race.screen import RaceScreen
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.prompt_bar import PromptInput
from tests.tui.pilot import app_for, length, play_screen, played, until

LESSON = """# First
- temperature: 0.5
- seed: 7
- prompt: "the "

## Guess
? What happens when you press `g`?
1. [x] It repeats itself
2. Nothing

Press `g`.

> check: greedy on and loop

A loop of {loop length} characters at {temperature}.

## Race
Press `c`, and `q` to come back.

> check: screen race

Lanes: {lanes}.

## Walk
- temperature: 1.5
- paused: on
- greedy: off
- seed: 8

Press `→` twice, then `←`, and take one.

> check: walked back 1 and took 1

Done.
"""


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """A teacher's folder of two lessons."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "1.md").write_text(LESSON)
    (folder / "2.md").write_text("# Second\n\n## Only\nText.\n")
    return folder


def shown(pilot: Pilot[None]) -> str:
    """What stands in the panel of the screen that is open."""
    parts = [part for part in pilot.app.screen.query("LessonPanel Label, LessonPanel Static") if part.display]
    lines = [part.render_line(place).text for part in parts for place in range(part.size.height)]
    return " ".join(" ".join(lines).split())


def revealed(pilot: Pilot[None]) -> bool:
    """Whether the step is done: the key goes on then, and skips nothing."""
    return [hint.label for hint in pilot.app.screen.query_one("#lesson-keys", KeyBar).hints[:1]] != ["skip"]


def rows(pilot: Pilot[None]) -> list[str]:
    """What stands in the list of lessons."""
    options = pilot.app.screen.query_one(OptionList).options
    return [" ".join(str(option.prompt).split()) for option in options]


async def listed(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, LessonsScreen))


async def says(pilot: Pilot[None], text: str) -> None:
    await until(pilot, lambda: text in shown(pilot))


async def test_a_lesson_is_gone_through_by_keys_left_resumed_and_finished(model_folder: Path, lessons: Path) -> None:
    async with app_for(model_folder, lessons=lessons).run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        screen = play_screen(pilot)
        await until(pilot, lambda: length(screen) > 20)
        before = screen.game.controls
        assert rows(pilot) == ["1 First", "2 Second"]
        await pilot.press("enter")

        await says(pilot, "What happens when you press g?")
        assert played(screen).seed == 7
        assert screen.game.controls.temperature == 0.5
        await pilot.press("p")
        panel, prompt = screen.query_one(LessonPanel), screen.query_one(PromptInput)
        pilot.app.post_message(events.AppBlur())  # the user looks into another window
        await until(pilot, lambda: not pilot.app.app_focus)
        panel.ask()
        pilot.app.post_message(events.AppFocus())
        await until(pilot, lambda: pilot.app.app_focus)
        assert pilot.app.focused is prompt
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.focused is panel)
        await pilot.press("g", "1")
        await says(pilot, "As you said")
        assert screen.game.loop is not None
        assert f"A loop of {screen.game.loop.period} characters at 0.5." in shown(pilot)

        await pilot.press("f2")
        await says(pilot, "come back")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, RaceScreen))
        await says(pilot, "Lanes: 5.")
        await pilot.press("f4")  # left in the middle
        assert screen.game.controls == before

        await pilot.press("q", "L")
        await listed(pilot)
        assert rows(pilot)[0] == "▸ 1 First step 2 of 3"
        await pilot.press("enter")
        await says(pilot, "come back")
        assert screen.game.controls.temperature == 0.5
        await pilot.press("f3")
        await says(pilot, "What happens")

        await pilot.press("f2", "f2")
        await says(pilot, "take one")
        await until(pilot, lambda: screen.game.paused and played(screen).seed == 8)
        assert (played(screen).position, screen.game.controls.temperature) == (0, 1.5)
        await pilot.press("right", "right")
        await until(pilot, lambda: played(screen).position == 2)
        await pilot.press("left")
        await until(pilot, lambda: played(screen).position == 1)
        await pilot.press("1")
        await says(pilot, "Done.")
        await pilot.press("f2")
        await listed(pilot)
        assert rows(pilot) == ["✓ 1 First", "2 Second"]
        await pilot.press("escape")
        assert screen.game.controls == before


async def test_a_wide_terminal_has_the_lesson_beside_the_text(model_folder: Path, lessons: Path) -> None:
    async with app_for(model_folder, lessons=lessons).run_test(size=(120, 40)) as pilot:
        await listed(pilot)
        await pilot.press("down", "enter")
        await says(pilot, "Text.")
        await until(pilot, lambda: pilot.app.screen.query_one(LessonPanel).region.height == 40)
        assert pilot.app.screen.query_one(LessonPanel).region.x > 60


async def test_rubbish_in_the_file_of_the_progress_counts_as_a_first_start(home: Path, lessons: Path) -> None:
    lesson = read_lessons(lessons)[0]
    progress = Progress()
    progress.left(lesson, 1)
    progress.write()
    assert Progress.read().place(lesson) == 1
    file = user_data() / "lessons.json"
    for rubbish in ("{", "[]", '{"at": 3, "done": {}}', '{"at": {"x": "y"}, "done": [1]}', "\0" * 200_000):
        file.write_text(rubbish)
        assert Progress.read().place(lesson) == 0
    file.write_text(f'{{"at": {{"{lesson.key}": 99}}}}')
    assert Progress.read().place(lesson) == 2  # a lesson that has become shorter


WAYS = {
    1: ["", "", "e", "space left left left left left"],
    2: ["", "", "1 2 1 1 1 2 1 1", "space"],
    3: ["g", "p C a t space enter", "", "", "g"],
}
"""For lessons that ship, by their numbers: the keys that each step names."""


async def test_the_checks_of_lessons_that_ship_are_met_by_the_keys_they_name() -> None:
    """Lessons whose steps take long, such as the training, are not among them."""
    async with PlaygroundApp(lessons=SHIPPED).run_test(size=(80, 24)) as pilot:
        for number, ways in WAYS.items():
            await listed(pilot)
            pilot.app.screen.query_one(OptionList).highlighted = number - 1
            await pilot.press("enter")
            for place, keys in enumerate(ways, 1):
                await says(pilot, f"· {place}/{len(ways)}")
                if pilot.app.screen.query_one(LessonPanel).can_focus:
                    await pilot.press("2")
                await pilot.press(*keys.split())
                play_screen(pilot).game.speed = 2000.0  # nobody reads here
                await until(pilot, lambda: revealed(pilot))
                await pilot.press("f2")
