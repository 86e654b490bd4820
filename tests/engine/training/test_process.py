"""The training process: what it reports, that nothing is lost when it is killed, and that several share a run."""

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
from charrnn_engine.training.state import read_state  # noqa: E402
from tests.engine.training.conftest import events_of  # noqa: E402


def kinds(events):
    return [event["event"] for event in events]


def test_killed_at_a_random_moment_a_run_always_resumes(settings_of, spawn):
    settings = settings_of(epochs=10, batch=4, save_every=0.0, sample_every=10_000)
    process = spawn(settings)
    # By the third line the state of the first step stands.
    lines = [process.stdout.readline() for _ in range(random.Random().randint(3, 18))]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert all('"error"' not in line for line in lines), lines
    stood = read_state(Path(settings.out)).progress
    events = events_of(spawn(replace(settings, resume=True, epochs=12)))
    assert events[0]["done"] == stood.total > 0
    assert (events[-1]["event"], events[-1]["reason"], events[-1]["epochs"]) == ("finished", "done", 12)
    assert load(settings.out).card["training"]["epochs"] > 0


def test_sigterm_saves_and_leaves_with_130(settings_of, spawn):
    process = spawn(settings_of(epochs=1000))
    next(line for line in process.stdout if '"step"' in line)
    process.send_signal(signal.SIGTERM)
    events = events_of(process)
    assert process.returncode == 130
    assert (events[-1]["event"], events[-1]["reason"]) == ("finished", "interrupted")


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
    assert len(figures[0]) == 3
    assert figures[1] == figures[2]
    assert figures[1] == pytest.approx(figures[0], abs=1e-4)
    assert heard[0][0]["workers"] == 2
    training = [[event["training"] for event in events if event["event"] == "epoch"] for events in (alone, *heard)]
    assert training[1] == training[2] == pytest.approx(training[0], abs=1e-4)
    assert "saved" in kinds(heard[0])
    assert "saved" not in kinds(heard[1]), "only the chief writes"
    ids = load(tmp_path / "alone").vocabulary.encode("salt ")
    np.testing.assert_allclose(
        load(tmp_path / "worker-0").logits(ids), load(tmp_path / "alone").logits(ids), atol=1e-3
    )
