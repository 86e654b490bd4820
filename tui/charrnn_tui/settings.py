"""What was set last, kept from one session to the next in a file that can be edited by hand. Knows no screen.

Nothing in the file is fatal: a damaged file is set aside, and what can't be used is named in one line.
"""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.files import read_regular
from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_engine.errors import CheckpointError, ControlsError, shown
from charrnn_engine.sampling.controls import Controls
from charrnn_tui import known_names

APP_TEMPERATURE = 0.6
"""That of the app until the user changes it: there the models that ship write words, and still surprise."""

_BYTES_AT_MOST = 1_000_000
_NAMED_AT_MOST = 3
_FASTEST = 1e6


@dataclass(frozen=True)
class SavedSettings:
    """What is remembered; the defaults are those of a first start. `speed` is in characters a second, `word_speed`
    in words a second; None is unlimited.

    `model` may be gone by now; whoever opens it finds out. `keys` replaces the keys of a binding, by the binding's
    id: {"play.greedy": "ctrl+g"}. `other` is written back as it was found: unknown names, and keys
    that can't be used.
    """

    temperature: float = APP_TEMPERATURE
    greedy: bool = False
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    speed: float | None = 60.0
    word_speed: float | None = 12.0
    endless: bool = True
    repeat_prompt: bool = False
    colouring: str | None = None
    theme: str | None = None
    model: str | None = None
    folder: str | None = None
    """Where texts were saved last."""
    introduced: bool = False
    """Whether the line with the first keys has been shown."""
    keys: Mapping[str, str] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)

    @property
    def controls(self) -> Controls:
        return Controls(self.temperature, self.greedy, self.top_k, self.top_p, self.min_p)


def load_settings() -> tuple[SavedSettings, str | None]:
    """What was remembered, and a line for the reader if something is wrong with it."""
    path = settings_file()
    try:
        path.stat()
        settings = parse_json(read_regular(path, _BYTES_AT_MOST))
        if not isinstance(settings, dict):
            raise ValueError("not a JSON object")
    except FileNotFoundError:
        return SavedSettings(), None
    except (OSError, CheckpointError, ValueError) as error:
        return SavedSettings(), _set_aside(path, _reason(error))
    return _checked(settings, path)


def save_settings(settings: SavedSettings) -> str | None:
    """Remembers the settings; returns a line for the reader if that was not possible. At every instant the file
    is the old one or the new one."""
    path = settings_file()
    if not path.is_absolute():
        return "the settings were not saved: there is no home folder"
    known = asdict(settings)
    other = known.pop("other")
    content = {**other, **known, "keys": {**other.get("keys", {}), **known["keys"]}}
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
    except (OSError, ValueError) as error:
        return f"the settings were not saved: {path}: {_reason(error)}"
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}: {error.msg}"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return getattr(error, "strerror", None) or str(error)


def _set_aside(path: Path, reason: str) -> str:
    aside = path.with_name(f"{path.stem}-damaged{path.suffix}")
    try:
        path.replace(aside)
    except OSError:
        return f"the settings {path} are damaged ({reason}); using the defaults"
    return f"the settings {path} are damaged ({reason}); set aside as {aside.name}, using the defaults"


def _is_control(name: str) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        try:
            Controls(**{name: value})
        except ControlsError:
            return False
        return True

    return check


def _is_number_up_to(most: float, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most


def _is_short_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 4096 and value.isprintable()


def _optional(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    **{name: _is_control(name) for name in ("temperature", "greedy", "top_k", "top_p", "min_p")},
    **dict.fromkeys(("speed", "word_speed"), _optional(lambda value: _is_number_up_to(_FASTEST, value))),
    **dict.fromkeys(("endless", "repeat_prompt", "introduced"), lambda value: isinstance(value, bool)),
    "colouring": _optional(lambda value: value in known_names.colourings()),
    "theme": _optional(lambda value: isinstance(value, str) and value in known_names.themes()),
    **dict.fromkeys(("model", "folder"), _optional(_is_short_text)),
    "keys": lambda value: isinstance(value, dict),
}


def _checked(found: dict[str, Any], path: Path) -> tuple[SavedSettings, str | None]:
    """What of the file can be used, and a line that names the rest."""
    known = {entry.name for entry in fields(SavedSettings)} - {"other"}
    good = {name: value for name, value in found.items() if name in known and _CHECKS[name](value)}
    invalid = [name for name in found if name in known and name not in good]
    unknown = [name for name in found if name not in known]
    other = {name: found[name] for name in unknown}
    refused: list[str] = []
    if wanted := good.get("keys"):
        bindings = known_names.bindings()
        named = {binding: known_names.key_names(keys) for binding, keys in wanted.items()}
        keys = {binding: names for binding, names in named.items() if names is not None and binding in bindings}
        refused = list(dict.fromkeys(known_names.without_a_way_out(keys, bindings)))
        good["keys"] = {binding: names for binding, names in keys.items() if binding not in refused}
        unknown += [f"keys.{binding}" for binding in wanted if binding not in bindings]
        invalid += [f"keys.{binding}" for binding in wanted if binding in bindings and named[binding] is None]
        # What a person has typed stays in the file for them to mend.
        if ignored := {binding: value for binding, value in wanted.items() if binding not in good["keys"]}:
            other["keys"] = ignored
    problems = []
    if invalid:
        problems.append(f"Ignored invalid values: {_listed(invalid)}")
    if unknown:
        problems.append(f"Unknown names: {_listed(unknown)}")
    if refused:
        listed = _listed([f"keys.{binding}" for binding in refused])
        problems.append(f"Ignored {listed}: no key to quit or to close a screen would be left")
    return SavedSettings(**good, other=other), f"{'. '.join(problems)} ({path})" if problems else None


def _listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    listed = ", ".join(name[:40] if name.isprintable() else shown(name, 40) for name in names[:_NAMED_AT_MOST])
    return f"{listed} and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else listed
