"""A corpus as ids: vocabulary, training part and validation part, on disk rather than in memory.

Ids lie end to end in one memory-mapped temporary file with the bounds of each sample beside it, so a corpus may be
larger than memory. Knows no TensorFlow.
"""

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.corpus.reading import Source, stamp
from charrnn_engine.evaluation.scoring import encode_array
from charrnn_engine.runs.errors import CorpusError
from charrnn_engine.runs.settings import CorpusSettings
from charrnn_engine.vocabulary import Level, Vocabulary, split

Ids = NDArray[np.int32]

_WORDS_BY_DEFAULT = 8_000
_CHECKED_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Samples:
    """Token ids end to end: sample i is ids[bounds[i]:bounds[i + 1]], and `closed[i]` says whether it is followed by
    `<eos>` (a piece of a long line isn't). A running text is a single open sample.

    `unknown` counts tokens that the vocabulary lacks; in what is learnt from they are `<unk>` (words)
    or left out (characters), in what is measured they are negative.
    """

    ids: Ids
    bounds: NDArray[np.int64]
    closed: NDArray[np.bool_]
    unknown: int = 0

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, index: int) -> Ids:
        return self.ids[self.bounds[index] : self.bounds[index + 1]]

    @property
    def tokens(self) -> int:
        return int(self.bounds[-1])


@dataclass(frozen=True)
class Corpus:
    """What training reads. `extra` holds the samples of further columns, None for most corpora."""

    vocabulary: Vocabulary
    train: Samples
    validation: Samples
    extra: Samples | None
    lines: bool
    window: int

    @cached_property
    def fingerprint(self) -> int:
        """A checksum of all that is learnt from and measured on: a run goes on only with the same."""
        found = 0
        for samples in (self.train, self.extra, self.validation):
            for array in (samples.ids, samples.bounds) if samples else ():
                for start in range(0, len(array), _CHECKED_AT_ONCE):
                    found = zlib.crc32(array[start : start + _CHECKED_AT_ONCE].tobytes(), found)
        return found


def open_corpus(settings: CorpusSettings, vocabulary: Vocabulary | None = None, seed: int = 0) -> Corpus:
    """Reads, splits and encodes a corpus; with `vocabulary` given its ids are used.

    Raises CorpusError where there is nothing to learn from or nothing to validate with, and for a file that is
    being written to: it is read several times, and must be the same each time.
    """
    paths = (settings.path, settings.validation)
    stamps = [stamp(path) for path in paths]
    corpus = _opened(settings, vocabulary, seed)
    for path, before in zip(paths, stamps, strict=True):
        if stamp(path) != before:
            raise CorpusError(f"{path}: it changed while it was read; start again when it is whole")
    return corpus


def _opened(settings: CorpusSettings, vocabulary: Vocabulary | None, seed: int) -> Corpus:
    source = Source(settings.path, settings.columns)
    fraction = settings.validation_fraction
    held_out = None if fraction is not None else Source(settings.validation, settings.columns)
    if settings.lines:
        return _lines(source, held_out, fraction or 0.0, settings, vocabulary, seed)
    return _running(source, held_out, fraction or 0.0, settings, vocabulary)


def _lines(
    source: Source,
    held_out: Source | None,
    fraction: float,
    settings: CorpusSettings,
    vocabulary: Vocabulary | None,
    seed: int,
) -> Corpus:
    first = settings.columns[0] if settings.columns else None
    count = sum(1 for _ in source.texts(first))
    if count == 0:
        raise CorpusError(f"{source.path}: it holds no text")
    if held_out is None and count < 2:
        raise CorpusError(f"{source.path}: it holds a single line; without --lines it is read as a running text")
    validates = np.zeros(count, np.bool_)
    if held_out is None:
        size = min(max(1, round(count * fraction)), count - 1)
        validates[np.random.default_rng([seed, 7]).permutation(count)[:size]] = True

    def kept(wanted: bool) -> Iterator[str]:
        return (text for text, v in zip(source.texts(first), validates, strict=False) if bool(v) == wanted)

    def further() -> Iterator[str]:
        # A row that validates stays out of sight in all its columns.
        for column in settings.columns[1:]:
            yield from (t for i, t in enumerate(source.texts(column)) if i >= count or not validates[i])

    if vocabulary is None:
        vocabulary = _vocabulary((text for part in (kept(False), further()) for text in part), settings)
    train = _encoded(kept(False), vocabulary, settings.max_line)
    extra = _encoded(further(), vocabulary, settings.max_line) if settings.columns[1:] else None
    validation = _encoded(held_out.texts(first) if held_out else kept(True), vocabulary)
    _check_not_empty(source, train, held_out or source, validation)
    return Corpus(vocabulary, train, validation, extra, True, settings.window)


def _running(
    source: Source,
    held_out: Source | None,
    fraction: float,
    settings: CorpusSettings,
    vocabulary: Vocabulary | None,
) -> Corpus:
    level = settings.level
    count = sum(len(split(text, level)) for text in _at_line_ends(source.chunks()))
    at = int(count * (1 - fraction))
    shortest = settings.window + 1
    if min(at, count - at if held_out is None else at) < 2 or at < shortest:
        raise CorpusError(
            f"{source.path}: its {count} {_noun(level)} are too few for windows of {settings.window}; "
            "a smaller --window or a longer text helps"
        )

    def part(start: int, stop: int) -> Iterator[str]:
        return _part(_at_line_ends(source.chunks()), start, stop, level)

    if vocabulary is None:
        vocabulary = _vocabulary(part(0, at), settings)
    train = _joined(_encoded(part(0, at), vocabulary, settings.max_line))
    measured = _at_line_ends(held_out.chunks()) if held_out else part(at, count)
    validation = _joined(_encoded(measured, vocabulary))
    _check_not_empty(source, train, held_out or source, validation)
    return Corpus(vocabulary, train, validation, None, False, settings.window)


def _at_line_ends(chunks: Iterable[str]) -> Iterator[str]:
    """The same text in pieces that end with a line, so that no word is cut in two."""
    rest: list[str] = []
    for chunk in chunks:
        cut = chunk.rfind("\n") + 1
        if cut:
            yield "".join([*rest, chunk[:cut]])
            rest = []
        rest.append(chunk[cut:])
    last = "".join(rest)
    if last:
        yield last


def _part(texts: Iterable[str], start: int, stop: int, level: Level) -> Iterator[str]:
    """Tokens start to stop of a text, as text."""
    position = 0
    for text in texts:
        pieces = split(text, level)
        piece = "".join(pieces[max(start - position, 0) : max(stop - position, 0)])
        if piece:
            yield piece
        position += len(pieces)
        if position >= stop:
            return


def _vocabulary(texts: Iterable[str], settings: CorpusSettings) -> Vocabulary:
    most = settings.vocabulary_size
    if settings.level == "word" and most is None:
        most = _WORDS_BY_DEFAULT
    try:
        return Vocabulary.of(texts, level=settings.level, eos=settings.lines, most=most)
    except ValueError as error:
        raise CorpusError(f"{settings.path}: {error}") from None


def _encoded(texts: Iterable[str], vocabulary: Vocabulary, longest: int | None = None) -> Samples:
    """Encodes texts. With `longest` they are learnt from: unknown tokens are left out and long texts cut."""
    bounds, unknown = [0], 0
    closed: list[bool] = []
    with tempfile.TemporaryFile() as file:
        for text in texts:
            ids = encode_array(vocabulary, text)
            missing = ids < 0
            unknown += int(missing.sum())
            start = bounds[-1]
            if longest is not None:
                ids = _without_unknown(ids, missing, vocabulary)
                cuts = [start + at for at in range(longest, len(ids), longest)]
                bounds.extend(cuts)
                closed.extend(False for _ in cuts)
            bounds.append(start + len(ids))
            closed.append(True)
            file.write(ids.tobytes())
        file.flush()
        # The mapping keeps the unnamed file alive; it vanishes with the process, however that ends.
        ids = np.memmap(file, np.int32, "r", shape=(bounds[-1],)) if bounds[-1] else np.zeros(0, np.int32)
    return Samples(ids, np.array(bounds, np.int64), np.array(closed, np.bool_), unknown)


def _without_unknown(ids: Ids, missing: NDArray[np.bool_], vocabulary: Vocabulary) -> Ids:
    if vocabulary.unknown is None:
        return ids[~missing]
    return np.where(missing, vocabulary.unknown, ids).astype(np.int32)


def _joined(samples: Samples) -> Samples:
    """A running text, encoded in pieces, as one open sample."""
    return Samples(samples.ids, np.array([0, samples.tokens]), np.array([False]), samples.unknown)


def _check_not_empty(source: Source, train: Samples, held_out: Source, validation: Samples) -> None:
    for where, samples in ((source, train), (held_out, validation)):
        if samples.tokens < 2:
            raise CorpusError(f"{where.path}: it holds no text that could be learnt from or measured")


def _noun(level: Level) -> str:
    return "characters" if level == "char" else "words"
