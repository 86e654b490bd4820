"""What keys do to the controls of a game: temperature, greedy, repeat penalty, speed, and what follows a text."""

from collections.abc import Callable
from dataclasses import replace

from charrnn_tui.play.game import Game
from charrnn_tui.play.game_view import GameView


class ControlKeys:
    """`changed` is called where more changes than the sampler's controls."""

    def __init__(self, game: Game, view: GameView, changed: Callable[[], None]) -> None:
        self._game, self._view, self._changed = game, view, changed

    def can(self, what: str) -> bool:
        """Whether `do` has something to do now."""
        text = self._game.text
        if what == "penalty":
            return text is not None
        return what != "end" or text is None or text.eos is not None

    def do(self, what: str, step: float) -> None:
        """Steps `temperature` or `speed`, switches `greedy` or `penalty`, or changes what happens at the `end`."""
        game = self._game
        if what in ("speed", "end"):
            if what == "speed":
                game.step_speed(int(step))
            else:
                game.toggle_endless()
                if not game.paused:
                    self._view.page.cut()
            self._changed()
            return
        if what == "temperature":
            game.turn_temperature(step)
        elif what == "greedy":
            game.controls = replace(game.controls, greedy=not game.controls.greedy)
        else:
            self._view.notice.say(game.toggle_penalty())
        self._view.show_controls()
