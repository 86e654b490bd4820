"""The extra `fast`: compiled code writes what `generate` writes, and where it can't be used nothing is lost."""

import dataclasses
import math
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from charrnn_engine import (
    CharRNN,
    CheckpointError,
    Controls,
    Token,
    Wanted,
    compiled,
    generate_batch,
    generate_many,
    load,
)
from charrnn_engine.sampling.distribution import NEGLIGIBLE, filter_margin, filter_weights
from charrnn_engine.vocabulary import EOS, PAD, Vocabulary
from tests.archives import characters, network, write_folder
from tests.engine.generation import batches
from tests.engine.generation.batches import alone, ids, rows_of, texts_of

pytest.importorskip("numba")

from charrnn_engine.compiled import kernel
from charrnn_engine.compiled.rows import CompiledRows

NETWORKS: dict[str, dict[str, Any]] = {
    "LSTM": {"cell": "LSTM"},
    "three LSTMs of odd sizes": {"cell": "LSTM", "layers": 3, "units": 21},
    "LSTM without bias": {"cell": "LSTM", "bias": False, "embedding": 7},
    "GRU": {"cell": "GRU"},
    "two GRUs": {"cell": "GRU", "layers": 2, "units": 21},
    "GRU that resets before": {"cell": "GRU", "reset_after": False},
    "two GRUs that reset before": {"cell": "GRU", "layers": 2, "units": 21, "reset_after": False},
    "SimpleRNN": {"cell": "SimpleRNN", "units": 40},
    "two SimpleRNNs": {"cell": "SimpleRNN", "layers": 2},
}
EVERY_KIND = [*batches.EVERY_KIND, Wanted("the", Controls(1e-30), 4), Wanted("the", Controls(1e300), 5)]


@pytest.fixture(autouse=True)
def at_once(batches_as_at_the_start: None) -> None:
    """Batches are stepped by compiled code from their first token on."""
    assert compiled.load()


@pytest.fixture
def no_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails where a batch is stepped without compiled code."""
    monkeypatch.delattr("charrnn_engine.generation.rows.PlainRows.finish")


@pytest.fixture(scope="module", params=NETWORKS)
def any_model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CharRNN:
    """Weights small enough that a difference in the last bit doesn't grow from step to step."""
    vocabulary = characters()
    sizes = NETWORKS[request.param]
    archive = network(len(vocabulary), **sizes, scale=0.6 / math.sqrt(sizes.get("units", 16)))
    return load(write_folder(tmp_path_factory.mktemp("models") / "model", archive, vocabulary))


@pytest.mark.usefixtures("no_numpy")
def test_every_network_writes_what_generate_writes(any_model: CharRNN) -> None:
    wanted = [Wanted(prompt, controls, seed) for seed in range(3) for prompt, controls, _ in EVERY_KIND]
    for each, row in zip(wanted, rows_of(any_model, wanted, 150), strict=True):
        one = alone(any_model, each, 150)
        assert ids(row) == ids(one)
        for ours, theirs in zip(row, one, strict=True):
            assert ours[:2] + ours[5:] == theirs[:2] + theirs[5:]
            assert ours[2:5] == pytest.approx(theirs[2:5], rel=1e-4, abs=1e-6)


@st.composite
def networks(draw: st.DrawFn) -> CharRNN:
    """Of any size, with a vocabulary of any size."""
    eos = draw(st.sampled_from([1, None]))
    tokens = [PAD, *([EOS] if eos else []), *map(chr, range(0x100, 0x100 + draw(st.integers(3, 70))))]
    units = draw(st.integers(1, 70))
    archive = network(
        len(tokens),
        cell=draw(st.sampled_from(["LSTM", "GRU", "SimpleRNN"])),
        layers=draw(st.integers(1, 4)),
        units=units,
        embedding=draw(st.none() | st.integers(1, 20)),
        bias=draw(st.booleans()),
        reset_after=draw(st.booleans()),
        scale=0.5 / math.sqrt(units),
        seed=draw(st.integers(0, 99)),
    )
    with TemporaryDirectory() as folder:
        return load(write_folder(Path(folder) / "model", archive, Vocabulary(tokens, eos)))


@settings(max_examples=40)
@given(networks(), st.integers(1, 20), st.integers(1, 70), st.booleans())
def test_networks_of_any_size_write_what_generate_writes(
    any_network: CharRNN, rows: int, most: int, endless: bool
) -> None:
    controls = [each.controls for each in EVERY_KIND]
    wanted = [Wanted(any_network.vocabulary.tokens[2 + n % 2], controls[n % len(controls)], n) for n in range(rows)]
    texts = map(ids, rows_of(any_network, wanted, most, endless=endless))
    assert list(texts) == [ids(alone(any_network, each, most, endless=endless)) for each in wanted]


@pytest.mark.usefixtures("no_numpy")
def test_where_rounding_could_decide_a_draw_it_is_drawn_to_the_bit(
    model: CharRNN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charrnn_engine.sampling.sampler.NEAR", 1e9)  # every draw could be
    monkeypatch.setattr("charrnn_engine.sampling.sampler.NEAR_OF_REACH", 1e9)
    monkeypatch.setattr("charrnn_engine.sampling.sampler.NEAR_LOGITS", 1e9)
    wanted = [each for each in EVERY_KIND if each.controls.temperature > 0.1]  # below, nothing is near to anything
    assert rows_of(model, wanted, 200) == [alone(model, each, 200) for each in wanted]


@pytest.mark.usefixtures("no_numpy")
@pytest.mark.parametrize("wrong_at", [0, 5, 63])
def test_a_row_that_would_have_parted_goes_on_as_generate_does(
    model: CharRNN, monkeypatch: pytest.MonkeyPatch, wrong_at: int
) -> None:
    """The kernel is made to draw another token somewhere, near a border as it would be."""
    run, chunks = CompiledRows._run, []

    def parting(rows: CompiledRows) -> bool:
        fine = run(rows)
        chunks.append(len(chunks))
        rows._near[:] = False
        if len(chunks) % 2:
            row, drawn = len(chunks) % len(rows), rows._drawn
            drawn[row, wrong_at] = drawn[row, wrong_at] % 40 + 2
            drawn[row, wrong_at + 1 :] = 3
            rows._near[row, wrong_at] = True
        return fine

    monkeypatch.setattr(CompiledRows, "_run", parting)
    wanted = [Wanted("Today ", Controls(), seed) for seed in range(3)]
    rows = rows_of(model, wanted, 64 * 5)
    assert len(chunks) == 5
    assert [ids(row) for row in rows] == [ids(alone(model, each, 64 * 5)) for each in wanted]


@pytest.mark.usefixtures("no_numpy")
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_any_number_of_texts_are_those_that_generate_gives(any_model: CharRNN, rows: int) -> None:
    wanted = [Wanted(prompt, controls, seed) for seed in range(9) for prompt, controls, _ in EVERY_KIND]
    texts = texts_of(generate_many(any_model, wanted, rows=rows, max_tokens=90))
    assert texts == {number: ids(alone(any_model, each, 90, endless=False)) for number, each in enumerate(wanted)}


@pytest.mark.usefixtures("no_numpy")
@pytest.mark.parametrize("most", [1, 63, 64, 65, 200])
def test_rows_end_on_their_own_and_after_as_many_tokens_as_were_asked_for(speller: CharRNN, most: int) -> None:
    wanted = [
        Wanted("the", Controls(greedy=True), 1),
        Wanted("quic", Controls(50.0), 1),
        Wanted("", Controls(9.0), 2),
    ]
    texts = map(ids, rows_of(speller, wanted, most, endless=False))
    assert list(texts) == [ids(alone(speller, each, most, endless=False)) for each in wanted]


def test_compiled_code_takes_over_once_that_is_worth_while(model: CharRNN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_loaded", None)
    monkeypatch.setattr(compiled, "_WORTH_WHILE", 70 * len(EVERY_KIND) * model.parameters)
    tokens = generate_batch(model, *zip(*EVERY_KIND, strict=True), max_tokens=300, endless=True)
    rows: list[list[Token]] = [[] for _ in EVERY_KIND]
    for row, token in islice(tokens, 60 * len(EVERY_KIND)):
        rows[row].append(token)
    assert compiled._loaded is None
    for row, token in tokens:
        rows[row].append(token)
    assert compiled._loaded is True
    for each, row in zip(EVERY_KIND, rows, strict=True):
        assert ids(row) == ids(alone(model, each, 300))
        assert [token.index for token in row] == list(range(300))


def test_without_the_extra_texts_are_written_all_the_same(model: CharRNN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_loaded", None)
    monkeypatch.setattr(compiled, "_WORTH_WHILE", -1)
    monkeypatch.delitem(sys.modules, "charrnn_engine.compiled.kernel", raising=False)
    monkeypatch.delattr(compiled, "kernel", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    rows = rows_of(model, EVERY_KIND, 20)
    assert compiled._loaded is False
    for each, row in zip(EVERY_KIND, rows, strict=True):
        assert ids(row) == ids(alone(model, each, 20))


def test_a_layer_that_compiled_code_doesnt_know_is_left_to_numpy(model: CharRNN) -> None:
    first = model.network.cells[0]
    unknown = type(
        "Unknown", (), {name: getattr(first, name) for name in ("hidden", "carried", "input_size", "bind")}
    )
    foreign = dataclasses.replace(model, network=dataclasses.replace(model.network, cells=(unknown(),)))
    assert compiled.groups(foreign, 3) == []


def test_scores_that_overflow_are_refused(model: CharRNN) -> None:
    for worthless in (np.nan, np.inf, 3e38):
        head = model.network.head
        kernel_ = head.kernel.copy()
        kernel_[:, 5] = worthless
        broken = dataclasses.replace(
            model, network=dataclasses.replace(model.network, head=dataclasses.replace(head, kernel=kernel_))
        )
        with pytest.raises(CheckpointError, match="overflowed"):
            list(generate_batch(broken, ["a"] * 3, [Controls()] * 3, [1, 2, 3], max_tokens=10))


def test_texts_that_nobody_reads_to_the_end_are_let_go(model: CharRNN) -> None:
    for _ in range(20):
        tokens: Iterator[object] = generate_batch(model, ["a"] * 40, [Controls()] * 40, range(40), endless=True)
        assert len(list(islice(tokens, 45))) == 45


@given(st.floats(-100, 100, width=32))
def test_functions_are_as_exact_as_float32_is(x: float) -> None:
    assert kernel.tanh(np.float32(x)) == pytest.approx(math.tanh(x), abs=9e-8)
    assert kernel.sigmoid_of_twice(np.float32(x)) == pytest.approx((math.tanh(x) + 1) / 2, abs=9e-8)
    if abs(x) < 87:
        assert kernel.exp(np.float32(x)) == pytest.approx(math.exp(x), rel=1.3e-7)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 0.0, -0.0])
def test_functions_of_what_is_no_number_to_speak_of(x: float) -> None:
    tanh, sigmoid = kernel.tanh(np.float32(x)), kernel.sigmoid_of_twice(np.float32(x))
    assert math.copysign(1.0, tanh) == math.copysign(1.0, x)
    assert [float(tanh), float(sigmoid)] == pytest.approx([math.tanh(x), (math.tanh(x) + 1) / 2], nan_ok=True)


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30),
    st.none() | st.integers(1, 35),
    st.none() | st.floats(0, 1, exclude_min=True),
    st.none() | st.floats(0, 1),
)
def test_filters_keep_what_numpy_keeps(
    shares: list[float], top_k: int | None, top_p: float | None, min_p: float | None
) -> None:
    controls = Controls(top_k=top_k, top_p=top_p, min_p=min_p)
    assume(max(shares) > 0.01)
    weights = np.array([0.0, *shares], np.float32)
    expected = weights.astype(np.float64)
    margin = filter_margin(expected, controls)
    filter_weights(expected, controls)
    off = (top_k or 0, 2.0 if top_p is None else top_p, -1.0 if min_p is None else min_p)
    found = kernel._filter(weights, *off, NEGLIGIBLE)
    assert found == pytest.approx(margin, abs=1e-6)
    if margin > 1e-6:
        assert weights.tolist() == expected.tolist()


def test_a_process_loads_it_when_it_has_much_to_write() -> None:
    code = """
import sys
from charrnn_engine import Controls, compiled, generate_batch, load

model = load("headlines-rnn")
for _ in range(2):
    tokens = generate_batch(model, ["a"] * 3, [Controls()] * 3, [1, 2, 3], max_tokens=9, endless=True)
    print(len(list(tokens)), "numba" in sys.modules)
    compiled._WORTH_WHILE = 5
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "27 False\n27 True\n"


@pytest.mark.usefixtures("no_numpy")
def test_a_large_network_makes_few_steps_at_a_time(any_model: CharRNN, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that who ends a batch needn't wait, on any number of cores."""
    monkeypatch.setattr("charrnn_engine.compiled.rows._PRODUCTS", 1_000_000)
    for threads in (1, 2, 5, 8):
        monkeypatch.setattr("charrnn_engine.compiled.rows.threads_at_most", lambda threads=threads: threads)
        wanted = [Wanted("Today ", Controls(), seed) for seed in range(43)]
        rows = rows_of(any_model, wanted, 30)
        for seed in (0, 17, 42):
            assert ids(rows[seed]) == ids(alone(any_model, wanted[seed], 30))
