"""The processes that share a run, which TensorFlow reads from TF_CONFIG. Plain data; no TensorFlow.

As TensorFlow documents it, a chief is the first of the workers, with more to do. Without one, worker 0 is the chief.
"""

import json
import re
from dataclasses import dataclass

from charrnn_engine.errors import SettingsError, shown


@dataclass(frozen=True)
class Task:
    """This process among the `count` that share a run, by its `index` from 0. The first one writes to the disk."""

    index: int = 0
    count: int = 1

    @property
    def chief(self) -> bool:
        return self.index == 0


ALONE = Task()


def read_task(config: str) -> Task:
    """The task that the value of TF_CONFIG names. Raises SettingsError."""
    try:
        data = json.loads(config or "{}")
        cluster, task = data.get("cluster", {}), data.get("task", {})
        chiefs, workers = (len(list(cluster.get(kind, []))) for kind in ("chief", "worker"))
        kind, number = task.get("type", "worker"), str(task.get("index", 0))
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise SettingsError("TF_CONFIG is not a JSON object with a cluster and a task") from None
    if other := next((name for name in (*cluster, kind) if name not in ("chief", "worker")), None):
        raise SettingsError(f"TF_CONFIG names {shown(other)}; a run is shared by a chief and workers only")
    if chiefs + workers < 2:
        return ALONE
    most = chiefs if kind == "chief" else workers
    if chiefs > 1 or not (number.isdecimal() and len(number) < 10 and int(number) < most):
        raise SettingsError(f"TF_CONFIG names {kind} {shown(number)} of {most}; indices start at 0, with one chief")
    return Task(int(number) + (chiefs if kind == "worker" else 0), chiefs + workers)


def cluster_config(workers: str, number: int) -> str:
    """TF_CONFIG for worker `number`, from 0, of workers such as "host:port,host:port". The first one is the chief.
    Raises SettingsError."""
    addresses = [address.strip() for address in workers.split(",")]
    for address in addresses:
        if not re.fullmatch(r"[^\s:/]+:\d{1,5}|\[[\da-fA-F:]+\]:\d{1,5}", address):
            raise SettingsError(f"--workers names {shown(address)}; it must be HOST:PORT,HOST:PORT")
    if len(set(addresses)) < len(addresses) or len(addresses) < 2:
        raise SettingsError("--workers must name at least two workers, all different")
    if not 0 <= number < len(addresses):
        raise SettingsError(f"--worker is {number}; it must be from 0 to {len(addresses) - 1}, a place in --workers")
    return json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": number}})
