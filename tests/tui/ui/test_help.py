"""The help and the command palette tell the keys as they are, also where the reader has put others in their place."""

from pathlib import Path

from charrnn_engine.checkpoints.locations import settings_file
from charrnn_tui.play.keys import HELP_GROUPS, PLAY_KEYS
from charrnn_tui.ui.help import grouped, merged
from tests.tui.pilot import app_for, playing, until


def screen_text(app: object) -> str:
    """All that is on the screen."""
    strips = app.screen._compositor.render_strips()  # type: ignore[attr-defined]
    return "\n".join("".join(segment.text for segment in line) for line in strips)


def with_keys(keys: str) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(f'{{"keys": {keys}}}')


async def test_the_help_tells_the_keys_that_the_reader_has_chosen(model_folder: Path) -> None:
    with_keys('{"play.greedy": "ctrl+g", "app.help": "f1"}')
    async with app_for(model_folder).run_test(size=(120, 120)) as pilot:
        screen = await playing(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: "play.greedy" in screen_text(pilot.app))
        lines = screen_text(pilot.app).splitlines()
        (greedy,) = [line for line in lines if "play.greedy" in line]
        (help_,) = [line for line in lines if "what the keys do" in line]
        assert "^g  greedy on and off" in greedy
        assert "f1  what the keys do" in help_
        await pilot.press("escape", "ctrl+g")
        assert screen.game.controls.greedy


def test_every_key_of_the_play_screen_is_in_a_group_of_the_help() -> None:
    groups = grouped(PLAY_KEYS, HELP_GROUPS)
    assert [heading for heading, _ in groups] == list(HELP_GROUPS)
    assert grouped(PLAY_KEYS[:2], {}) == [("", PLAY_KEYS[:2])]


async def test_the_palette_tells_them_too_leaves_capitals_alone_and_opens_the_help(model_folder: Path) -> None:
    with_keys('{"play.copy": "ctrl+y"}')
    async with app_for(model_folder).run_test() as pilot:
        screen = await playing(pilot)
        commands = list(pilot.app.get_system_commands(screen))
        (copy,) = [command for command in commands if "clipboard" in command.title]
        assert copy.title == "Copy the text to the clipboard, over SSH too"
        assert copy.help == "key: ^y"
        titles = [command.title for command in commands]
        assert not any("next characters" in title for title in titles)  # nothing to take while it plays
        assert "Maximize" not in titles
        commands[titles.index("Keys")].callback()
        await until(pilot, lambda: "temperature up by 0.05" in screen_text(pilot.app))


def test_keys_that_count_up_are_one_line() -> None:
    takes = [(str(n), f"take number {n}", f"play.take-{n}") for n in range(1, 10)]
    steps = [("↑", "hotter by 0.05", "play.hotter"), ("⇧↑", "hotter by 0.25", "play.much-hotter")]
    assert list(merged([*steps, *takes])) == [*steps, ("1-9", "take number 1 to 9", "play.take-1 …")]
    odd = [takes[0], ("x", takes[1][1], takes[1][2]), takes[2]]
    assert list(merged(odd)) == odd
