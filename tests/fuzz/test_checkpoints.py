"""A short run of each of the long ones, in processes of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from charrnn_engine import CharRNN
from tests.fuzz.mutations import KINDS, case
from tests.fuzz.soak import soak
from tests.tui.command import environment

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measures by /proc and inotify")


def run(module: str, *args: str) -> str:
    """What a module says that ended well."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.fuzz.{module}", *args],
        cwd=ROOT,
        env=environment(OPENBLAS_NUM_THREADS="1"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_hundreds_of_damaged_checkpoints_are_opened_or_refused_within_bounds() -> None:
    last = run("checkpoints", "--cases", "400", "--seed", "20").splitlines()[-1]
    assert last.startswith("400 cases: ")
    assert " 0 faults" in last


def test_checkpoints_as_large_as_they_may_be_are_refused_within_bounds() -> None:
    names = [
        "a_zip_bomb",
        "a_million_members",
        "a_vocabulary_of_lists",
        "a_card_of_lists",
        "an_embedding_that_unfolds",
        "many_attributes",
        "a_dense_layer_that_unfolds",
        "tensors_with_nan_at_their_end",
    ]
    assert run("large", *names).count(" refused\n") == len(names)


def test_cases_are_repeatable_and_every_kind_occurs() -> None:
    cases = [case(3, number) for number in range(250)]
    assert {made.kind for made in cases} == set(KINDS)
    for number, made in enumerate(cases):
        if made.kind not in ("hdf5 structure", "model structure"):  # libhdf5 leaves bytes unset that mean nothing
            assert made == case(3, number)


def test_a_long_text_with_rewinding_is_repeatable_in_constant_memory(
    model: CharRNN,
) -> None:
    report = soak(model, 20_000, rounds=10, seed=1)
    assert len(report.memory) == 10
    assert report.growth() < 20_000_000
    again = soak(model, 20_000, rounds=4, seed=1)
    assert again.digest == report.digest
    assert soak(model, 1_000, rounds=1, seed=2).digest != soak(model, 1_000, rounds=1, seed=1).digest
