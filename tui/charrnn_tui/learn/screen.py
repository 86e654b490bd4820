"""The front door of the lessons: opens the list, shows a lesson beside whatever screen is open, and notices what the
student does. It watches the screens, and owns nothing that they play.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from textual.app import App
from textual.css.query import NoMatches
from textual.screen import ModalScreen, Screen
from textual.timer import Timer

from charrnn_engine.errors import CharRNNError
from charrnn_tui.learn.course import Walk
from charrnn_tui.learn.keys import LESSON_KEYS
from charrnn_tui.learn.lesson import SHIPPED, Lesson, read_lessons
from charrnn_tui.learn.lesson_list import LessonsScreen
from charrnn_tui.learn.observing import Observer
from charrnn_tui.learn.panel import LessonPanel
from charrnn_tui.learn.progress import Progress
from charrnn_tui.learn.staging import Before, corpus_path, set_stage
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.ui.host_files import allowed
from charrnn_tui.ui.keys import hint_of, remapped

_SECONDS = 0.15  # between two looks at the screens
PANEL_BESIDE, PANEL_BESIDE_INSIDE = 116, 170
"""Columns of the terminal from which the lesson stands beside a text; the second where the inside is open."""


class Learning:
    """The course in the app. `walk` is the lesson that is open, or None."""

    def __init__(self, app: App[Any], play: PlayScreen) -> None:
        self._app, self._play = app, play
        self.walk: Walk | None = None
        self._observer = Observer(app, play)
        self._lessons: Sequence[Lesson] = ()
        self._progress: Progress | None = None
        self._before: Before | None = None
        self._timer: Timer | None = None
        self._staging = self._covered = False

    async def open(self, folder: Path | None = None) -> None:
        """Shows the list of the lessons in a folder; without one of those that were read last, at first our own."""
        try:
            if folder is not None or not self._lessons:
                self._lessons = await asyncio.to_thread(read_lessons, folder or SHIPPED)
        except CharRNNError as error:
            self._app.notify(str(error), severity="error", timeout=10)
            return
        if self._progress is None:
            self._progress = await asyncio.to_thread(Progress.read)
        self._choose(self._progress)

    def _choose(self, progress: Progress) -> None:
        """Shows the list, with the lesson that is open or the first one that isn't done."""
        lessons = self._lessons
        unfinished = (place for place, lesson in enumerate(lessons) if not progress.is_done(lesson))
        here = lessons.index(self.walk.lesson) if self.walk and self.walk.lesson in lessons else None
        chosen = here if here is not None else next(unfinished, 0)
        self._app.push_screen(LessonsScreen(lessons, progress, chosen), self._chosen)

    def _chosen(self, place: int | None) -> None:
        if place is not None:
            lesson = self._lessons[place]
            self._app.run_worker(self._start(lesson), group="lesson", exclusive=True)
        elif self.walk is None:
            self._restore()

    async def _start(self, lesson: Lesson) -> None:
        """Opens a lesson at the step where it was left."""
        progress = self._progress
        assert progress is not None
        if problem := self._missing(lesson):
            self._app.notify(problem, title=lesson.title, timeout=10)
            return
        if self._before is None:
            self._before = Before.of(self._play)
        await self._back_to_the_text()
        self.walk = Walk(lesson)
        if self._timer is None:
            self._timer = self._app.set_interval(_SECONDS, self._look)
        await self._go_to(progress.place(lesson), fresh=True)

    async def _back_to_the_text(self) -> None:
        """Leaves the other screens as their own keys do, where they have one."""
        for _ in range(len(self._app.screen_stack)):
            if self._app.screen is not self._play:
                await self._app.run_action("leave", default_namespace=self._app.screen)
                await asyncio.sleep(0)

    # -- going through a lesson ----------------------------------------------------------------------------------

    async def do(self, what: str | int) -> None:
        """What a key does: `next`, `back`, `leave`, or the number of an answer."""
        walk = self.walk
        if walk is None:
            return
        if isinstance(what, int):
            if walk.choose(what):
                self._show()
        elif what == "leave":
            self._close()
            self._restore()
        elif what == "back":
            await self._go_to(walk.place - 1, fresh=True)
        elif not any(panel.read_on() for panel in self._panels(self._app.screen)):
            if walk.last:
                self._finish(walk)
            else:
                await self._go_to(walk.place + 1)

    def _finish(self, walk: Walk) -> None:
        assert self._progress is not None
        self._progress.finished(walk.lesson)
        self._save(self._progress)
        self._close()
        self._choose(self._progress)

    async def _go_to(self, place: int, *, fresh: bool = False) -> None:
        """Goes to a step. What it names is set; all that the lesson has named so far where it starts `fresh`."""
        walk = self.walk
        assert walk is not None
        walk.go_to(place)
        if self._progress is not None:
            self._progress.left(walk.lesson, walk.place)
            self._save(self._progress)
        stage = walk.stage if fresh else walk.step.stage
        self._cover(False)
        if stage:
            self._staging = True
            await set_stage(self._play, stage)
            self._staging = False
        self._cover(walk.step.stage.get("covered") == "on")
        self._observer.begin()
        self._show()

    def press(self, key: str) -> None:
        """A key was pressed, on whatever screen."""
        self._observer.press(key)

    def _restore(self) -> None:
        """Plays what was there before the lesson."""
        before = self._before
        self.put_back()
        if before is not None:
            self._play.open_model(before.model, before.prompt, before.seed)

    def _close(self) -> None:
        """Takes the lesson from the screens; the text goes on."""
        self.walk = None
        self._cover(False)
        for screen in self._app.screen_stack:
            screen.remove_class("-lesson")
            for panel in self._panels(screen):
                panel.remove()

    def put_back(self) -> None:
        """Puts back the controls that the user had before the lesson, so that they are the ones remembered."""
        if self._before is not None:
            self._before.put_back(self._play)
            self._before = None

    def _save(self, progress: Progress) -> None:
        async def save() -> None:
            with suppress(OSError):  # the course goes on without
                await asyncio.to_thread(progress.write)

        self._app.run_worker(save(), group="progress", exclusive=True)

    # -- looking -------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Looks at the screens, and reveals the step once it is done."""
        walk, screen = self.walk, self._app.screen
        if walk is None or self._staging:
            return
        if not isinstance(screen, ModalScreen):
            if not self._panels(screen):
                panel = LessonPanel(self._key)
                self._place(panel)
                await screen.mount(panel)
                screen.add_class("-lesson")
                self._show()
            for panel in self._panels(screen):
                self._place(panel)
                if walk.asking:
                    panel.ask()
            self._offer_corpus(screen)
        if walk.notice(self._observer.look()):
            self._cover(False)
            self._show()

    def _place(self, panel: LessonPanel) -> None:
        """Beside the text where there is room for it; the other screens, and the inside, need the whole width."""
        wide = PANEL_BESIDE_INSIDE if self._play.has_class("-inside") else PANEL_BESIDE
        panel.place(self._app.size, beside=self._app.screen is self._play and self._app.size.width >= wide)

    def _cover(self, covered: bool) -> None:
        """Covers the bars of the paused text while the student predicts, and uncovers them again."""
        if covered is not self._covered:
            self._covered = covered
            self._play.action_project("predict")

    def _offer_corpus(self, screen: Screen[Any]) -> None:
        """Puts the lesson's text into the empty field of the training screen."""
        assert self.walk is not None
        path = corpus_path(self.walk.stage, self.walk.lesson.path)
        if path and type(screen).__name__ == "TrainSetupScreen":
            from charrnn_tui.ui.path_field import PathField

            with suppress(NoMatches):
                field = screen.query_one(PathField)
                if not field.value:
                    field.put(path)

    def _panels(self, screen: Screen[Any]) -> list[LessonPanel]:
        return list(screen.query(LessonPanel))

    def _show(self) -> None:
        walk = self.walk
        if walk is None:
            return
        number = self._lessons.index(walk.lesson) + 1 if walk.lesson in self._lessons else 1
        waiting = walk.asking or not walk.revealed
        go_on = "skip" if waiting and (walk.step.check or walk.step.question) else "finish" if walk.last else "go on"
        hints = [
            hint_of(self._app, LESSON_KEYS, "lesson.go-on", go_on, 9),
            hint_of(self._app, LESSON_KEYS, "lesson.go-back", "back", 8),
            hint_of(self._app, LESSON_KEYS, "lesson.leave", "leave", 8),
        ]
        for screen in self._app.screen_stack:
            for panel in self._panels(screen):
                panel.show(walk, f"{number} {walk.lesson.title}", hints)
                if walk.asking and screen is self._app.screen:
                    panel.ask()

    def _missing(self, lesson: Lesson) -> str:
        """Why a lesson can't be taken here, or nothing."""
        if lesson.stage.get("needs") != "training":
            return ""
        if not allowed(self._app, "train"):
            return "training is off here"
        from charrnn_engine.runs.failures import missing_tensorflow

        return missing_tensorflow()

    def _key(self, name: str) -> str:
        """The user's own key for one that the lesson names."""
        owners = [*type(self._app.screen).BINDINGS, *type(self._play).BINDINGS, *type(self._app).BINDINGS]
        own = getattr(self._app, "user_keys", {})
        for default, mapped in zip(remapped(owners, {}), remapped(owners, own), strict=True):
            if default.key != mapped.key and name in (*default.key.split(","), default.key_display):
                return self._app.get_key_display(mapped)
        return name
