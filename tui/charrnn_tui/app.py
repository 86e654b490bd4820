"""The app: theme, style sheet, global bindings, and the screen that it opens on. No machine learning in here."""

import asyncio
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from charrnn_engine.recording import Recording
from charrnn_engine.sampler import Controls
from charrnn_tui.playback import DEFAULT_SPEED
from charrnn_tui.screens.help import HelpScreen
from charrnn_tui.screens.play import PlayScreen, Settings
from charrnn_tui.settings_file import load_settings, save_settings
from charrnn_tui.themes import CHARRNN, scale_variables
from charrnn_tui.widgets.text_view import COLOURINGS, Colouring


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
    ) -> None:
        """The rest is as it was left last time: see `settings_file`."""
        saved, _ = load_settings()  # what is wrong with it is said on the command line, which has read it before
        self._saved = saved
        colouring: Colouring = next((known for known in COLOURINGS if known == saved.colouring), "surprise")
        self._play = PlayScreen(
            Settings(
                model, prompt, controls or Controls(), seed, speed, saved.endless, colouring, saved.folder, replay
            )
        )
        super().__init__()
        self.register_theme(CHARRNN)
        self.theme = saved.theme if saved.theme in self.available_themes else CHARRNN.name
        self.set_keymap(dict(saved.keys))

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
        yield from super().get_system_commands(screen)
        for binding in _bindings(screen):
            yield SystemCommand(
                binding.tooltip.split(":")[0].capitalize(),
                f"{binding.tooltip} (key: {self.get_key_display(binding)})",
                partial(self.run_action, binding.action, default_namespace=screen),
            )

    def action_help(self) -> None:
        self.push_screen(HelpScreen([*_bindings(self.screen), *_bindings(self)]))

    def action_help_quit(self) -> None:
        """Ctrl+C leaves, as it does everywhere else in a terminal."""
        self.exit()


def _bindings(source: App[Any] | Screen[Any]) -> list[Binding]:
    return [binding for binding in type(source).BINDINGS if isinstance(binding, Binding)]
