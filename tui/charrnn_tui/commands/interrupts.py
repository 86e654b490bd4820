"""Remembers Ctrl-C, so that it can't get lost.

Python drops a KeyboardInterrupt that is raised inside a destructor, and an endless text would go on. So it is also
remembered, and raised again between two characters.
"""

import signal
import threading
from types import FrameType

_asked = threading.Event()


def watch() -> None:
    """Remembers Ctrl-C from here on, for `check`."""
    _asked.clear()
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    ):
        signal.signal(signal.SIGINT, _interrupted)


def check() -> None:
    """Raises KeyboardInterrupt if Ctrl-C was pressed."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _interrupted(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt
