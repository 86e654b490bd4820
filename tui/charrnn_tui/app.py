"""The app: theme, style sheet, global bindings, and the screen that it opens on. No machine learning in here."""

import asyncio
import signal
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from charrnn_engine.sampler import Controls
from charrnn_tui.playback import DEFAULT_SPEED
from charrnn_tui.screens.help import HelpScreen
from charrnn_tui.screens.play import PlayScreen, Settings
from charrnn_tui.themes import CHARRNN, scale_variables


class PlaygroundApp(App[None]):
    """Opens on the play screen with a model, by name or path; None is the default model."""

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
    ) -> None:
        self._settings = Settings(model, prompt, controls or Controls(), seed, speed)
        super().__init__()
        self.register_theme(CHARRNN)
        self.theme = CHARRNN.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return scale_variables(self.current_theme.dark)

    def on_mount(self) -> None:
        self._leave_on_signals()
        self.push_screen(PlayScreen(self._settings))

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
