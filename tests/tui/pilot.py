"""What the tests of the screens share: an app on a model, and waiting for a condition."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from charrnn_engine import CharRNN, Controls, generate
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.notice_line import NoticeLine


def app_for(folder: Path, **options: object) -> PlaygroundApp:
    """The app on a checkpoint, from the prompt "the " with seed 3, fast but not so fast that keys wait."""
    defaults: dict[str, object] = {"prompt": "the ", "seed": 3, "speed": 1000.0}
    return PlaygroundApp(str(folder), **{**defaults, **options})  # type: ignore[arg-type]


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Waits, turn by turn, until something holds."""

    async def wait() -> None:
        while not condition():
            await pilot.pause()

    await asyncio.wait_for(wait(), 30)


def play_screen(pilot: Pilot[None]) -> PlayScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, PlayScreen))


def text_of(pilot: Pilot[None]) -> str:
    """What stands on the page."""
    return play_screen(pilot).query_one(TextView).page.text()


async def playing(pilot: Pilot[None], characters: int = 20) -> PlayScreen:
    """The screen once that much has been generated."""
    await until(pilot, lambda: isinstance(pilot.app.screen, PlayScreen))
    screen = play_screen(pilot)
    await until(pilot, lambda: length(screen) >= characters)
    return screen


def length(screen: PlayScreen) -> int:
    """The number of tokens before the cursor."""
    return screen.game.text.position if screen.game.text is not None else 0


def played(screen: PlayScreen) -> BranchingText:
    """The text that the screen plays."""
    assert screen.game.text is not None
    return screen.game.text


async def paused(pilot: Pilot[None], characters: int = 20) -> PlayScreen:
    """The same, paused."""
    screen = await playing(pilot, characters)
    await pilot.press("space")
    assert screen.game.paused
    return screen


def notice(pilot: Pilot[None]) -> str:
    """The notice on the play screen."""
    return play_screen(pilot).query_one("#notice", NoticeLine).said


def generated(model: CharRNN, prompt: str, seed: int, count: int, controls: Controls | None = None) -> str:
    """What the engine makes of the same prompt, seed and controls."""
    tokens = generate(model, prompt, controls or Controls(), seed=seed, max_tokens=count, endless=True)
    return prompt + "".join(token.text or "\n" for token in tokens)
