"""Measures the app as its user meets it, in a pseudo-terminal of 120 × 40, and prints a Markdown table.

    python -m tests.benchmarks.app [MODEL]

Start and memory stand beside a bare Textual app's, taken in turn in the same run. What is timed is what arrives at
the terminal's end of the line: nothing is asked of the app from within.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does it; numpy reads it once

import argparse
import fcntl
import math
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
from functools import partial
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, sleep

from charrnn_engine import load
from tests.benchmarks.machine import describe

COLUMNS, ROWS = 120, 40
ROUNDS = 5
KEYS = 60
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
BUSY = """
from multiprocessing import Pool, cpu_count
def busy(_):
    while True:
        pass
Pool(cpu_count()).map(busy, range(cpu_count()))
"""
_OVERLAP = 200  # bytes of text that are looked at again with what comes next
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
        self._text, self._unread = b"", b""

    def press(self, keys: bytes) -> None:
        """Forgets what came before, and begins to count the time."""
        self._text, self.begun = b"", perf_counter()
        os.write(self._file, keys)

    def wait(self, wanted: Callable[[bytes], object], patience: float = 20.0) -> float | None:
        """Reads until the text since the last key fulfils a condition; None when patience ends first."""
        end = monotonic() + patience
        while (left := end - monotonic()) > 0:
            if select.select([self._file], [], [], left)[0]:
                try:
                    self._unread += os.read(self._file, 1 << 16)
                except OSError:
                    return None
                # Each byte is looked at once: a terminal's end that is slow would be measured in the app's place.
                begun = self._unread.rfind(b"\x1b", max(0, len(self._unread) - 64))  # may be half an escape
                whole = begun if begun >= 0 and not _ESCAPES.match(self._unread, begun) else len(self._unread)
                seen = max(0, len(self._text) - _OVERLAP)
                self._text += _ESCAPES.sub(b"", self._unread[:whole])
                self._unread = self._unread[whole:]
                if wanted(self._text[seen:]):
                    return perf_counter() - self.begun
        return None

    def read_for(self, seconds: float) -> bytes:
        """The text since the last key, after so much time."""
        self.wait(lambda _: False, seconds)
        return self._text

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
    rows = [
        *_start(model),
        *_speed(model),
        *_race(model),
        *_beside_training(model),
        *_commands(),
        _opening(),
        ("installed without extras", f"{_installed():.0f} MB"),
    ]
    print(f"{describe(('numpy', 'textual'))}; {model}, {COLUMNS} × {ROWS}\n\n| | |\n| --- | --- |")
    for name, figure in rows:
        print(f"| {name} | {figure} |")


def _play(model: str, *options: str) -> Session:
    same = ("--prompt", PROMPT, "--seed", "1", "--temperature", "1")
    return Session([sys.executable, "-m", "charrnn_tui", "play", model, *same, *options])


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
        session = _play(model, "--speed", "max" if speed is None else str(speed))
        session.wait(lambda output: PROMPT.encode() in output)
        if speed is None:
            rows.append(("full speed, every character coloured", f"{_measured(session):,.0f} chars/s"))
        title = f"key to its effect, {'full speed' if speed is None else f'{speed} chars/s'}"
        rows.append((title, _keys(session)))
        if speed is None:
            session.press(b" ")
            session.read_for(1)
            before = session.processor_seconds()
            session.read_for(5)
            rows.append(("processor while paused", f"{(session.processor_seconds() - before) / 5:.1%}"))
        session.quit()
    return rows


def _race(model: str) -> list[tuple[str, str]]:
    """One text, and each of five lanes, taken in turn."""
    alone, lanes = [], []
    for _ in range(ROUNDS):
        session = _play(model, "--speed", "max")
        session.wait(lambda output: PROMPT.encode() in output)
        alone.append(_measured(session))
        session.press(b"c")
        lanes.append(_measured(session))
        session.press(b"q")
        session.read_for(0.5)
        session.quit()
    one, each = statistics.median(alone), statistics.median(lanes)
    return [("full speed, each lane of a race of five", f"{each:,.0f} chars/s ({each / one:.0%} of one text)")]


def _beside_training(model: str) -> list[tuple[str, str]]:
    """Keys while a training run, or what stands for one where there is no TensorFlow, uses all cores."""
    with TemporaryDirectory() as folder:
        trained = find_spec("tensorflow") is not None
        if trained:
            corpus = Path(folder) / "corpus.txt"
            corpus.write_text("".join(f"{number} times {number} is {number * number}\n" for number in range(50_000)))
            command = [sys.executable, "-m", "charrnn_tui", "train", str(corpus), "--out", f"{folder}/run",
                       "--units", "512", "--layers", "2", "--epochs", "1000"]  # fmt: skip
        else:
            command = ["nice", "-n", "10", sys.executable, "-c", BUSY]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            sleep(20 if trained else 2)  # TensorFlow takes its time to start
            rows = []
            for speed in ("60", "max"):
                session = _play(model, "--speed", speed)
                session.wait(lambda output: PROMPT.encode() in output)
                title = f"key to its effect, {'full speed' if speed == 'max' else f'{speed} chars/s'}"
                what = "a training run uses" if trained else "others use"
                rows.append((f"{title}, while {what} all cores", _keys(session)))
                session.quit()
            if run.poll() is not None:
                raise SystemExit("the run beside the app ended before it was measured")
            return rows
        finally:
            run.send_signal(signal.SIGINT)
            run.wait()


def _measured(session: Session) -> float:
    """The characters a second that the screen tells, of a lane where there are several."""
    session.read_for(2)
    session.press(b"")
    found = re.findall(rb"([\d,]+) chars/s", session.read_for(4))
    return statistics.median(int(number.replace(b",", b"")) for number in found)


def _keys(session: Session) -> str:
    """How soon the effect of a key is seen."""
    session.read_for(1)
    times = sorted(time for number in range(KEYS) if (time := _key(session, number)) is not None)
    p95 = times[math.ceil(0.95 * len(times)) - 1]
    return f"median {statistics.median(times) * 1e3:.0f} ms, 95 % under {p95 * 1e3:.0f} ms"


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


def _opening() -> tuple[str, str]:
    """How long the slowest of the models that ship takes to open."""
    folders = (Path(__file__).parents[2] / "checkpoints").iterdir()
    slowest = max((statistics.median(_seconds(partial(load, str(f))) for _ in range(15)), f.name) for f in folders)
    return "the slowest model that ships opens in", f"{slowest[0] * 1e3:.0f} ms ({slowest[1]})"


def _seconds(call: Callable[[], object]) -> float:
    started = perf_counter()
    call()
    return perf_counter() - started


def _installed() -> float:
    """MB of the packages that come without an extra, and this one with its models."""
    todo, seen, size = ["numpy", "safetensors", "textual", "textual-plot", "click", "platformdirs"], set(), 0
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
