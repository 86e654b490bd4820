"""What the benchmarks share: one thread for the products, and networks of the sizes that people train."""

import pytest

from tests.benchmarks.machine import use_one_thread
from tests.benchmarks.networks import Measured, random_network

SIZES = [("LSTM", 1, 128), ("LSTM", 2, 512), ("GRU", 1, 128), ("SimpleRNN", 1, 128)]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """As the command line has it. The environment would come too late: numpy is imported by now."""
    use_one_thread()


@pytest.fixture(scope="session", params=SIZES, ids=lambda size: "{}-{}x{}".format(*size))
def measured(request: pytest.FixtureRequest) -> Measured:
    """A network of random weights over 81 tokens."""
    return random_network(*request.param)


@pytest.fixture(scope="session")
def small() -> Measured:
    """One LSTM of 128 units."""
    return random_network("LSTM", 1, 128)
