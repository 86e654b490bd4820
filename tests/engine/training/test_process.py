"""The training process: nothing is lost when it is killed, and several processes share a run."""

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.keras
tf = pytest.importorskip("tensorflow")

from charrnn_engine import load  # noqa: E402
from charrnn_engine.runs import folder as runs  # noqa: E402
from charrnn_engine.runs.journal import read_events  # noqa: E402
from charrnn_engine.runs.state import read_state  # noqa: E402
from charrnn_engine.training.batches import Schedule  # noqa: E402
from charrnn_engine.training.commands import Control  # noqa: E402
from charrnn_engine.training.encoded_corpus import open_corpus  # noqa: E402
from charrnn_engine.training.events import Reporter  # noqa: E402
from charrnn_engine.training.measuring import measure  # noqa: E402
from tests.engine.conftest import ENGINE, events_of, send, wait_for  # noqa: E402
from tests.engine.training.conftest import Run, assert_equal_weights  # noqa: E402


def kinds(events):
    return [event["event"] for event in events]


def test_a_run_that_is_paused_detached_and_killed_learns_what_an_undisturbed_one_does(trained, spawn, tmp_path):
    settings = replace(trained.settings, out=str(tmp_path / "model"), save_every=0.5, keep_epochs=3)
    out = Path(settings.out)
    process = spawn(settings, control=True)
    wait_for(process, "step")
    send(process, "pause")
    wait_for(process, "paused")
    assert read_state(out).progress.total > 0, "it has saved itself first"
    send(process, "resume")
    wait_for(process, "resumed")
    send(process, "detach")
    process.stdin.close()
    for _ in range(random.Random().randint(2, 6)):
        assert '"error"' not in process.stdout.readline()
    assert runs.live_pid(out) == process.pid, "it outlives the commands"
    process.send_signal(signal.SIGKILL)
    process.wait(60)

    journal, _ = read_events(runs.events_file(out))
    changes = [kind for kind in kinds(journal) if kind in ("loading", "start", "paused", "resumed")]
    assert changes == ["loading", "start", "loading", "loading", "paused", "resumed"]
    assert all(isinstance(event["time"], float) for event in journal)
    state = read_state(out)
    assert 0 < state.progress.total < trained.trainer.total_steps
    resumed = Run(replace(settings, out=str(tmp_path / "here"), save_every=60.0, keep_epochs=0), state=state).finish()
    assert_equal_weights(resumed.weights(), trained.weights())


def test_the_time_of_a_run_is_measured_and_nothing_is_saved(settings_of, tmp_path, monkeypatch):
    monkeypatch.setattr("charrnn_engine.training.optimisation.configure_threads", lambda: None)
    monkeypatch.setattr(Control, "watch", lambda self, commands: None)
    settings = settings_of(epochs=100)
    measure(settings, Reporter(stream := io.StringIO()), None)
    (estimate,) = map(json.loads, stream.getvalue().splitlines())
    steps = Schedule(open_corpus(settings.corpus), 100, 8, 0.6, 0).total_steps
    assert estimate["start_seconds"] > 0
    assert estimate["seconds"] > 0.9 * steps * 8 * 24 / estimate["rate"]
    assert not list(tmp_path.iterdir())


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [open_socket.getsockname()[1] for open_socket in sockets]
    for open_socket in sockets:
        open_socket.close()
    return ports


def scalars_of(folder):
    """The scalars that TensorBoard finds in a folder, by their tags: (step, value) each."""
    found = {}
    for file in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_a_chief_and_two_workers_learn_what_one_process_does(settings_of, spawn, tmp_path):
    chief, *workers = (f"127.0.0.1:{port}" for port in free_ports(3))
    cluster = {"chief": [chief], "worker": workers}
    plain = {"epochs": 1, "batch": 16, "network": {"dropout": 0.0}}
    together = [
        spawn(
            settings_of(**plain, out=str(tmp_path / f"{kind}{index}")),
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}}),
        )
        for kind, index in (("chief", 0), ("worker", 0), ("worker", 1))
    ]
    board = tmp_path / "board"
    alone = Run(settings_of(**plain, out=str(tmp_path / "alone"), tensorboard=str(board))).finish()
    events = [events_of(process) for process in together]
    epochs = [alone.events("epoch"), *([event for event in heard if event["event"] == "epoch"] for heard in events)]
    figures = [[epoch["validation"]["nats_per_token"] for epoch in of] for of in epochs]
    assert len(figures[0]) == 2
    assert figures[1] == figures[2] == figures[3] == pytest.approx(figures[0], abs=1e-5)
    training = [[epoch["training"] for epoch in of][1:] for of in epochs]
    assert training[1] == training[2] == training[3] == pytest.approx(training[0], abs=1e-5)
    assert events[0][kinds(events[0]).index("start")]["workers"] == 3
    assert "saved" in kinds(events[0])
    assert "saved" not in kinds(events[1]) + kinds(events[2]), "only the chief writes"
    assert not (tmp_path / "worker0").exists()
    ids = load(tmp_path / "alone").vocabulary.encode("salt ")
    np.testing.assert_allclose(load(tmp_path / "chief0").logits(ids), load(tmp_path / "alone").logits(ids), atol=1e-3)

    scalars = scalars_of(board)
    steps = alone.trainer.total_steps
    assert [step for step, _ in scalars["training/loss"]] == list(range(1, steps + 1))
    assert np.mean([value for _, value in scalars["training/loss"]]) == pytest.approx(training[0][0], abs=0.05)
    assert scalars["validation/loss"][1] == (steps, pytest.approx(figures[0][1]))
    assert {"training/bits_per_character", "training/learning_rate", "validation/bits_per_character"} < set(scalars)


TWO_DEVICES = """
import json, sys
import numpy as np
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.training.batches import Schedule
from charrnn_engine.training.encoded_corpus import open_corpus
from charrnn_engine.training.network import build
from charrnn_engine.training.optimisation import Optimisation

settings = TrainingSettings.from_json(json.loads(sys.argv[1]))
corpus = open_corpus(settings.corpus)
batch = next(Schedule(corpus, 1, settings.batch, 0.0, 0).batches(0))
for strategy in (tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])):
    with strategy.scope():
        model = build(settings.network, len(corpus.vocabulary), 0)
    optimisation = Optimisation(model, settings, 10, strategy)
    result = optimisation.step(batch, 0)
    print(json.dumps([result.nats, result.norm, *(float(np.abs(w).sum()) for w in optimisation.weights())]))
"""


def test_the_replicas_of_a_process_share_its_rows(settings_of):
    settings = json.dumps(settings_of(batch=5, network={"dropout": 0.0}).to_json())
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, settings], env=os.environ | {"PYTHONPATH": str(ENGINE)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, two = (json.loads(line) for line in done.stdout.splitlines())
    assert two == pytest.approx(one, rel=1e-5)
