"""PyTorch stacks in .safetensors score as PyTorch does; its pickles are refused with the way to convert them."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from charrnn_engine import CharRNN, CheckpointError, Vocabulary
from charrnn_engine.checkpoints.model_files import read_model

SIZE, UNITS, WIDTH = 8, 5, 3
LETTERS = Vocabulary(list("abcdefgh"))
IDS = [1, 0, 7, 3, 3, 2]
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}

Tensors = dict[str, np.ndarray]


def stack(kind: str, *, layers: int = 2, embedding: bool = True, bias: bool = True) -> Tensors:
    """The state_dict of an Embedding, `nn.LSTM` or another, and a Linear."""
    rng = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {"emb.weight": (SIZE, WIDTH)} if embedding else {}
    for n in range(layers):
        width = UNITS if n else WIDTH if embedding else SIZE
        shapes[f"rnn.weight_ih_l{n}"] = (GATES[kind] * UNITS, width)
        shapes[f"rnn.weight_hh_l{n}"] = (GATES[kind] * UNITS, UNITS)
        if bias:
            shapes |= {f"rnn.bias_{way}_l{n}": (GATES[kind] * UNITS,) for way in ("ih", "hh")}
    shapes |= {"fc.weight": (SIZE, UNITS), "fc.bias": (SIZE,)}
    return {name: rng.normal(scale=0.5, size=shape).astype(np.float32) for name, shape in shapes.items()}


def saved(tensors: Tensors, tmp_path: Path) -> Path:
    save_file(tensors, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def formulas(tensors: Tensors, kind: str, layers: int) -> np.ndarray:
    """Logits after IDS by the formulas of PyTorch's documentation."""

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    t = {name: array.astype(float) for name, array in tensors.items()}
    xs = list(t["emb.weight"][IDS] if "emb.weight" in t else np.eye(SIZE)[IDS])
    for n in range(layers):
        h = c = np.zeros(UNITS)
        none = np.zeros(GATES[kind] * UNITS)
        for place, x in enumerate(xs):
            from_x = t[f"rnn.weight_ih_l{n}"] @ x + t.get(f"rnn.bias_ih_l{n}", none)
            from_h = t[f"rnn.weight_hh_l{n}"] @ h + t.get(f"rnn.bias_hh_l{n}", none)
            if kind == "LSTM":
                i, f, g, o = np.split(from_x + from_h, 4)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = sigmoid(o) * np.tanh(c)
            elif kind == "GRU":
                (ri, zi, ni), (rh, zh, nh) = np.split(from_x, 3), np.split(from_h, 3)
                r, z = sigmoid(ri + rh), sigmoid(zi + zh)
                h = (1 - z) * np.tanh(ni + r * nh) + z * h
            else:
                h = np.tanh(from_x + from_h)
            xs[place] = h
    return t["fc.weight"] @ xs[-1] + t["fc.bias"]


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize(("layers", "embedding", "bias"), [(2, True, True), (1, False, True), (1, True, False)])
def test_stacks_score_as_the_formulas_say(
    tmp_path: Path, kind: str, layers: int, embedding: bool, bias: bool
) -> None:
    tensors = stack(kind, layers=layers, embedding=embedding, bias=bias)
    found = read_model(saved(tensors, tmp_path))
    ours = CharRNN(LETTERS, found.network).logits(IDS)[-1]
    np.testing.assert_allclose(ours, formulas(tensors, kind, layers), atol=1e-5)
    assert found.parameters == sum(array.size for array in tensors.values())


def test_stacks_score_as_pytorch_does(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="not a dependency")
    for kind in GATES:
        tensors = stack(kind)
        rnn = getattr(torch.nn, kind)(WIDTH, UNITS, 2)
        rnn.load_state_dict({k.removeprefix("rnn."): torch.tensor(v) for k, v in tensors.items() if "rnn." in k})
        inputs = torch.tensor(tensors["emb.weight"][IDS])[:, None]
        expected = rnn(inputs)[0][-1, 0].detach().numpy() @ tensors["fc.weight"].T + tensors["fc.bias"]
        ours = CharRNN(LETTERS, read_model(saved(tensors, tmp_path)).network).logits(IDS)[-1]
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_other_stacks_are_refused_with_the_reason(tmp_path: Path) -> None:
    def of(**changes: np.ndarray) -> str:
        return refusal(saved({**stack("LSTM"), **changes}, tmp_path))

    assert "bidirectional" in of(**{"rnn.weight_ih_l0_reverse": np.zeros((20, 3), "f")})
    assert "'norm.weight' belongs to no such stack" in of(**{"norm.weight": np.zeros(7, "f")})
    assert "holds NaN" in of(**{"fc.bias": np.full(SIZE, np.nan, "f")})
    assert "of type 'I64'" in of(**{"fc.bias": np.zeros(SIZE, np.int64)})
    assert "don't fit" in of(**{"rnn.weight_ih_l1": np.zeros((20, 6), "f")})
    assert "no whole recurrent layer" in refusal(saved({"fc.weight": np.zeros((3, 3), "f")}, tmp_path))
    whole = saved(stack("GRU"), tmp_path).read_bytes()
    for part in range(1, 16):
        (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) * part // 16])
        refusal(tmp_path / "cut.safetensors")


def test_pickles_are_refused_with_the_lines_that_convert_them(tmp_path: Path) -> None:
    (tmp_path / "old.pth").write_bytes(pickle.dumps({"a": 1}))
    with zipfile.ZipFile(tmp_path / "new.pt", "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps({"a": 1}))
    for name in ("old.pth", "new.pt"):
        message = refusal(tmp_path / name)
        assert f"torch.load('{name}', weights_only=True)" in message
        assert "save_file" in message
