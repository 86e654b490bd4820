"""Runs every command with odd arguments: numbers out of range, strange names, special files. Each ends with exit code
0, 1 or 2, and says in one line what is wrong. None ends in a traceback or an "unexpected error".

Training is refused, or starts a process that does nothing.

    python -m tests.fuzz.commands --seconds 600 --seed 1
"""

import io
import os
import random
import sys
from contextlib import redirect_stderr
from pathlib import Path
from unittest import mock

import click

from charrnn_tui.cli import cli
from charrnn_tui.cli import main as command_line
from charrnn_tui.commands import COMMANDS
from tests.fuzz.damage import WORDS, as_json, damaged
from tests.fuzz.files import model_files, odd_file
from tests.fuzz.frame import Target, main
from tests.fuzz.keys import nothing_started

_NUMBERS = (
    "0", "1", "2", "3", "-1", "1.5", "0.5", "nan", "inf", "-inf", "1e400", "9" * 400, "9" * 5000, "²", "٣", "1_0",
    "0x1", " 1", "", "1e-320", "2147483648", "18446744073709551616", "-0", "max", "+1", "1e3",
)  # fmt: skip
_TEXTS = (
    *WORDS, "the ", "a", "-", "--", "=", "e=", "!=+2", "c1.0=0", "c1.0=1e400", "c9.9=1", "[a-", "(a+)+b", "a{99999}",
    "~", "~nosuchuser", "..", "/", "/dev/null", "/dev/zero", "/proc/self/mem", "tfds:", "tfds:nosuch", "a" * 300,
    "a/../b", "\\", "a,b", "0:10", "1:", "notebook", "word", "bits", "window", "sorted",
)  # fmt: skip


def commands(chance: random.Random, folder: Path) -> None:
    _write_files(chance, folder)
    name = chance.choice([name for name in COMMANDS if name != "serve"])  # which goes on until it is stopped
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    args = [name] if name != "play" or chance.random() < 0.5 else []
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        options = [option for option in command.params if isinstance(option, click.Option) and option.opts]
        option = chance.choice([*options, None])
        args.append(chance.choice(option.opts) if option else f"--{chance.choice(_TEXTS)}")
        if option is None or not option.is_flag:
            args.append(_value(chance, folder))
    args += [_value(chance, folder) for _ in range(chance.choice((0, 1, 1, 1, 2)))]
    if name == "sample":
        args += ["--max-chars", "5"]  # the last one counts
    kept = [arg for arg in args if arg not in ("--debug", "9" * 5000) or chance.random() < 0.1]
    check([arg.replace("\0", "").replace("\ud83d", "\udcff") for arg in kept])


def _value(chance: random.Random, folder: Path) -> str:
    pick = chance.random()
    if pick < 0.35:
        return chance.choice(_NUMBERS)
    if pick < 0.55:
        return chance.choice(_TEXTS)
    files = ("text.txt", "lines.jsonl", "cells.csv", "odd", "small", "out", "small/model.keras")
    return str(folder / chance.choice(files))


def _write_files(chance: random.Random, folder: Path) -> None:
    text = b"the quick brown fox\njumps over the lazy dog\n" * 40
    (folder / "text.txt").write_bytes(text if chance.random() < 0.7 else damaged(chance, text))
    (folder / "lines.jsonl").write_bytes((as_json({"text": "the quick"}) + b"\n") * 20)
    (folder / "cells.csv").write_bytes(b"text,n\nthe quick,1\nfox,2\n" * 5)
    (folder / "small").mkdir()
    for name, content in model_files().items():
        (folder / "small" / name).write_bytes(content if chance.random() < 0.9 else damaged(chance, content))
    odd_file(chance, folder / "odd")
    os.environ["CHARRNN_CHECKPOINTS"] = str(folder)
    os.chdir(folder)


def check(args: list[str]) -> None:
    """Runs a command line in this process, and checks how it ends."""
    out, said = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace") for _ in range(2))
    with (
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"the quick brown fox\n" * 30))),
        mock.patch.object(sys, "stdout", out),
        mock.patch("charrnn_engine.runs.launch._started", nothing_started),
        redirect_stderr(said),
    ):
        code = command_line(args)
    said.seek(0)
    message = said.read()
    assert code in (0, 1, 2), f"{args} ended with {code}: {message[:300]}"
    assert "unexpected error" not in message, f"{args}: {message[:300]}"
    assert "Traceback" not in message or "--debug" in args, f"{args}: {message[-300:]}"
    last = message.splitlines()[-1] if message else ""
    assert len(last) < 1200, f"{args} says a line of {len(last)}: {last[:300]}"
    assert code == 0 or last.startswith("charrnn-tui: ") or "\ncharrnn-tui: " in message, f"{args}: {message[:300]!r}"
    harmful = [c for c in message if c != "\n" and not c.isprintable()]
    assert not harmful, f"{args} has control characters: {harmful}"


TARGETS: dict[str, Target] = {"commands": commands}

if __name__ == "__main__":
    sys.exit(main(TARGETS, __doc__))
