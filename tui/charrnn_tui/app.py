"""The app: theme, style sheet, global keys, and the screen that it opens with. Knows no machine learning."""

import asyncio
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual.actions import SkipAction, parse
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from charrnn_engine.generation.recording import Recording
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.opening import Opening
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.settings import load_settings, save_settings
from charrnn_tui.text.colouring import COLOURINGS, Colouring
from charrnn_tui.text.terminal_filter import HarmlessLines
from charrnn_tui.train.run.background import BackgroundTraining
from charrnn_tui.ui.choice import ChoiceScreen
from charrnn_tui.ui.help import HelpScreen
from charrnn_tui.ui.keys import key_shown, remapped
from charrnn_tui.ui.pace import DEFAULT_SPEED
from charrnn_tui.ui.textual_repairs import repair
from charrnn_tui.ui.theme import CHARRNN, scale_variables

if TYPE_CHECKING:
    from charrnn_tui.train.run.training_runs import ToPlay

repair()


class PlaygroundApp(App[None]):
    """Opens the play screen with a model, by name or path; None is the default model."""

    problem: str | None = None
    """What went wrong while quitting, for the command line to report."""

    TITLE = "charrnn-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="what the keys do"),
        Binding("q", "quit", "Quit", id="app.quit", tooltip="quit"),
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True, system=True),
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
        """Everything else is as it was left last time: see `settings_file`. `to_say` is a notice for the user."""
        saved, problem = load_settings()  # the command line has read it before, and set it aside where it was damaged
        colouring: Colouring = next((known for known in COLOURINGS if known == saved.colouring), "surprise")
        self._saved = saved
        self._crashed = False
        self._play = PlayScreen(
            Opening(
                model, prompt, controls or Controls(), seed, speed, saved.endless, colouring, saved.folder, replay,
                to_say or problem,
            )
        )  # fmt: skip
        self._training = BackgroundTraining(self, self._trained)
        self._harmless = HarmlessLines()
        super().__init__()
        self.register_theme(CHARRNN)
        self.theme = saved.theme if saved.theme in self.available_themes else CHARRNN.name
        self.set_keymap(dict(self.user_keys))

    @property
    def user_keys(self) -> Mapping[str, str]:
        """The keys that the user has mapped, by the id of a binding."""
        return self._saved.keys

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and one that drops whatever would drive the terminal."""
        return [*super().get_line_filters(), self._harmless]

    def notify(self, message: str, **options: Any) -> None:
        """As Textual's, without markup: a notice may quote names with brackets in them."""
        super().notify(message, **{**options, "markup": False})

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return scale_variables(self.current_theme.dark)

    def on_mount(self) -> None:
        self._quit_on_signals()
        self.push_screen(self._play)

    async def on_unmount(self) -> None:
        game, play = self._play.game, self._play
        controls = game.controls
        settings = replace(
            self._saved,
            temperature=controls.temperature,
            greedy=controls.greedy,
            top_k=controls.top_k,
            top_p=controls.top_p,
            min_p=controls.min_p,
            speed=game.speed,
            endless=game.endless,
            colouring=play.colouring,
            theme=self.theme,
            model=play.model_name or self._saved.model,
            folder=play.saving.folder,
        )
        self.problem = await asyncio.to_thread(save_settings, settings)

    def panic(self, *renderables: RenderableType) -> None:
        """As Textual's, which leaves the exit code at 0 where a thread of its own has failed."""
        self._crashed = True
        super().panic(*renderables)

    @property
    def return_code(self) -> int | None:
        return 1 if self._crashed else super().return_code

    def _quit_on_signals(self) -> None:
        """Quits as `q` does on SIGTERM and SIGHUP, so that the terminal is restored."""
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Only the main thread of a POSIX system takes handlers; elsewhere the default stays.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                if number is not None:
                    asyncio.get_running_loop().add_signal_handler(number, self._signalled, number)

    def _signalled(self, number: int) -> None:
        self.exit(return_code=128 + number)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own, and everything that a key of the screen can do now."""
        for command in super().get_system_commands(screen):
            # Textual's panel of keys would take the room of the text.
            yield SystemCommand("Keys", "What the keys do", self.action_help) if command.title == "Keys" else command
        for binding in self._bindings_of(screen):
            if not _can_do_now(screen, binding):
                continue
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
        return remapped(type(source).BINDINGS, self.user_keys)

    def action_interrupt(self) -> None:
        """Ctrl-C quits, as everywhere in a terminal, also in every dialog. Selected text it copies. Where the app
        asks whether to quit, it is the answer.
        """
        focused = self.focused
        if (isinstance(focused, Input) and focused.selected_text) or self.screen.get_selected_text():
            raise SkipAction
        if isinstance(self.screen, ChoiceScreen) or not self._training.ask_before_quitting():
            self.exit()

    async def action_quit(self) -> None:
        if not self._training.ask_before_quitting():
            self.exit()

    # -- training ------------------------------------------------------------------------------------------------

    async def action_train(self) -> None:
        """Opens the training screen; a run continues without it."""
        text = self._play.game.text
        await self._training.open(text.prompt if text is not None else "")

    def _trained(self, to_play: "ToPlay") -> None:
        self._play.open_model(to_play.checkpoint, to_play.prompt, to_play.seed)


def _can_do_now(screen: Screen[Any], binding: Binding) -> bool:
    name, parameters = parse(binding.action)[1:]
    return screen.check_action(name, parameters) is not False
