"""`charrnn-tui units`: the table, the JSON lines, the list of properties, and what is refused."""

import json

import pytest


@pytest.fixture
def text(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("the quick " * 60, encoding="utf-8")
    return file


def test_units_are_listed_best_first_as_a_table(command, speller_folder, text):
    done = command("units", speller_folder, text, "--regex", "q", "--top", "3")
    assert done.code == 0
    heading, best, *others = done.out.splitlines()
    assert heading.split() == ["unit", "AUROC", "sign", "all", "units"]
    assert best.split() == ["h1.6", "1.000", "+", "1.000"]
    assert len(others) == 2
    assert "/q/, inside a match of 'q' · in text.txt" in done.err


def test_json_is_an_object_a_line_with_the_effect_beside_the_score(command, speller_folder, text):
    done = command("units", speller_folder, text, "--regex", "q", "--top", "2", "--effect", "--json")
    assert (done.code, done.err) == (0, "")
    best, _ = map(json.loads, done.out.splitlines())
    effect = best.pop("effect")
    assert best == {"unit": "h1.6", "measure": "auroc", "score": 1.0, "direction": 1, "probe": 1.0}
    assert set(effect) == {"figure", "low", "free", "high", "texts", "tokens"}
    # Held where "q" has been read, the speller writes what follows it for ever, and no "q".
    assert effect["high"]["mean"] < 0.5 * effect["free"]["mean"]
    assert effect["high"]["held"] > effect["low"]["held"]
    plain = command("units", speller_folder, text, "--regex", "q", "--top", "1", "--json")
    assert json.loads(plain.out)["effect"] is None


def test_the_effect_stands_in_the_table_with_what_it_is(command, speller_folder, text):
    done = command("units", speller_folder, text, "--property", "vowel", "--top", "1", "--effect")
    heading, row, note = done.out.splitlines()
    assert heading.endswith("held at +3 sd")
    assert row.count("±") == 3
    assert note.startswith("Effect: share of characters with vowel")


def test_without_a_text_the_model_writes_one_itself(command, speller_folder):
    done = command("units", speller_folder, "--property", "word-position", "--top", "1", "--json")
    assert done.code == 0
    assert json.loads(done.out)["measure"] == "r"


def test_a_column_and_the_end_of_a_text_can_be_named(command, speller_folder, tmp_path, text):
    file = tmp_path / "table.csv"
    file.write_text("title,body\n" + "the quick,x\n" * 40, encoding="utf-8")
    done = command("units", speller_folder, file, "--column", "title", "--regex", "q", "--top", "1", "--json")
    assert json.loads(done.out)["unit"] == "h1.6"
    done = command("units", speller_folder, text, "--held-out", "0.9", "--regex", "q", "--top", "1", "--json")
    assert json.loads(done.out)["unit"] == "h1.6"


def test_the_properties_are_listed(command):
    done = command("units", "--list")
    assert done.code == 0
    assert "line-position      position in the line" in done.out.splitlines()
    listed = [json.loads(line) for line in command("units", "--list", "--json").out.splitlines()]
    assert {"property": "vowel", "description": "a vowel", "measure": "auroc"} in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a MODEL"),
        (["MODEL"], "one of --property NAME and --regex RE; --list shows the properties"),
        (["MODEL", "TEXT", "--property", "vowel", "--regex", "q"], "one of --property NAME and --regex RE"),
        (["MODEL", "TEXT", "--property", "quotes"], "no property 'quotes'; the properties are"),
        (["MODEL", "TEXT", "--regex", "("], "'(' is not a regular expression"),
        (["MODEL", "TEXT", "--property", "double-quotes"], "too little with and without double-quotes"),
        (["MODEL", "nothing.txt", "--property", "vowel"], "nothing.txt"),
        (["MODEL", "--property", "vowel", "--column", "x"], "belong to a TEXT"),
        (["nosuchmodel", "--property", "vowel"], "nosuchmodel"),
        (["MODEL", "TEXT", "--regex", "q", "--top", "0"], "--top"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(command, speller_folder, text, arguments, said):
    named = [{"MODEL": speller_folder, "TEXT": text}.get(argument, argument) for argument in arguments]
    done = command("units", *named)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err
