"""A corpus as ids: vocabulary, training part and validation part.

The ids are in a memory-mapped temporary file, so a corpus may be larger than memory. Knows no TensorFlow.
"""

import itertools
import tempfile
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.corpus.reading import Source, stamp
from charrnn_engine.errors import CorpusError
from charrnn_engine.evaluation.scoring import encode_array
from charrnn_engine.runs.settings import CorpusSettings
from charrnn_engine.training.growing import grown_vocabulary
from charrnn_engine.vocabulary import Level, Vocabulary, split

Ids = NDArray[np.int32]
Choose = Callable[[Iterable[str]], Vocabulary]

_WORDS_BY_DEFAULT = 8_000
_CHECKED_AT_ONCE = 1 << 20
_LONGEST_WORD = 1 << 20  # characters


@dataclass(frozen=True)
class Samples:
    """Token ids end to end: sample i is ids[bounds[i]:bounds[i + 1]], and `closed[i]` says whether an `<eos>` follows
    it (none follows a piece of a long line). A running text is a single open sample.

    `unknown` counts tokens that the vocabulary lacks. In training samples they are `<unk>` (words) or left out
    (characters), in validation samples they are negative.
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
    """All that training reads. `extra` holds the samples of further columns, None for most corpora."""

    vocabulary: Vocabulary
    train: Samples
    validation: Samples
    extra: Samples | None
    lines: bool
    window: int

    @property
    def training_tokens(self) -> int:
        return self.train.tokens + (self.extra.tokens if self.extra else 0)

    @cached_property
    def fingerprint(self) -> int:
        """A checksum of all samples: a run is resumed only on the same ones."""
        found = 0
        for samples in (self.train, self.extra, self.validation):
            for numbers in (samples.ids, samples.bounds) if samples else ():
                for start in range(0, len(numbers), _CHECKED_AT_ONCE):
                    found = zlib.crc32(numbers[start : start + _CHECKED_AT_ONCE].tobytes(), found)
        return found

    def check_same(self, path: str, fingerprint: int) -> None:
        """Raises CorpusError where a run's corpus, read from `path`, had another fingerprint."""
        if self.fingerprint != fingerprint:
            raise CorpusError(
                f"{path}: the corpus has changed since the run was started; restore it or train from scratch"
            )


def open_corpus(
    settings: CorpusSettings, vocabulary: Vocabulary | None = None, seed: int = 0, *, grows: bool = False
) -> Corpus:
    """Reads, splits and encodes a corpus, with the ids of `vocabulary` where one is given. If it `grows`, the
    characters of the training part that it lacks are appended to it.

    Raises CorpusError where there is nothing to learn from or to validate with, and for a file that is being written
    to: it is read several times, and must be the same each time.
    """
    stamps = {path: stamp(path) for path in (settings.path, settings.validation)}
    source, held_out = Source(settings.path, settings.columns), None
    if settings.validation_fraction is None:
        held_out = Source(settings.validation, settings.columns)
    choose = partial(_vocabulary, settings, vocabulary, grows)
    if settings.lines:
        corpus = _lines(source, held_out, settings, choose, seed)
    else:
        corpus = _running(source, held_out, settings, choose)
    for path, before in stamps.items():
        if stamp(path) != before:
            raise CorpusError(f"{path}: it changed while it was read; start again when it is whole")
    for where, samples in ((source, corpus.train), (held_out or source, corpus.validation)):
        if samples.tokens < 2:
            raise CorpusError(f"{where.path}: it holds no text that could be learnt from or measured")
    return corpus


def _lines(source: Source, held_out: Source | None, settings: CorpusSettings, choose: Choose, seed: int) -> Corpus:
    first = settings.columns[0] if settings.columns else None
    count = sum(1 for _ in source.texts(first))
    if count == 0:
        raise CorpusError(f"{source.path}: it holds no text")
    if held_out is None and count < 2:
        raise CorpusError(f"{source.path}: it holds a single line; without --lines it is read as a running text")
    validates = np.zeros(count, np.bool_)
    if settings.validation_fraction is not None:
        size = min(max(1, round(count * settings.validation_fraction)), count - 1)
        validates[np.random.default_rng([seed, 7]).permutation(count)[:size]] = True

    def kept(wanted: bool) -> Iterator[str]:
        return (text for text, v in zip(source.texts(first), validates, strict=False) if bool(v) == wanted)

    def further() -> Iterator[str]:
        # No column of a row that validates is learnt from.
        for column in settings.columns[1:]:
            yield from (t for i, t in enumerate(source.texts(column)) if i >= count or not validates[i])

    vocabulary = choose(itertools.chain(kept(False), further()))
    train, extra = (
        _encoded(texts, vocabulary, learnt=True, longest=settings.max_line) for texts in (kept(False), further())
    )
    validation = _encoded(held_out.texts(first) if held_out else kept(True), vocabulary)
    return Corpus(vocabulary, train, validation, extra if settings.columns[1:] else None, True, settings.window)


def _running(source: Source, held_out: Source | None, settings: CorpusSettings, choose: Choose) -> Corpus:
    level = settings.level

    def text(of: Source) -> Iterator[str]:
        return of.chunks() if level == "char" else _at_word_starts(of.chunks())

    def learnt() -> Iterator[str]:
        return _part(text(source), 0, at, level)

    count = sum(len(text) if level == "char" else len(split(text, level)) for text in text(source))
    at = int(count * (1 - (settings.validation_fraction or 0.0)))
    if min(at, count - at if held_out is None else at) < 2 or at < settings.window + 1:
        raise CorpusError(
            f"{source.path}: its {count} {'characters' if level == 'char' else 'words'} are too few for windows of "
            f"{settings.window}; a smaller --window or a longer text helps"
        )
    vocabulary = choose(learnt())
    measured = text(held_out) if held_out else _part(text(source), at, count, level)
    train, validation = _encoded(learnt(), vocabulary, learnt=True), _encoded(measured, vocabulary)
    return Corpus(vocabulary, _joined(train), _joined(validation), None, False, settings.window)


def _at_word_starts(chunks: Iterable[str]) -> Iterator[str]:
    """The same text in other pieces, which end before a space or a newline, so that no word is cut in two."""
    rest = ""
    for chunk in chunks:
        text = rest + chunk
        # Text without any space is passed on as it comes, so that memory stays bounded.
        cut = max(text.rfind(" "), text.rfind("\n")) if len(text) <= _LONGEST_WORD + len(chunk) else len(text)
        if cut > 0:
            yield text[:cut]
        rest = text[max(0, cut) :]
    if rest:
        yield rest


def _part(texts: Iterable[str], start: int, stop: int, level: Level) -> Iterator[str]:
    """The tokens from `start` to `stop` of a text, as text."""
    position = 0
    for text in texts:
        pieces = text if level == "char" else split(text, level)
        piece = "".join(pieces[max(start - position, 0) : max(stop - position, 0)])
        if piece:
            yield piece
        position += len(pieces)
        if position >= stop:
            return


def _vocabulary(settings: CorpusSettings, given: Vocabulary | None, grows: bool, texts: Iterable[str]) -> Vocabulary:
    """The vocabulary of some texts, or the given one, which may grow by their characters."""
    if given is not None and not grows:
        return given
    most = settings.vocabulary_size or (_WORDS_BY_DEFAULT if settings.level == "word" else None)
    try:
        if given is not None:
            return grown_vocabulary(given, texts)
        return Vocabulary.of(texts, level=settings.level, eos=settings.lines, most=most)
    except ValueError as error:
        raise CorpusError(f"{settings.path}: {error}") from None


def _encoded(
    texts: Iterable[str], vocabulary: Vocabulary, *, learnt: bool = False, longest: int | None = None
) -> Samples:
    """Encodes texts. `learnt`: without unknown tokens, as they are never targets; `longest` cuts the texts."""
    bounds, closed, unknown = array("q", [0]), bytearray(), 0
    with tempfile.TemporaryFile() as file:
        for text in texts:
            ids = encode_array(vocabulary, text)
            missing = ids < 0
            unknown += int(missing.sum())
            if learnt and vocabulary.unknown is not None:
                ids = np.where(missing, vocabulary.unknown, ids).astype(np.int32)
            elif learnt:
                ids = ids[~missing]
            start, cuts = bounds[-1], range(longest, len(ids), longest) if longest else ()
            bounds.extend(start + at for at in (*cuts, len(ids)))
            closed.extend((*(False for _ in cuts), True))
            file.write(ids.tobytes())
        file.flush()
        # The mapping keeps the unnamed file alive; it vanishes with the process, however that ends.
        ids = np.memmap(file, np.int32, "r", shape=(bounds[-1],)) if bounds[-1] else np.zeros(0, np.int32)
    return Samples(ids, np.array(bounds, np.int64), np.array(closed, np.bool_), unknown)


def _joined(samples: Samples) -> Samples:
    """A running text that was encoded in pieces, as one open sample."""
    return Samples(samples.ids, np.array([0, samples.tokens]), np.array([False]), samples.unknown)
