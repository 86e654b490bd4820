"""Reads texts from TensorFlow Datasets, imported only when a corpus names one. Knows no other kind of corpus."""

from collections.abc import Iterator

from charrnn_engine.errors import CorpusError, install_command

TFDS = "tfds:"
"""How the path of such a corpus begins: `tfds:NAME[:SPLIT]`."""


def data_set_texts(path: str, column: str) -> Iterator[str]:
    """The texts of one feature of a data set, in a fixed order. Raises CorpusError."""
    name, _, split = path.removeprefix(TFDS).partition(":")
    try:
        import tensorflow_datasets as tfds
    except ImportError:
        command = install_command("tensorflow-datasets", "importlib-resources")
        raise CorpusError(f"{path}: it needs tensorflow-datasets, which isn't installed: {command}") from None
    try:
        data_set, info = tfds.load(name, split=split or "train", shuffle_files=False, with_info=True)
    except Exception as error:  # a registry, a download and a file format, each with errors of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CorpusError(f"{path}: TensorFlow Datasets can't load it ({reason[:160]})") from None
    texts = sorted(key for key, feature in info.features.items() if isinstance(feature, tfds.features.Text))
    if column not in texts:
        raise CorpusError(f"{path}: it has no text {column!r}; it has {', '.join(texts) or 'none'}")
    for example in tfds.as_numpy(data_set):
        yield example[column].decode("utf-8")
