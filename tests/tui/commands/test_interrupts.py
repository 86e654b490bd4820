"""Ctrl-C that is swallowed once is heard all the same."""

import contextlib
import signal
from collections.abc import Iterator

import pytest

from charrnn_tui.commands import interrupts


@pytest.fixture(autouse=True)
def own_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_a_destructor_has_swallowed_is_raised_again() -> None:
    class Swallower:
        def __del__(self) -> None:
            with contextlib.suppress(KeyboardInterrupt):  # as the interpreter does
                signal.raise_signal(signal.SIGINT)

    interrupts.watch()
    interrupts.check()
    Swallower()
    with pytest.raises(KeyboardInterrupt):
        interrupts.check()


def test_another_command_starts_without_the_interrupt_of_the_last() -> None:
    interrupts.watch()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    interrupts.watch()
    interrupts.check()
