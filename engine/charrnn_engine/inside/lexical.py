"""Where a program text is inside a string literal or a comment, by what has been read so far. Knows no models.

Python's own tokenizer needs a whole, valid program; what a network writes seldom is one. These scanners read a
character at a time and agree with the tokenizer on valid programs.
"""

from collections.abc import Iterator

_KINDS = {1: "string", 3: "docstring"}  # by the number of quotes


def in_string(text: str) -> Iterator[bool]:
    """Inside a Python string literal of one line, from its opening quote to the character before its closing one."""
    return (state == "string" for state in _python(text))


def in_docstring(text: str) -> Iterator[bool]:
    """Inside a Python string literal with three quotes, from the third opening one on."""
    return (state == "docstring" for state in _python(text))


def in_comment(text: str) -> Iterator[bool]:
    """Inside a Python comment, from its # to the end of the line."""
    return (state == "comment" for state in _python(text))


def in_c_comment(text: str) -> Iterator[bool]:
    """Inside a comment of C, from the second character of /* or // on."""
    closing, before = "", ""
    for c in text:
        if not closing and before == "/" and c in "/*":
            closing, before = ("\n" if c == "/" else "/"), ""
        elif (closing == "\n" and c == "\n") or (closing == "/" and before == "*" and c == "/"):
            closing, before = "", ""
        else:
            before = c
        yield bool(closing)


def _python(text: str) -> Iterator[str]:
    """What the place after each character is in: "string", "docstring", "comment" or "code"."""
    closing = ""  # the quotes that end the string
    run = 0  # how many of them came last
    empty = ""  # the quotes of an empty string that was just closed: a third one makes them a docstring's
    comment = escaped = just_opened = False
    for c in text:
        was_empty, empty = empty, ""
        if comment:
            comment = c != "\n"
        elif not closing:
            comment = c == "#"
            if c in "'\"":
                closing, run = (c * 3 if was_empty == c else c), 0
                just_opened = True
                yield _KINDS[len(closing)]
                continue
        elif escaped:
            escaped, run = False, 0
        elif c == "\\":
            escaped, run = True, 0
        elif c == "\n" and len(closing) == 1:
            closing = ""  # a string of one line that was never closed
        else:
            run = run + 1 if c == closing[0] else 0
            if run == len(closing):
                empty = c if just_opened and len(closing) == 1 else ""
                closing = ""
        just_opened = False
        yield _KINDS[len(closing)] if closing else "comment" if comment else "code"
