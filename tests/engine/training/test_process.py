"""The training process: what it reports, that nothing is lost when it is killed, and that several share a run."""

import io
import json
import random
import signal
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.keras
pytest.importorskip("tensorflow")

from charrnn_engine import load  # noqa: E402
from charrnn_engine.runs import launch, runs  # noqa: E402
from charrnn_engine.runs.state import read_state  # noqa: E402
from charrnn_engine.training.batches import Schedule  # noqa: E402
from charrnn_engine.training.encoded_corpus import open_corpus  # noqa: E402
from charrnn_engine.training.events import Reporter  # noqa: E402
from charrnn_engine.training.trainer import Trainer  # noqa: E402
from tests.engine.conftest import events_of, tell, wait_for  # noqa: E402


def kinds(events):
    return [event["event"] for event in events]


def test_a_run_paused_left_alone_killed_and_broken_off_learns_what_an_undisturbed_one_does(
    settings_of, spawn, tmp_path
):
    settings = settings_of(
        epochs=12, batch=4, patience=12, save_every=0.0, keep_epochs=3, network={"recurrent_dropout": 0.2}
    )
    out = Path(settings.out)
    process = spawn(settings, control=True)
    wait_for(process, "step")
    tell(process, "pause")
    wait_for(process, "paused")
    assert read_state(out).progress.total > 0, "it has saved itself first"
    tell(process, "resume")
    wait_for(process, "resumed")
    tell(process, "detach")
    process.stdin.close()
    for _ in range(random.Random().randint(2, 6)):
        assert '"error"' not in process.stdout.readline()
    assert runs.live_pid(out) == process.pid, "it goes on alone"
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    stood = read_state(out).progress

    process = spawn(replace(settings, resume=True), control=True)
    started = wait_for(process, "start")
    assert started["resumed"]
    assert started["done"] == stood.total > 0
    wait_for(process, "saved")
    tell(process, "pause")
    wait_for(process, "paused")
    process.stdin.close()  # who has started it is gone
    assert wait_for(process, "finished")["reason"] == "interrupted"
    assert process.wait(60) == 130

    assert load(out).card["training"]["epochs"] > 0
    journal, _ = runs.read_events(runs.events_file(out))
    told = [kind for kind in kinds(journal) if kind in ("loading", "start", "paused", "resumed", "finished")]
    assert told == ["loading", "start", "paused", "resumed", "loading", "start", "paused", "finished"]
    assert all(isinstance(event["time"], float) for event in journal)
    state = read_state(out)
    assert 0 < state.progress.epoch < 12
    assert_equal(in_this_process(settings, tmp_path, state), in_this_process(settings, tmp_path))


def assert_equal(one, other):
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def in_this_process(settings, tmp_path, state=None):
    """Trains to the end, from a state where there is one, and gives the weights."""
    settings = replace(settings, out=str(tmp_path / "here"), save_every=60.0, keep_epochs=0)
    corpus = open_corpus(settings.corpus, state.vocabulary if state else None, settings.seed)
    trainer = Trainer(settings, corpus, Reporter(io.StringIO()))
    if state:
        trainer.restore(state)
    trainer.run()
    return trainer.optimisation.weights()


def test_what_runs_would_take_is_measured_one_after_the_other(settings_of, table_file, tmp_path):
    lines = {"path": str(table_file), "columns": ["title", "body"], "lines": True, "validation": "0.2"}
    asked = [
        settings_of(epochs=100),
        settings_of(corpus={"path": str(tmp_path / "gone.txt")}),
        settings_of(corpus=lines, network={"cell": "gru"}, half_weights=True),
        settings_of(network={"units": 10_000_000}),
    ]
    process = launch.measure(asked)
    events = [launch.parse(line) for line in process.stdout]
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


def test_two_workers_learn_what_one_does(settings_of, spawn, tmp_path):
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    plain = {"epochs": 3, "batch": 4, "network": {"dropout": 0.0}}
    together = [
        spawn(
            settings_of(**plain, out=str(tmp_path / f"worker-{index}")),
            TF_CONFIG=json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    alone = events_of(spawn(settings_of(**plain, out=str(tmp_path / "alone"))))
    heard = [events_of(process) for process in together]
    figures = [
        [event["validation"]["nats_per_token"] for event in events if event["event"] == "epoch"]
        for events in (alone, *heard)
    ]
    assert len(figures[0]) == 4
    assert figures[1] == figures[2]
    assert figures[1] == pytest.approx(figures[0], abs=1e-4)
    assert heard[0][kinds(heard[0]).index("start")]["workers"] == 2
    training = [
        [event["training"] for event in events if event["event"] == "epoch"][1:] for events in (alone, *heard)
    ]
    assert training[1] == training[2] == pytest.approx(training[0], abs=1e-4)
    assert "saved" in kinds(heard[0])
    assert "saved" not in kinds(heard[1]), "only the chief writes"
    ids = load(tmp_path / "alone").vocabulary.encode("salt ")
    np.testing.assert_allclose(
        load(tmp_path / "worker-0").logits(ids), load(tmp_path / "alone").logits(ids), atol=1e-3
    )
