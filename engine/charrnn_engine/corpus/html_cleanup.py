"""Turns what a web page left in a text into the text that a reader saw. Knows no files."""

import html
import re

_LETTERS = r"[AEIOUaeiou](?:acute|grave|circ|uml)|[ANOano]tilde|[Cc]cedil|szlig"
_SIGNS = r"quot|apos|amp|lt|gt|nbsp|hellip|[lr][sd]quo|[mn]dash|bull|middot"
# A reference that has lost its `&` to a space (AG News: `Sweden #39;s`), or that begins the text or follows a sign.
_REFERENCE = re.compile(
    rf"&(?P<whole>#\d{{1,7}}|#[xX][\da-fA-F]{{1,6}}|[A-Za-z]\w{{1,30}});"
    rf"|(?: |(?<![\w&#]))(?P<bare>#\d{{2,5}}|{_SIGNS}|{_LETTERS});"
)
_BLOCKS = r"p|br|hr|div|table|tr|td|th|tbody|ul|ol|li|h[1-6]|img|blockquote|center|pre|script|iframe|title"
_INLINE = r"a|b|i|u|s|em|strong|font|span|cite|small|big|sub|sup|tt|code|strike|nobr"
_TAG = re.compile(rf"</?(?:(?P<block>{_BLOCKS})|{_INLINE})(?=[\s/>])[^<>]*(?:>|\Z)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\u00a0\\]+")


def without_html(text: str) -> str:
    """The text with its references resolved (also those without `&`) and its tags removed. Runs of spaces become one,
    as a browser shows them. A backslash, which is how AG News writes the end of a line, becomes a space, too.

    Anything else in angle brackets stays, such as the symbol of a company.
    """
    text = _REFERENCE.sub(_resolved, text)
    text = _TAG.sub(lambda tag: " " if tag["block"] else "", text)
    return _SPACES.sub(" ", text).strip(" ")


def _resolved(found: re.Match[str]) -> str:
    name = found["whole"] or found["bare"]
    character = html.unescape(f"&{name};")
    # A number for a control character, and a name that HTML doesn't have, stay as they are.
    kept = character == "\u00a0" or (character.isprintable() and not character.endswith(";"))
    return character if character and kept else found[0]
