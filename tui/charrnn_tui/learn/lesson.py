"""A lesson, and how its file is read: Markdown with a few marked lines, which a teacher writes without Python.

Knows no screen. `docs/course.md` describes the format.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from charrnn_engine.checkpoints.files import read_regular
from charrnn_engine.errors import CharRNNError, CheckpointError, shown
from charrnn_tui.learn.checks import Check, read_check
from charrnn_tui.learn.facts import FACTS, INSERTED
from charrnn_tui.text.colouring import COLOURINGS

SHIPPED = Path(__file__).parent / "lessons"
ANSWERS_AT_MOST = 6
_BYTES_AT_MOST, _LESSONS_AT_MOST = 100_000, 200
_SETTING = re.compile(r"- ([a-z]+): *(.*)")
_ANSWER = re.compile(r"\d\. (?:\[([ xX])\] )?(.*)")


class LessonError(CharRNNError):
    """A lesson that can't be used; the message names the file and the line."""


@dataclass(frozen=True)
class Question:
    """Something to predict. `right` is the number of the right answer, from 1; 0 where none is marked."""

    text: str
    answers: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Step:
    """`text` is shown first, then the question, and once that is answered what to do, the `task`. When the check
    holds, `reveal` appears.
    """

    title: str
    text: str = ""
    question: Question | None = None
    task: str = ""
    check: Check | None = None
    reveal: str = ""
    stage: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """`stage` is what it starts with, such as the model and the seed."""

    path: Path
    title: str
    stage: Mapping[str, str]
    steps: tuple[Step, ...]

    @property
    def key(self) -> str:
        """What its progress is kept under."""
        return self.path.name if self.path.parent == SHIPPED else str(self.path.resolve())


def read_lessons(folder: Path) -> list[Lesson]:
    """The lessons of a folder, or the one in a file, in the order of their file names. Raises LessonError."""
    paths = [folder] if folder.is_file() else sorted(folder.glob("*.md"))
    if not folder.exists():
        raise LessonError(f"{folder}: there is no such folder of lessons")
    if not paths:
        raise LessonError(f"{folder}: there is no lesson, no file that ends in .md")
    if len(paths) > _LESSONS_AT_MOST:
        raise LessonError(f"{folder}: {len(paths)} lessons are more than the {_LESSONS_AT_MOST} that are read")
    return [read_lesson(path) for path in paths]


def read_lesson(path: Path) -> Lesson:
    """Raises LessonError for a file that is no lesson."""
    try:
        text = read_regular(path, _BYTES_AT_MOST).decode()
    except UnicodeDecodeError:
        raise LessonError(f"{path}: it is not a UTF-8 text file") from None
    except CheckpointError as error:
        raise LessonError(str(error)) from None
    except OSError as error:
        raise LessonError(f"{path}: {error.strerror or error}") from None
    return parse(text, path)


@dataclass
class _Line:
    number: int
    text: str


def parse(text: str, path: Path) -> Lesson:
    """The lesson in a text that stands in the file `path`. Raises LessonError."""

    def wrong(line: int, what: str) -> LessonError:
        return LessonError(f"{path}, line {line}: {what}")

    lines = [_Line(number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1)]
    starts = [place for place, line in enumerate(lines) if line.text.startswith("## ")]
    first = next((line for line in lines if line.text), _Line(1, ""))
    if not first.text.startswith("# "):
        raise wrong(first.number, "a lesson begins with its title, as in '# Greedy'")
    if not starts:
        raise wrong(len(lines) or 1, "a lesson has steps, each under a line such as '## Press g'")
    head = lines[first.number : starts[0]]
    stage, rest = _stage(head, wrong)
    if stray := next((line for line in rest if line.text), None):
        allowed = "only settings such as '- model: names' stand before the first step"
        raise wrong(stray.number, f"{allowed}, not {shown(stray.text, 30)}")
    steps = [_step(lines[start:end], wrong) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    return Lesson(path, first.text[2:].strip(), stage, tuple(steps))


_Wrong = Callable[[int, str], LessonError]


def _step(lines: list[_Line], wrong: _Wrong) -> Step:
    """A step begins with its title; marked lines divide it into parts."""
    stage, lines_left = _stage(lines[1:], wrong)
    parts: dict[str, list[_Line]] = {"text": [], "task": [], "reveal": []}
    part, question, check = "text", None, None
    rest = iter(lines_left)
    for line in rest:
        if line.text.startswith("? "):
            if question is not None or check is not None:
                raise wrong(line.number, "a step has one question, before its check")
            question, part = _question(line, rest, wrong), "task"
        elif line.text.startswith("> check:"):
            if check is not None:
                raise wrong(line.number, "a step has one check; join two with 'and'")
            check, part = _check(line, wrong), "reveal"
        else:
            _refuse_unknown_names(line, wrong)
            parts[part].append(line)
    if question is not None and check is None:
        parts["reveal"], parts["task"] = parts["task"], []
    title = lines[0].text[3:].strip()
    texts = {name: "\n".join(line.text for line in part_lines).strip() for name, part_lines in parts.items()}
    if not any(texts.values()):
        raise wrong(lines[0].number, f"the step {shown(title, 30)} is empty")
    return Step(title, texts["text"], question, texts["task"], check, texts["reveal"], stage)


def _check(line: _Line, wrong: _Wrong) -> Check:
    try:
        return read_check(line.text.removeprefix("> check:").strip())
    except ValueError as error:
        raise wrong(line.number, str(error)) from None


def _question(line: _Line, rest: Iterable[_Line], wrong: _Wrong) -> Question:
    """A question, and the numbered answers under it up to an empty line."""
    answers: list[str] = []
    right = 0
    asked = line.text[2:].strip()
    for answer in rest:
        found = _ANSWER.fullmatch(answer.text)
        if found:
            answers.append(found[2])
            right = len(answers) if (found[1] or "").lower() == "x" else right
        elif not answer.text and answers:
            break
        elif answer.text and answers:
            answers[-1] += " " + answer.text.strip()
        elif answer.text:
            asked += " " + answer.text.strip()
    if not 2 <= len(answers) <= ANSWERS_AT_MOST:
        raise wrong(line.number, f"a question has 2 to {ANSWERS_AT_MOST} answers, in lines such as '1. It stops'")
    return Question(asked, tuple(answers), right)


def _refuse_unknown_names(line: _Line, wrong: _Wrong) -> None:
    for name in INSERTED.findall(line.text):
        if name not in FACTS:
            raise wrong(line.number, f"{{{name}}} is nothing that can be inserted; these are: {', '.join(FACTS)}")


# -- the stage -------------------------------------------------------------------------------------------------------


def _number_between(low: float, high: float) -> Callable[[str], bool]:
    def fits(value: str) -> bool:
        try:
            return low <= float(value) <= high
        except ValueError:
            return False

    return fits


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda value: value in words


SETTINGS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "model": (bool, "the name of a model"),
    "prompt": (lambda value: len(value) > 1 and value[0] == value[-1] == '"', 'a prompt in quotes, as in "The "'),
    "temperature": (_number_between(0.05, 5), "a number from 0.05 to 5"),
    "seed": (lambda value: value.isdecimal() and len(value) < 20, "a whole number"),
    "speed": (_number_between(1, 10_000), "characters a second, from 1 to 10000"),
    "greedy": (_one_of("on", "off"), "on or off"),
    "paused": (_one_of("on", "off"), "on or off"),
    "covered": (_one_of("on", "off"), "on or off: whether the bars are covered until the question is answered"),
    "endless": (_one_of("on", "off"), "on or off: whether the next text begins where one has ended"),
    "colouring": (_one_of(*COLOURINGS), f"one of {', '.join(COLOURINGS)}"),
    "corpus": (bool, "a text file beside the lesson, for the training screen"),
    "needs": (_one_of("training"), "training"),
}
"""What a lesson, or a step, can start with: whether a value fits, and what is wanted."""


def _stage(lines: list[_Line], wrong: _Wrong) -> tuple[dict[str, str], list[_Line]]:
    """The settings that lines begin with, and the lines after them."""
    stage: dict[str, str] = {}
    for place, line in enumerate(lines):
        found = _SETTING.fullmatch(line.text)
        if found is None:
            if line.text or stage:
                return stage, lines[place:]
            continue
        name, value = found[1], found[2].strip()
        if name not in SETTINGS:
            raise wrong(line.number, f"there is no setting {shown(name)}; these are: {', '.join(SETTINGS)}")
        fits, wanted = SETTINGS[name]
        if not fits(value):
            raise wrong(line.number, f"{name} wants {wanted}, not {shown(value, 30)}")
        stage[name] = value
    return stage, []
