"""The file of a lesson: what is read from it, and how a broken one is refused."""

import re
from pathlib import Path

import pytest

from charrnn_tui.learn.checks import read_check
from charrnn_tui.learn.course import Walk
from charrnn_tui.learn.facts import FACTS
from charrnn_tui.learn.lesson import SETTINGS, SHIPPED, LessonError, parse, read_lesson, read_lessons
from tests.tui.command import ROOT, Command

LESSON = """
# Cold
- model: names
- prompt: "an"
- temperature: 0.3

## Guess
- seed: 4

Two lines
of text.

? What
happens?
1. [ ] It stops
2. [x] It goes
   on

Press `g`.

> check: greedy on and written 20

It wrote {written} at {temperature}.

## Read

- a list
"""
FILE = Path("lessons/cold.md")


def test_a_lesson_is_read_from_its_markdown() -> None:
    lesson = parse(LESSON, FILE)
    assert lesson.title == "Cold"
    assert lesson.stage == {"model": "names", "prompt": '"an"', "temperature": "0.3"}
    first, second = lesson.steps
    assert (first.title, first.stage, first.text) == ("Guess", {"seed": "4"}, "Two lines\nof text.")
    assert first.question is not None
    assert first.question.text == "What happens?"
    assert (first.question.answers, first.question.right) == (("It stops", "It goes on"), 2)
    assert (first.task, first.reveal) == ("Press `g`.", "It wrote {written} at {temperature}.")
    assert (second.text, second.check, second.question) == ("- a list", None, None)


@pytest.mark.parametrize(
    ("check", "facts", "holds"),
    [
        ("temperature >= 1.5", {"temperature": 1.5}, True),
        ("temperature < 1.5", {"temperature": 1.5}, False),
        ("written 200", {"written": 200.0}, True),
        ("walked back 5", {"walked back": 4.0}, False),
        ("greedy on and loop", {"greedy": True, "loop": True}, True),
        ("greedy off", {"greedy": True}, False),
        ("not paused", {"paused": False}, True),
        ("inside open", {"inside": True}, True),
        ("pressed g", {"pressed": frozenset({"g", "x"})}, True),
        ("model Names", {"model": "names"}, True),
        ("held", {"held": ""}, False),
        ("not held", {"held": ""}, True),
        ("held c2.145", {"held": "c2.145"}, True),
        ("lanes 3", {}, False),
    ],
)
def test_a_check_holds_by_what_is_noticed(check: str, facts: dict[str, object], holds: bool) -> None:
    assert read_check(check).holds(facts) is holds  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Cold", 1, "begins with its title"),
        ("# Cold\n", 1, "has steps"),
        ("# Cold\nHello\n## A\nb", 2, "stand before the first step"),
        ("# Cold\n- modle: x\n## A\nb", 2, "there is no setting 'modle'"),
        ("# Cold\n- temperature: hot\n## A\nb", 2, "temperature wants a number from 0.05 to 5, not 'hot'"),
        ("# Cold\n## A\n- paused: maybe\nb", 3, "paused wants on or off"),
        ("# Cold\n## A\n> check: gredy on", 3, "'gredy on' is nothing that a lesson can notice"),
        ("# Cold\n## A\n> check: temperature hot", 3, "is compared with a number"),
        ("# Cold\n## A\n> check: loop\n> check: loop", 4, "one check"),
        ("# Cold\n## A\n? Why?\n1. So", 3, "2 to 6 answers"),
        ("# Cold\n## A\nIt has {legs}.", 3, "{legs} is nothing that can be inserted"),
        ("# Cold\n## A\n\n## B\nb", 2, "'A' is empty"),
    ],
)
def test_a_broken_lesson_is_refused_with_its_file_and_line(text: str, line: int, said: str) -> None:
    with pytest.raises(LessonError) as refused:
        parse(text, FILE)
    message = str(refused.value)
    assert message.startswith(f"{FILE}, line {line}: ")
    assert said in message
    assert "\n" not in message


def test_files_that_are_no_lessons_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="no such folder"):
        read_lessons(tmp_path / "none")
    with pytest.raises(LessonError, match=r"no file that ends in \.md"):
        read_lessons(tmp_path)
    binary = tmp_path / "a.md"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(LessonError, match="not a UTF-8 text file"):
        read_lesson(binary)


def test_a_step_is_revealed_when_its_question_is_answered_and_its_check_has_held() -> None:
    walk = Walk(parse(LESSON, FILE))
    assert walk.asking
    assert not walk.notice({"greedy": True, "written": 20.0})  # done, and not predicted yet
    assert not walk.choose(3)
    assert walk.choose(2)
    assert walk.notice({"greedy": False, "written": 30.0})
    assert (walk.answer, walk.revealed, walk.last) == (2, True, False)
    walk.go_to(1)
    assert walk.last
    assert walk.stage["seed"] == "4"
    assert walk.notice({})


def test_the_lessons_that_ship_can_be_read_and_each_asks_for_a_prediction() -> None:
    lessons = read_lessons(SHIPPED)
    assert len(lessons) >= 10
    for lesson in lessons:
        assert any(step.question for step in lesson.steps), lesson.title
        corpus = lesson.stage.get("corpus")
        assert corpus is None or (SHIPPED / corpus).is_file()


def test_the_page_on_lessons_has_an_example_that_is_read_and_names_everything() -> None:
    page = (ROOT / "docs" / "course.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```markdown\n(.*?)```", page, re.DOTALL)
    assert parse(example, FILE).steps[0].question is not None
    named = re.findall(r"^\| `([a-z ]+)` \|", page, re.MULTILINE)
    assert named == [*SETTINGS, *FACTS]


def test_the_command_refuses_a_broken_lesson_in_one_line_before_the_app_opens(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "1.md").write_text("# Cold\n## A\n> check: gredy on\n")
    result = command("learn", tmp_path)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"charrnn-tui: {tmp_path / '1.md'}, line 3: 'gredy on' is nothing")
    assert result.err.count("\n") == 1
