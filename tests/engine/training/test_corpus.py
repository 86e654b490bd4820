"""A corpus is split, encoded and cut into minibatches, the same ones for the same seed and epoch."""

import errno
import tracemalloc

import numpy as np
import pytest

from charrnn_engine.corpus.reading import Source
from charrnn_engine.errors import CorpusError, SettingsError
from charrnn_engine.runs.settings import CorpusSettings
from charrnn_engine.training.batches import Schedule
from charrnn_engine.training.encoded_corpus import open_corpus
from charrnn_engine.vocabulary import PAD_ID, Vocabulary


@pytest.fixture
def text(tmp_path):
    def write(content, name="a.txt"):
        file = tmp_path / name
        file.write_text(content, encoding="utf-8")
        return str(file)

    return write


def words_of(corpus, ids):
    return corpus.vocabulary.decode(int(i) for i in ids)


def test_the_end_of_a_running_text_validates(text):
    content = "abcdefghij" * 20
    corpus = open_corpus(CorpusSettings(text(content), window=16))
    assert words_of(corpus, corpus.train.ids[:]) == content[:180]
    assert words_of(corpus, corpus.validation.ids[:]) == content[180:]
    assert corpus.vocabulary.eos is None


def test_lines_are_split_by_the_seed_and_every_line_is_in_one_part(text):
    lines = [f"line {n:02}" for n in range(40)]
    path = text("\n".join(lines))
    one, other = (open_corpus(CorpusSettings(path, lines=True, validation="0.25"), seed=seed) for seed in (1, 2))
    parts = [[words_of(one, part[i]) for i in range(len(part))] for part in (one.train, one.validation)]
    assert sorted(parts[0] + parts[1]) == lines
    assert len(parts[1]) == 10
    assert words_of(one, one.validation.ids[:]) != words_of(other, other.validation.ids[:])
    assert one.vocabulary.eos == 1


def test_no_column_of_a_row_that_validates_is_learnt_from(text):
    rows = "\n".join(f"t {n:03},b {n:03}" for n in range(100))
    corpus = open_corpus(CorpusSettings(text("title,body\n" + rows, "a.csv"), ("title", "body"), lines=True))
    validated = {words_of(corpus, corpus.validation[i])[1:] for i in range(len(corpus.validation))}
    learnt = {words_of(corpus, corpus.extra[i])[1:] for i in range(len(corpus.extra))}
    assert (len(validated), len(learnt)) == (10, 90)
    assert not validated & learnt


def test_another_file_can_validate(text):
    corpus = open_corpus(CorpusSettings(text("abc\nabd"), lines=True, validation=text("abé\n", "v.txt")))
    assert corpus.train.tokens == 6
    assert corpus.validation.unknown == 1
    assert (corpus.validation.ids[:] < 0).sum() == 1


def test_long_lines_are_cut_and_only_the_last_piece_is_closed(text):
    path, held_out = text("x" * 20 + "\nyy\nzz"), text("xy\nz", "v")
    corpus = open_corpus(CorpusSettings(path, lines=True, max_line=8, validation=held_out))
    lengths = [len(corpus.train[i]) for i in range(len(corpus.train))]
    assert lengths == [8, 8, 4, 2, 2]
    assert corpus.train.closed.tolist() == [False, False, True, True, True]


def test_words_beyond_the_vocabulary_are_read_as_unknown_and_never_learnt_as_targets(text):
    path, held_out = text("a a a b b c"), text("a b", "v")
    settings = CorpusSettings(path, lines=True, level="word", vocabulary_size=2, validation=held_out)
    corpus = open_corpus(settings)
    vocabulary = corpus.vocabulary
    assert vocabulary.unknown is not None
    batch = next(Schedule(corpus, 1, 4, 0.0, seed=1).batches(0))
    assert vocabulary.unknown in batch.inputs
    assert vocabulary.unknown not in batch.targets
    assert batch.tokens == (batch.targets != PAD_ID).sum()


@pytest.mark.parametrize("level", ["char", "word"])
def test_windows_see_one_token_more_as_target_and_cover_the_text(text, level):
    content = " ".join(f"w{n % 7}" for n in range(300)) + "\n"
    corpus = open_corpus(CorpusSettings(text(content * 3), window=16, level=level))
    batches = list(Schedule(corpus, 2, 4, 0.0, seed=1).batches(0))
    for batch in batches:
        np.testing.assert_array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])
        assert batch.tokens == batch.targets.size
    assert sum(batch.tokens for batch in batches) > corpus.train.tokens - 2 * 16


def test_every_line_is_learnt_from_once_an_epoch_and_half_of_them_start_with_eos(text):
    lines = [chr(97 + n % 26) * (n % 9 + 2) for n in range(200)]
    corpus = open_corpus(CorpusSettings(text("\n".join(lines)), lines=True, validation=text("ab", "v")))
    schedule = Schedule(corpus, 2, 16, 0.0, seed=1)
    rows, leads = [], 0
    for batch in schedule.batches(0):
        for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
            rows.append(words_of(corpus, np.append(inputs[:1], targets)))
            leads += inputs[0] == corpus.vocabulary.eos
            assert targets[targets != PAD_ID][-1] == corpus.vocabulary.eos
    assert sorted(rows) == sorted(lines)
    assert 60 < leads < 140


def test_further_columns_are_learnt_from_less_with_each_epoch(text):
    path = text("title,body\n" + "\n".join(f"a{n},b{n}" for n in range(50)), "a.csv")
    corpus = open_corpus(CorpusSettings(path, ("title", "body"), lines=True, validation="0.2"))
    schedule = Schedule(corpus, 4, 5, 0.5, seed=1)
    assert [schedule.steps(epoch) for epoch in range(4)] == [16, 12, 8, 8]
    assert [len(list(schedule.batches(epoch))) for epoch in range(4)] == [16, 12, 8, 8]
    assert schedule.total_steps == 44


def test_batches_are_the_same_again_from_any_one_on(text):
    corpus = open_corpus(CorpusSettings(text("one two three four\n" * 60), window=16))
    schedule = Schedule(corpus, 3, 4, 0.0, seed=9)
    whole, rest = list(schedule.batches(1)), list(schedule.batches(1, first=5))
    for one, other in zip(whole[5:], rest, strict=True):
        np.testing.assert_array_equal(one.inputs, other.inputs)
    other_epoch = next(schedule.batches(2)).inputs
    assert other_epoch.shape != whole[0].inputs.shape or (other_epoch != whole[0].inputs).any()


def test_with_the_state_carried_each_row_continues_the_one_before(text):
    content = "".join(chr(ord("a") + n % 23) for n in range(400))
    corpus = open_corpus(CorpusSettings(text(content), window=16))
    schedule = Schedule(corpus, 2, 4, 0.0, seed=1, carried=True)
    batches = list(schedule.batches(0))
    assert len(batches) == schedule.steps(0)
    rows = np.concatenate([batch.inputs for batch in batches], 1)
    assert (np.concatenate([batch.targets for batch in batches], 1)[:, :-1] == rows[:, 1:]).all()
    train = "".join(corpus.vocabulary.tokens[i] for i in corpus.train.ids[:])
    read = ["".join(corpus.vocabulary.tokens[i] for i in row) for row in rows]
    assert "".join(read) in train
    assert len("".join(read)) > 360 - 16 - 4
    np.testing.assert_array_equal(next(schedule.batches(0, first=2)).inputs, batches[2].inputs)
    with pytest.raises(SettingsError, match="a smaller --batch helps"):
        Schedule(corpus, 2, 180, 0.0, seed=1, carried=True)


def test_a_text_without_line_ends_is_encoded_in_bounded_memory(text):
    path = text("salt river, stone " * 140_000)
    tracemalloc.start()
    open_corpus(CorpusSettings(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000, "a list of its characters alone would take 20 MB"


def test_words_are_the_same_wherever_a_text_is_cut_into_pieces(text):
    content = "salt  river,\tstone " * 100_000  # more than is read at a time, without line ends
    corpus = open_corpus(CorpusSettings(text(content), level="word"))
    ids = np.concatenate([corpus.train.ids[:], corpus.validation.ids[:]])
    assert ids.tolist() == corpus.vocabulary.encode(content)


@pytest.mark.parametrize(
    ("content", "settings", "said"),
    [
        ("\n \n", {"lines": True}, "it holds no text"),
        ("only one\n", {"lines": True}, "a single line; without --lines"),
        ("short", {"window": 16}, "its 5 characters are too few for windows of 16"),
        ("a few words", {"window": 16, "level": "word"}, "its 3 words are too few"),
    ],
)
def test_a_corpus_that_is_too_short_is_refused(text, content, settings, said):
    with pytest.raises(CorpusError, match=said):
        open_corpus(CorpusSettings(text(content), **settings))


@pytest.mark.parametrize("lines", [True, False])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch, lines):
    file = tmp_path / "growing.txt"
    file.write_text("salt river\n" * 40, encoding="utf-8")
    for method in (Source.texts, Source.chunks):

        def grow(*arguments, read=method):
            with file.open("a", encoding="utf-8") as more:
                more.write("oak\n")
            return read(*arguments)

        monkeypatch.setattr(Source, method.__name__, grow)
    with pytest.raises(CorpusError, match=r"growing\.txt: it changed while it was read"):
        open_corpus(CorpusSettings(str(file), lines=lines, window=8))


@pytest.mark.parametrize("change", ["train", "extra", "validation"])
def test_the_fingerprint_covers_all_samples(tmp_path, change):
    before = {"train": "lamp", "extra": "oak", "validation": "seven"}
    found = []
    for cells in (before, {**before, change: "blue"}):
        (tmp_path / "a.csv").write_text(f"a,b\n{cells['train']},{cells['extra']}\n", encoding="utf-8")
        (tmp_path / "b.csv").write_text(f"a\n{cells['validation']}\n", encoding="utf-8")
        settings = CorpusSettings(str(tmp_path / "a.csv"), ("a", "b"), True, validation=str(tmp_path / "b.csv"))
        known = Vocabulary.of(["lampokseven blue"], level="char", eos=True)
        found.append(open_corpus(settings, known).fingerprint)
    assert found[0] != found[1]


def test_a_disk_without_room_for_ids_raises_its_reason(tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_text("salt river\n" * 40, encoding="utf-8")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: open("/dev/full", "w+b"))  # noqa: PTH123, SIM115
    with pytest.raises(OSError, match="No space left on device") as error:
        open_corpus(CorpusSettings(str(file), window=8))
    assert error.value.errno == errno.ENOSPC
