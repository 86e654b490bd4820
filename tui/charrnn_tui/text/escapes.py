"""Characters that a terminal obeys instead of showing, and the ways to show them: as symbols, or as escapes.

The only home of these tables. Knows no screen and imports no library: the command line uses it too.
"""

import re

EOS, NEWLINE, SPACE = "∎", "⏎", "␣"
"""The symbols of the end of a text, of the end of a line, and of a space that could not be seen."""

_REVERSING = (0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x2070))
OBEYED = frozenset((*range(0x20), *range(0x7F, 0xA0), *_REVERSING, *range(0xFFF9, 0xFFFC), 0xFEFF))
"""Code points that a terminal obeys, or that change the direction of reading."""

# One symbol for each, so that a text keeps its length.
_SYMBOLS = dict.fromkeys(OBEYED - {0x0A}, 0xFFFD)
_SYMBOLS |= {code: 0x2400 + code for code in range(0x20) if code != 0x0A}
_SYMBOLS |= {0x09: ord("→"), 0x7F: 0x2421, 0x2028: ord(NEWLINE), 0x2029: ord(NEWLINE)}
# Joiners, variation selectors, skin tones and the soft hyphen change the character before them, so that the two take
# another width than one by one, and not the same width in every terminal.
_SYMBOLS |= dict.fromkeys((0x200D, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)), ord("·")) | {0xAD: ord("‐")}

_ESCAPES = {code: repr(chr(code))[1:-1] for code in OBEYED - {0x09, 0x0A}}

_PLAIN = {"n": "\n", "t": "\t", "\\": "\\"}
_TYPED = re.compile(r"\\(?:([nt\\])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}))")


def visible(text: str) -> str:
    """The text with a symbol in the place of each character that a terminal would obey. Newlines stay; so does the
    number of characters.
    """
    if text.isascii() and text.isprintable():
        return text
    return _encodable(text.translate(_SYMBOLS))


def one_line(text: str) -> str:
    """As `visible`, with `⏎` in the place of each newline."""
    return visible(text).replace("\n", NEWLINE)


def escaped(text: str) -> str:
    r"""The text with an escape such as `\x1b` in the place of each character that a terminal would obey, but for
    newlines and tabs.
    """
    return text.translate(_ESCAPES)


def typeable(text: str) -> str:
    r"""The text for a field of one line: escapes, `\n` and `\t` in the place of what can't stand in one."""
    if text.isprintable():
        return text
    return "".join([_spelled(character) for character in text])


def as_typed(text: str) -> str:
    """The text as a user types it in a field of one line: what `unescape` reads."""
    return typeable(text.replace("\\", "\\\\"))


def unescape(typed: str) -> str:
    r"""What was typed, with `\n`, `\t`, `\\`, `\x1b` and `\u202e` read as the characters that they stand for."""
    return _TYPED.sub(lambda found: _PLAIN.get(found[1]) or chr(int(found[2] or found[3] or found[4], 16)), typed)


def _encodable(text: str) -> str:
    """Lone surrogates have no bytes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _spelled(character: str) -> str:
    if character in "\n\t":
        return {"\n": "\\n", "\t": "\\t"}[character]
    if visible(character) == character:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
