"""A short run of each fuzzer that doesn't need a process for each input, and some inputs that found faults."""

import os
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from charrnn_engine import CharRNN, generate
from tests.fuzz import api, commands, files, terminal_bytes
from tests.fuzz.frame import Target, run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs timers and terminals")


@pytest.fixture
def working_folder_restored() -> Iterator[None]:
    """Command lines are run in folders of their own."""
    before = Path.cwd()
    yield
    os.chdir(before)


@pytest.mark.usefixtures("working_folder_restored")
@pytest.mark.parametrize(
    ("targets", "count"),
    [(files.TARGETS, 40), (api.TARGETS, 25), (commands.TARGETS, 60), (terminal_bytes.TARGETS, 1)],
    ids=["files", "api", "commands", "terminal"],
)
def test_a_short_run_finds_no_fault(targets: dict[str, Target], count: int) -> None:
    turns = iter([*repeat(True, count), False])
    counts, faults = run(targets, 7, lambda: next(turns))
    assert counts.total() == count * len(targets)
    assert not faults


@pytest.mark.usefixtures("working_folder_restored")
def test_faults_that_were_found_stay_fixed(home: Path, tmp_path: Path, model: CharRNN) -> None:
    os.mkfifo(tmp_path / "pipe")
    for args in (["sample", f"--{'x' * 5000}"], ["sample", "--replay", str(tmp_path / "pipe")], ["train", "/"]):
        commands.check(args)
    for prompt in (5, b"the", None):
        with pytest.raises(TypeError, match="must be a text"):
            generate(model, prompt)  # type: ignore[arg-type]
