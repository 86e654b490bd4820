"""Runs the command line as its users do: in this process if that is enough, or in a process of its own."""

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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


def environment(**changes: str) -> dict[str, str]:
    """The environment for a process that imports the same packages as this one."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **changes}


def start(*args: object, **options: object) -> subprocess.Popen[bytes]:
    """Starts the command in a process of its own, with pipes; `options` are those of Popen."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment()}
    return subprocess.Popen([*PROGRAM, *map(str, args)], **{**pipes, **options})  # type: ignore[call-overload,no-any-return]


def run(*args: object, **options: object) -> Result:
    """Starts the command in a process of its own and waits for it."""
    with start(*args, **options) as process:
        out, err = process.communicate(timeout=60)
    return Result(process.returncode, (out or b"").decode(), (err or b"").decode())
