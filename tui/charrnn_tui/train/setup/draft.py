"""What has been typed and chosen for a training run so far, and the plan that it makes: settings, or why not yet.

Pure of widgets. The checks are the engine's own; here they are only asked of one option after the other, so that
each can be told where it stands.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.locations import checkpoint_folders, user_checkpoints
from charrnn_engine.corpus.reading import Source
from charrnn_engine.errors import CharRNNError
from charrnn_engine.runs import runs
from charrnn_engine.runs.errors import SettingsError
from charrnn_engine.runs.presets import PRESETS, settings_for
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.command_line import command_text, is_name, name_for, settings_fields, typed_here
from charrnn_tui.train.setup.corpus_reading import Reading
from charrnn_tui.train.setup.options import TrainOption, train_options


@dataclass
class Draft:
    """What is filled in. Kept by whoever opens the set-up, so that nothing typed is lost between two openings."""

    path: str = ""
    """As it was typed."""
    columns: tuple[str, ...] | None = None
    """Of a table, the measured one first; None for what is proposed."""
    lines: bool | None = None
    """Whether each line is a text of its own; None for what is proposed."""
    preset: str = ""
    """Empty for the automatic one."""
    name: str = ""
    """Empty for the proposed one."""
    options: dict[str, str] = field(default_factory=dict)
    """What was typed for options, by their names."""
    unfolded: bool = False

    def started(self) -> None:
        """A run has been made of it: its name is taken now."""
        self.name = ""
        self.options.pop("out", None)
        self.options.pop("force", None)


@dataclass(frozen=True)
class Plan:
    """`settings` to start with, or None and the `problem`; what is `wrong` with options, a line for each by name.

    `defaults` are the settings without any option, `command` is what to type in a shell for the same.
    """

    settings: TrainingSettings | None = None
    problem: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)
    defaults: TrainingSettings | None = None
    name: str = ""
    out: Path = Path()
    command: str = ""


def plan(draft: Draft, reading: Reading) -> Plan:
    """The run that a draft means. Looks at files and folders, briefly; raises nothing."""
    if reading.table and not reading.columns:
        return Plan(problem="choose the column to learn from")
    try:
        defaults = settings_for(
            reading.path, "model", preset=draft.preset, given={**settings_fields(reading.given), "low_priority": True}
        )
    except CharRNNError as error:
        return Plan(problem=str(error))
    values, wrong = _options(draft, reading)
    out, name, problem = _place(draft.name.strip(), values, reading.path)
    given = {**reading.given, "preset": draft.preset, **values}
    if name != name_for(reading.path) and "out" not in values:
        given["name"] = name
    parameters = _parameters()
    settings = None
    if not wrong and not problem:
        about = {"name": name, "command": command_text(parameters, given), "low_priority": True}
        try:
            fields = {**settings_fields(given), **about}
            settings = settings_for(reading.path, str(out), preset=draft.preset, given=fields)
        except CharRNNError as error:
            problem = str(error)
    if wrong:
        problem = f"more options: {next(iter(wrong.values()))}"
    here = command_text(parameters, given, typed_here, whole=True)
    return Plan(settings, problem, wrong, defaults, name, out, here)


def preset_plans(draft: Draft, reading: Reading) -> dict[str, TrainingSettings]:
    """What each preset would be with all else as it is, for estimates: the chosen one first, and the automatic one
    under the empty name. None are there where something else is wrong."""
    values, wrong = _options(draft, reading)
    if wrong or (reading.table and not reading.columns):
        return {}
    given = settings_fields({**reading.given, **values})
    plans = {}
    for preset in dict.fromkeys([draft.preset, "", *PRESETS]):
        with suppress(CharRNNError):
            plans[preset] = settings_for(reading.path, "model", preset=preset, given=given)
    return plans


def proposed_name(corpus: str) -> str:
    """The corpus' name, numbered where a model or a run has it already."""
    name = first = name_for(corpus)
    roots = checkpoint_folders()
    number = 1
    while any(_is_taken(root / name) for root in roots):
        number += 1
        name = f"{first}-{number}"
    return name


def _is_taken(out: Path) -> bool:
    """Whether a model, or what is left of a run, stands there."""
    return out.exists() or runs.run_folder(out).exists() or runs.is_resumable(out)


def _place(typed: str, values: Mapping[str, Any], corpus: str) -> tuple[Path, str, str]:
    """Where the model goes, its name, and what is wrong with that."""
    if "out" in values:
        out = Path(values["out"]).absolute()
        name = out.name
    else:
        name = typed or proposed_name(corpus)
        out = user_checkpoints() / name
    if not is_name(name):
        return out, name, f"{name!r} is no name for a model"
    if out.exists() and not values.get("force"):
        return out, name, f"there is a model {name!r} already; another name keeps both"
    if runs.live_pid(out) is not None:
        return out, name, f"a run is writing to {name!r} now; take another name"
    if runs.is_resumable(out) and not values.get("force"):
        return out, name, f"there is an unfinished run {name!r}; resume that one, or take another name"
    return out, name, ""


def _options(draft: Draft, reading: Reading) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the options that are filled in, and what is wrong with the others."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for option in train_options():
        typed = draft.options.get(option.name, "").strip()
        if not typed:
            continue
        try:
            value = option.read(typed)
            _check(option, value, reading, draft.preset)
            values[option.name] = value
        except CharRNNError as error:
            wrong[option.name] = str(error)
    return values, wrong


def _check(option: TrainOption, value: Any, reading: Reading, preset: str) -> None:
    """Raises CharRNNError where an option can't be had, whatever the others are."""
    if option.name == "window" and reading.lines and not reading.table:
        raise SettingsError("--window is for running text; here each line is a text of its own")
    settings = settings_for(
        reading.path, "model", preset=preset, given=settings_fields({**reading.given, option.name: value})
    )
    if option.name == "validation" and settings.corpus.validation_fraction is None:
        Source(settings.corpus.validation, settings.corpus.columns)
    if option.name == "from_":
        from charrnn_engine.checkpoints.store import find_checkpoint  # nothing else here reads models

        find_checkpoint(settings.start_from)


def _parameters() -> Sequence[Any]:
    from charrnn_tui.commands.train import train

    return train.params
