"""`charrnn-tui import`: a model and a tokenizer in, a model that opens by name out."""

import json

import pytest

from charrnn_engine import load


@pytest.fixture
def tokenizer(model_folder, tmp_path):
    file = tmp_path / "tokenizer.json"
    tokens = load(model_folder).vocabulary.tokens
    file.write_text(json.dumps({token: index for index, token in enumerate(tokens) if index}), encoding="utf-8")
    return file


def test_an_imported_model_opens_by_its_name(command, model_folder, tokenizer):
    done = command("import", model_folder / "model.keras", tokenizer, "--name", "mine")
    assert (done.code, done.out) == (0, "")
    assert load("mine").vocabulary == load(model_folder).vocabulary
    again = command("import", model_folder / "model.keras", tokenizer, "--name", "mine")
    assert again.code == 2
    assert "--force replaces it" in again.err
    assert command("import", model_folder / "model.keras", tokenizer, "--name", "mine", "--force").code == 0


def test_where_to_must_be_said(command, model_folder, tokenizer):
    done = command("import", model_folder / "model.keras", tokenizer)
    assert done.code == 2
    assert "--name NAME or --out DIR" in done.err


def test_a_tokenizer_that_isnt_there_is_named(command, model_folder, tmp_path):
    done = command("import", model_folder / "model.keras", tmp_path / "gone.json", "--out", tmp_path / "x")
    assert done.code == 2
    assert "gone.json: there is no such file" in done.err
