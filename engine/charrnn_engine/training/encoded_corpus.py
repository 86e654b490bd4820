"""A corpus as ids: vocabulary, training part and validation part.

The ids are in files, so a corpus may be larger than memory. Knows no TensorFlow.
"""

import itertools
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.corpus.files import Sources
from charrnn_engine.errors import CorpusError
from charrnn_engine.evaluation.encoding import code_points, encoder
from charrnn_engine.runs.settings import CorpusSettings
from charrnn_engine.training.disk_array import DiskArray
from charrnn_engine.training.growing import grown_vocabulary
from charrnn_engine.vocabulary import Level, Vocabulary, split

Ids = NDArray[np.int32]
Choose = Callable[[Iterable[str]], Vocabulary]
Encode = Callable[..., "Samples"]

_WORDS_BY_DEFAULT = 8_000
_IDS_AT_ONCE = 1 << 20
_CHARACTERS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Samples:
    """Token ids end to end: sample i is ids[bounds[i]:bounds[i + 1]]. `closed[i]` says whether an `<eos>` follows it,
    which is not so within a long line that was cut. A running text is a single open sample.

    `unknown` counts the tokens that the vocabulary lacks. In training samples, unknown words are `<unk>` and unknown
    characters are left out; in validation samples, both are negative.
    """

    ids: Ids | DiskArray
    bounds: NDArray[np.int64] | DiskArray
    closed: NDArray[np.bool_]
    unknown: int = 0

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, index: int) -> Ids:
        start, stop = self.bounds[index : index + 2]
        return self.ids[start:stop]

    @property
    def tokens(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> Ids:
        """The number of tokens of each sample, (samples,)."""
        return np.diff(self.bounds[:]).astype(np.int32)


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
        """A checksum of all samples. A run is resumed only on the same ones."""
        found = 0
        for samples in (self.train, self.extra, self.validation):
            for numbers in (samples.ids, samples.bounds) if samples else ():
                for start in range(0, len(numbers), _IDS_AT_ONCE):
                    found = zlib.crc32(numbers[start : start + _IDS_AT_ONCE].tobytes(), found)
        return found

    def check_same(self, path: str, fingerprint: int) -> None:
        """Raises CorpusError unless this is the corpus with that fingerprint. `path` names it in the message."""
        if self.fingerprint != fingerprint:
            raise CorpusError(
                f"{path}: the corpus has changed since the run was started; restore it or train from scratch"
            )


def open_corpus(
    settings: CorpusSettings,
    vocabulary: Vocabulary | None = None,
    seed: int = 0,
    *,
    grows: bool = False,
    folder: Path | None = None,
) -> Corpus:
    """Reads, splits and encodes a corpus, with the ids of `vocabulary` if one is given. If it `grows`, new characters
    of the training part are appended to it. The ids are kept in files without a name, in `folder`.

    Raises CorpusError where there is nothing to learn from or to validate on, and for a file that changes meanwhile:
    it is read several times.
    """
    sources = [Sources(settings.paths, settings.columns, settings.unescape)]
    if settings.validation_fraction is None:
        sources.append(Sources((settings.validation,), settings.columns, settings.unescape))
    stamps = [source.stamps() for source in sources]
    choose = partial(_vocabulary, settings, vocabulary, grows)
    encode = partial(_encoded, folder=folder)
    if settings.lines:
        corpus = _lines(sources[0], sources[1:], settings, choose, encode, seed)
    else:
        corpus = _running(sources[0], sources[1:], settings, choose, encode)
    for source, before in zip(sources, stamps, strict=True):
        if changed := [path for path, found in source.stamps().items() if found != before[path]]:
            raise CorpusError(f"{changed[0]}: it changed while it was read; start again when it is complete")
    for where, samples in ((sources[0], corpus.train), (sources[-1], corpus.validation)):
        if samples.tokens < 2:
            raise CorpusError(f"{where.name}: it holds too little text to learn from or to measure")
    return corpus


def _lines(
    source: Sources, held_out: list[Sources], settings: CorpusSettings, choose: Choose, encode: Encode, seed: int
) -> Corpus:
    """`held_out` has the text to validate on. If it is empty, a share of the lines is held out."""
    first = settings.columns[0] if settings.columns else None
    count = sum(1 for _ in source.texts(first))
    if count == 0:
        raise CorpusError(f"{source.name}: it holds no text")
    if not held_out and count < 2:
        raise CorpusError(f"{source.name}: it holds a single line; without --lines it is read as a running text")
    validates = np.zeros(count, np.bool_)
    if not held_out:
        size = min(max(1, round(count * (settings.validation_fraction or 0))), count - 1)
        validates[np.random.default_rng([seed, 7]).permutation(np.arange(count, dtype=np.int32))[:size]] = True

    def kept(wanted: bool) -> Iterator[str]:
        return (text for text, v in zip(source.texts(first), validates, strict=False) if bool(v) == wanted)

    def further() -> Iterator[str]:
        # Nothing is learnt from any column of a row that validates. Rows with a blank first column aren't split.
        for column in settings.columns[1:]:
            flags = iter(validates)
            for text, other in source.rows(settings.columns[0], column):
                if not (text.strip() and next(flags, False)) and other.strip():
                    yield other

    vocabulary = choose(itertools.chain(kept(False), further()))
    longest = settings.max_line
    train = encode(kept(False), vocabulary, longest=longest)
    extra = encode(further(), vocabulary, longest=longest) if settings.columns[1:] else None
    validation = encode(held_out[0].texts(first) if held_out else kept(True), vocabulary, learnt=False)
    return Corpus(vocabulary, train, validation, extra, True, settings.window)


def _running(
    source: Sources, held_out: list[Sources], settings: CorpusSettings, choose: Choose, encode: Encode
) -> Corpus:
    """`held_out` has the text to validate on. If it is empty, the end of this text is held out."""
    level = settings.level

    def learnt() -> Iterator[str]:
        return _part(source.pieces(level), 0, at, level)

    count = sum(len(text) if level == "char" else len(split(text, level)) for text in source.pieces(level))
    at = int(count * (1 - (settings.validation_fraction or 0.0)))
    if min(at, at if held_out else count - at) < 2 or at < settings.window + 1:
        raise CorpusError(
            f"{source.name}: its {count} {'characters' if level == 'char' else 'words'} are too few for windows of "
            f"{settings.window}; a smaller --window or a longer text helps"
        )
    vocabulary = choose(learnt())
    measured = held_out[0].pieces(level) if held_out else _part(source.pieces(level), at, count, level)
    train, validation = encode(learnt(), vocabulary), encode(measured, vocabulary, learnt=False)
    return Corpus(vocabulary, _as_one(train), _as_one(validation), None, False, settings.window)


def _part(texts: Iterable[str], start: int, stop: int, level: Level) -> Iterator[str]:
    """The tokens from `start` to `stop` of a text, as text."""
    position = 0
    for text in texts:
        pieces = text if level == "char" else split(text, level)
        part = pieces[max(start - position, 0) : max(stop - position, 0)]
        if part:
            yield part if isinstance(part, str) else "".join(part)
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
        if settings.level == "word":
            return Vocabulary.of(texts, level="word", eos=settings.lines, most=most)
        return Vocabulary.of_counts(_characters(texts), eos=settings.lines, most=most)
    except ValueError as error:
        raise CorpusError(f"{settings.path}: {error}") from None


def _characters(texts: Iterable[str]) -> Counter[str]:
    """How often each character occurs."""
    counts: Counter[str] = Counter()
    for text in _joined_texts(texts):
        found = np.bincount(code_points(text))
        for code in np.flatnonzero(found):
            counts[chr(code)] += int(found[code])
    return counts


def _joined_texts(texts: Iterable[str]) -> Iterator[str]:
    """The texts in larger pieces, which are counted faster."""
    held, length = [], 0
    for text in texts:
        held.append(text)
        length += len(text)
        if length >= _CHARACTERS_AT_ONCE:
            yield "".join(held)
            held, length = [], 0
    yield "".join(held)


def _encoded(
    texts: Iterable[str], vocabulary: Vocabulary, *, learnt: bool = True, longest: int | None = None,
    folder: Path | None = None,
) -> Samples:  # fmt: skip
    """Encodes texts, and cuts those of more than `longest` tokens. `learnt` says that they are for training."""
    closed, unknown, end = bytearray(), 0, 0
    encode = encoder(vocabulary)
    ids = DiskArray(_id_type(vocabulary, learnt), np.int32, folder)
    bounds = DiskArray(np.int64, np.int64, folder)
    bounds.append(np.zeros(1, np.int64))
    for text in texts:
        found = encode(text)
        missing = found < 0
        unknown += int(missing.sum())
        if learnt and vocabulary.unknown is not None:
            found = np.where(missing, vocabulary.unknown, found)
        elif learnt:
            found = found[~missing]
        cuts = range(longest, len(found), longest) if longest else ()
        bounds.append(end + np.array([*cuts, len(found)], np.int64))
        closed.extend((*(False for _ in cuts), True))
        ids.append(found)
        end += len(found)
    return Samples(ids.flush(), bounds.flush(), np.frombuffer(closed, np.bool_), unknown)


def _id_type(vocabulary: Vocabulary, learnt: bool) -> Any:
    """The smallest type for the ids of a vocabulary, and for negative ones of unknown tokens."""
    if vocabulary.level == "word" and not learnt:
        return np.int32  # an unknown word is minus its length
    return np.int8 if len(vocabulary) <= 128 else np.int16 if len(vocabulary) <= 32768 else np.int32


def _as_one(samples: Samples) -> Samples:
    """A running text that was encoded in pieces, as one open sample."""
    return Samples(samples.ids, np.array([0, samples.tokens]), np.array([False]), samples.unknown)
