"""The set-up of a training run: the text, the preset, the name, a few options, and the command for all the others.

Composes and routes: `draft` makes the plan, `estimates` measures it. Starts no run; whoever opened the screen gets
the settings.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Label

from charrnn_engine.runs.failures import missing_tensorflow
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.choices import SetupChoices
from charrnn_tui.train.setup.corpus_preview import CorpusPreview
from charrnn_tui.train.setup.corpus_reading import Look, look
from charrnn_tui.train.setup.draft import Draft, Plan, make_plan
from charrnn_tui.train.setup.estimates import Estimates, Measure
from charrnn_tui.train.setup.keys import SETUP_KEYS, setup_hints
from charrnn_tui.train.setup.start_bar import StartBar
from charrnn_tui.train.setup.summary import expectation, obstacle, preset_costs
from charrnn_tui.ui.file_picker import FilePicker
from charrnn_tui.ui.formats import shown_path
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import shown_keys
from charrnn_tui.ui.path_field import PathField, PathInput
from charrnn_tui.ui.title_bar import TitleBar

_TYPING_SECONDS = 0.1
"""How long nothing must be typed before a plan is made."""
_HINT = "Any text will do: a book, your notes, a CSV of headlines. From about 50 kB on it learns to spell."


class TrainSetupScreen(Screen[TrainingSettings | None]):
    """Dismissed with the settings to start a run with, or None.

    Pass the same `draft` again, and nothing typed is lost. `missing` says what has to be installed first, `measure`
    starts the process that measures (see `launch.measure`), after `settle` seconds without a change: starting
    TensorFlow for every key would be a waste.
    """

    AUTO_FOCUS = "#path-input"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-normal"), (116, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*SETUP_KEYS]

    class Estimated(Message):
        """Another estimate is known."""

    DEFAULT_CSS = """
    TrainSetupScreen { layout: vertical; background: $background; }
    TrainSetupScreen #setup-body { height: 1fr; padding: 1 2 0 2; background: $surface; scrollbar-size-vertical: 1; }
    TrainSetupScreen #setup-hint { margin: 1 0 0 9; color: $text-muted; width: 1fr; }
    TrainSetupScreen #setup-found { height: auto; }
    TrainSetupScreen .-empty { display: none; }
    TrainSetupScreen Input, TrainSetupScreen Input:focus { padding: 0 1; background: $panel; }
    TrainSetupScreen Input:focus { background: $panel-lighten-1; }
    TrainSetupScreen #setup-found OptionList {
        height: auto; background: $surface; background-tint: transparent; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    TrainSetupScreen OptionList > .option-list--option-highlighted { background: $panel; color: $text-accent; }
    TrainSetupScreen OptionList:focus > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    TrainSetupScreen CorpusPreview { margin: 1 0; padding-left: 9; }
    TrainSetupScreen.-short CorpusPreview { margin: 0 0 1 0; }
    TrainSetupScreen.-narrow #setup-body { padding: 0 1; }
    TrainSetupScreen.-narrow CorpusPreview { padding-left: 0; }
    TrainSetupScreen.-wide #setup-found { layout: horizontal; margin-top: 1; }
    TrainSetupScreen.-wide CorpusPreview { width: 2fr; padding: 0; margin: 0 2 0 0; }
    TrainSetupScreen.-wide SetupChoices { width: 3fr; min-width: 76; }
    """

    def __init__(
        self,
        draft: Draft | None = None,
        *,
        missing: Callable[[], str] = missing_tensorflow,
        measure: Measure | None = None,
        settle: float = 0.4,
    ) -> None:
        super().__init__()
        self.draft = Draft() if draft is None else draft
        self._estimates = Estimates(lambda: self.post_message(self.Estimated()), measure)
        self._missing = missing()
        self._settle = settle
        self._seen: Look | None = None
        self._plan = Plan()
        self._enters = 0
        # Kept by name: what a thread has found may arrive while the screen is taken down.
        self._title = TitleBar(id="title")
        self._path = PathField(self.draft.path)
        self._hint = Label(_HINT, id="setup-hint")
        self._preview = CorpusPreview(self.draft)
        self._choices = SetupChoices(self.draft)
        self._foot = StartBar()
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        with VerticalScroll(id="setup-body", can_focus=False):
            yield self._path
            yield self._hint
            yield Container(self._preview, self._choices, id="setup-found")
        yield self._foot
        yield self._keys

    def on_mount(self) -> None:
        self._title.title = "train a model"
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self.set_focus(self.query_one(PathInput))  # at once: keys may be waiting
        self._look()

    def on_unmount(self) -> None:
        self._estimates.close()

    # -- the corpus ----------------------------------------------------------------------------------------------

    @on(PathField.Changed)
    def _path_typed(self, event: PathField.Changed) -> None:
        if event.value != self.draft.path:
            self.draft.path, self.draft.columns, self.draft.lines = event.value, None, None
            self._enters = 0
            self._look()

    @on(CorpusPreview.Changed)
    @work(group="plan", exclusive=True)
    async def _look(self) -> None:
        """Reads the corpus in a thread; what is found for a path that has changed since is dropped."""
        self._seen, self._plan = None, Plan()
        self._show_plan()
        seen = await asyncio.to_thread(look, self._path.path, self.draft.columns, self.draft.lines)
        self._preview.show(seen)
        self._hint.set_class(bool(self._path.value), "-empty")
        self._choices.set_class(seen.reading is None, "-empty")
        self._plan = await self._planned(seen)
        self._seen = seen
        self._show_plan()
        self._continue()
        await self._measure()

    @on(PathField.Submitted)
    def _path_entered(self) -> None:
        self._enters += 1
        self._continue()

    def _continue(self) -> None:
        """Follows Enter in the path to the button, and a second one beyond it, once the corpus has been read."""
        if self._seen is None or not self._enters:
            return
        enters, self._enters = self._enters, 0
        if self._foot.ready:
            self._foot.focus_button()
            if enters > 1:
                self.action_start()
        elif self._seen.reading is not None:
            self._choices.focus_presets()
        else:
            self.app.bell()

    @on(PathField.BrowseWanted)
    def action_browse(self) -> None:
        def picked(path: str | None) -> None:
            self._path.put(self._path.value if path is None else shown_path(Path(path)))
            self._path.focus_input()

        self.app.push_screen(FilePicker(self._path.path or os.path.abspath(os.curdir)), picked)  # noqa: PTH100

    # -- the plan ------------------------------------------------------------------------------------------------

    @on(SetupChoices.Changed)
    @work(group="plan", exclusive=True)
    async def _replan(self) -> None:
        if self._seen is None:
            self._look()
            return
        await asyncio.sleep(_TYPING_SECONDS)
        self._plan = await self._planned(self._seen)
        self._show_plan()
        await self._measure()

    async def _planned(self, seen: Look) -> Plan:
        """The plan of what is filled in now, made in a thread: it looks at files and folders."""
        draft = replace(self.draft, options=dict(self.draft.options))
        return Plan() if seen.reading is None else await asyncio.to_thread(make_plan, draft, seen.reading)

    @property
    def _measurable(self) -> bool:
        return self._seen is not None and self._seen.survey is not None and not self._missing

    async def _measure(self) -> None:
        """Has the plan measured, once nothing more is typed."""
        await asyncio.sleep(self._settle)
        if self._measurable:
            chosen = self._plan.presets.get(self.draft.preset)
            if chosen is not None:
                self._estimates.want(chosen, self._plan.file)

    @on(Estimated)
    def _show_plan(self) -> None:
        """Shows the plan, what presets cost as far as it is known, and what keeps training from starting."""
        plan, seen = self._plan, self._seen
        readable = seen is not None and seen.reading is not None
        if readable:
            costs = {}
            if self._measurable and seen is not None and seen.survey is not None:
                costs = preset_costs(plan, self._estimates, seen.survey)
            self._choices.show(plan, costs)
        estimate = None if plan.settings is None else self._estimates.of(plan.settings, plan.file)
        hindered = obstacle(seen, plan, estimate, self._missing)
        said = hindered or expectation(seen, plan, estimate, self.size.width)
        problem = bool(hindered) and (readable or bool(self._missing))
        self._foot.show(plan.command, said, ready=not hindered, problem=problem)
        self.refresh_bindings()

    # -- keys ----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        possible = {"start": self._foot.ready, "copy": bool(self._plan.command), "reset": bool(self.draft.options)}
        return possible.get(action, True)

    @on(SetupChoices.Taken)
    def _taken(self) -> None:
        if self._foot.ready:
            self._foot.focus_button()

    @on(Button.Pressed)
    @work(group="plan", exclusive=True)
    async def action_start(self) -> None:
        """Starts what is filled in now: the plan on the screen may be older, and so may be what it knew of files."""
        if self._seen is None:
            return
        self._plan = await self._planned(self._seen)
        self._show_plan()
        if self._plan.settings is None or not self._foot.ready:
            self.app.bell()
            return
        self._estimates.close()
        self.draft.name = ""  # it is taken now
        self.dismiss(self._plan.settings)

    def action_reset(self) -> None:
        self._choices.reset()

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._plan.command)
        self.notify("Copied the command")

    def action_leave(self) -> None:
        self.dismiss(None)

    def _show_keys(self) -> None:
        self._keys.hints = setup_hints(
            shown_keys(self),
            in_path=isinstance(self.focused, PathInput),
            found=self._seen is not None and self._seen.reading is not None,
            in_choice=isinstance(self.focused, ChoiceRow),
        )
