"""A small corpus of made-up words, and runs of a tiny network on it."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[3] / "engine"


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


@pytest.fixture
def settings_of(text_file, tmp_path):
    """Settings of a tiny run, with changes: `settings_of(epochs=3, corpus={"window": 16})`."""
    from charrnn_engine.training.settings import TrainingSettings

    def make(**changes):
        corpus = {"path": str(text_file), "window": 24, **changes.pop("corpus", {})}
        network = {"cell": "lstm", "units": 12, "dropout": 0.2, "embedding": 6, **changes.pop("network", {})}
        plain = {
            "out": str(tmp_path / "model"), "name": "model", "epochs": 2, "batch": 8, "learning_rate": 0.01,
            "precision": "float32", "temperatures": [0.5], **changes,
        }  # fmt: skip
        return TrainingSettings.from_json({"corpus": corpus, "network": network, **plain})

    return make


@pytest.fixture
def spawn():
    """Starts a training process; whatever still runs at the end is ended."""
    started = []

    def start(settings, **environment):
        path = os.pathsep.join([str(ENGINE), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [sys.executable, "-m", "charrnn_engine.training", json.dumps(settings.to_json())],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": path, **environment},
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def events_of(process) -> list[dict]:
    """Waits for a training process and gives its events."""
    out, _ = process.communicate(timeout=120)
    return [json.loads(line) for line in out.splitlines()]
