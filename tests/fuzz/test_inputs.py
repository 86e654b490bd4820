"""A short run of each of the fuzzers that need no process for each input, and one faulty input of each kind of fault
that they found."""

import os
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from charrnn_engine import CharRNN, generate
from tests.fuzz import api, commands, files, terminal_bytes
from tests.fuzz.frame import Look, run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs timers and terminals")


@pytest.fixture
def back_again() -> Iterator[None]:
    """Command lines are run in folders of their own."""
    before = Path.cwd()
    yield
    os.chdir(before)


@pytest.mark.usefixtures("back_again")
@pytest.mark.parametrize(
    ("looks", "count"),
    [(files.LOOKS, 40), (api.LOOKS, 25), (commands.LOOKS, 60), (terminal_bytes.LOOKS, 1)],
    ids=["files", "api", "commands", "terminal"],
)
def test_nothing_of_what_is_tried_breaks_it(looks: dict[str, Look], count: int) -> None:
    turns = iter([*repeat(True, count), False])
    counts, faults = run(looks, 7, lambda: next(turns))
    assert counts.total() == count * len(looks)
    assert not faults


@pytest.mark.usefixtures("back_again")
def test_what_the_fuzzers_found_stays_mended(home: Path, tmp_path: Path, model: CharRNN) -> None:
    os.mkfifo(tmp_path / "pipe")
    for args in (["sample", f"--{'x' * 5000}"], ["sample", "--replay", str(tmp_path / "pipe")], ["train", "/"]):
        commands.check(args)
    for prompt in (5, b"the", None):
        with pytest.raises(TypeError, match="must be a text"):
            generate(model, prompt)  # type: ignore[arg-type]
