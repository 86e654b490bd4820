"""`charrnn-tui evaluate`: figures as a table or as JSON, and in the card with --record."""

import json
import shutil
from pathlib import Path

import pytest

from charrnn_engine import load
from charrnn_engine.evaluation.corpus import evaluate


@pytest.fixture
def texts(tmp_path):
    file = tmp_path / "texts.csv"
    file.write_text("title,body\nthe quick,x\nthe quick,y\n", encoding="utf-8")
    return file


def test_the_figures_equal_those_from_python(command, model_folder, texts):
    done = command("evaluate", model_folder, texts, "--column", "title", "--lines", "--json")
    assert (done.code, done.err) == (0, "")
    figures = json.loads(done.out)
    wanted = evaluate(load(model_folder), str(texts), column="title").score
    assert figures["bits_per_character"] == wanted.bits_per_character
    assert (figures["tokens"], figures["texts"]) == (wanted.tokens, 2)
    assert (figures["samples"], figures["state"], figures["corpus"]) == ("lines", "fresh", "texts.csv, column title")


def test_the_table_names_corpus_and_figures(command, model_folder, texts):
    done = command("evaluate", model_folder, texts, "--column", "title")
    assert done.code == 0
    assert "texts.csv, column title (lines, fresh state)" in done.out
    assert "bits per character" in done.out


def test_a_running_text_is_measured_in_windows_at_its_end_or_with_the_state_carried(command, model_folder, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("the quick " * 50, encoding="utf-8")
    figures = []
    for options in (["--window", "10"], ["--window", "10", "--held-out", "0.2"], ["--window", "10", "--carry-state"]):
        figures.append(json.loads(command("evaluate", model_folder, file, *options, "--json").out))
    assert [entry["tokens"] for entry in figures] == [499, 99, 499]
    for name, content in (("1.txt", "the quick\n"), ("2.txt", "the &quot;quick;\\")):
        (tmp_path / "more" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "more" / name).write_text(content, encoding="utf-8")
    several = json.loads(command("evaluate", model_folder, tmp_path / "more", file, "--unescape", "--json").out)
    assert (several["characters"], several["texts"]) == (9 + 11 + 499, 3)
    assert several["corpus"] == "more and 1 more, without HTML"
    assert figures[2]["state"] == "carried"
    assert figures[0]["nats_per_token"] != figures[2]["nats_per_token"]


def test_figures_are_recorded_in_the_card_once(command, model_folder, texts, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(model_folder, folder)
    for _ in range(2):
        assert command("evaluate", folder, texts, "--column", "title", "--record").code == 0
    recorded = [e for e in load(folder).card["held_out"] if e.get("corpus") == "texts.csv, column title"]
    assert len(recorded) == 1
    assert recorded[0]["texts"] == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--lines", "--window", "9"], "exclude each other"),
        (["--column", "nope"], "no column 'nope'"),
        (["--column", "title", "--carry-state"], "for running texts"),
        (["--window", "0"], "--window"),
    ],
)
def test_a_mistake_is_reported(command, model_folder, texts, options, said):
    done = command("evaluate", model_folder, texts, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_text_of_one_token_is_refused(command, model_folder, tmp_path):
    file = tmp_path / "one.txt"
    file.write_text("t", encoding="utf-8")
    done = command("evaluate", model_folder, file, "--window", "9")
    assert done.code == 2
    assert "nothing to score" in done.err


def test_dynamic_evaluation_gives_a_line_for_each_rate(command, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("To be, or not to be. " * 60, encoding="utf-8")
    result = command("evaluate", "headlines-notebook", text, "--adapt", 0.01, "--adapt")
    lines = result.out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "static, carried state, the model as it is",
        "dynamic, carried state, rate 0.01",
        "dynamic, carried state, rate 0.003",
    ]
    [static, dynamic] = map(
        json.loads, command("evaluate", "headlines-notebook", text, "--json", "--adapt", 0.01).out.splitlines()
    )
    assert (static["state"], dynamic["state"], dynamic["adapt"]) == ("carried", "dynamic, carried", 0.01)
    assert dynamic["nats_per_character"] < static["nats_per_character"]
    refused = command("evaluate", "headlines-notebook", text, "--lines", "--adapt")
    assert (refused.code, "leave out --lines" in refused.err) == (2, True)


def test_the_first_character_of_a_line_is_scored_on_request(command, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("emma\nolivia\n", encoding="utf-8")
    rest = json.loads(command("evaluate", "names", file, "--lines", "--json").out)
    whole = json.loads(command("evaluate", "names", file, "--lines", "--first", "--json").out)
    assert (rest["tokens"], whole["tokens"], whole["samples"]) == (10, 12, "whole lines")
    assert whole["nats_per_token"] * 12 > rest["nats_per_token"] * 10
    refused = command("evaluate", "names", file, "--window", 9, "--first")
    assert (refused.code, "add --lines" in refused.err) == (2, True)
