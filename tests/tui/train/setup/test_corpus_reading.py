"""A look at a corpus proposes how to read it; what was chosen instead holds."""

from pathlib import Path

import pytest

from charrnn_engine.corpus.survey import Column
from charrnn_tui.train.setup.corpus_reading import Reading, has_header, look, proposed_columns


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "news.csv"
    file.write_text("id,title,description\n1,Rain in May,It rained a lot\n2,Sun,It shone\n")
    return file


def test_running_text_and_lines_are_told_apart_unless_it_was_said(tmp_path: Path) -> None:
    prose, names = tmp_path / "prose.txt", tmp_path / "names.txt"
    prose.write_text("A long story begins.\n\nIt goes on,\n  and on.\n\nAnd ends.\n" * 9)
    names.write_text("".join(f"name number {number}\n" for number in range(60)))
    assert look(str(prose)).reading == Reading(str(prose), lines=False)
    assert look(str(names)).reading == Reading(str(names), lines=True)
    assert look(str(names), lines=False).reading == Reading(str(names), lines=False)


def test_the_likely_column_is_proposed_and_the_chosen_ones_hold(table: Path) -> None:
    seen = look(str(table))
    assert [column.name for column in seen.columns] == ["id", "title", "description"]
    assert seen.reading == Reading(str(table), True, ("title",))
    assert seen.survey is not None
    assert seen.survey.first_lines == ("Rain in May", "Sun"), "the preview is of what is learnt"
    chosen = look(str(table), columns=("description", "title", "gone")).reading
    assert chosen == Reading(str(table), True, ("description", "title"))
    none = look(str(table), columns=())
    assert none.reading == Reading(str(table), True, ())


def test_without_a_header_columns_go_by_number(tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    file.write_text('3,"Bears claw back into the black, and then some more of it"\n4,"Another line of news"\n')
    seen = look(str(file))
    assert [column.name for column in seen.columns] == ["1", "2"]
    assert seen.reading == Reading(str(file), True, ("2",))
    assert seen.survey is not None
    assert len(seen.survey.first_lines) == 2, "the first row is text too"


def test_keys_of_json_lines_are_columns_whatever_they_are_called(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text('{"2024": "hello there", "n": 3}\n{"2024": "general"}\n')
    assert look(str(file)).reading == Reading(str(file), True, ("2024",))


def test_a_column_without_a_likely_name_is_proposed_by_how_much_it_says() -> None:
    columns = [Column("a", "3.5"), Column("b", "many words here"), Column("c", "few")]
    assert proposed_columns(columns) == ("b",)
    assert proposed_columns(columns[:1]) == ()
    assert has_header(columns)
    assert not has_header([Column("", "")])


def test_what_cannot_be_read_is_a_problem_and_what_is_not_there_yet_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 au lait")
    assert look("") == look(str(tmp_path)) == look("tfds:")
    assert look("").problem == ""
    assert "there is no such file" in look(str(tmp_path / "gone.txt")).problem
    assert "the file is empty" in look(str(tmp_path / "empty.txt")).problem
    assert "it is not UTF-8" in look(str(tmp_path / "latin.txt")).problem
    assert "there is no such file" in look("a\0b").problem


def test_a_data_set_is_read_by_the_column_that_is_named() -> None:
    assert look("tfds:ag_news_subset", ("title",)).reading == Reading("tfds:ag_news_subset", True, ("title",))
    assert look("tfds:ag_news_subset").survey is None


def test_a_reading_becomes_options_of_the_command() -> None:
    assert Reading("a.csv", True, ("title",), lines=True).options == {"column": ("title",)}
    assert Reading("a.txt", lines=True).options == {"lines": True}
    assert Reading("a.txt").options == {}
