"""Measures the app as its user meets it, in a pseudo-terminal of 120 × 40, and prints a Markdown table.

    python -m tests.benchmarks.app [MODEL]

Start and memory stand beside a bare Textual app's, taken in turn in the same run. What is timed is what arrives at
the terminal's end of the line: nothing is asked of the app from within.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from importlib.metadata import distribution
from pathlib import Path
from time import monotonic, perf_counter, sleep

from tests.benchmarks.machine import describe

COLUMNS, ROWS = 120, 40
ROUNDS = 5
PROMPT = "Zqj"
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("all is ready")
    BINDINGS = [("q", "quit", "quit")]
Bare().run()
"""
UP, DOWN = b"\x1b[A", b"\x1b[B"
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;:?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])")


class Session:
    """A program in a terminal, read as it comes; `wait` gives seconds since the session or the last key began."""

    def __init__(self, command: Sequence[str]) -> None:
        self.begun = perf_counter()
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            os.environ.update(
                TERM="xterm-256color", COLORTERM="truecolor", PYTHONPATH=os.pathsep.join(filter(None, sys.path))
            )
            os.execv(command[0], list(command))
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.output = b""

    def press(self, keys: bytes) -> None:
        self.output, self.begun = b"", perf_counter()
        os.write(self._file, keys)

    def wait(self, wanted: Callable[[bytes], object], patience: float = 20.0) -> float | None:
        """Reads until the output since the last key fulfils a condition; None when patience ends first."""
        end = monotonic() + patience
        while (left := end - monotonic()) > 0:
            if select.select([self._file], [], [], left)[0]:
                try:
                    self.output += os.read(self._file, 1 << 16)
                except OSError:
                    return None
                # A frame can end in the middle of an escape, which the next read completes.
                if wanted(_ESCAPES.sub(b"", self.output[-400_000:])):
                    return perf_counter() - self.begun
        return None

    def read_for(self, seconds: float) -> bytes:
        self.wait(lambda _: False, seconds)
        return _ESCAPES.sub(b"", self.output)

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self._pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def quit(self) -> float:
        """Ends it with `q`; its peak memory in MB."""
        self.press(b"q")
        self.wait(lambda _: False, 5)
        os.close(self._file)
        for _ in range(100):
            done, _, usage = os.wait4(self._pid, os.WNOHANG)
            if done:
                return float(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024) / 1e6
            sleep(0.05)
        os.kill(self._pid, signal.SIGKILL)
        raise SystemExit("the program did not end when told to")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", nargs="?", default="headlines-notebook")
    model = parser.parse_args().model
    rows = [*_start(model), *_speed(model), *_commands(), ("installed without extras", f"{_installed():.0f} MB")]
    print(f"{describe(('numpy', 'textual'))}; {model}, {COLUMNS} × {ROWS}\n\n| | |\n| --- | --- |")
    for name, figure in rows:
        print(f"| {name} | {figure} |")


def _play(model: str, *options: str) -> Session:
    return Session([sys.executable, "-m", "charrnn_tui", "play", model, "--prompt", PROMPT, "--seed", "1", *options])


def _start(model: str) -> list[tuple[str, str]]:
    first, ready, memory, bare_memory = [], [], [], []
    streamed = re.compile(PROMPT.encode() + rb" ?[A-Za-z]")
    for _ in range(ROUNDS):
        session = Session([sys.executable, "-c", BARE])
        ready.append(session.wait(lambda output: b"all is ready" in output))
        bare_memory.append(session.quit())
        session = _play(model)
        first.append(session.wait(streamed.search))
        memory.append(session.quit())
    bare, ours = (statistics.median(t for t in times if t is not None) for times in (ready, first))
    return [
        ("a bare Textual app is on the screen after", f"{bare:.2f} s, {statistics.median(bare_memory):.0f} MB"),
        ("the first streamed character is on the screen after", f"{ours:.2f} s ({ours - bare:+.2f} s)"),
        ("peak memory", f"{max(memory):.0f} MB"),
    ]


def _speed(model: str) -> list[tuple[str, str]]:
    rows = []
    for speed in (10, 60, 1000, None):
        session = _play(model, "--speed", str(speed or 10_000))
        session.wait(lambda output: PROMPT.encode() in output)
        if speed is None:
            for _ in range(3):
                session.press(b"]")
                session.read_for(0.1)
            session.press(b"")
            found = [int(n.replace(b",", b"")) for n in re.findall(rb"([\d,]+) chars/s", session.read_for(4))]
            rows.append(("full speed, every character coloured", f"{statistics.median(found[2:]):,.0f} chars/s"))
        session.read_for(1)
        times = sorted(time for n in range(40) if (time := _key(session, n)) is not None)
        title = f"key to its effect, {'full speed' if speed is None else f'{speed} chars/s'}"
        p95 = times[int(0.95 * len(times)) - 1]
        rows.append((title, f"median {statistics.median(times) * 1e3:.0f} ms, 95 % under {p95 * 1e3:.0f} ms"))
        if speed is None:
            session.press(b" ")
            session.read_for(1)
            before = session.processor_seconds()
            session.read_for(5)
            rows.append(("processor while paused", f"{(session.processor_seconds() - before) / 5:.1%}"))
        session.quit()
    return rows


def _key(session: Session, n: int) -> float | None:
    """Seconds from a key to the temperature that it sets standing on the screen."""
    key, shown = ((UP, b"1.05"), (DOWN, b"1.00"))[n % 2]
    session.press(key)
    time = session.wait(lambda output: shown in output, 2)
    session.read_for(0.05 + 0.037 * (n % 7) / 7)  # not in step with the frames
    return time


def _commands() -> list[tuple[str, str]]:
    rows = []
    for option in ("--help", "--version"):
        times = []
        for _ in range(9):
            started = perf_counter()
            subprocess.run([sys.executable, "-m", "charrnn_tui", option], check=True, capture_output=True,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})  # fmt: skip
            times.append(perf_counter() - started)
        rows.append((f"`charrnn-tui {option}`", f"{statistics.median(times):.2f} s"))
    return rows


def _installed() -> float:
    """MB of the packages that come without an extra, and this one with its models."""
    todo, seen, size = ["numpy", "h5py", "textual", "click", "platformdirs"], set(), 0
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        size += sum(path.stat().st_size for file in found.files or () if (path := Path(str(file.locate()))).is_file())
        needed = (need for need in found.requires or () if "extra ==" not in need and "python_version <" not in need)
        todo += [match[0] for need in needed if (match := re.match(r"[\w.-]+", need))]
    root = Path(__file__).parents[2]
    own = ("engine/charrnn_engine", "tui/charrnn_tui", "checkpoints")
    size += sum(p.stat().st_size for folder in own for p in (root / folder).rglob("*")
                if p.is_file() and p.suffix != ".pyc")  # fmt: skip
    return size / 1e6


if __name__ == "__main__":
    main()
