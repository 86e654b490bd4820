"""TF_CONFIG names the processes that share a run, as TensorFlow documents it; anything else is refused in a line."""

import json

import pytest

from charrnn_engine.errors import SettingsError
from charrnn_engine.runs.cluster import Task, cluster_config, read_task


def config(cluster, kind="worker", index=0):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("value", "task"),
    [
        ("", Task(0, 1)),
        ("{}", Task(0, 1)),
        (config({"worker": ["a:1"]}), Task(0, 1)),
        (config({"worker": ["a:1", "b:1", "c:1"]}, index=2), Task(2, 3)),
        (config({"worker": ["a:1", "b:1"]}, index="1"), Task(1, 2)),
        (config({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, "chief"), Task(0, 3)),
        (config({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, "worker", 0), Task(1, 3)),
        (config({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, "worker", 1), Task(2, 3)),
    ],
)
def test_a_chief_comes_before_the_workers(value, task):
    assert read_task(value) == task


def test_options_name_the_workers_as_tf_config_does():
    assert [read_task(cluster_config("a:1, b.org:65535,[::1]:3", n)) for n in range(3)] == [
        Task(n, 3) for n in range(3)
    ]
    for workers, said in (("a:1", "at least two"), ("a:1,a:1", "different"), ("a:1,http://b", "'http://b'")):
        with pytest.raises(SettingsError, match=said):
            cluster_config(workers, 0)


def test_only_one_process_is_the_chief():
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    tasks = [read_task(config(cluster, *task)) for task in (("chief", 0), ("worker", 0), ("worker", 1))]
    assert [task.chief for task in tasks] == [True, False, False]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nonsense", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"cluster": {"worker": 2}}', "not a JSON object"),
        ('{"cluster": {"worker": ["a", "b"]}, "task": {"index": 1e400}}', "worker 'inf' of 2"),
        (config({"worker": ["a:1", "b:1"]}, index=2), "worker '2' of 2; indices start at 0"),
        (config({"worker": ["a:1", "b:1"]}, index=-1), "worker '-1' of 2"),
        (config({"chief": ["a:1", "b:1"]}, "chief"), "with one chief"),
        (config({"worker": ["a:1", "b:1"]}, "evaluator"), "names 'evaluator'; .* a chief and workers only"),
        (config({"worker": ["a:1", "b:1"], "ps": ["c:1"]}), "names 'ps'"),
    ],
)
def test_anything_else_is_refused_in_a_line(value, said):
    with pytest.raises(SettingsError, match=f"^TF_CONFIG .*{said}") as error:
        read_task(value)
    assert "\n" not in str(error.value)
