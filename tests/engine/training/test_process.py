"""The training process: nothing is lost when it is killed, and several processes share a run."""

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
pytest.importorskip("tensorflow")

from charrnn_engine import load  # noqa: E402
from charrnn_engine.runs import folder as runs  # noqa: E402
from charrnn_engine.runs import launch  # noqa: E402
from charrnn_engine.runs.journal import parse_event, read_events  # noqa: E402
from charrnn_engine.runs.state import read_state  # noqa: E402
from charrnn_engine.training.batches import Schedule  # noqa: E402
from charrnn_engine.training.encoded_corpus import open_corpus  # noqa: E402
from tests.engine.conftest import ENGINE, events_of, send, wait_for  # noqa: E402
from tests.engine.training.conftest import Run, assert_equal_weights  # noqa: E402


def kinds(events):
    return [event["event"] for event in events]


def test_a_run_that_is_paused_detached_killed_and_stopped_learns_what_an_undisturbed_one_does(
    trained, spawn, tmp_path
):
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
    saved = read_state(out).progress

    process = spawn(replace(settings, resume=True), control=True)
    started = wait_for(process, "start")
    assert started["resumed"]
    assert started["done"] == saved.total > 0
    wait_for(process, "saved")
    send(process, "pause")
    wait_for(process, "paused")
    process.stdin.close()  # as when the process that started it has ended
    assert wait_for(process, "finished")["reason"] == "interrupted"
    assert process.wait(60) == 130

    assert load(out).card["training"]["epochs"] > 0
    journal, _ = read_events(runs.events_file(out))
    changes = [kind for kind in kinds(journal) if kind in ("loading", "start", "paused", "resumed", "finished")]
    assert changes == ["loading", "start", "paused", "resumed", "loading", "start", "paused", "finished"]
    assert all(isinstance(event["time"], float) for event in journal)
    state = read_state(out)
    assert 0 < state.progress.epoch < 12
    resumed = Run(replace(settings, out=str(tmp_path / "here"), save_every=60.0, keep_epochs=0), state=state).finish()
    assert_equal_weights(resumed.weights(), trained.weights())


def test_the_time_of_several_runs_is_measured_one_after_the_other(settings_of, table_file, tmp_path):
    lines = {"path": str(table_file), "columns": ["title", "body"], "lines": True, "validation": "0.2"}
    asked = [
        settings_of(epochs=100),
        settings_of(corpus={"path": str(tmp_path / "gone.txt")}),
        settings_of(corpus=lines, network={"embedding": 0}, half_weights=True),
        settings_of(batch=1_000_000_000),
    ]
    process = launch.measure(asked)
    events = [parse_event(line) for line in process.stdout]
    process.stdin.close()
    process.stdout.close()
    assert process.wait(60) == 0
    assert [(event["event"], event["index"]) for event in events] == [("estimate", n) for n in range(4)]
    assert "there is no such file" in events[1]["problem"]
    assert "of memory" in events[3]["problem"]
    steps = Schedule(open_corpus(asked[0].corpus), 100, 8, 0.6, 0).total_steps
    for event in (events[0], events[2]):
        assert event["rate"] > 0
        assert event["start_seconds"] > 0
        assert event["seconds"] > 0
    assert events[0]["seconds"] > 0.9 * steps * 8 * 24 / events[0]["rate"]
    assert not list(tmp_path.iterdir()), "nothing is saved"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [open_socket.getsockname()[1] for open_socket in sockets]
    for open_socket in sockets:
        open_socket.close()
    return ports


def test_a_chief_and_a_worker_learn_what_one_process_does(settings_of, spawn, tmp_path):
    chief, worker = (f"127.0.0.1:{port}" for port in free_ports(2))
    cluster = {"chief": [chief], "worker": [worker]}
    plain = {"epochs": 1, "batch": 16, "network": {"dropout": 0.0}}
    together = [
        spawn(
            settings_of(**plain, out=str(tmp_path / kind)),
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": kind, "index": 0}}),
        )
        for kind in ("chief", "worker")
    ]
    alone = Run(settings_of(**plain, out=str(tmp_path / "alone"))).finish()
    events = [events_of(process) for process in together]
    epochs = [alone.events("epoch"), *([event for event in heard if event["event"] == "epoch"] for heard in events)]
    figures = [[epoch["validation"]["nats_per_token"] for epoch in of] for of in epochs]
    assert len(figures[0]) == 2
    assert figures[1] == figures[2] == pytest.approx(figures[0], abs=1e-4)
    training = [[epoch["training"] for epoch in of][1:] for of in epochs]
    assert training[1] == training[2] == pytest.approx(training[0], abs=1e-4)
    assert events[0][kinds(events[0]).index("start")]["workers"] == 2
    assert "saved" in kinds(events[0])
    assert "saved" not in kinds(events[1]), "only the chief writes"
    assert not (tmp_path / "worker").exists()
    ids = load(tmp_path / "alone").vocabulary.encode("salt ")
    np.testing.assert_allclose(load(tmp_path / "chief").logits(ids), load(tmp_path / "alone").logits(ids), atol=1e-3)


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
    assert two == pytest.approx(one, rel=1e-4)
