"""The app: theme, style sheet, global keys, and the screen that it opens with. Knows no machine learning."""

import asyncio
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual.actions import SkipAction
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Event, Key
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input

from charrnn_engine.generation.recording import Recording
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.learn.keys import LESSON_KEYS
from charrnn_tui.play.opening import Opening
from charrnn_tui.play.reading import TextToRead
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.settings import load_settings, save_settings
from charrnn_tui.text.colouring import COLOURINGS, Colouring
from charrnn_tui.text.terminal_filter import HarmlessLines
from charrnn_tui.train.run.background import BackgroundTraining
from charrnn_tui.ui.choice import ChoiceScreen
from charrnn_tui.ui.formats import shown_path
from charrnn_tui.ui.help import HelpScreen
from charrnn_tui.ui.host_files import NOTICE, allowed
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.keys import keys_of, remapped
from charrnn_tui.ui.pace import DEFAULT_SPEED, DEFAULT_WORD_SPEED
from charrnn_tui.ui.palette import system_commands
from charrnn_tui.ui.textual_repairs import repair
from charrnn_tui.ui.theme import CHARRNN, CHARRNN_LIGHT, scale_variables

if TYPE_CHECKING:
    from charrnn_tui.learn.screen import Learning
    from charrnn_tui.save.kept import Kept

repair()
_key = keys_of("app")


class PlaygroundApp(App[None]):
    """Opens the play screen with a model, by name or path; None is the default model."""

    problem: str | None = None
    """What went wrong while quitting, for the command line to report."""

    TITLE = "charrnn-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("question_mark,f1", "help", "Help", "what the keys do", "?"),
        _key("full_stop", "more_keys", "More keys", "the other keys in the line at the bottom", "."),
        _key("q", "quit", "Quit", "quit"),
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True, system=True),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            show=False,
            id="app.suspend",
            tooltip="back to the shell; fg returns",
        ),
        *LESSON_KEYS,
    ]

    def __init__(
        self,
        model: str | None = None,
        prompt: str | None = None,
        controls: Controls | None = None,
        seed: int | None = None,
        speed: float | None = DEFAULT_SPEED,
        word_speed: float | None = DEFAULT_WORD_SPEED,
        *,
        replay: Recording | None = None,
        to_say: str | None = None,
        projector: bool = False,
        files_allowed: bool = True,
        lessons: Path | None = None,
        introduce: bool = False,
        theme: str | None = None,
        read: TextToRead | None = None,
    ) -> None:
        """Everything else is as it was left last time: see `settings_file`. `to_say` is a notice for the user, and
        `lessons` a folder of lessons to begin with. `projector` is for showing it to a room. `files_allowed` says
        whether the user may read and write files of this machine, and `introduce` whether a line says which keys to
        try first. `read` is a text to read instead of writing one.
        """
        saved, problem = load_settings()  # the command line has read it before, and set it aside where it was damaged
        colouring: Colouring = next((known for known in COLOURINGS if known == saved.colouring), "surprise")
        self._saved = saved
        self.files_allowed = files_allowed
        self._crashed = False
        self._kept: Kept | None = None
        self._play = PlayScreen(
            Opening(
                model, prompt, controls or Controls(), seed, speed, word_speed, saved.endless, colouring,
                saved.folder, replay, read, projector, to_say or problem or (None if files_allowed else NOTICE),
                saved.repeat_prompt, introduce,
            )
        )  # fmt: skip
        self._training = BackgroundTraining(self, self._play)
        self._learning: Learning | None = None
        self._lessons = lessons
        self._harmless = HarmlessLines()
        super().__init__()
        self.register_theme(CHARRNN)
        self.register_theme(CHARRNN_LIGHT)
        self.theme = next((name for name in (theme, saved.theme) if name in self.available_themes), CHARRNN.name)
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
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.fail(context.get("exception")))
        self.push_screen(self._play)
        self.call_later(self._offer_kept_text)
        if self._lessons is not None:
            self.call_later(self.action_learn)

    async def on_unmount(self) -> None:
        if self._learning is not None:
            self._learning.put_back()
        if not self.files_allowed:
            return
        game, play = self._play.game, self._play
        controls = game.controls
        settings = replace(
            self._saved,
            temperature=controls.temperature,
            greedy=controls.greedy,
            top_k=controls.top_k,
            top_p=controls.top_p,
            min_p=controls.min_p,
            speed=game.speeds["char"],
            word_speed=game.speeds["word"],
            endless=game.endless,
            repeat_prompt=game.repeat_prompt,
            colouring=play.colouring,
            introduced=True,
            theme=self.theme,
            model=play.model_name or self._saved.model,
            folder=play.saving.folder,
        )
        self.problem = await asyncio.to_thread(save_settings, settings)

    def panic(self, *renderables: RenderableType) -> None:
        """As Textual's, which leaves the exit code at 0 where a thread of its own has failed."""
        self._crashed = True
        super().panic(*renderables)

    def fail(self, error: BaseException | None) -> None:
        """Ends the app for an error that nobody expected. The command line reports it."""
        if error is not None and not self._crashed:
            from rich.traceback import Traceback

            self.panic(Traceback.from_exception(type(error), error, error.__traceback__))

    def keep_text(self) -> Path | None:
        """Saves the text of a session that broke off, and offers it at the next start; returns its path."""
        game = self._play.game
        text = game.text
        if text is None or not self.files_allowed:
            return None
        from charrnn_tui.save.forms import TextToSave
        from charrnn_tui.save.kept import keep

        with suppress(Exception):  # whatever broke the app may break this
            to_save = TextToSave(text.model, game.recording(), list(text.ids))
            return keep(to_save, self._play.model_name or text.model.name, self._play.typed)
        return None

    async def _offer_kept_text(self) -> None:
        """Says once where the text of a session that broke off is, and offers it in the palette."""
        from charrnn_tui.save.kept import forget, kept

        self._kept = await asyncio.to_thread(kept) if self.files_allowed else None
        if self._kept is not None:
            forget()
            self.notify(
                f"The last session broke off. Its text is in {shown_path(self._kept.file)}. "
                f"{self.COMMAND_PALETTE_BINDING} and “last text” play it again.",
                timeout=20,
            )

    def _play_kept_text(self) -> None:
        if self._kept is not None:
            self._play.open_model(self._kept.model, replay=self._kept.recording)
            self._play.typed = self._kept.typed
            self._kept = None

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
        # Textual's own panel of keys would take the room of the text.
        yield SystemCommand("Keys", "What the keys do", self.action_help)
        if self._kept is not None:
            yield SystemCommand("Last text", "Play the text of the session that broke off", self._play_kept_text)
        textuals = super().get_system_commands(screen)
        offered = (each for each in textuals if self.files_allowed or each.title != "Screenshot")
        yield from system_commands(self, screen, self._bindings_of(screen), offered)

    def action_help(self) -> None:
        bindings = [*self._bindings_of(self.screen), *self._bindings_of(self)]
        self.push_screen(HelpScreen(bindings, self.screen.HELP or "", getattr(self.screen, "HELP_GROUPS", None)))

    def action_more_keys(self) -> None:
        for bar in self.screen.query(KeyBar):
            bar.turn()

    def action_change_theme(self) -> None:
        from charrnn_tui.ui.theme_screen import ThemeScreen

        self.push_screen(ThemeScreen())

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
        await self._training.open(self._play.game.given_prompt)

    # -- lessons -------------------------------------------------------------------------------------------------

    async def action_learn(self) -> None:
        """Shows the list of lessons."""
        if self._learning is None:
            from charrnn_tui.learn.screen import Learning

            self._learning = Learning(self, self._play)
        folder, self._lessons = self._lessons, None
        await self._learning.open(folder)

    async def action_lesson(self, what: str | int) -> None:
        """Goes on in a lesson, goes back, leaves it, or answers its question."""
        if self._learning is not None:
            await self._learning.do(what)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key of the app can do anything now."""
        if not allowed(self, action):
            return False
        in_lesson = self._learning is not None and self._learning.walk is not None
        return in_lesson if action == "lesson" else super().check_action(action, parameters)

    async def on_event(self, event: Event) -> None:
        """As Textual's; a lesson notices the keys that are pressed."""
        if self._learning is not None and isinstance(event, Key):
            self._learning.press(event.key)
        await super().on_event(event)
