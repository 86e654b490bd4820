"""The set-up of a training run: which text, which preset, which name, and everything else out of the way.

Composes; what the fields come to is `train_draft`'s to say, how long it takes `train_estimates`'. Starts no run:
whoever opened it gets the settings.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Label

from charrnn_engine.runs.failures import missing_tensorflow
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.save.forms import shown_path
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.choices import SetupChoices
from charrnn_tui.train.setup.corpus_preview import CorpusPreview
from charrnn_tui.train.setup.corpus_reading import Look, look
from charrnn_tui.train.setup.draft import Draft, Plan, plan, preset_plans, proposed_name
from charrnn_tui.train.setup.estimates import Estimates, Measure
from charrnn_tui.train.setup.keys import SETUP_KEYS, setup_hints
from charrnn_tui.train.setup.start_bar import StartBar
from charrnn_tui.train.setup.summary import preset_rows, standing
from charrnn_tui.ui.file_picker import FilePicker
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import shown_keys
from charrnn_tui.ui.path_field import PathField, PathInput
from charrnn_tui.ui.title_bar import TitleBar

SETTLE_SECONDS = 0.4
"""How long nothing is typed before a measurement starts: starting TensorFlow for every key would be waste."""

_HINT = "Any text will do: a book, your notes, a CSV of headlines. From about 50 kB on it learns to spell."


class TrainSetupScreen(Screen[TrainingSettings | None]):
    """Dismissed with the settings to start a run with, or None.

    What is filled in is kept in `draft`: pass the same one again, and nothing typed is lost. `missing` says what has
    to be installed first, `measure` starts the process that estimates are made by (see `launch.measure`).
    """

    AUTO_FOCUS = "#path-input"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (116, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*SETUP_KEYS]

    class Estimated(Message):
        """Another estimate is known."""

    DEFAULT_CSS = """
    TrainSetupScreen { layout: vertical; background: $background; }
    TrainSetupScreen #setup-body { height: 1fr; padding: 1 2 0 2; background: $surface; scrollbar-size-vertical: 1; }
    TrainSetupScreen #setup-hint { margin: 1 0 0 9; color: $text-muted; width: 1fr; }
    TrainSetupScreen #setup-found { height: auto; }
    TrainSetupScreen CorpusPreview { margin: 1 0; padding-left: 9; }
    TrainSetupScreen .-empty { display: none; }
    TrainSetupScreen.-narrow #setup-body { padding: 0 1; }
    TrainSetupScreen.-narrow CorpusPreview { padding-left: 0; }
    TrainSetupScreen.-wide #setup-body { overflow: hidden; }
    TrainSetupScreen.-wide #setup-found { layout: horizontal; height: 1fr; margin-top: 1; }
    TrainSetupScreen.-wide CorpusPreview { width: 1fr; height: 1fr; overflow-y: auto; padding: 0; margin: 0 4 0 0; }
    TrainSetupScreen.-wide SetupChoices { width: 1fr; height: 1fr; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    def __init__(
        self,
        draft: Draft | None = None,
        *,
        missing: Callable[[], str] = missing_tensorflow,
        measure: Measure | None = None,
    ) -> None:
        super().__init__()
        self.draft = Draft() if draft is None else draft
        self.estimates = Estimates(lambda: self.post_message(self.Estimated()), measure)
        self._missing = missing()
        self._seen: Look | None = None
        self._plan = Plan()
        self._by_preset: dict[str, TrainingSettings] = {}
        self._enters = 0
        # Kept by name: what was found in a thread is shown even while the screen is taken down.
        self._title = TitleBar(id="title")
        self._path = PathField(self.draft.path)
        self._hint = Label(_HINT, id="setup-hint", markup=False)
        self._preview = CorpusPreview()
        self._choices = SetupChoices(self.draft, id="setup-choices", classes="-empty")
        self._foot = StartBar(self._missing)
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
        self._look()

    def on_unmount(self) -> None:
        self.estimates.close()

    # -- the corpus ----------------------------------------------------------------------------------------------

    @on(PathField.Changed)
    def _path_typed(self, event: PathField.Changed) -> None:
        if event.value != self.draft.path:
            self.draft.path, self.draft.columns, self.draft.lines = event.value, None, None
            self._enters = 0
            self._look()

    @on(CorpusPreview.LinesWanted)
    def _lines_wanted(self, event: CorpusPreview.LinesWanted) -> None:
        self.draft.lines = event.lines
        self._look()

    @on(CorpusPreview.ColumnsWanted)
    def _columns_wanted(self, event: CorpusPreview.ColumnsWanted) -> None:
        if event.columns != (self.draft.columns or ()):
            self.draft.columns = event.columns
            self._look()

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        """Looks into the corpus beside; what is found for a path typed over is dropped."""
        path, self._seen = self._path.path, None
        self._replan()
        self._see(await asyncio.to_thread(look, path, self.draft.columns, self.draft.lines))

    def _see(self, seen: Look) -> None:
        self._seen = seen
        self._preview.show(seen)
        self._hint.set_class(bool(self._path.value), "-empty")
        self._choices.set_class(seen.reading is None, "-empty")
        self._replan()
        self._go_on()

    @on(PathField.Submitted)
    def _path_entered(self) -> None:
        self._enters += 1
        self._go_on()

    def _go_on(self) -> None:
        """Follows Enter on the path to the button, and on, as soon as the corpus has been seen."""
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
        self.app.push_screen(FilePicker(self._path.path or os.path.abspath(os.curdir)), self._picked)  # noqa: PTH100

    def _picked(self, path: str | None) -> None:
        self._path.put(self._path.value if path is None else shown_path(Path(path)))
        self._path.focus_input()

    # -- what it comes to ----------------------------------------------------------------------------------------

    @on(SetupChoices.Changed)
    def _replan(self) -> None:
        """Makes the plan of what is filled in now, shows it, and has it measured."""
        reading = self._seen.reading if self._seen is not None else None
        self._plan = Plan() if reading is None else plan(self.draft, reading)
        self._by_preset = {} if reading is None else preset_plans(self.draft, reading)
        if reading is not None:
            self._choices.show(self._plan, proposed_name(reading.path))
            self._have_measured()
        self._show_costs()

    @property
    def _measurable(self) -> bool:
        return self._seen is not None and self._seen.survey is not None and not self._missing

    @work(group="measure", exclusive=True)
    async def _have_measured(self) -> None:
        """Has what is chosen measured, and then the other presets, once nothing more is typed."""
        await asyncio.sleep(SETTLE_SECONDS)
        if self._measurable:
            self.estimates.want([*self._by_preset.values()])

    @on(Estimated)
    def _show_costs(self) -> None:
        """Shows what presets cost, as far as it is known, and what stands in the way of a start."""
        settings = self._plan.settings
        estimate = None if settings is None else self.estimates.of(settings)
        if rows := preset_rows(self._by_preset, self.estimates, self.draft.preset, self._measurable):
            self._choices.show_costs(rows)
        state, hinders = standing(self._seen, self._plan, estimate, self._missing, self.size.width)
        problem = hinders and self._seen is not None and self._seen.reading is not None
        self._foot.show(self._plan.command, state, ready=not hinders, problem=problem)
        self._show_keys()

    # -- keys ----------------------------------------------------------------------------------------------------

    @on(SetupChoices.Taken)
    def _taken(self) -> None:
        if self._foot.ready:
            self._foot.focus_button()

    @on(StartBar.Pressed)
    def action_start(self) -> None:
        self._replan()  # the name may have been taken since, or the corpus have gone
        settings = self._plan.settings
        if settings is None or not self._foot.ready:
            self.app.bell()
            return
        self.estimates.close()
        self.draft.started()
        self.dismiss(settings)

    async def action_fold(self) -> None:
        if self._seen is not None and self._seen.reading is not None:
            await self._choices.fold()

    def action_reset(self) -> None:
        self._choices.reset()

    def action_leave(self) -> None:
        self.dismiss(None)

    def _show_keys(self) -> None:
        self._keys.hints = setup_hints(
            shown_keys(self),
            in_path=isinstance(self.focused, PathInput),
            found=self._seen is not None and self._seen.reading is not None,
            in_choice=isinstance(self.focused, ChoiceRow),
            ready=self._foot.ready,
            changed=bool(self.draft.options),
        )
