"""What someone sees and tries in the first minute, at 80 x 24."""

import json
from pathlib import Path

from textual.widgets import Input

from charrnn_engine.checkpoints.locations import settings_file
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.prompt_bar import PromptInput
from tests.tui.pilot import app_for, playing, until


async def test_the_first_minute_has_a_hint_all_keys_a_choice_of_themes_and_earlier_prompts(
    model_folder: Path,
) -> None:
    app = app_for(model_folder, introduce=True)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await playing(pilot)

        # A line says what to try, until it is hidden.
        first = screen.query_one("#first-keys", KeyBar)
        await until(pilot, lambda: "learn" in first.render().plain)
        assert "Try ↑ hotter" in first.render().plain
        assert "esc hide" in first.render().plain
        await pilot.press("escape")
        assert not first.display

        # All keys are named, a page at a time.
        keys = screen.query_one("#keys", KeyBar)
        shown = []
        for _ in range(9):
            shown.append(keys.render().plain)
            await pilot.press("full_stop")
        assert shown[0] in shown[1:]
        assert all(any(label in page for page in shown) for label in ("greedy", "race", "train", "learn", "save"))

        # A theme is seen while it is chosen; esc puts the one before back, enter takes it.
        for last, theme in (("escape", "charrnn"), ("enter", "charrnn-light")):
            app.action_change_theme()
            await until(pilot, lambda: isinstance(app.focused, Input))
            await pilot.press(*"charrnn-l")
            await until(pilot, lambda: app.theme == "charrnn-light")
            await pilot.press(last)
            await until(pilot, lambda: app.screen is screen)
            assert app.theme == theme

        # Earlier prompts come back, and what was being typed.
        for prompt in ("so ", "an "):
            await pilot.press("p", *["backspace"] * 4, *prompt, "enter")
        await pilot.press("p", "backspace", "t", "up", "up", "up", "up")
        field = screen.query_one(PromptInput)
        assert field.value == "the "
        await pilot.press("down")
        assert field.value == "so "
        await pilot.press("down", "down", "down")
        assert field.value == "ant"
    assert json.loads(settings_file().read_text())["introduced"] is True
    assert json.loads(settings_file().read_text())["theme"] == "charrnn-light"
