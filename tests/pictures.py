"""The pictures of the documentation, the moving one among them, drawn from the shipped models with a fixed seed.

`python -m tests.pictures` writes them to docs/, all of them or those that are named after it.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from textual.pilot import Pilot

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.runs.folder import events_file
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.inside.field import Field
from charrnn_tui.inside.screen import Inside
from charrnn_tui.play.game_view import GameView
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.play.text_page import TextPage
from charrnn_tui.race.screen import RaceScreen
from charrnn_tui.train.run.screen import TrainingScreen
from charrnn_tui.ui.pace import Pace
from tests.moving_picture import MovingPicture
from tests.tui.pilot import played, playing, until

DOCS = Path(__file__).parents[1] / "docs"
JOURNAL = Path(__file__).parent / "data" / "plays.events.jsonl"
MODEL, SEED, SIZE = "headlines", 7, (112, 34)
TEMPERATURES = ((0, 0.5), (330, 0.8), (560, 1.0), (760, 1.5))
"""From which character on the play picture is drawn at which temperature."""
CHARACTERS = 900
RACE_CHARACTERS = 300
TOUR, TOUR_SIZE, TOUR_SEED = "tour", (84, 22), 111
INSIDE_TEMPERATURE, FREE_CHARACTERS, HELD_CHARACTERS = 1.0, 220, 300

Scene = Callable[[Pilot[None]], Awaitable[None]]


async def play(pilot: Pilot[None]) -> PlayScreen:
    """A text whose temperature rises, paused in the middle of it."""
    while not isinstance(pilot.app.screen, PlayScreen) or pilot.app.screen.game.text is None:
        await pilot.pause()
    screen = pilot.app.screen
    game = screen.game
    game.start()
    screen.query_one(TextPage).open(played(screen))
    game.pause()
    for start, temperature in TEMPERATURES:
        end = next((later for later, _ in TEMPERATURES if later > start), CHARACTERS)
        screen.set_controls(replace(game.controls, temperature=temperature))
        game.draw_now(end - played(screen).position)
    await pilot.pause()
    return screen


async def walked_back(pilot: Pilot[None]) -> None:
    """The same, a few words back, with what else could have come."""
    await play(pilot)
    await pilot.press(*["ctrl+left"] * 3, *["left"] * 2)


async def inside(pilot: Pilot[None]) -> None:
    """The unit of the position in the line is held above its mean, after some lines in which it was free."""
    screen = await playing(pilot, 1)
    game, page = screen.game, screen.query_one(TextPage)
    game.start()
    page.open(played(screen))
    game.pause()
    screen.set_controls(replace(game.controls, temperature=INSIDE_TEMPERATURE))
    await pilot.press("i")
    await until(pilot, lambda: screen.query_one(Inside).measured)
    screen.query_one(Field).plain = False  # whatever is known of the terminal
    game.draw_now(FREE_CHARACTERS)
    await pilot.press("plus", "plus", "plus")
    game.draw_now(HELD_CHARACTERS)
    await pilot.press("left")
    # What the next character depends on is found out in a thread.
    await until(pilot, lambda: page.underlined[0] + len(page.underlined[1]) >= played(screen).position)
    measuring = [worker for worker in pilot.app.workers if worker.group in ("reading again", "linking")]
    await pilot.app.workers.wait_for_complete(measuring)


async def race(pilot: Pilot[None]) -> None:
    """Five temperatures from one prompt, with the same random draws."""
    await play(pilot)
    await pilot.press("c")
    while not isinstance(pilot.app.screen, RaceScreen):
        await pilot.pause()
    playback = pilot.app.screen.game.playback
    playback.pause()
    playback.draw_now(RACE_CHARACTERS - len(playback.lanes[0]))
    await pilot.press("home")


async def train(pilot: Pilot[None]) -> None:
    """A run that has ended, read from its journal: `charrnn-tui train tinyshakespeare.txt --preset quick`."""
    await play(pilot)
    journal = events_file(user_checkpoints() / "plays")
    journal.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(JOURNAL, journal)
    await pilot.press("t")
    while not isinstance(pilot.app.screen, TrainingScreen) or pilot.app.screen.runs.shown is None:
        await pilot.pause()
    # The plot is laid out, drawn, and drawn again in its size.
    for _ in range(20):
        await pilot.pause()
    await pilot.press("home")


SCENES: dict[str, Scene] = {
    "play": walked_back,
    "inside": inside,
    "race": race,
    "train": train,
}
PROMPTS = {"race": "President ", "inside": "\n"}
MODELS = {"inside": "shakespeare"}
SIZES = {"train": (150, 38), "inside": (120, 40)}


async def draw(name: str) -> str:
    """One picture, as SVG."""
    app = PlaygroundApp(MODELS.get(name, MODEL), PROMPTS.get(name, ""), seed=SEED, speed=5)
    async with app.run_test(size=SIZES.get(name, SIZE)) as pilot:
        await SCENES[name](pilot)
        await pilot.pause()
        await pilot.pause()
        # Rich names its styles after a checksum of the content and the time; a fixed name keeps the file the same.
        return re.sub(r"terminal-\d+", f"charrnn-{name}", app.export_screenshot(title="charrnn-tui"))


async def tour(pace: int = 5) -> str:
    """The moving picture, as SVG: a text gets hotter and cooler, and takes another way from an earlier place.

    There is a frame for every `pace` characters. A pace that is a multiple of another shows only frames of that one.
    """
    columns, rows = TOUR_SIZE
    picture = MovingPicture(columns, rows)
    app = PlaygroundApp(MODEL, "", Controls(temperature=0.5), seed=TOUR_SEED, speed=20)
    # Nothing is ever due: the text grows by what is drawn here, and not by the clock.
    with patch.object(Pace, "wait", return_value=3600.0):
        async with app.run_test(size=TOUR_SIZE) as pilot:
            screen = await playing(pilot, 0)
            await until(pilot, lambda: screen.game.text is not None)

            async def frame(caption: str, seconds: float) -> None:
                screen.query_one(GameView).show(None)
                await pilot.pause()
                picture.add(app.export_screenshot(), seconds, caption)

            async def write(characters: int, caption: str) -> None:
                for written in range(0, characters, pace):
                    screen.game.draw_now(min(pace, characters - written))
                    await frame(caption, pace / 20)

            async def press(key: str, times: int, caption: str, seconds: float) -> None:
                for _ in range(times):
                    await pilot.press(key)
                    await frame(caption, seconds)

            await write(90, "A small network writes, one character at a time. Amber: it was surprised.")
            await press("shift+up", 4, "↑ raises the temperature …", 0.4)
            await write(75, "… and the very next character obeys.")
            await press("shift+down", 4, "↓ cools it again.", 0.4)
            await write(60, "↓ cools it again.")
            await press("space", 1, "space pauses.", 1.2)
            await press("left", 4, "← goes back: the bars show what else could have come.", 0.5)
            await press("2", 1, "2 takes another character instead …", 1.6)
            await press("space", 1, "… and space goes on from there.", 0.6)
            await write(60, "… and space goes on from there.")
            await frame("charrnn-tui", 3.0)
    return picture.svg("charrnn-tui writes a text while its temperature is changed and another character is taken")


def words(svg: str) -> str:
    """What is written in a picture."""
    return " ".join(pieces(svg)).replace("&#160;", " ")


def pieces(svg: str) -> list[str]:
    """The same, in the pieces that it is drawn in."""
    return re.findall(r">([^<>]+)</text>", svg)


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    for name in sys.argv[1:] or (*SCENES, TOUR):
        # A home of its own for each: the app remembers what was set.
        home = tempfile.mkdtemp()
        os.environ.update(HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home)
        (DOCS / f"{name}.svg").write_text(asyncio.run(tour() if name == TOUR else draw(name)), encoding="utf-8")
        print(f"docs/{name}.svg")


if __name__ == "__main__":
    main()
