"""`charrnn-tui sample` writes the text that it should, where it should."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from charrnn_engine import CharRNN, Controls, Vocabulary, generate
from charrnn_tui.commands.sample_plan import Plan, Start
from charrnn_tui.commands.sample_writing import begin_worker, on_all_cores, write_block
from tests.archives import characters, write_dice, write_model, write_speller
from tests.tui.command import Command, environment, run, start


def text_of(model: CharRNN, prompt: str, controls: Controls, seed: int) -> str:
    return prompt + "".join(token.text for token in generate(model, prompt, controls, seed=seed, max_tokens=500))


def test_the_text_holds_its_prompt_and_ends_where_the_model_ends_it(command: Command, speller_folder: Path) -> None:
    result = command("sample", speller_folder, "--prompt", "the", "--greedy")
    assert (result.code, result.out, result.err) == (0, "the quick\n", "speller · greedy\n")


def test_the_same_seed_gives_the_same_text_as_python(command: Command, model_folder: Path, model: CharRNN) -> None:
    args = ("sample", model_folder, "--prompt", "the ", "--temperature", 0.8, "--min-p", 0.02, "--seed")
    first, again, other = command(*args, 1), command(*args, 1), command(*args, 2)
    assert first == again
    assert first.out != other.out
    assert first.out.rstrip("\n") == text_of(model, "the ", Controls(0.8, min_p=0.02), 1)
    assert first.err.splitlines()[0] == "small · temperature 0.8 · min-p 0.02 · seed 1"


def test_a_random_seed_is_told_and_repeats_the_text(command: Command, model_folder: Path) -> None:
    first = command("sample", model_folder, "--max-chars", 40)
    seed = first.err.split("seed ")[1].split()[0]
    assert command("sample", model_folder, "--max-chars", 40, "--seed", seed).out == first.out


@pytest.mark.parametrize("samples", [2, 30])
def test_prompts_temperatures_and_samples_in_order(
    command: Command, model_folder: Path, model: CharRNN, samples: int
) -> None:
    result = command(
        "sample", model_folder, "--prompt", "a", "--prompt", "b", "--temperature", 0.5, "--temperature", 2,
        "--samples", samples, "--seed", 7,
    )  # fmt: skip
    expected = [
        text_of(model, prompt, Controls(temperature), seed)
        for temperature in (0.5, 2.0)
        for prompt in "ab"
        for seed in range(7, 7 + samples)
    ]
    assert result.out.splitlines() == expected
    seeds = f"small · seeds 7 to {6 + samples}"
    assert result.err.splitlines()[:5] == [seeds, "", "temperature 0.5", "", "temperature 2"]


@pytest.mark.parametrize("level", ["char", "word"])
def test_many_texts_are_cut_and_measured_as_one_is(command: Command, tmp_path: Path, level: str) -> None:
    words = Vocabulary(["<pad>", "<eos>", " one", " three", " and", " seventeen"], 1, "word")
    vocabulary = words if level == "word" else characters("abc ")
    folder = write_dice(tmp_path / "dice", [0.0] * len(vocabulary), vocabulary)
    options = ("sample", folder, "--max-chars", 9, "--json", "--temperature", 3)
    many = list(map(json.loads, command(*options, "--samples", 40, "--seed", 3).out.splitlines()))
    for seed in range(3, 43, 7):
        one = json.loads(command(*options, "--seed", seed).out)
        assert many[seed - 3] == {**one, "bits_per_character": pytest.approx(one["bits_per_character"], abs=1e-5)}
    assert {line["stopped"] for line in many} == {"eos", "max-chars"}


@pytest.mark.parametrize(("cores", "endless"), [(1, True), (3, False)])
def test_texts_do_not_depend_on_the_number_of_cores(model: CharRNN, cores: int, endless: bool) -> None:
    plan = Plan((Start("the ", "the "), Start("", "")), (Controls(0.7), Controls()), 1, 30, 70, endless)
    blocks = [range(at, at + 20) for at in range(0, plan.count, 20)]
    shared = list(on_all_cores(model, plan, blocks, bits=True, cores=cores))
    assert len(shared) == plan.count == 120
    for number, sample in enumerate(shared):
        assert (sample.start, sample.seed) == (plan.start(number), plan.request(number).seed)
    alone = [text for block in blocks for text in write_block(model, plan, block, True)]
    assert [(("".join(s.pieces)), s.ended, s.characters, s.bits) for s in shared] == alone


def many_texts(**options: object) -> subprocess.Popen[bytes]:
    """Far more texts than anybody waits for, in a process group of their own; read up to where all cores write."""
    process = start(
        "sample", "headlines-rnn", "--samples", 900_000_000, "--seed", 1, start_new_session=True, **options
    )
    assert process.stdout is not None
    for _ in range(3_000):
        assert process.stdout.readline()
    return process


def test_ctrl_c_ends_very_many_texts_at_once_and_quietly() -> None:
    with many_texts() as process:
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in error
    with pytest.raises(ProcessLookupError):  # no process is left in the group
        os.killpg(process.pid, 0)


MESSAGE = b"x" * 1_000_000  # more than a pipe holds


def send_a_long_message(model: CharRNN, plan: Plan, pipe: Connection) -> None:
    begin_worker(model, plan, False)
    pipe.send("ready")
    pipe.send_bytes(MESSAGE)


def test_a_process_that_is_stopped_sends_its_message_to_the_end(model: CharRNN) -> None:
    plan = Plan((Start("", ""),), (Controls(),), 1, 1, 10, False)
    reader, writer = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=send_a_long_message, args=(model, plan, writer))
    process.start()
    try:
        writer.close()
        assert reader.poll(60)
        assert reader.recv() == "ready"
        process.terminate()
        assert reader.poll(60)
        assert reader.recv_bytes() == MESSAGE
    finally:
        process.kill()
        process.join()


def test_very_many_texts_end_when_their_reader_goes() -> None:
    with many_texts() as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_texts_of_many_lines_have_headings_and_a_gap(command: Command, tmp_path: Path) -> None:
    folder = write_speller(tmp_path / "lines", "ab\nc", eos=False)
    result = command(
        "sample", folder, "--prompt", "a", "--prompt", "c", "--greedy", "--max-chars", 3, "--seed", 1
    )  # fmt: skip
    assert result.out == "ab\nc\n\ncab\n"
    assert result.err.splitlines() == ["lines · greedy", "'a'", "'c'"]


def test_endless_goes_on_with_new_lines_and_stops_at_max_chars(command: Command, speller_folder: Path) -> None:
    result = command("sample", speller_folder, "--greedy", "--endless", "--max-chars", 23)
    assert result.out == "the quick\nthe quick\nthe\n"


def test_max_chars_counts_what_is_written_after_the_prompt(command: Command, speller_folder: Path) -> None:
    result = command("sample", speller_folder, "--greedy", "--prompt", "the", "--max-chars", 2)
    assert (result.out, result.err) == ("the q\n", "speller · greedy\n")


def test_a_text_cut_short_by_default_says_so(command: Command, tmp_path: Path) -> None:
    result = command("sample", write_speller(tmp_path / "on", "ab", eos=False), "--greedy")
    assert len(result.out) == 501
    assert "stopped after 500 characters; --max-chars N goes further" in result.err


def test_without_a_prompt_and_eos_it_starts_at_a_new_line(command: Command, tmp_path: Path) -> None:
    folder = write_speller(tmp_path / "lines", "\nab", eos=False)
    assert command("sample", folder, "--greedy", "--max-chars", 2).out == "ab\n"


def test_words_stop_before_they_pass_the_limit(command: Command, tmp_path: Path) -> None:
    vocabulary = Vocabulary(["<pad>", "<eos>", " rose"], 1, "word")
    folder = write_dice(tmp_path / "words", [0, -50, 0], vocabulary)
    assert command("sample", folder, "--max-chars", 12, "--prompt", "rose").out == "rose rose rose\n"
    assert command("sample", folder, "--max-chars", 2).out == "rose\n"


def test_json_lines_say_everything(command: Command, tmp_path: Path) -> None:
    folder = write_dice(tmp_path / "die", [0, 0, 0, 0, 0], characters("aé\x1b"))
    args = ("--prompt", "a", "--prompt", "é", "--top-k", 4, "--seed", 5, "--samples", 20, "--max-chars", 9, "--json")
    result = command("sample", folder, *args)
    assert (result.code, result.err) == (0, "")
    assert result.out.isascii()
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert [line["seed"] for line in lines] == [*range(5, 25)] * 2
    assert {line["stopped"] for line in lines} == {"eos", "max-chars"}
    for line in lines:
        assert line["text"].startswith(line["prompt"])
        assert line["characters"] == len(line["text"]) - 1 + (line["stopped"] == "eos") <= 9
        assert line["bits_per_character"] == pytest.approx(2.321928)  # log2 of five equal tokens, <pad> counted
        assert (line["model"], line["temperature"], line["greedy"]) == ("die", 1.0, False)
        assert (line["top_k"], line["top_p"], line["min_p"]) == (4, None, None)


def test_json_tells_a_random_seed_on_stderr_too(command: Command, speller_folder: Path) -> None:
    result = command("sample", speller_folder, "--json")
    assert f"seed {json.loads(result.out)['seed']}\n" in result.err


@pytest.mark.parametrize("typed", [b"the q", b"the q\n", b"the q\r\n"])
def test_a_prompt_from_standard_input(command: Command, speller_folder: Path, typed: bytes) -> None:
    assert command("sample", speller_folder, "--prompt", "-", "--greedy", stdin=typed).out == "the quick\n"


def test_standard_input_that_is_no_text_is_refused(command: Command, speller_folder: Path) -> None:
    result = command("sample", speller_folder, "--prompt", "-", stdin=b"the \xff")
    assert (result.code, result.out) == (2, "")
    assert "isn't UTF-8 (byte 4)" in result.err


def test_unknown_characters_are_named_before_anything_is_written(command: Command, speller_folder: Path) -> None:
    result = command("sample", speller_folder, "--prompt", "the", "--prompt", "thé")
    assert (result.code, result.out) == (2, "")
    assert "the prompt 'thé': the model doesn't know the character 'é' (at 2)" in result.err


def test_an_empty_prompt_without_eos_is_refused(command: Command, tmp_path: Path) -> None:
    result = command("sample", write_speller(tmp_path / "on", "ab", eos=False), "--prompt", "")
    assert result.code == 2
    assert "the prompt is empty" in result.err


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--greedy", "--samples", "2"], "--greedy makes all samples and temperatures the same text"),
        (
            ["--greedy", "--temperature", "1", "--temperature", "2"],
            "--greedy makes all samples and temperatures the same text",
        ),
        (["--endless", "--samples", "2"], "add --max-chars N"),
        (["--endless", "--json"], "add --max-chars N"),
    ],
)
def test_contradictions_are_refused(command: Command, speller_folder: Path, args: list[str], reason: str) -> None:
    result = command("sample", speller_folder, *args)
    assert (result.code, result.out) == (2, "")
    assert reason in result.err


def test_characters_that_the_encoding_lacks_are_escaped(tmp_path: Path) -> None:
    folder = write_speller(tmp_path / "accents", "aé")
    result = run("sample", folder, "--greedy", env=environment(PYTHONIOENCODING="ascii", PYTHONUTF8="0"))
    assert (result.code, result.out) == (0, "a\\xe9\n")


@pytest.fixture
def noisy_folder(tmp_path: Path) -> Path:
    """A model that writes what would clear a terminal."""
    return write_speller(tmp_path / "noisy", "a\x1b[2J\t\x9b")


def test_control_characters_are_piped_as_they_are(command: Command, noisy_folder: Path) -> None:
    assert command("sample", noisy_folder, "--greedy").out == "a\x1b[2J\t\x9b\n"


def test_control_characters_are_harmless_on_a_terminal(noisy_folder: Path) -> None:
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    master, slave = pty.openpty()
    with start("sample", noisy_folder, "--greedy", stdout=slave) as process:
        os.close(slave)
        process.wait(timeout=60)
        shown = os.read(master, 1000)
    os.close(master)
    assert shown == b"a\\x1b[2J\t\\x9b\r\n"


def test_a_large_model_name_or_prompt_keeps_headings_short(command: Command, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "lines", vocabulary=characters("ab\n"))
    result = command("sample", folder, "--prompt", "ab" * 500, "--prompt", "b", "--max-chars", 1, "--seed", 1)
    assert max(map(len, result.err.splitlines())) < 60


def test_a_unit_can_be_held_at_a_value_or_at_standard_deviations(command, model_folder):
    same = ["sample", model_folder, "--seed", "1", "--endless", "--max-chars", "60", "--json"]
    held = command(*same, "--hold", "c1.3=2", "--hold", "h1.0=-1sd")
    assert held.code == 0
    line = json.loads(held.out)
    assert line["hold"] == {"c1.3": 2.0, "h1.0": "-1sd"}
    free = json.loads(command(*same).out)
    assert free["hold"] == {}
    assert free["text"] != line["text"]
    assert held.out == command(*same, "--hold", "h1.0=-1sd", "--hold", "c1.3=2").out.replace(
        '"h1.0": "-1sd", "c1.3": 2.0', '"c1.3": 2.0, "h1.0": "-1sd"'
    )
    assert "c1.3 held at 2" in command("sample", model_folder, "--hold", "c1.3=2", "--max-chars", "5").err


@pytest.mark.parametrize(
    ("hold", "said"),
    [("c1.3", "UNIT=VALUE"), ("c1.3=x", "'x'"), ("c7.3=1", "no unit 'c7.3'"), ("h1.3=2", "between -1 and 1")],
)
def test_a_unit_that_cannot_be_held_so_is_refused_before_anything_is_written(command, model_folder, hold, said):
    done = command("sample", model_folder, "--hold", hold)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_rules_hold_and_their_cost_is_said(command: Command) -> None:
    rules = ("--ban", "e", "--pattern", "J[a-z]{3,5}n .{10,40}", "--bias", "!=+2", "--repeat-penalty")
    result = command("sample", "headlines-notebook", *rules, "--samples", 40, "--seed", 1)
    lines = result.out.splitlines()
    assert len(lines) == 40
    assert all(re.fullmatch("J[a-z]{3,5}n .{10,40}", line) and "e" not in line for line in lines)
    assert "without 'e' · '!' +2 · pattern J[a-z]{3,5}n .{10,40} · repeat penalty from 12" in result.err
    assert re.search(r"[\d.]+ bits per character under the model; free text has [\d.]+", result.err)


def test_rules_are_part_of_the_json(command: Command) -> None:
    [line] = command("sample", "headlines-notebook", "--ban", "the ", "--seed", 1, "--json").out.splitlines()
    found = json.loads(line)
    assert (found["ban"], found["bias"], found["pattern"], found["repeat_penalty"]) == (["the "], {}, None, None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--pattern", "(?=a)"), "looks ahead or behind"),
        (("--pattern", "ü+"), "no text that the model can write"),
        (("--bias", "e"), "CHARACTER=LOGITS"),
        (("--pattern-lines",), "needs --pattern REGEX"),
        (("--by", "length"), "needs --best N"),
        (("--best", 3, "--greedy"), "--greedy makes all samples"),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(command: Command, options: tuple[object, ...], said: str) -> None:
    result = command("sample", "headlines-notebook", *options)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


@pytest.mark.parametrize("by", ["bits", "length", "distinct"])
def test_the_best_of_several_is_kept(command: Command, by: str) -> None:
    plain = command("sample", "headlines-notebook", "--samples", 12, "--seed", 3, "--json")
    best = command("sample", "headlines-notebook", "--samples", 3, "--best", 4, "--by", by, "--seed", 3, "--json")
    every, found = ([json.loads(line) for line in each.out.splitlines()] for each in (plain, best))
    keys = {
        "bits": lambda text: -text["bits_per_character"],
        "length": lambda text: text["characters"],
        "distinct": lambda text: share_of_different_sequences(text["text"]),
    }
    wanted = [max(every[at : at + 4], key=keys[by]) for at in (0, 4, 8)]
    assert [text["text"] for text in found] == [text["text"] for text in wanted]
    assert all((text["best_of"], text["best_by"]) == (4, by) for text in found)


def share_of_different_sequences(text: str) -> float:
    sequences = [text[at : at + 4] for at in range(max(1, len(text) - 3))]
    return len(set(sequences)) / len(sequences)
