"""What was set last, kept from one session to the next in a file that can be edited by hand. Knows no screen.

Nothing in the file is fatal: a damaged file is set aside, a value out of its range is left out, each with a word;
where nothing can be read or written, there is simply nothing to remember.
"""

import json
import math
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.locations import settings_file
from charrnn_engine.errors import ControlsError
from charrnn_engine.sampling.controls import Controls

_BYTES_AT_MOST = 1_000_000
_NAMED_AT_MOST = 3
_KEY = re.compile(r"[a-z0-9_+]+|[^\s,]", re.IGNORECASE)


@dataclass(frozen=True)
class SavedSettings:
    """What is remembered; the defaults are those of a first start. `speed` None is as fast as it goes.

    `colouring`, `theme` and `model` are names that may mean nothing any more: whoever uses them looks first. `keys`
    puts keys in the place of those of a binding, by its id: {"play.greedy": "ctrl+g"}. `other` is what was found in
    the file and is not known: it is written back.
    """

    temperature: float = 1.0
    greedy: bool = False
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    speed: float | None = 60.0
    endless: bool = True
    colouring: str | None = None
    theme: str | None = None
    model: str | None = None
    folder: str | None = None
    """Where texts were saved last."""
    keys: Mapping[str, str] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)

    @property
    def controls(self) -> Controls:
        return Controls(self.temperature, self.greedy, self.top_k, self.top_p, self.min_p)


def load_settings() -> tuple[SavedSettings, str | None]:
    """What was remembered, and a line for the reader where something is wrong with it."""
    path = settings_file()
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES_AT_MOST + 1)
    except FileNotFoundError:
        return SavedSettings(), None
    except OSError as error:
        return SavedSettings(), f"the settings {path} can't be read ({error.strerror or error}); defaults are used"
    try:
        if len(content) > _BYTES_AT_MOST:
            raise ValueError(f"larger than {_BYTES_AT_MOST // 1_000_000} MB")
        settings = json.loads(content.decode("utf-8"))
        if not isinstance(settings, dict):
            raise ValueError("no JSON object")
    except (ValueError, RecursionError) as error:
        return SavedSettings(), _set_aside(path, _reason(error))
    return _checked(settings, path)


def save_settings(settings: SavedSettings) -> str | None:
    """Remembers the settings; returns a line for the reader where that wasn't possible. At every instant the file
    is the old one or the new one."""
    path = settings_file()
    if not path.is_absolute():  # there is no home to put it in
        return "the settings were not remembered: there is no home folder"
    known = asdict(settings)
    content = {**known.pop("other"), **known}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".settings-", dir=path.parent)
        new = Path(name)
        try:
            with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123
                json.dump(content, file, indent=1)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except (OSError, ValueError, RecursionError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return f"the settings were not remembered: {path}: {reason}"
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}: {error.msg}"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _set_aside(path: Path, reason: str) -> str:
    aside = path.with_name(f"{path.stem}-damaged{path.suffix}")
    try:
        path.replace(aside)
    except OSError:
        return f"the settings {path} are damaged ({reason}); defaults are used"
    return f"the settings {path} are damaged ({reason}); set aside as {aside.name}, defaults are used"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def _is_control(name: str) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        try:
            Controls(**{name: value})
        except ControlsError:
            return False
        return True

    return check


def _short_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and 0 < len(value) <= 4096 and value.isprintable())


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    **{name: _is_control(name) for name in ("temperature", "greedy", "top_k", "top_p", "min_p")},
    "speed": lambda value: value is None or (_number(value) and value > 0),
    "endless": lambda value: isinstance(value, bool),
    **dict.fromkeys(("colouring", "theme", "model", "folder"), _short_text),
    "keys": lambda value: isinstance(value, dict),
}


def _checked(found: dict[str, Any], path: Path) -> tuple[SavedSettings, str | None]:
    """What of the file can be used, and a line that names what can't."""
    known = {entry.name for entry in fields(SavedSettings)} - {"other"}
    good = {name: value for name, value in found.items() if name in known and _CHECKS[name](value)}
    bad = [name for name in found if name in known and name not in good]
    keys = good.get("keys", {})
    good["keys"] = {binding: key for binding, key in keys.items() if _is_key(key)}
    bad += [f"keys.{binding}" for binding in keys if binding not in good["keys"]]
    good["other"] = {name: value for name, value in found.items() if name not in known}
    if not bad:
        return SavedSettings(**good), None
    named = ", ".join(name[:40] for name in bad[:_NAMED_AT_MOST])
    more = f" and {len(bad) - _NAMED_AT_MOST} more" if len(bad) > _NAMED_AT_MOST else ""
    return SavedSettings(**good), f"the settings {path}: left out, because out of range: {named}{more}"


def _is_key(value: object) -> bool:
    """`g`, `ctrl+g`, or several with commas between them."""
    if not isinstance(value, str) or len(value) > 100:
        return False
    return all(_KEY.fullmatch(key.strip()) for key in value.split(","))
