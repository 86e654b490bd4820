"""A small corpus of made-up words, and settings and processes for runs of a tiny network on it."""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "engine"


def made_up_text(words: int, seed: int = 3) -> str:
    choose = random.Random(seed)
    lexicon = ["salt", "river", "stone", "lamp", "mirror", "oak", "seven", "blue", "under", "open"]
    text = [choose.choice(lexicon) + choose.choice([" ", " ", " ", ", ", ".\n"]) for _ in range(words)]
    return "".join(text)


@pytest.fixture(scope="session")
def text_file(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("corpus") / "made-up.txt"
    file.write_text(made_up_text(400), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def table_file(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("corpus") / "made-up.csv"
    titles = [" ".join(made_up_text(n % 4 + 2, n).split()) for n in range(60)]
    rows = [f'"{title}","{title} {title}"' for title in titles]
    file.write_text("title,body\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def small_settings(path, out, **changes):
    """Settings of a tiny run, with changes: `small_settings(path, out, epochs=3, corpus={"window": 16})`.

    Its cell is the one whose graph takes the least time to build.
    """
    from charrnn_engine.runs.settings import TrainingSettings

    corpus = {"path": str(path), "window": 24, **changes.pop("corpus", {})}
    network = {"cell": "rnn", "units": 12, "dropout": 0.2, "embedding": 6, **changes.pop("network", {})}
    plain = {
        "out": str(out), "name": "model", "epochs": 2, "batch": 8, "learning_rate": 0.01, "precision": "float32",
        "temperatures": [0.5], "keep_epochs": 0, **changes,
    }  # fmt: skip
    return TrainingSettings.from_json({"corpus": corpus, "network": network, **plain})


@pytest.fixture
def settings_of(text_file, tmp_path):
    """`small_settings` on the made-up text."""
    return lambda **changes: small_settings(text_file, **{"out": tmp_path / "model", **changes})


@pytest.fixture
def spawn():
    """Starts a training process, with `control` one that takes commands. It is killed if it outlives the test."""
    started = []

    def start(settings, *, control=False, **environment):
        path = os.pathsep.join([environment.pop("PYTHONPATH", ""), str(ENGINE), os.environ.get("PYTHONPATH", "")])
        arguments = [json.dumps(settings.to_json()), *(["--control"] if control else [])]
        process = subprocess.Popen(
            [sys.executable, "-m", "charrnn_engine.training", *arguments],
            stdin=subprocess.PIPE if control else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**os.environ, "PYTHONPATH": path.strip(os.pathsep), **environment},
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()


def events_of(process) -> list[dict]:
    """Waits for the end of a training process and returns its events."""
    out, _ = process.communicate(timeout=120)
    return [json.loads(line) for line in out.splitlines()]


def send(process, command: str) -> None:
    process.stdin.write(json.dumps({"command": command}) + "\n")
    process.stdin.flush()


def wait_for(process, event: str) -> dict:
    """Reads until a certain event comes, and returns it."""
    for line in process.stdout:
        found = json.loads(line)
        if found["event"] == event:
            return found
    raise AssertionError(f"the process ended without {event!r}: {process.stderr.read()}")


@pytest.fixture
def tiny_disk(tmp_path):
    """Mounts a disk of so many kilobytes; skips the test where that isn't allowed."""
    mounted = []

    def make(kilobytes: int, name: str = "disk") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
