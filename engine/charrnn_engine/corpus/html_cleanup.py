"""Removes HTML from a text: decodes its character references and strips its tags. Knows no files."""

import html
import re

_LETTERS = r"[AEIOUaeiou](?:acute|grave|circ|uml)|[ANOano]tilde|[Cc]cedil|szlig"
_SIGNS = r"quot|apos|amp|lt|gt|nbsp|hellip|[lr][sd]quo|[mn]dash|bull|middot"
# References may have lost their `&`: after a space (AG News has `Sweden #39;s`), after a sign, or at the start.
_REFERENCE = re.compile(
    rf"&(?P<whole>#\d{{1,7}}|#[xX][\da-fA-F]{{1,6}}|[A-Za-z]\w{{1,30}});"
    rf"|(?: |(?<![\w&#]))(?P<bare>#\d{{2,5}}|{_SIGNS}|{_LETTERS});"
)
_BLOCKS = r"p|br|hr|div|table|tr|td|th|tbody|ul|ol|li|h[1-6]|img|blockquote|center|pre|script|iframe|title"
_INLINE = r"a|b|i|u|s|em|strong|font|span|cite|small|big|sub|sup|tt|code|strike|nobr"
_TAG = re.compile(rf"</?(?:(?P<block>{_BLOCKS})|{_INLINE})(?=[\s/>])[^<>]*(?:>|\Z)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\u00a0\\]+")


def without_html(text: str) -> str:
    """The text with references decoded, also those without `&`, and tags removed. A run of spaces becomes one, as in
    a browser. A backslash becomes a space, too: AG News ends its lines with one.

    Anything else in angle brackets stays, such as the symbol of a company.
    """
    text = _REFERENCE.sub(_decoded, text)
    text = _TAG.sub(lambda tag: " " if tag["block"] else "", text)
    return _SPACES.sub(" ", text).strip(" ")


def _decoded(found: re.Match[str]) -> str:
    name = found["whole"] or found["bare"]
    character = html.unescape(f"&{name};")
    # Control characters and names that HTML lacks stay as they are written.
    kept = character == "\u00a0" or (character.isprintable() and not character.endswith(";"))
    return character if character and kept else found[0]
