"""Shown to a room: big bars, panels that can be hidden, and a next character that is covered until it is revealed."""

from pathlib import Path

from charrnn_tui.play.distribution_bars import COVER
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.status_panel import MEANINGS, StatusPanel, figures
from tests.tui.pilot import app_for, length, notice, paused, until


async def test_an_audience_sees_big_bars_and_predicts_before_they_are_revealed(model_folder: Path) -> None:
    async with app_for(model_folder, projector=True).run_test(size=(80, 24)) as pilot:
        screen = await paused(pilot)
        bars = screen.query_one(Distribution)
        await until(pilot, lambda: len(bars.alternatives) == bars.places)
        assert bars.big
        assert bars.places < bars.size.height / 2
        assert not screen.query_one("#sampler").size

        await pilot.press("x")
        assert "reveals" in notice(pilot)
        await until(pilot, lambda: COVER in bars.render_line(0).text)
        before = length(screen)
        await pilot.press("1")  # nothing is offered yet
        assert (length(screen), bars.alternatives) == (before, ())
        await pilot.press("enter")
        await until(pilot, lambda: bool(bars.alternatives) and COVER not in bars.render_line(0).text)
        await pilot.press("enter")  # revealed: on to the next one, which is covered
        await until(pilot, lambda: length(screen) == before + 1 and not bars.alternatives)
        await pilot.press("left", "left")
        await until(pilot, lambda: length(screen) == before - 1)
        assert bars.covered
        await pilot.press("x")
        assert not bars.covered

        await pilot.press("d")
        await until(pilot, lambda: not bars.size)
        await pilot.press("d", "P")
        await until(pilot, lambda: bool(screen.query_one("#sampler").size))
        assert not bars.big

        # Pointed at with the mouse, each figure says what it is.
        status = screen.query_one(StatusPanel)
        shown = status.status
        assert shown is not None
        for line, (name, _, _) in enumerate(figures(shown, status.compact)):
            await pilot.hover("#status", offset=(2, line))
            await until(pilot, lambda name=name: status.tooltip == MEANINGS[name])  # type: ignore[misc]
        assert bars.tooltip
