"""Looks at the screens, and says what a lesson can notice. Changes nothing."""

from typing import TYPE_CHECKING, Any, cast

from textual.app import App
from textual.screen import Screen

from charrnn_engine.sampling.distribution import entropy_bits
from charrnn_tui.learn.facts import Facts, Value
from charrnn_tui.play.screen import PlayScreen

if TYPE_CHECKING:
    from charrnn_tui.race.screen import RaceScreen
    from charrnn_tui.train.run.screen import TrainingScreen

# By the names of their classes: the modules of most screens are imported when they are opened.
_SCREENS = {
    "PlayScreen": "play",
    "RaceScreen": "race",
    "ModelsScreen": "models",
    "TrainSetupScreen": "train",
    "TrainingScreen": "training",
}


class Observer:
    """Counts from the moment that a step begins."""

    def __init__(self, app: App[Any], play: PlayScreen) -> None:
        self._app, self._play = app, play
        self.begin()

    def begin(self) -> None:
        """A step begins now."""
        self._pressed: set[str] = set()
        self._text = self._seen = self._play.game.text
        self._position = self._highest = len(self._text.log) if self._text else 0
        self._written = self._took = self._back = 0

    def press(self, key: str) -> None:
        """A key is pressed, and hasn't done anything yet."""
        self._pressed.add(key)
        self._count()

    def look(self) -> Facts:
        """What is there now."""
        screen = self._app.screen
        name = _SCREENS.get(type(screen).__name__, "")
        facts: dict[str, Value] = {"pressed": frozenset(self._pressed), "screen": name, **self._playing()}
        for below in self._app.screen_stack:
            facts |= self._elsewhere(below)
        return facts

    def _playing(self) -> dict[str, Value]:
        play, game = self._play, self._play.game
        text, controls, loop = game.text, game.controls, game.loop
        self._count()
        if text is None or game.model is None:
            return {}
        return {
            "model": game.model.name,
            "prompt": text.prompt,
            "temperature": controls.temperature,
            "greedy": controls.greedy,
            "colouring": play.colouring,
            "paused": game.paused,
            "ended": game.stopped_at == "end of text",
            "loop": loop is not None,
            **({"loop length": float(loop.period)} if loop is not None else {}),
            "written": float(self._written),
            "walked back": float(self._back),
            "took": float(self._took),
            "restarted": text is not self._text,
            "reading": text.reading is not None,
            "branches": float(len(text.branches)),
            "entropy": entropy_bits(text.generation.logits()),
            "surprise": text.surprise / text.position if text.position else 0.0,
            "inside": play.has_class("-inside"),
            "held": ", ".join(controls.hold),
        }

    def _count(self) -> None:
        """Counts the tokens that were written and chosen since the last look."""
        text = self._play.game.text
        if text is None:
            return
        position = len(text.log)
        if text is not self._seen:
            self._seen, self._position, self._highest, self._written = text, 0, 0, 0
        new = range(max(self._position, text.log.dropped), position)
        if new:
            entries = text.log.entries(new.start, new.stop)
            forced = 0 if text.reading is not None else sum(entry.forced for entry in entries)  # what is read is, too
            self._took += forced
            self._written += len(new) - forced
        self._position, self._highest = position, max(self._highest, position)
        self._back = max(self._back, self._highest - position)

    def _elsewhere(self, screen: Screen[Any]) -> dict[str, Value]:
        """What a race or a run has to say."""
        if type(screen).__name__ == "RaceScreen":
            race = cast("RaceScreen", screen).game
            return {"lanes": float(len(race.lanes)), "vary": race.vary}
        run = cast("TrainingScreen", screen).runs.shown if type(screen).__name__ == "TrainingScreen" else None
        if run is None:
            return {}
        history = run.history
        facts: dict[str, Value] = {
            "epoch": float(history.epochs[-1].number if history.epochs else 0),
            "trained": history.state.over,
        }
        return {**facts, **({"loss": history.loss} if history.loss is not None else {})}
