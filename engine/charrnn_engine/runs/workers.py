"""The workers that share a run, as TensorFlow reads them from TF_CONFIG. Plain data; no TensorFlow."""

import json
import re

from charrnn_engine.errors import SettingsError, shown


def cluster_config(workers: str, number: int) -> str:
    """TF_CONFIG for worker `number`, from 0, of `host:port,host:port`. The first one is the chief. Raises
    SettingsError."""
    addresses = [address.strip() for address in workers.split(",")]
    for address in addresses:
        if not re.fullmatch(r"[^\s:/]+:\d{1,5}|\[[\da-fA-F:]+\]:\d{1,5}", address):
            raise SettingsError(f"--workers names {shown(address)}; a worker is HOST:PORT, and commas part them")
    if len(set(addresses)) < len(addresses) or len(addresses) < 2:
        raise SettingsError("--workers names two or more different workers")
    if not 0 <= number < len(addresses):
        raise SettingsError(f"--worker is {number}; it is from 0 to {len(addresses) - 1}, the place in --workers")
    return json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": number}})
