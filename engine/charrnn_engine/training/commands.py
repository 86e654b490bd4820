"""What others ask of a run while it goes on: signals, and commands as JSON lines on standard input.

Who asks is heard in threads of their own; the run looks here between its steps. Knows neither TensorFlow nor files.
"""

import json
import os
import queue
import signal
import threading
from collections.abc import Callable
from types import FrameType

_STOP, _PAUSE, _RESUME, _DETACH, _GONE = "stop", "pause", "resume", "detach", "gone"
COMMANDS = (_STOP, _PAUSE, _RESUME, _DETACH)


class Control:
    """Whether the run shall end (`stopping`), wait (`pausing`), or outlive who has started it (`detached`).

    Until it has begun there is nothing to save: then `leave`, where there is one, ends the process as soon as it is
    asked to, in the middle of an import too.
    """

    def __init__(self, leave: Callable[[], None] | None = None) -> None:
        self._leave = leave
        self._begun = False
        self._beginning = threading.Lock()
        # SimpleQueue and nothing else: its `put` may be called by a signal handler at any moment.
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._going_on = threading.Event()
        self._going_on.set()
        self.stopping = False
        self.detached = False

    @property
    def pausing(self) -> bool:
        return not self._going_on.is_set()

    def watch(self, descriptor: int | None = None) -> None:
        """Begins to listen: to SIGINT and SIGTERM, and to commands on a descriptor, whose end is a wish to stop."""
        threading.Thread(target=self._obey, daemon=True).start()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._signalled)
        if descriptor is not None:
            threading.Thread(target=self._listen, args=(descriptor,), daemon=True).start()

    def begin(self) -> None:
        """From now on there is something to save: a wish to stop waits for the run to look at it."""
        with self._beginning:
            self._begun = True

    def wait(self) -> None:
        """Blocks while the run shall wait."""
        self._going_on.wait()

    def ask(self, command: str) -> None:
        """Obeys one of COMMANDS; others are passed over."""
        if command == _DETACH:
            self.detached = True
        elif command == _PAUSE and not self.stopping:
            self._going_on.clear()
        elif command == _RESUME:
            self._going_on.set()
        elif command == _STOP or (command == _GONE and not self.detached):
            self.stopping = True
            self._going_on.set()
            with self._beginning:
                if not self._begun and self._leave is not None:
                    self._leave()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._asked.put(_STOP)

    def _obey(self) -> None:
        while True:
            self.ask(self._asked.get())

    def _listen(self, descriptor: int) -> None:
        # Not sys.stdin: a thread that waits in it holds a lock that the interpreter wants when it ends.
        rest = b""
        while chunk := _read(descriptor):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._asked.put(_command(line))
        self._asked.put(_GONE)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def _command(line: bytes) -> str:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    command = told.get("command") if isinstance(told, dict) else None
    return command if command in COMMANDS else ""
