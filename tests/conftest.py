"""What all tests share: an empty home directory for each, and small checkpoints made without Keras."""

import os
from itertools import count
from pathlib import Path

# As the command line does, before numpy is imported: two threads that share a small product wait milliseconds for
# each other when the machine is busy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from charrnn_engine import CharRNN, load
from tests.archives import write_model, write_speller

settings.register_profile("same every time", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("same every time")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


_NUMBERS = count()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process per core, but four at the most, because each of them loads TensorFlow. None for benchmarks."""
    return 0 if config.getoption("benchmark_only", False) else min(os.cpu_count() or 1, 4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """TensorFlow takes seconds to import and stays in memory, so tests that need it run last."""
    items.sort(key=lambda item: item.get_closest_marker("keras") is not None)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the home directories are, numbered here: `mktemp` would look through thousands of them for each."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory: the user's own files are not read, and the test leaves none."""
    for name in ("COLUMNS", "LINES"):  # they override a terminal's own size, and importing readline sets them
        monkeypatch.delenv(name, raising=False)
    home = homes / str(next(_NUMBERS))
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("CHARRNN_CHECKPOINTS", str(home / "checkpoints"))
    return home


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of random weights, one LSTM of 16 units. Read-only."""
    return write_model(tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def model(model_folder: Path) -> CharRNN:
    return load(model_folder)


@pytest.fixture(scope="session")
def speller_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that greedily spells "the quick" and then `<eos>`. Read-only."""
    return write_speller(tmp_path_factory.mktemp("models") / "speller")


@pytest.fixture(scope="session")
def speller(speller_folder: Path) -> CharRNN:
    return load(speller_folder)
