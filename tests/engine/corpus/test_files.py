"""A corpus of several files, a folder or a pattern is read as one."""

from pathlib import Path

import pytest

from charrnn_engine.corpus.files import Sources, files_of
from charrnn_engine.errors import CorpusError


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    (folder / "deep" / ".git").mkdir(parents=True)
    contents = {
        "b.txt": b"two words\n", "a.txt": b"one", "deep/c.md": "dr\u00e9i ".encode(),
        "deep/d.csv": b"title,x\nT,1\n,2\n",
        "e.jsonl": b'{"title": "J", "x": null}\n', "picture.txt": b"\x89PNG\0",
        "latin": b"\xe9t\xe9", "empty.txt": b"",
        ".hidden": b"no", "deep/.git/config": b"no", "long.txt": b"x" * 4095 + "\u00e9".encode(),
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_gives_its_texts_or_its_tables_in_order(texts: Path) -> None:
    assert [Path(file).name for file in files_of(str(texts), table=False)] == ["a.txt", "b.txt", "c.md", "long.txt"]
    tables = Sources((str(texts),), ("title",))
    assert [Path(file.path).name for file in tables.files] == ["d.csv", "e.jsonl"]
    assert tables.is_table
    assert list(tables.texts("title")) == ["T", "J"]
    assert list(tables.rows("title", "x")) == [("T", "1"), ("", "2"), ("J", "")]


def test_a_folder_of_too_many_files_is_refused_before_any_is_opened(
    texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charrnn_engine.corpus.files._FILES_AT_MOST", 3)
    monkeypatch.setattr(Path, "open", None)
    for path in (str(texts), f"{texts}/**"):
        with pytest.raises(CorpusError, match="more than 3 files; name a folder that has only the texts"):
            files_of(path, table=False)


def test_files_and_patterns_are_joined_by_line_ends(texts: Path) -> None:
    corpus = Sources((f"{texts}/[ab].txt", f"{texts}/**/*.md"))
    assert "".join(corpus.pieces()) == "one\ntwo words\ndr\u00e9i "
    assert list(corpus.pieces("word")) == ["one", "\ntwo words", "\ndr\u00e9i", " "]
    assert list(corpus.texts()) == ["one", "two words", "dr\u00e9i "]
    assert (corpus.name, corpus.size) == (f"{texts}/[ab].txt and 1 more", 3 + 10 + 6)
    assert Sources(("tfds:news",), ("title",)).size is None


@pytest.mark.parametrize(
    ("paths", "columns", "said"),
    [
        (["texts/deep/.git"], ["title"], "the folder has no table"),
        (["texts/*.xyz"], [], "no file matches it"),
        (["x" * 5000], [], "File name too long"),
        (["a\0b*"], [], "no file matches it"),
        (["texts/a.txt", "gone.txt"], [], "gone.txt: there is no such file"),
        (["texts/a.txt", "texts/e.jsonl"], [], "name the column"),
        (["texts/[b]*", "texts/latin"], [], "texts/latin: it is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(
    texts: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str], columns: list[str], said: str
) -> None:
    monkeypatch.chdir(texts.parent)
    with pytest.raises(CorpusError, match=said):
        list(Sources(tuple(paths), tuple(columns)).texts())
