"""Commands to a live run: signals, and JSON lines on standard input.

They arrive in threads; the run looks at their effect between its steps. Knows neither TensorFlow nor files.
"""

import contextlib
import json
import os
import queue
import signal
import threading
from collections.abc import Callable

COMMANDS = ("stop", "pause", "resume", "detach")


class Control:
    """Whether the run is to end (`stopping`), to wait (`pausing`), or to outlive the process that started it
    (`detached`).

    Before `begin` there is nothing to save: a stop then calls `leave`, if there is one, which ends the process at
    once, even in the middle of an import.
    """

    def __init__(self, leave: Callable[[], None] | None = None) -> None:
        self._leave = leave
        self._beginning = threading.Lock()
        # A SimpleQueue, because a signal handler may call its `put` at any moment.
        self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._unpaused = threading.Event()
        self._unpaused.set()
        self.stopping = False
        self.detached = False

    @property
    def pausing(self) -> bool:
        return not self._unpaused.is_set()

    def watch(self, descriptor: int | None = None) -> None:
        """Starts to listen to SIGINT and SIGTERM, and to commands on a descriptor; the end of these is a stop."""
        threading.Thread(target=self._obey, daemon=True).start()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._queue.put("stop"))
        if descriptor is not None:
            threading.Thread(target=self._listen, args=(descriptor,), daemon=True).start()

    def begin(self) -> None:
        """From now on there is something to save: a stop waits until the run looks."""
        with self._beginning:
            self._leave = None

    def wait(self) -> None:
        """Blocks while the run is to wait."""
        self._unpaused.wait()

    def ask(self, command: str) -> None:
        """Obeys one of COMMANDS, or "gone" at the end of the commands, and ignores anything else."""
        if command == "detach":
            self.detached = True
        elif command == "pause" and not self.stopping:
            self._unpaused.clear()
        elif command == "resume":
            self._unpaused.set()
        elif command == "stop" or (command == "gone" and not self.detached):
            self.stopping = True
            self._unpaused.set()
            with self._beginning:
                if self._leave is not None:
                    self._leave()

    def _obey(self) -> None:
        while True:
            self.ask(self._queue.get())

    def _listen(self, descriptor: int) -> None:
        # Not sys.stdin: a thread that waits in it holds a lock that the interpreter needs to exit.
        rest = b""
        with contextlib.suppress(OSError):
            while chunk := os.read(descriptor, 4096):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    with contextlib.suppress(ValueError, RecursionError, KeyError, TypeError, IndexError):
                        if (command := json.loads(line)["command"]) in COMMANDS:
                            self._queue.put(command)
        self._queue.put("gone")
