"""The dialogs and screens that open over the play screen: branches, continuations, rules, models, the race, a text to
read, and saving.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from charrnn_engine.errors import CharRNNError
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.continuations import Continuation, Continuations
from charrnn_tui.play.game import Game
from charrnn_tui.play.navigation import Navigation
from charrnn_tui.save.screen import Saving
from charrnn_tui.text.colouring import Colouring

if TYPE_CHECKING:
    from charrnn_tui.play.reading import Reading
    from charrnn_tui.race.game import RaceGame
    from charrnn_tui.race.screen import LaneText

_BEFORE = 40  # characters of the text, shown above its continuations


class Dialogs:
    """Opens them, and applies what the user chose there.

    `open_model` opens a model by name. `opened` is called when another text has been opened, with the name of its
    model if that has changed. `say` shows a line, with True where it is a problem.
    """

    def __init__(
        self,
        screen: Screen[Any],
        game: Game,
        navigation: Navigation,
        saving: Saving,
        open_model: Callable[[str], object],
        opened: Callable[[str | None], None],
        say: Callable[[str, bool], None],
    ) -> None:
        self._screen, self._game, self._navigation, self._saving = screen, game, navigation, saving
        self._open_model, self._opened, self._say = open_model, opened, say
        self._pause = navigation.pause_for_a_dialog
        self._race: RaceGame | None = None

    @property
    def _text(self) -> BranchingText:
        assert self._game.text is not None
        return self._game.text

    def choose(self, what: str) -> None:
        """Opens the `branches`, the `continuations`, the `race`, the `models`, or the `rules`."""
        {
            "branches": self._choose_branch,
            "continuations": self._choose_continuation,
            "race": self._choose_lane,
            "models": self._choose_model,
            "rules": self._choose_rules,
        }[what]()

    def _choose_branch(self) -> None:
        from charrnn_tui.play.branches_screen import BranchesScreen

        self._pause()
        self._screen.app.push_screen(BranchesScreen(self._text), self._navigation.return_to)

    def _choose_continuation(self) -> None:
        from charrnn_tui.play.continuations_screen import ContinuationsScreen

        closed = self._pause()
        text = self._text
        try:
            continuations = Continuations(text.generation, self._game.controls)
        except CharRNNError as error:
            closed()
            self._say(str(error), True)
            return

        def chosen(continuation: Continuation | None) -> None:
            if continuation is not None:
                self._navigation.take_all(continuation.ids)
            closed()

        entries = text.log.entries(max(0, text.position - _BEFORE))
        before = (text.prompt + "".join(entry.text for entry in entries))[-_BEFORE:]
        self._screen.app.push_screen(ContinuationsScreen(continuations, before), chosen)

    def _choose_model(self) -> None:
        from charrnn_tui.models.screen import ModelsScreen

        text, model = self._game.text, self._game.model
        prompt, seed = self._game.given_prompt, text.seed if text is not None else None
        controls = replace(self._game.controls, hold={})  # other models have other units
        screen = ModelsScreen(model.name if model is not None else None, prompt, controls, seed)

        def chosen(name: str | None) -> None:
            if name is not None:
                self._open_model(name)

        self._screen.app.push_screen(screen, chosen)

    def _choose_rules(self) -> None:
        from charrnn_tui.play.rules_screen import RulesScreen

        closed = self._pause()

        def chosen(controls: Controls | None) -> None:
            if controls is not None:
                self._game.controls = controls
            closed()

        self._screen.app.push_screen(RulesScreen(self._text.model, self._game.controls), chosen)

    def save(self, asked_for: str | None, colouring: Colouring) -> None:
        """Asks in which form to save the text, or the model with what it has learnt. `asked_for` is the name or path
        that the model was opened by.
        """
        text, game = self._text, self._game
        closed = self._pause()
        picture = self._screen.app.export_screenshot(title=f"charrnn-tui · {text.model.name}")
        learnt = text.generation.adapted() if game.learnt else None
        source = asked_for or text.model.name
        self._saving.ask(text, game.recording(), picture, closed, colouring, learnt, source)

    def choose_text(self) -> None:
        """Asks for a text to read."""
        from charrnn_tui.play.open_text_screen import OpenTextScreen

        closed = self._pause()

        def chosen(reading: "Reading | None") -> None:
            if reading is None:
                closed()
            else:
                self.read(reading)

        self._screen.app.push_screen(OpenTextScreen(self._text.model), chosen)

    def read(self, reading: "Reading") -> None:
        """Reads a text from its beginning."""
        self._game.read(reading)
        self._opened(None)
        self._say(reading.notice(), False)

    # -- the race ------------------------------------------------------------------------------------------------

    def _choose_lane(self) -> None:
        """Opens the race as the user left it."""
        from charrnn_tui.race.screen import RaceScreen

        text, game = self._text, self._game
        folder = self._saving.folder
        screen = RaceScreen(text.model, text.prompt, text.seed, game.speed, game.controls, self._race, folder)
        self._race = screen.game
        closed = self._pause()

        def left(lane: "LaneText | None") -> None:
            self._saving.folder = screen.saving.folder
            if lane is None:
                closed()
            else:
                self._screen.run_worker(self._open_lane(lane), exclusive=True, group="opening")

        self._screen.app.push_screen(screen, left)

    async def _open_lane(self, lane: "LaneText") -> None:
        """Plays the text of a lane from its end."""
        self._say("Opening the lane …", False)
        try:
            text = await asyncio.to_thread(written, lane.model, lane.prompt, lane.seed, lane.tokens)
        except CharRNNError as error:
            self._say(str(error), True)
            return
        other_model = lane.model is not self._game.model
        self._game.play_on(text, lane.controls)
        if not lane.playing:
            self._game.pause()
        self._opened(lane.model.name if other_model else None)
        self._navigation.show_from(0)
        self._say("", False)


def written(model: CharRNN, prompt: str, seed: int, tokens: Iterable[tuple[int, Controls]]) -> BranchingText:
    """A text with these ids, each under its controls. Ids that the seed wouldn't draw count as chosen, so that a
    recording of the text replays. Raises what BranchingText and `Generation.next` raise.
    """
    text = BranchingText(model, prompt, seed)
    for index, controls in tokens:
        token = text.generation.next(controls)
        if token.id == index:
            text.drawn([token])
        else:
            text.generation.rewind(len(text.log))
            text.take(index, controls)
    return text
