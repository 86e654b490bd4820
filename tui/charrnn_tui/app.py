"""The app: theme, style sheet, global bindings, and the screen that it opens on. No machine learning in here."""

import asyncio
import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen

from charrnn_engine.generation.recording import Recording
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.opening import Settings
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.settings import load_settings, save_settings
from charrnn_tui.text.escapes import HarmlessLines
from charrnn_tui.text.text_view import COLOURINGS, Colouring
from charrnn_tui.ui.help import HelpScreen
from charrnn_tui.ui.keys import key_shown, remapped
from charrnn_tui.ui.pace import DEFAULT_SPEED
from charrnn_tui.ui.textual_repairs import repair
from charrnn_tui.ui.theme import CHARRNN, scale_variables
from charrnn_tui.ui.title_bar import TitleBar

if TYPE_CHECKING:
    from charrnn_tui.train.run.desk import ToPlay, TrainingDesk
    from charrnn_tui.train.run.watched import OwnRun

_TRAINING_SECONDS = 0.2  # between two looks at a training run
_SAVING_SECONDS = 60.0  # how long a run that was stopped may take to save itself before the app leaves

repair()


class PlaygroundApp(App[None]):
    """Opens on the play screen with a model, by name or path; None is the default model."""

    problem: str | None = None
    """What went wrong while leaving, for whoever is left to say it."""

    TITLE = "charrnn-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="what the keys do"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="quit"),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            show=False,
            id="app.suspend",
            tooltip="back to the shell; fg returns",
        ),
    ]

    def __init__(
        self,
        model: str | None = None,
        prompt: str | None = None,
        controls: Controls | None = None,
        seed: int | None = None,
        speed: float | None = DEFAULT_SPEED,
        *,
        replay: Recording | None = None,
        to_say: str | None = None,
    ) -> None:
        """The rest is as it was left last time: see `settings_file`. `to_say` is for the reader to know at once."""
        saved, problem = load_settings()  # the command line has read it before, and set it aside where it was damaged
        self._saved = saved
        colouring: Colouring = next((known for known in COLOURINGS if known == saved.colouring), "surprise")
        self._play = PlayScreen(
            Settings(
                model,
                prompt,
                controls or Controls(),
                seed,
                speed,
                saved.endless,
                colouring,
                saved.folder,
                replay,
                to_say or problem,
            )
        )
        self._desk: TrainingDesk | None = None
        self._harmless = HarmlessLines()
        super().__init__()
        self.register_theme(CHARRNN)
        self.theme = saved.theme if saved.theme in self.available_themes else CHARRNN.name
        self.set_keymap(dict(saved.keys))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and one that lets nothing through that drives a terminal."""
        return [*super().get_line_filters(), self._harmless]

    def notify(self, message: str, **options: Any) -> None:
        """As Textual's, but brackets are what they are: what is said quotes names that anybody may have given."""
        super().notify(message, **{**options, "markup": False})

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return scale_variables(self.current_theme.dark)

    def on_mount(self) -> None:
        self._leave_on_signals()
        self.push_screen(self._play)

    def on_unmount(self) -> None:
        play, controls = self._play, self._play.controls
        self.problem = save_settings(
            replace(
                self._saved,
                temperature=controls.temperature,
                greedy=controls.greedy,
                top_k=controls.top_k,
                top_p=controls.top_p,
                min_p=controls.min_p,
                speed=play.speed,
                endless=play.endless,
                colouring=play.colouring,
                theme=self.theme,
                model=play.model_name or self._saved.model,
                folder=play.folder,
            )
        )

    def _leave_on_signals(self) -> None:
        """Leaves as `q` does when told to end or when the terminal goes, so that the terminal is restored."""
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Only the main thread of a POSIX system takes handlers; elsewhere the default stays.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                if number is not None:
                    asyncio.get_running_loop().add_signal_handler(number, self._told_to_end, number)

    def _told_to_end(self, number: int) -> None:
        self.exit(return_code=128 + number)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own, and everything that a key of the screen does."""
        for command in super().get_system_commands(screen):
            # Its panel of keys would take the room of the text.
            yield SystemCommand("Keys", "What the keys do", self.action_help) if command.title == "Keys" else command
        for binding in self._bindings_of(screen):
            title, _, more = binding.tooltip.partition(": ")
            yield SystemCommand(
                title[:1].upper() + title[1:],  # `capitalize` would make small letters of all the others
                f"{more}{' · ' if more else ''}key: {key_shown(self, binding)}",
                partial(self.run_action, binding.action, default_namespace=screen),
            )

    def action_help(self) -> None:
        bindings = [*self._bindings_of(self.screen), *self._bindings_of(self)]
        self.push_screen(HelpScreen(bindings, self.screen.HELP or ""))

    def _bindings_of(self, source: App[Any] | Screen[Any]) -> list[Binding]:
        """What keys do there, under the keys that the reader has put in the place of others."""
        own = [binding for binding in type(source).BINDINGS if isinstance(binding, Binding)]
        return remapped(own, self._saved.keys)

    def action_help_quit(self) -> None:
        """Ctrl+C leaves, as it does everywhere else in a terminal; where something is asked, it is the answer."""
        if self._live_run() is None or isinstance(self.screen, ModalScreen):
            self.exit()
        else:
            self._ask_before_leaving()

    async def action_quit(self) -> None:
        if self._live_run() is None:
            self.exit()
        else:
            self._ask_before_leaving()

    # -- training ------------------------------------------------------------------------------------------------

    def action_train(self) -> None:
        """Opens the training screen; what it shows goes on without it."""
        from charrnn_tui.train.run.desk import TrainingDesk
        from charrnn_tui.train.run.screen import TrainingScreen

        if self._desk is None:
            self._desk = TrainingDesk()
            self.set_interval(_TRAINING_SECONDS, self._look_at_training)
        self.push_screen(TrainingScreen(self._desk, self._play.prompt_text), self._trained)

    def _trained(self, to_play: "ToPlay | None") -> None:
        if to_play is not None:
            self._play.open_model(to_play.checkpoint, to_play.prompt, to_play.seed)

    def _live_run(self) -> "OwnRun | None":
        """The run that would be cut short; one that has said its last word may take a moment to be gone."""
        live = self._desk.live if self._desk is not None else None
        return None if live is None or live.history.state.over else live

    def _look_at_training(self) -> None:
        from charrnn_tui.train.run.desk import in_a_word, last_word
        from charrnn_tui.train.run.screen import TrainingScreen

        assert self._desk is not None
        if not self._desk.busy:
            return
        events = self._desk.poll()
        live = self._live_run()
        elsewhere = not any(isinstance(screen, TrainingScreen) for screen in self.screen_stack)
        for bar in self.screen.query(TitleBar):
            bar.aside = in_a_word(live) if live is not None and elsewhere else ""
        own = self._desk.own
        if own is not None and live is None and events and elsewhere:
            said, failed = last_word(own)
            self.notify(f"{said}; t shows it", severity="error" if failed else "information", timeout=10)

    def _ask_before_leaving(self) -> None:
        from charrnn_tui.ui.choice import ChoiceScreen

        run = self._live_run()
        assert run is not None

        def chosen(answer: str | None) -> None:
            if answer == "stop":
                run.stop()
                self._leave_once_saved(run)
            elif answer == "leave":
                run.detach()
                self.exit()

        self.push_screen(
            ChoiceScreen(
                "a model is being trained",
                f"{run.history.name} has come {run.history.fraction:.0%} of its way. What shall become of it?",
                [
                    ("stop", "stop it, and keep what it has learnt: it can go on later"),
                    ("leave", "leave it running without the app: t shows it next time"),
                    ("stay", "don't quit"),
                ],
            ),
            chosen,
        )

    @work(exclusive=True, group="leaving")
    async def _leave_once_saved(self, run: "OwnRun") -> None:
        self.notify(f"{run.history.name} saves itself … (ctrl+c doesn't wait for it)", timeout=_SAVING_SECONDS)
        await asyncio.to_thread(run.wait, _SAVING_SECONDS)
        self.exit()
