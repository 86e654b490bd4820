"""Where the spaces between word tokens go. Knows single tokens, and no vocabulary.

A word token carries the space before it (" rose"). If a vocabulary has only one of "rose" and " rose", that one
stands for both, and the space is lost. The token before tells whether to put it back: no two words and no two runs of
punctuation stood side by side without a space in the text that the model learnt from.
"""

from collections.abc import Container
from typing import Literal

After = Literal["start", "word", "opening", "closing", "other", "space"]
"""The kind of a token, on which the space after it depends."""

_OPENING = frozenset("([{<“‘«$#@/\\_&+=~^*¿¡")
_CLOSING = frozenset(",.;:!?)]}>%…”’»")
_SPACED_AFTER = frozenset(",:!?)]}…”»")


def kind(token: str) -> After:
    """The kind of a token. That of "" is "start", the start of a text."""
    if not token or token.endswith("\n"):
        return "start"
    if token.isspace():
        return "space"
    if _is_word(token[-1]):
        return "word"
    if token[-1] in _OPENING or token in (" '", ' "', "-", "–", "—"):
        return "opening"
    return "closing" if token[-1] in _SPACED_AFTER or token in ("'", '"', " -", " --", " –", " —") else "other"


def joined(after: After, token: str, known: Container[str]) -> str:
    """The text that a word token adds after a token of the kind `after`. `known` are all tokens of the vocabulary."""
    bare = token.removeprefix(" ")
    if not bare or bare.isspace():
        return token
    if after == "start":
        return bare
    is_word = _is_word(bare[0])
    if after != "space" and is_word == (after == "word"):
        return f" {bare}"
    if bare in known and f" {bare}" in known:
        return token
    if after == "word":
        return bare if bare[0] in _CLOSING else token
    if after == "closing" and not bare[0].isdigit():
        return f" {bare}"
    return bare if after in ("opening", "space") else token


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
