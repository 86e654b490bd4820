"""`charrnn-tui import`: a model and its vocabulary or its text in, a model that opens by name out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from charrnn_engine import load
from tests.archives import write_textgenrnn
from tests.engine.checkpoints.test_importing import bigram_model, english


@pytest.fixture
def tokenizer(model_folder: Path, tmp_path: Path) -> Path:
    file = tmp_path / "tokenizer.json"
    tokens = load(model_folder).vocabulary.tokens
    file.write_text(json.dumps({token: index for index, token in enumerate(tokens) if index}), encoding="utf-8")
    return file


@pytest.mark.parametrize("way", [["--vocabulary"], []], ids=["option", "argument"])
def test_an_imported_model_opens_by_its_name(
    command: Any, model_folder: Path, tokenizer: Path, way: list[str]
) -> None:
    arguments = ["import", model_folder / "model.keras", *way, tokenizer, "--name", "mine"]
    done = command(*arguments)
    assert (done.code, done.out) == (0, "")
    assert load("mine").vocabulary == load(model_folder).vocabulary
    again = command(*arguments)
    assert again.code == 2
    assert "--force replaces it" in again.err
    assert command(*arguments, "--force").code == 0


def test_a_text_is_enough_and_what_was_found_is_said(command: Any, tmp_path: Path) -> None:
    text = english()
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    bigram_model(text, sorted(set(text))).save_h5(tmp_path / "model.h5")
    done = command("import", tmp_path / "model.h5", "--text", tmp_path / "text.txt", "--out", tmp_path / "mine")
    assert (done.code, done.out) == (0, "")
    assert "vocabulary: the characters of the text as it is, sorted, ids from 0" in done.err
    assert "(state carried on)" in done.err
    assert "letters alone" in done.err
    assert command("sample", tmp_path / "mine", "--prompt", "the ", "--max-chars", "9").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--name NAME or --out DIR"),
        (["--name", "../x"], "can't be the name of a model"),
        (["--name", "x" * 300], "can't be the name of a model"),
        (["--out", "x"], "name its --vocabulary FILE"),
        (["--out", "x", "--lower"], "add --text FILE"),
        (["--out", "x", "--text", "gone.txt"], "gone.txt: there is no such file"),
        (["--out", "x", "--vocabulary", "gone.json"], "gone.json: there is no such file"),
        (["--out", "x", "--text", "gone.txt", "--slice", "7"], "a slice is two numbers"),
        (["--out", "x", "--window", "0"], "--window"),
    ],
)
def test_what_cant_be_imported_is_said_in_one_line(
    command: Any, model_folder: Path, options: list[str], said: str
) -> None:
    done = command("import", model_folder / "model.keras", *options)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_every_example_of_the_documentation_works(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[3] / "docs" / "own-models.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    examples = [line.split()[1:] for line in lines if line.startswith("charrnn-tui import ") and "[" not in line]
    text = english()
    tokens = sorted(set(text))
    archive, index = bigram_model(text, tokens), {token: number for number, token in enumerate(tokens)}
    monkeypatch.chdir(tmp_path)
    archive.save(tmp_path / "model.keras")
    archive.save_h5(tmp_path / "model.h5")
    for name in ("tokenizer.json", "char_indices.json", "chars.json"):
        (tmp_path / name).write_text(json.dumps(index))
    (tmp_path / "poems.txt").write_text(text)
    (tmp_path / "shakespeare.txt").write_text((text + "ÀÉ" * 50)[:10_000] + text * 5)
    write_textgenrnn(tmp_path / "x_weights.hdf5", 4)
    (tmp_path / "x_vocab.json").write_text(json.dumps({"a": 1, "b": 2, "<s>": 3}))
    size = len(tokens)
    tensors = {"rnn.weight_ih_l0": np.eye(size, dtype="f"), "rnn.weight_hh_l0": np.zeros((size, size), "f")}
    save_file({**tensors, "fc.weight": np.eye(size, dtype="f")}, tmp_path / "lstm.safetensors")
    assert len(examples) == 6
    for example in examples:
        done = command(*example, "--force")
        assert done.code == 0, (example, done.err)
        assert load("mine").name == "mine"
