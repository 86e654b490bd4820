"""A lesson as a student goes through it: which step, what was guessed, what is revealed. Knows no screen."""

from collections.abc import Mapping
from dataclasses import dataclass

from charrnn_tui.learn.facts import Facts
from charrnn_tui.learn.lesson import Lesson, Step


@dataclass
class Walk:
    """A way through one lesson. `place` is the number of the step, from 0."""

    lesson: Lesson
    place: int = 0
    answer: int = 0
    """The answer chosen, from 1; 0 while there is none."""
    done: bool = False
    """Whether what the step asks for has been done."""
    facts: Facts | None = None
    """What was noticed when the step was revealed."""

    @property
    def step(self) -> Step:
        return self.lesson.steps[self.place]

    @property
    def asking(self) -> bool:
        """Whether a question waits for its answer."""
        return self.step.question is not None and not self.answer

    @property
    def revealed(self) -> bool:
        return self.facts is not None

    @property
    def last(self) -> bool:
        return self.place + 1 == len(self.lesson.steps)

    @property
    def stage(self) -> Mapping[str, str]:
        """What the step starts from: the settings of the lesson, and those of the steps so far."""
        settings = dict(self.lesson.stage)
        for step in self.lesson.steps[: self.place + 1]:
            settings |= step.stage
        return settings

    def go_to(self, place: int) -> None:
        """Goes to a step, or to the nearest one there is."""
        self.place = max(0, min(place, len(self.lesson.steps) - 1))
        self.answer, self.done, self.facts = 0, False, None

    def choose(self, answer: int) -> bool:
        """Answers the question; False where there is none, or no such answer."""
        question = self.step.question
        if not self.asking or question is None or not 1 <= answer <= len(question.answers):
            return False
        self.answer = answer
        return True

    def notice(self, facts: Facts) -> bool:
        """Takes in what is there now. True where that reveals the step: its check has held, and its question is
        answered.
        """
        if self.revealed:
            return False
        check = self.step.check
        self.done = self.done or check is None or check.holds(facts)
        if self.done and not self.asking:
            self.facts = {**facts, "answer": float(self.answer)}
        return self.revealed
