"""What is mended of Textual and no screen shows for certain."""

import asyncio
import os
import signal

import pytest

from charrnn_tui.ui.textual_repairs import hear_of_sizes_in_order

posix = pytest.mark.skipif(os.name != "posix", reason="there are no signals for a terminal's size")


@posix
async def test_a_size_that_changes_while_another_is_told_is_told_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    over = asyncio.Event()

    def tell(*_: object) -> None:
        told.append("begins")
        if len(told) == 1:
            signal.raise_signal(signal.SIGWINCH)
        told.append("ends")
        if len(told) == 4:
            over.set()

    driver = "textual.drivers.linux_driver.LinuxDriver"
    monkeypatch.setattr(f"{driver}.start_application_mode", lambda self: signal.signal(signal.SIGWINCH, tell))
    hear_of_sizes_in_order()

    from textual.drivers.linux_driver import LinuxDriver

    LinuxDriver.start_application_mode(object.__new__(LinuxDriver))
    try:
        signal.raise_signal(signal.SIGWINCH)
        await asyncio.wait_for(over.wait(), 30)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGWINCH)
    assert told == ["begins", "ends"] * 2
