"""A quick look at a corpus says what it is, what is in it and what is wrong with it, from its head alone."""

import json

import pytest

from charrnn_engine.corpus.survey import Column, survey
from charrnn_engine.errors import CorpusError
from tests.engine.conftest import made_up_text

PROSE = (
    "It was a long way to the river, and the stones lay where they had\n"
    "always lain, under the open mirror of the sky, seven of them, blue.\n"
    "Nobody had moved a single one in the seven years since the old oak\n"
    "fell and the lamp went out; nobody would, said the woman of salt,\n"
    "before the water had come back. So he sat down and waited for it to\n"
    "come, and when it came he stood up again, and went on to the stones.\n"
)


@pytest.fixture
def corpus(tmp_path):
    def write(name, content):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    return write


def test_a_running_text_has_a_size_an_alphabet_and_first_lines(corpus):
    seen = survey(corpus("a.txt", PROSE))
    assert (seen.kind, seen.lines, seen.partial) == ("text", False, False)
    assert seen.size_bytes == seen.characters == len(PROSE)
    assert seen.alphabet == "".join(sorted(set(PROSE)))
    assert seen.first_lines[0] == PROSE.split("\n")[0]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("emma\nolivia\nava\nisabella\nsophia\nmia\n", True),
        ("".join(f"Salt {'river ' * n}rises\n" for n in range(1, 12)), True),
        (PROSE, False),
        ("\n\n".join(PROSE.split("\n")), False),
        ("def f():\n    return 1\n\n\ndef g():\n    return 2\n", False),
        ("a\nb\n", False),
        ("".join(f"{'a long paragraph ' * 30}{n}\n" for n in range(9)), False),
    ],
)
def test_it_guesses_whether_each_line_is_a_text_of_its_own(corpus, content, lines):
    assert survey(corpus("a.txt", content)).lines is lines


def test_what_is_asked_for_overrides_the_guess(corpus):
    file = corpus("a.txt", PROSE)
    assert survey(file, lines=True).kind == "lines"
    assert "\n" not in survey(file, lines=True).alphabet, "the end of a line isn't learnt"
    assert survey(file, lines=True).lines is False


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'title,body\n"salt, river",x\nlamp,"y\nz"\n'),
        ("a.tsv", 'title\tbody\n"salt, river"\tx\nlamp\t"y\nz"\n'),
        ("a.jsonl", '{"title": "salt, river", "body": "x", "n": 1}\n{"title": "lamp", "body": "y\\nz"}\n'),
    ],
)
def test_a_table_lists_its_columns_with_a_cell_of_each(corpus, name, content):
    file = corpus(name, content)
    seen = survey(file)
    assert seen.kind == "table"
    assert seen.columns == (Column("title", "salt, river"), Column("body", "x"))
    assert set(seen.alphabet) == set("salt, riverlampxy\nz"), "without a choice it is that of all"
    chosen = survey(file, ("title",))
    assert (chosen.first_lines, chosen.characters) == (("salt, river", "lamp"), 15)
    assert set(chosen.alphabet) == set("salt, riverlamp")


def test_of_a_large_file_only_the_head_is_read(corpus):
    text = made_up_text(3000)
    seen = survey(corpus("a.txt", text), lines=False, head_bytes=4096)
    assert seen.partial
    assert seen.size_bytes == len(text)
    assert seen.characters == pytest.approx(len(text), rel=0.01)


def test_the_head_may_end_within_a_row_a_line_or_a_character(corpus):
    table = corpus("a.csv", "title,body\n" + '"a title\nof two lines",ä\n' * 20)
    text = corpus("a.txt", "äöü" * 40)
    records = corpus("a.jsonl", (json.dumps({"title": "salt"}) + "\n") * 20)
    for head in range(60, 90):
        assert set(survey(table, ("title",), head_bytes=head).first_lines) == {"a title\nof two lines"}
        assert set(survey(text, head_bytes=head).alphabet) == set("äöü")
        assert set(survey(records, ("title",), head_bytes=head).first_lines) == {"salt"}


@pytest.mark.parametrize(
    ("name", "content", "columns", "said"),
    [
        ("a.txt", "", (), "the file is empty"),
        ("a.txt", b"\xff\xfe", (), "it is not UTF-8"),
        ("a.txt", b"a" * 5000 + b"\0", (), "zero bytes"),
        ("a.jsonl", "[" * 100_000, (), "line 1 is not a JSON object"),
        ("a.txt", b"a\0b", (), "zero bytes"),
        ("a.jsonl", "no json\n", (), "line 1 is not a JSON object"),
        ("a.csv", "title\none\n", ("body",), "there is no column 'body'"),
    ],
)
def test_what_cant_be_learnt_from_is_refused_in_a_line(corpus, name, content, columns, said):
    with pytest.raises(CorpusError, match=said) as error:
        survey(corpus(name, content), columns)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", ["gone.txt", "-", "tfds:ag_news_subset"])
def test_what_isnt_there_or_cant_be_previewed_is_refused(path):
    with pytest.raises(CorpusError, match=r"no such file|previewed"):
        survey(path)
