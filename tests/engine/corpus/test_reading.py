"""Every kind of corpus is read in bounded memory; what can't be read is refused in a line that says what to do."""

import io
import os
import sys

import pytest

from charrnn_engine.corpus.reading import Source
from charrnn_engine.errors import CorpusError
from standard_library import sources


def write(folder, name, content):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


def test_a_text_is_read_as_lines_without_blank_ones_or_as_it_is(tmp_path):
    source = Source(write(tmp_path, "a.txt", "one\r\n\n  two \nthree"))
    assert list(source.texts()) == ["one", "  two ", "three"]
    assert "".join(source.chunks()) == "one\n\n  two \nthree"
    assert list(source.texts()) == ["one", "  two ", "three"], "it can be read again"


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path):
    assert "".join(Source(write(tmp_path, "a.txt", b"\xef\xbb\xbfyes")).chunks()) == "yes"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'title,body\n"a, ""b""\nc",x\nd,y\n'),
        ("a.tsv", 'title\tbody\n"a, ""b""\nc"\tx\nd\ty\n'),
        ("a.jsonl", '{"title": "a, \\"b\\"\\nc", "body": "x"}\n\n{"title": "d", "body": null}\n'),
    ],
)
def test_cells_of_a_table_keep_their_commas_quotes_and_lines(tmp_path, name, content):
    assert list(Source(write(tmp_path, name, content), ("title",)).texts("title")) == ['a, "b"\nc', "d"]


def test_a_column_by_number_counts_every_row(tmp_path):
    source = Source(write(tmp_path, "a.csv", "3,one\n1,two\n"), ("2",))
    assert list(source.texts("2")) == ["one", "two"]


def test_standard_input_is_read_once_and_given_again(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\r\ntwo\n")))
    source = Source("-")
    assert list(source.texts()) == ["one", "two"]
    assert "".join(source.chunks()) == "one\ntwo\n"


@pytest.mark.parametrize("content", [b"title,x\none,y\n", b'{"title": "one"}\n'])
def test_standard_input_with_a_column_is_csv_or_json_lines(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert list(Source("-", ("title",)).texts("title")) == ["one"]


@pytest.mark.parametrize(
    ("name", "content", "column", "said"),
    [
        ("a.txt", b"", None, "the file is empty"),
        ("a.txt", b"caf\xe9 noir", None, "not UTF-8 (byte 0xe9); convert it"),
        ("a.txt", b"a\0b", None, "zero bytes"),
        ("a.txt", b"a" * 5000 + b"\0b", None, "zero bytes"),
        ("a.txt", "caf\xe9".encode("utf-16"), None, "not UTF-8 but UTF-16; convert it with iconv"),
        ("a.txt", b"a" * 10_000_001, None, "line 1 is longer than 10 million characters"),
        ("a.csv", b"title,body\na,b\n", "\u00b2", "no column '\u00b2'"),
        ("a.csv", b"title,body\na,b\n", "9" * 5000, "no column '999"),
        ("a.jsonl", b"[" * 100_000, None, "line 1 is not a JSON object"),
        ("a.jsonl", b'{"title": "a"}\n' + b"[" * 100_000 + b"\n", "title", "line 2 is not a JSON object"),
        ("a.csv", b"title,body\na,b\n", "headline", "no column 'headline'; the header names title, body"),
        ("a.csv", b"title,body\na,b\n", None, "with --column; it has title, body"),
        ("a.csv", b"a,b\nc\n", "2", "row 2 has 1 columns"),
        ("a.jsonl", b'{"title": "a"}\n', "body", "line 1 has no 'body'; it has title"),
        ("a.jsonl", b'{"title": "a"}\n', None, "with --column; it has title"),
        ("a.jsonl", b'{"title": "a"}\nnope\n', "title", "line 2 is not a JSON object"),
        ("a.jsonl", b'{"title": 3}\n', "title", "is not text"),
    ],
)
def test_what_cant_be_read_is_refused_in_a_line(tmp_path, name, content, column, said):
    path = write(tmp_path, name, content)
    with pytest.raises(CorpusError) as caught:
        list(Source(path, (column,) if column else ()).texts(column))
    assert str(caught.value).startswith(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_a_regular_file_is_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for name in ("pipe", "link"):
        with pytest.raises(CorpusError, match="not a regular file; to read from a pipe, give - as the corpus"):
            Source(str(tmp_path / name))


def test_a_sparse_file_is_refused_at_its_first_hole(tmp_path):
    file = tmp_path / "sparse.txt"
    with file.open("wb") as sparse:
        sparse.write(b"salt river\n" * 500)
        sparse.truncate(3_000_000_000)
    with pytest.raises(CorpusError, match="zero bytes"):
        list(Source(str(file)).chunks())


def test_more_standard_input_than_fits_into_memory_is_refused(monkeypatch):
    class Endless(io.RawIOBase):
        def readinto(self, buffer):
            return len(buffer)

        def readable(self):
            return True

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    with pytest.raises(CorpusError, match="standard input holds more than 200 MB; save it to a file"):
        list(Source("-").chunks())


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(CorpusError, match="there is no such file"):
        Source(str(tmp_path / "gone.txt"))
    with pytest.raises(CorpusError, match="it is a folder"):
        Source(str(tmp_path))


def test_the_standard_librarys_source_is_a_text_without_tests_and_beyond_ascii(tmp_path):
    files = {"a.py": "x = 1\n\n", "test/b.py": "y", "lib/c.py": "def f():\n    pass", "d.py": "é"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path, name, content)
    assert "".join(sources(tmp_path)) == "x = 1\n\n\ndef f():\n    pass\n\n\n"
