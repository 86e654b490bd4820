"""What has been filled in for a training run, and the plan it makes: settings, or what is missing or wrong.

Knows no widget. The engine does the checks; its messages begin with the option that is wrong.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.locations import checkpoint_folders, user_checkpoints
from charrnn_engine.corpus.reading import stamp
from charrnn_engine.errors import CharRNNError, SettingsError
from charrnn_engine.runs import folder
from charrnn_engine.runs.presets import PRESETS, settings_for
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.command_line import card_command, is_name, name_for, settings_fields, shell_command
from charrnn_tui.train.setup.corpus_reading import Reading
from charrnn_tui.train.setup.estimates import FileState
from charrnn_tui.train.setup.options import OPTIONS


@dataclass
class Draft:
    """Kept between two openings of the set-up, so that nothing typed is lost."""

    path: str = ""
    """As it was typed."""
    columns: tuple[str, ...] | None = None
    """Of a table, the one that is measured first; None for those proposed."""
    lines: bool | None = None
    """Whether each line is a text of its own; None for what is proposed."""
    preset: str = ""
    """Empty for the automatic one."""
    name: str = ""
    """Empty for the one proposed."""
    options: dict[str, str] = field(default_factory=dict)
    """What was typed, by the names of the options."""


@dataclass(frozen=True)
class Plan:
    """`settings` to start with, or None and the `problem`. `wrong` names the options that are wrong.

    `defaults` are the values of all options where nothing is typed, `command` does the same in a shell, and `presets`
    are the settings with each preset in turn: the chosen one first, the automatic one under the empty name. `file` is
    the state of the corpus that the plan was made for.
    """

    settings: TrainingSettings | None = None
    problem: str = ""
    wrong: frozenset[str] = frozenset()
    defaults: Mapping[str, str] = field(default_factory=dict)
    proposed: str = ""
    out: Path = Path()
    command: str = ""
    presets: Mapping[str, TrainingSettings] = field(default_factory=dict)
    file: FileState = None


def make_plan(draft: Draft, reading: Reading) -> Plan:
    """The run that a draft describes. Looks at files and folders; raises nothing."""
    proposed = proposed_name(reading.path)
    if reading.table and not reading.columns:
        return Plan(problem="Choose a column to learn from", proposed=proposed)
    try:
        defaults = _settings(reading, draft.preset, {})
    except CharRNNError as error:
        return Plan(problem=str(error), proposed=proposed)
    values, wrong = _read_options(draft)
    name = draft.name.strip() or proposed
    out = user_checkpoints() / name
    chosen = {
        "corpus": reading.path,
        "name": name if name != name_for(reading.path) else "",
        "preset": draft.preset,
        **reading.options,
        **values,
    }
    settings = None
    problem = next(iter(wrong.values()), "")
    try:
        settings = _settings(reading, draft.preset, {**values, "name": name, "command": card_command(chosen)}, out)
        problem = problem or _problem_with(name, out)
    except CharRNNError as error:
        problem = problem or str(error)
        wrong |= {option.name: problem for option in OPTIONS if problem.startswith(f"--{option.name} ")}
    return Plan(
        None if problem else settings,
        problem,
        frozenset(wrong),
        {option.name: option.shown(defaults) for option in OPTIONS},
        proposed,
        out,
        shell_command(chosen),
        {} if wrong else _presets(draft, reading, values),
        stamp(reading.path),
    )


def _settings(
    reading: Reading, preset: str, values: Mapping[str, Any], out: Path = Path("model")
) -> TrainingSettings:
    given = {**settings_fields(reading.options), **values, "low_priority": True}
    return settings_for(reading.path, str(out), preset=preset, given=given)


def _read_options(draft: Draft) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the options that are filled in, and why the others can't be read."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for option in OPTIONS:
        typed = draft.options.get(option.name, "").strip()
        try:
            values |= {option.name: option.read(typed)} if typed else {}
        except SettingsError as error:
            wrong[option.name] = str(error)
    return values, wrong


def _presets(draft: Draft, reading: Reading, values: Mapping[str, Any]) -> dict[str, TrainingSettings]:
    plans = {}
    for preset in dict.fromkeys([draft.preset, "", *PRESETS]):
        with suppress(CharRNNError):
            plans[preset] = _settings(reading, preset, values)
    return plans


def proposed_name(corpus: str) -> str:
    """A name for the model of a corpus that no other model has."""
    base = name = name_for(corpus)
    number = 2
    while any(_is_taken(folder / name) for folder in checkpoint_folders()):
        name = f"{base}-{number}"
        number += 1
    return name


def _is_taken(out: Path) -> bool:
    """Whether there is a model, or what is left of a run."""
    return out.exists() or folder.run_folder(out).exists() or folder.is_resumable(out)


def _problem_with(name: str, out: Path) -> str:
    """What speaks against a name."""
    if not is_name(name):
        return f"{name!r} can't be the name of a model"
    if out.exists():
        return f"There is already a model {name!r}; choose another name"
    if folder.live_pid(out) is not None:
        return f"A run is writing to {name!r} now; choose another name"
    if folder.is_resumable(out):
        return f"There is an unfinished run {name!r}; resume that one, or choose another name"
    return ""
