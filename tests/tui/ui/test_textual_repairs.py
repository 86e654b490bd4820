"""What is mended of Textual and no screen shows for certain."""

import asyncio
import os
import signal

import pytest
from textual._xterm_parser import XTermParser
from textual.command import CommandPalette
from textual.events import Key, Paste, Resize

from charrnn_tui.ui.textual_repairs import hear_of_sizes_in_order, repair

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


def test_escape_ends_a_paste_whose_end_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    repair()
    parser = XTermParser()
    assert not [*parser.feed("\x1b[200~pasted"), *parser.feed("q"), *parser.feed("\x1b")]
    monkeypatch.setattr("textual._parser.get_time", lambda: float("inf"))
    escape, paste = parser.tick()
    assert isinstance(escape, Key)
    assert escape.key == "escape"
    assert isinstance(paste, Paste)
    assert paste.text.startswith("pastedq")
    (key,) = parser.feed("q")
    assert isinstance(key, Key)
    assert key.key == "q"


@pytest.mark.parametrize("sequence", ["\x1b[0;0;1000000000u", "\x1b[1114112;1u", "\x1b[97;1;9999999999999999999u"])
def test_a_key_with_a_number_beyond_unicode_is_ignored(sequence: str) -> None:
    repair()
    (key,) = XTermParser().feed(f"{sequence}q")
    assert isinstance(key, Key)
    assert key.key == "q"


def test_a_size_that_no_terminal_has_is_not_believed() -> None:
    repair()
    parser = XTermParser()
    (large,) = parser.feed("\x1b[48;9999;9999;1;1t")
    assert isinstance(large, Resize)
    assert large.size == (1000, 400)
    assert len([*parser.feed("\x1b[48;24;80;0;0t"), *parser.feed("\x1b[<0;3;3M")]) == 2, "a click divides by zero"


async def test_a_palette_that_is_gone_gathers_no_commands() -> None:
    repair()
    gather = CommandPalette._gather_commands.__wrapped__  # type: ignore[attr-defined]
    await gather(CommandPalette(), "")
