"""Runs cases one after the other in child processes that may crash, hang or eat memory, and says what became of each.

Linux only: time and memory are read from /proc. inotify notices if a file outside is opened, also by C code, and an
audit hook records what else Python code does.
"""

import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 2.0
"""Of processor time that one case may take."""
BYTES = 300_000_000
"""That memory may grow by while a case is looked at."""
_WAIT = 30.0  # seconds by the clock: for what sleeps instead of working
_ADDRESS_SPACE = 4_000_000_000  # a stop for what would bring the machine down
_CASES_A_WORKER = 1_000
_IN_OPEN, _IN_ACCESS, _IN_NONBLOCK = 0x20, 0x1, 0x800

_FORBIDDEN = (
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.remove", "os.rename",
    "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate", "os.putenv", "socket.", "shutil.",
    "ctypes.", "pickle.", "marshal.", "compile", "exec", "code.__new__", "import", "tempfile.",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of a case: `fault` is None where it ended as it should; `opened` says whether it was let in."""

    number: int
    kind: str
    opened: bool = False
    seconds: float = 0.0
    bytes: int = 0
    fault: str | None = None


@dataclass(frozen=True)
class Work:
    """What a worker does: `prepare` writes a case down and names its kind, `look` looks at it. Files may be read in
    `folder` alone; `outside` is a folder that nobody may look into.
    """

    prepare: Callable[[int], str]
    look: Callable[[], bool]
    folder: Path
    outside: Path


def outcomes(work: Work, first: int, step: int, goes_on: Callable[[], bool]) -> Iterator[Outcome]:
    """The outcomes of the cases `first`, `first + step`, …, as long as `goes_on`."""
    number = first
    while goes_on():
        for outcome in _one_worker(work, number, step, goes_on):
            number = outcome.number + step
            yield outcome


def _one_worker(work: Work, first: int, step: int, goes_on: Callable[[], bool]) -> Iterator[Outcome]:
    """One child process, until it has done its share, died, or was ended for taking too long."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reads)
        _child(work, first, step, writes)
    os.close(writes)
    begun: tuple[int, str, float, float] | None = None
    fault = None
    try:
        with os.fdopen(reads, "rb", buffering=0) as pipe:
            pending = b""
            while fault is None:
                ready, _, _ = select.select([pipe], [], [], 0.2)
                if ready:
                    content = pipe.read(65536)
                    if not content:
                        break
                    *lines, pending = (pending + content).split(b"\n")
                    for line in lines:
                        said = json.loads(line)
                        if "outcome" in said:
                            begun = None
                            yield Outcome(**said["outcome"])
                            if not goes_on():
                                return
                        else:
                            begun = (said["number"], said["kind"], time.monotonic(), _processor_seconds(pid))
                if begun is not None:
                    used, waited = _processor_seconds(pid) - begun[3], time.monotonic() - begun[2]
                    if used > SECONDS + 0.5 or waited > _WAIT:
                        fault = f"was still at it after {used:.1f} s of work and {waited:.1f} s by the clock"
                elif not goes_on():
                    return
    finally:
        _end(pid)
        _, status = os.waitpid(pid, 0)
    if begun is not None:
        number, kind, *_ = begun
        if fault is None:
            signalled = os.WIFSIGNALED(status)
            fault = f"ended the process: {signal.Signals(os.WTERMSIG(status)).name if signalled else status}"
        yield Outcome(number, kind, fault=fault)


def _end(pid: int) -> None:
    if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        os.kill(pid, signal.SIGKILL)


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _child(work: Work, first: int, step: int, pipe: int) -> None:
    number = first
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        # What C code says of a crash would stand between the lines of the report.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        watch, audit = _Watch(work.outside), _Audit(work.folder)
        sys.addaudithook(audit)
        for number in range(first, first + step * _CASES_A_WORKER, step):
            kind = work.prepare(number)
            _say(pipe, {"number": number, "kind": kind})
            _say(pipe, {"outcome": vars(_looked_at(work, number, kind, watch, audit))})
    except BaseException as error:
        _say(pipe, {"outcome": vars(Outcome(number, "harness", fault=f"the harness: {error!r}"))})
        os._exit(1)
    os._exit(0)


def _say(pipe: int, what: dict[str, Any]) -> None:
    os.write(pipe, json.dumps(what).encode() + b"\n")


def _looked_at(work: Work, number: int, kind: str, watch: "_Watch", audit: "_Audit") -> Outcome:
    fault, opened = None, False
    before = _reset_peak()
    began = time.process_time()
    audit.begin()
    try:
        opened = work.look()
    except BaseException as error:
        fault = f"{type(error).__name__}: {error}"[:400]
    finally:
        audit.end()
    seconds = time.process_time() - began
    grown = _memory("VmHWM") - before
    if fault is None and audit.seen:
        fault = f"did what it mustn't: {audit.seen[:3]}"
    if fault is None and watch.touched():
        fault = "opened a file that lies outside"
    if fault is None and seconds > SECONDS:
        fault = f"took {seconds:.2f} s"
    if fault is None and grown > BYTES:
        fault = f"took {grown / 1e6:.0f} MB"
    return Outcome(number, kind, opened, seconds, grown, fault)


def _reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _memory("VmRSS")


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


class _Audit:
    """What Python code did between `begin` and `end` that opening a checkpoint has no business doing."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._on = False
        self.seen: list[str] = []

    def begin(self) -> None:
        self.seen.clear()
        self._on = True

    def end(self) -> None:
        self._on = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, mode, flags = args
            reads = not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if not (reads and isinstance(path, str) and os.path.realpath(path).startswith(self._folder)):
                self.seen.append(f"open {path!r} {mode!r}")
        elif event.startswith(_FORBIDDEN):
            self.seen.append(f"{event} {args[:1]!r}"[:200])


class _Watch:
    """Tells whether anything in a folder was opened or read."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(_IN_NONBLOCK)
        if self._fd < 0 or libc.inotify_add_watch(self._fd, os.fsencode(folder), _IN_OPEN | _IN_ACCESS) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def touched(self) -> bool:
        try:
            return len(os.read(self._fd, 4096)) >= struct.calcsize("iIII")
        except BlockingIOError:
            return False
