"""The notebook's own source, `tfds:ag_news_subset`, by the real loading code on TensorFlow Datasets' mock data."""

import pytest

pytestmark = pytest.mark.keras
tfds = pytest.importorskip("tensorflow_datasets")

from charrnn_engine.corpus.reading import Source  # noqa: E402
from charrnn_engine.errors import CorpusError  # noqa: E402
from charrnn_engine.runs.presets import settings_for  # noqa: E402
from charrnn_engine.training.encoded_corpus import open_corpus  # noqa: E402


@pytest.fixture(autouse=True)
def mock_data():
    with tfds.testing.mock_data(num_examples=12):
        yield


def test_titles_and_descriptions_are_samples(tmp_path):
    settings = settings_for("tfds:ag_news_subset", "out", given={"columns": ("title", "description")})
    corpus = open_corpus(settings.corpus)
    assert corpus.lines
    assert len(corpus.train) + len(corpus.validation) == 12
    assert len(corpus.extra) == len(corpus.train)


def test_a_split_can_be_named():
    assert len(list(Source("tfds:ag_news_subset:test", ("title",)).texts("title"))) == 12


def test_what_isnt_there_is_refused_by_name():
    with pytest.raises(CorpusError, match="it has no text 'label'; it has description, title"):
        list(Source("tfds:ag_news_subset", ("label",)).texts("label"))
    with pytest.raises(CorpusError, match="--column"):
        Source("tfds:ag_news_subset")
    with pytest.raises(CorpusError, match="tfds:no_such_set: TensorFlow Datasets can't load it"):
        list(Source("tfds:no_such_set", ("x",)).texts("x"))
