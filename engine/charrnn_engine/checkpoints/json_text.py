"""Parses untrusted JSON: in memory of about fifteen times its length, and flat enough to be walked by recursion."""

import json

VALUES_AT_MOST = 500_000
"""Lists and objects, each of which takes dozens of bytes however short it is written."""
DEPTH_AT_MOST = 64
"""Keras' configurations nest a dozen deep."""


def parse_json(content: bytes) -> object:
    """The value of UTF-8 text. Raises ValueError, and nothing else, for what isn't JSON, or too much of it."""
    if content.count(b"[") + content.count(b"{") > VALUES_AT_MOST:
        raise ValueError("too many lists and objects")
    try:
        value: object = json.loads(content.decode("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level: list[object] = [value]
    for _ in range(DEPTH_AT_MOST):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return value
    raise ValueError("it is nested too deeply")


def _inner(value: object) -> list[object]:
    """The lists and objects that one holds."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in held if isinstance(inner, dict | list)]
