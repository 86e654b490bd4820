"""Runs the command line as its users do: in this process if that is enough, or in a process of its own."""

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "charrnn_tui"]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Command:
    """`command("sample", …)` calls `main` and returns what it wrote and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *args: object, stdin: bytes = b"") -> Result:
        from charrnn_tui.cli import main

        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capsys.readouterr()
        code = main([str(arg) for arg in args])
        return Result(code, *self._capsys.readouterr())


class Process(subprocess.Popen[bytes]):
    """A process that is killed when a test fails in its `with` block, which would otherwise wait for it forever."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, error, trace)


def import_path(*first: Path) -> str:
    """PYTHONPATH for a process that imports the same packages as this one; the folders `first` come before them."""
    return os.pathsep.join([*map(str, first), *filter(None, sys.path)])


def environment(**changes: str) -> dict[str, str]:
    """The environment for a process that imports the same packages as this one."""
    return {**os.environ, "PYTHONPATH": import_path(), **changes}


def start(*args: object, **options: object) -> Process:
    """Starts the command in a process of its own, with pipes; `options` are those of Popen."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment()}
    return Process([*PROGRAM, *map(str, args)], **{**pipes, **options})  # type: ignore[arg-type]


def run(*args: object, **options: object) -> Result:
    """Starts the command in a process of its own and waits for it."""
    with start(*args, **options) as process:
        out, err = process.communicate(timeout=60)
    return Result(process.returncode, (out or b"").decode(), (err or b"").decode())
