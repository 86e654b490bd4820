"""Ctrl-C that can't get lost.

A KeyboardInterrupt that is raised in the middle of a destructor or of a callback of compiled code is passed over
there, and an endless text would go on: it is remembered too, and raised again between two characters.
"""

import signal
import threading
from types import FrameType

_asked = threading.Event()


def heed() -> None:
    """From now on Ctrl-C is remembered."""
    _asked.clear()
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    ):
        signal.signal(signal.SIGINT, _interrupted)


def check() -> None:
    """Raises KeyboardInterrupt where it was pressed and nobody has heard."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _interrupted(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt
