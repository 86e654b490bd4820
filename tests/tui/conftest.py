"""What the tests of the command line share."""

import asyncio

import pytest

from tests.tui.command import Command


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line, in this process."""
    return Command(capsys, monkeypatch)


@pytest.fixture(autouse=True)
def unhurried_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilot waits up to a second after each key for the processor to idle, which it never does while a text runs.

    What a key does is done when the queues are empty, and Pilot waits for that too.
    """

    async def turns(*_: object) -> None:
        for _turn in range(10):  # a message passes on from widget to widget, one in each turn
            await asyncio.sleep(0)

    monkeypatch.setattr("textual.app.wait_for_idle", turns)
    monkeypatch.setattr("textual.pilot.wait_for_idle", turns)
