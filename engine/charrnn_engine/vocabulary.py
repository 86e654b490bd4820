"""Tokens and their ids, at the level of characters or of words. Knows nothing of models or of files.

A word token carries the space before it (" rose"). `pieces` says what each token adds to a text: the token itself, or
at word level the token with its space as `word_spacing` puts it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast

from charrnn_engine.errors import UnknownTokenError, VocabularyError, shown
from charrnn_engine.word_spacing import After, joined, kind

Level = Literal["char", "word"]

PAD = "<pad>"
EOS = "<eos>"
UNKNOWN = "<unk>"
PAD_ID = 0
FORMAT = 1
TOKENS_AT_MOST = 65_536
WINDOW_AT_MOST = 1_000
LONGEST_TOKEN = 200
"""Characters of one token: a screen takes long to lay out more."""

State = Literal["carried", "window"]

# A word with the one space before it, a run of punctuation likewise, or a single whitespace character:
# every character of a text falls into exactly one piece.
_PIECES = re.compile(r" ?\w+(?:['’]\w+)*| ?[^\w\s]+|\s")


def split(text: str, level: Level) -> list[str]:
    """The pieces of a text, whose concatenation is the text: its characters, or its words."""
    return list(text) if level == "char" else _PIECES.findall(text)


def _is_text(token: str) -> bool:
    """Whether it can be written down: half a surrogate pair has no bytes."""
    try:
        token.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a model; a token's place in the list is its id. Id 0 is `<pad>`, if there is one.

    `lower` says that the model's text was lower-cased, which `encode` then does as well. `window` is how many tokens
    each of the model's training windows had, if it was trained on windows; `state` says whether its state goes on
    from one token to the next all the same ("carried"), or each token is scored from the last window alone.

    Raises VocabularyError if the tokens aren't a list of different strings or `eos` isn't the id of one of them.
    """

    tokens: list[str]
    eos: int | None = None
    level: Level = "char"
    lower: bool = False
    window: int | None = None
    state: State = "carried"

    def __post_init__(self) -> None:
        if self.level not in ("char", "word"):
            raise VocabularyError(f"the vocabulary's level is {shown(self.level)}; it must be 'char' or 'word'")
        if not isinstance(self.tokens, list) or not all(isinstance(token, str) for token in self.tokens):
            raise VocabularyError("the vocabulary's tokens must be a list of strings")
        if len(self.tokens) > TOKENS_AT_MOST:
            raise VocabularyError(
                f"the vocabulary has {len(self.tokens):,} tokens; at most {TOKENS_AT_MOST:,} are read"
            )
        if PAD in self.tokens[1:]:
            raise VocabularyError(f"the vocabulary has {PAD!r} in another place than the first")
        longest = max(self.tokens, key=len, default="")
        if len(longest) > LONGEST_TOKEN:
            raise VocabularyError(
                f"the vocabulary holds the token {shown(longest)} of {len(longest):,} characters; at most"
                f" {LONGEST_TOKEN} are read"
            )
        self._check_reading()
        repeated = [token for token, count in Counter(self.tokens).items() if count > 1]
        if repeated:
            raise VocabularyError(f"the vocabulary holds {shown(repeated[0])} more than once")
        eos = self.eos
        if eos is not None and (isinstance(eos, bool) or not isinstance(eos, int)):
            raise VocabularyError(f"the vocabulary's eos is {shown(eos)}; it must be the id of a token, or null")
        first = 0 if self.pad is None else 1
        if eos is not None and not first <= eos < len(self.tokens):
            raise VocabularyError(
                f"the vocabulary's eos is {shown(eos)}; its ids go from {first} to {len(self.tokens) - 1}"
            )
        if "" in self.tokens:
            raise VocabularyError("the vocabulary holds an empty token")
        if not _is_text("".join(self.tokens)):
            index, token = next((n, token) for n, token in enumerate(self.tokens) if not _is_text(token))
            raise VocabularyError(f"the token {shown(token)} (id {index}) is not valid text: half a surrogate pair")
        if self.level == "char":
            self._check_characters()
        if len(self.tokens) - len({self.pad, self.eos, self.unknown} - {None}) < 1:
            raise VocabularyError("the vocabulary holds no token that could be generated")

    def _check_reading(self) -> None:
        if self.state not in ("carried", "window") or not isinstance(self.lower, bool):
            raise VocabularyError("the vocabulary's state must be 'carried' or 'window', and lower true or false")
        size = self.window
        if size is not None and (
            isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= WINDOW_AT_MOST
        ):
            raise VocabularyError(f"the vocabulary's window is {shown(size)}; 1 to {WINDOW_AT_MOST:,} is read")
        if self.state == "window" and size is None:
            raise VocabularyError("the vocabulary's state is 'window', without the window's length")

    def _check_characters(self) -> None:
        special = {self.pad, self.eos}
        for index, token in enumerate(self.tokens):
            if len(token) != 1 and index not in special:
                raise VocabularyError(f"the token {shown(token)} (id {index}) is not a single character")

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def pad(self) -> int | None:
        """The id of `<pad>`, which is 0, or None if there is none."""
        return PAD_ID if self.tokens and self.tokens[PAD_ID] == PAD else None

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The id of each token that text can hold, which `<pad>`, `<eos>` and `<unk>` are not."""
        special = {self.pad, self.eos, self.unknown}
        return {token: index for index, token in enumerate(self.tokens) if index not in special}

    @cached_property
    def unknown(self) -> int | None:
        """The id that rare words were trained as; characters have none."""
        # A piece of text is never "<unk>" whole, so the spelling is free to mark the token.
        return self.tokens.index(UNKNOWN) if self.level == "word" and UNKNOWN in self.tokens else None

    @cached_property
    def never_drawn(self) -> tuple[int, ...]:
        """Ids that generation must not produce: `<pad>` and, at word level, `<unk>`."""
        return tuple(index for index in (self.pad, self.unknown) if index is not None)

    @cached_property
    def texts(self) -> list[str]:
        """Each token as text: nothing for `<pad>` and `<eos>`."""
        silent = {self.pad, self.eos}
        return ["" if index in silent else token for index, token in enumerate(self.tokens)]

    @cached_property
    def kinds(self) -> list[After]:
        """The kind of each id, on which the space after it depends. Characters are all of one kind."""
        return ["start"] * len(self) if self.level == "char" else list(map(kind, self.texts))

    @cached_property
    def texts_after(self) -> Mapping[After, list[str]]:
        """The text that each id adds, by the kind of the id before it. At the start of a text that is "start"."""
        if self.level == "char":
            return {"start": self.texts}
        return {after: [joined(after, text, self.ids) for text in self.texts] for after in {*self.kinds, "start"}}

    def pieces(self, ids: Sequence[int], before: int | None = None, eos: str = "") -> list[str]:
        """The text that each of successive ids adds, after the id `before` or at the start of a text. `eos` is the
        text of `<eos>`.
        """
        after = self.texts_after
        if len(after) == 1:
            texts = self.texts
            found = [texts[index] for index in ids]
        else:
            found, kinds = [], self.kinds
            now = after["start" if before is None else kinds[before]]
            for index in ids:
                found.append(now[index])
                now = after[kinds[index]]
        if eos:
            found = [eos if index == self.eos else text for index, text in zip(ids, found, strict=True)]
        return found

    def lookup(self, piece: str) -> int | None:
        """The id of one piece of text, or None; a word also matches with its leading space added or dropped."""
        if self.lower:
            piece = piece.lower()
        found = self.ids.get(piece)
        if found is None and self.level == "word":
            found = self.ids.get(piece[1:] if piece.startswith(" ") else " " + piece)
        return found

    def encode(self, text: str) -> list[int]:
        """Ids of a text.

        Raises UnknownTokenError, which names every character (or word) that is unknown and its position.
        """
        pieces = split(text, self.level)
        found = [self.lookup(piece) for piece in pieces]
        if None in found:
            unknown, position = [], 0
            for piece, index in zip(pieces, found, strict=True):
                if index is None:
                    # A word is named without the space that its piece carries.
                    lead = len(piece) - len(piece.lstrip(" ")) if piece.strip() else 0
                    unknown.append((piece[lead:], position + lead))
                position += len(piece)
            raise UnknownTokenError(unknown, self.level)
        return cast(list[int], found)

    def encode_known(self, text: str) -> list[int | None]:
        """Ids of a text with None in the place of what is unknown: for measuring, where nothing is refused."""
        return [self.lookup(piece) for piece in split(text, self.level)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; `<pad>` and `<eos>` add nothing. Raises VocabularyError for an id out of range."""
        ids, size = list(ids), len(self)
        for index in ids:
            if not 0 <= index < size:
                raise VocabularyError(f"{index} is no id of this vocabulary; its ids go from 0 to {size - 1}")
        return "".join(self.pieces(ids))

    def to_json(self) -> dict[str, Any]:
        """The content of `vocabulary.json`."""
        content = {"format": FORMAT, "level": self.level, "tokens": list(self.tokens), "eos": self.eos}
        reading = {"lower": self.lower, "window": self.window, "state": self.window and self.state}
        return content | {key: value for key, value in reading.items() if value}

    @classmethod
    def from_json(cls, data: object) -> "Vocabulary":
        """Reads the content of `vocabulary.json`. Raises VocabularyError where it isn't one."""
        if not isinstance(data, dict):
            raise VocabularyError("the vocabulary is not a JSON object")
        if data.get("format") != FORMAT:
            raise VocabularyError(
                f"the vocabulary has format {shown(data.get('format'))}; this version reads {FORMAT}"
            )
        reading = data.get("lower", False), data.get("window"), data.get("state", "carried")
        return cls(data.get("tokens"), data.get("eos"), data.get("level", "char"), *reading)  # type: ignore[arg-type]

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        *,
        level: Level = "char",
        eos: bool = True,
        most: int | None = None,
        at_least: int = 1,
    ) -> "Vocabulary":
        """The vocabulary of some texts, most frequent tokens first, ties in code point order.

        `most` bounds the number of tokens taken from the texts and `at_least` is how often one must occur;
        at word level `<unk>` is added when either leaves words out.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(split(text, level))
        return cls.of_counts(counts, level=level, eos=eos, most=most, at_least=at_least)

    @classmethod
    def of_counts(
        cls,
        counts: Mapping[str, int],
        *,
        level: Level = "char",
        eos: bool = True,
        most: int | None = None,
        at_least: int = 1,
    ) -> "Vocabulary":
        """The vocabulary of tokens that occur so often, as `of` makes it of texts."""
        ranked = sorted(
            (t for t, n in counts.items() if n >= at_least and len(t) <= LONGEST_TOKEN), key=lambda t: (-counts[t], t)
        )
        kept: Sequence[str] = ranked[:most]
        specials = [PAD, *([EOS] if eos else [])]
        if level == "word" and len(kept) < len(counts):
            specials.append(UNKNOWN)
        return cls([*specials, *kept], 1 if eos else None, level)
