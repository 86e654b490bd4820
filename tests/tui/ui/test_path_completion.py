"""Paths come in all the forms in which people and file managers write them, and only possible texts are offered."""

import os
from pathlib import Path

import pytest

from charrnn_tui.ui.path_completion import cleaned, expanded, is_file, matches, text_like


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("/tmp/a b.txt\n", "/tmp/a b.txt"),
        ("  ~/notes.txt  ", "~/notes.txt"),
        ("'/tmp/a b.txt'", "/tmp/a b.txt"),
        ('"/tmp/it\'s.txt"\r\n', "/tmp/it's.txt"),
        ("/tmp/a\\ b\\ \\(c\\).txt ", "/tmp/a b (c).txt"),
        ("file:///tmp/a%20b%C3%A9.txt", "/tmp/a bé.txt"),
        ("file://localhost/tmp/a.txt", "/tmp/a.txt"),
        ("file:///tmp/a#1?.txt", "/tmp/a#1?.txt"),
        ("\n\nnotes.txt\nmore.txt", "notes.txt"),
        ("tfds:ag_news_subset", "tfds:ag_news_subset"),
        ("", ""),
        ("'", "'"),
    ],
)
def test_a_pasted_path_is_freed_of_quotes_escapes_and_schemes(pasted: str, path: str) -> None:
    assert cleaned(pasted) == path


def test_a_backslash_in_a_name_that_is_there_stays(tmp_path: Path) -> None:
    odd = tmp_path / "a\\ b"
    odd.write_text("x")
    assert cleaned(str(odd)) == str(odd)


def test_home_and_relative_paths_become_absolute(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert expanded("~/a.txt") == str(home / "a.txt")
    assert expanded("b/../c.txt") == str(tmp_path / "c.txt")
    assert expanded("tfds:x") == "tfds:x"
    assert expanded("  ") == ""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("Notes.txt", "news.csv", ".hidden.txt", "plain", "notes-long-ago.txt"):
        (tmp_path / name).write_text("some text")
    (tmp_path / "nested").mkdir()
    (tmp_path / "nested" / "deep.txt").write_text("text")
    (tmp_path / "nothing.png").write_bytes(b"text all the same")
    (tmp_path / "noise").write_bytes(b"\0\1\2")
    return tmp_path


def test_files_that_may_be_texts_and_folders_are_offered_in_the_spelling_begun(folder: Path, home: Path) -> None:
    assert matches("n") == ["news.csv", "notes-long-ago.txt", "nested/", "Notes.txt"]
    assert matches("N") == ["Notes.txt", "news.csv", "notes-long-ago.txt", "nested/"]
    assert matches("") == ["news.csv", "notes-long-ago.txt", "Notes.txt", "plain", "nested/"]
    assert matches("nested/") == ["nested/deep.txt"]
    assert matches(f"{folder}/nested/d") == [f"{folder}/nested/deep.txt"]
    (home / "mine.txt").write_text("mine")
    assert matches("~/mi") == ["~/mine.txt"]
    assert matches("~") == ["~/"]


def test_hidden_files_come_when_a_dot_is_typed(folder: Path) -> None:
    assert matches(".") == [".hidden.txt"]


@pytest.mark.parametrize("typed", ["gone/x", "tfds:ag", "Notes.txt/", "a\0b/", "~nobody-of-that-name/x"])
def test_nothing_is_offered_where_there_is_nothing(folder: Path, typed: str) -> None:
    assert matches(typed) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_neither_offered_nor_a_file(folder: Path) -> None:
    os.mkfifo(folder / "npipe.txt")
    assert "npipe.txt" not in matches("np")
    assert not is_file("npipe.txt")
    assert not is_file("nested")
    assert is_file(" Notes.txt ")


def test_a_text_is_told_by_its_beginning_where_its_name_says_nothing(tmp_path: Path) -> None:
    # A character of two bytes may be cut at the end of what is looked at.
    (tmp_path / "cut").write_bytes(b"a" * 1023 + "é".encode() + b"a")
    (tmp_path / "latin").write_bytes(b"caf\xe9 au lait")
    (tmp_path / "empty").write_bytes(b"")
    assert text_like(tmp_path / "cut")
    assert not text_like(tmp_path / "latin")
    assert not text_like(tmp_path / "empty")
    assert not text_like(tmp_path / "gone.txt")
