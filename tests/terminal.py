"""A real terminal for tests: the program runs in a pty, and its output is drawn by an emulator that can be read."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType

import pexpect
import pyte

from tests.tui import command

# A lone escape is told from the beginning of another key by the time after it, or by the next sequence: here that
# the terminal has the focus, which changes nothing. What is pressed next is then a key of its own, however soon.
ESCAPE = "\x1b\x1b[I"
KEYS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "escape": ESCAPE, "enter": "\r"}
PATIENCE = 60.0  # seconds, of which a machine that is busy with other tests needs some
_GLANCE = 0.1  # seconds after which a condition that doesn't depend on the screen is looked at again
_AGAIN = 0.5  # seconds after which keys that shall end the program are pressed again


class Terminal:
    """`with Terminal(["play"]) as terminal:` runs charrnn-tui; `wait_for` reads on until the screen shows it."""

    def __init__(self, args: Sequence[str], columns: int = 80, rows: int = 24, **environment: str) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "charrnn_tui", *args],
            dimensions=(rows, columns),
            env=command.environment(**{"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}),
            timeout=PATIENCE,
            preexec_fn=_heed_signals,
        )
        self._child.delaybeforesend = None  # what is typed waits for what is on the screen, not for a time

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close(force=True)

    @property
    def pid(self) -> int:
        return int(self._child.pid)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """What the screen shows now."""
        return "\n".join(self.lines)

    def press(self, *keys: str) -> None:
        """Keys by name, or text as it is."""
        for key in keys:
            self._child.send(KEYS.get(key, key))

    def send(self, content: bytes) -> None:
        """Bytes as they are."""
        os.write(self._child.child_fd, content)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def wait_for(self, condition: str | Callable[[str], bool], patience: float = PATIENCE) -> str:
        """Reads until the screen holds a text, or something else is so; returns the screen."""
        test = (lambda screen: condition in screen) if isinstance(condition, str) else condition
        deadline = time.monotonic() + patience
        while not test(self.text):
            problem = "waited in vain" if time.monotonic() > deadline else None
            try:
                self._feed(self._child.read_nonblocking(65536, timeout=_GLANCE))
            except pexpect.TIMEOUT:
                pass
            except pexpect.EOF:
                problem = None if test(self.text) else "ended"
            if problem:
                raise AssertionError(f"{problem}; expected {condition!r}, the screen shows:\n{self.text}")
        return self.text

    def read_on(self, seconds: float) -> None:
        """Reads what comes next, if it comes within a time."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            self._feed(self._child.read_nonblocking(65536, timeout=seconds))

    def hang_up(self) -> int:
        """Closes the terminal as a window is closed; the program's exit code, negative for a signal."""
        self._child.ptyproc.fileobj.close()
        self._child.ptyproc.closed = True  # or it would be closed once more
        deadline = time.monotonic() + PATIENCE
        while self._child.isalive():
            if time.monotonic() > deadline:
                self._child.kill(signal.SIGKILL)
                raise AssertionError("the program goes on without its terminal")
            time.sleep(0.01)
        return self._exit_code

    def wait_for_exit(self, *keys: str) -> int:
        """Reads to the end of the program, and presses keys now and again until then; its exit code, negative for a
        signal.

        A key may come before what the one before it opens is there to hear it: who presses keys at random says here
        how to leave from anywhere.
        """
        deadline, due = time.monotonic() + PATIENCE, 0.0
        try:
            while (now := time.monotonic()) < deadline:
                if keys and now > due:
                    with contextlib.suppress(OSError):  # it may have ended a moment ago
                        self.press(*keys)
                    due = now + _AGAIN
                with contextlib.suppress(pexpect.TIMEOUT):
                    self._feed(self._child.read_nonblocking(65536, timeout=_GLANCE))
            raise AssertionError(f"the program goes on and on; the screen shows:\n{self.text}")
        except pexpect.EOF:
            pass
        self._child.wait()
        return self._exit_code

    @property
    def _exit_code(self) -> int:
        code = self._child.exitstatus
        return int(code) if code is not None else -int(self._child.signalstatus)

    def _feed(self, output: bytes) -> None:
        self.raw += output
        self._stream.feed(output)


def _heed_signals() -> None:
    """In the child: what whoever runs the tests ignores (a shell does, for what it runs in the background) counts."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
