"""The project and its peers behind one face: a network's weights in, characters out, the best way each is driven.

A peer's package is imported when it is made; ImportError says that it isn't installed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn_engine import Controls, generate
from tests.benchmarks.networks import Measured

TEMPERATURE = 0.8


@dataclass(frozen=True)
class Contestant:
    """`logits` feeds ids one at a time from a fresh state, (T,) -> (T, V); `run` generates that many characters."""

    name: str
    run: Callable[[int], object]
    logits: Callable[[np.ndarray], np.ndarray] | None = None
    fewest: int = 20
    """Characters a measurement takes at least; the slowest peers make do with few."""


def draw(logits: np.ndarray, rng: np.random.Generator) -> int:
    """What a user of a peer writes: softmax with temperature, and one random number."""
    weights = np.exp((logits - logits.max()) / TEMPERATURE)
    cumulated = weights.cumsum()
    return int(cumulated.searchsorted(rng.random() * cumulated[-1], "right"))


def _stepped(name: str, step: Callable[[int], np.ndarray], reset: Callable[[], None], first: int) -> Contestant:
    def run(count: int) -> None:
        rng = np.random.default_rng(1)
        token = first
        for _ in range(count):
            token = draw(step(token), rng)

    def logits(ids: np.ndarray) -> np.ndarray:
        reset()
        return np.array([step(int(index)) for index in ids])

    return Contestant(name, run, logits)


def project(network: Measured) -> Contestant:
    """Everything that a user gets: controls, probabilities, entropy, Token, `<eos>`."""

    def run(count: int) -> None:
        for _token in generate(
            network.model, network.prompt, Controls(TEMPERATURE), seed=1, max_tokens=count, endless=True
        ):
            pass

    return Contestant("charrnn-tui, `generate`", run, network.model.logits)


def products_alone(network: Measured) -> Contestant:
    """The floor in numpy: a product of a vector with each layer's matrix, and nothing else."""
    rng = np.random.default_rng(0)
    matrices = [np.vstack([cell.kernel, cell.recurrent]) if n else cell.recurrent for n, cell in
                enumerate(network.cells)] + [network.head_kernel]  # fmt: skip
    products = [
        (rng.normal(size=matrix.shape[0]).astype(np.float32), np.ascontiguousarray(matrix),
         np.empty(matrix.shape[1], np.float32))
        for matrix in matrices
    ]  # fmt: skip

    def run(count: int) -> None:
        dot = np.dot
        for _ in range(count):
            for vector, matrix, out in products:
                dot(vector, matrix, out=out)

    return Contestant("the matrix-vector products alone, in numpy", run)


def pytorch(network: Measured) -> Contestant:
    import torch

    torch.set_num_threads(1)
    order = {"LSTM": (0, 1, 2, 3), "GRU": (1, 0, 2), "SimpleRNN": (0,)}[network.kind]  # of Keras' gates
    layer = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "SimpleRNN": torch.nn.RNN}[network.kind]
    units = network.cells[0].units
    rnn: Any = layer(network.table.shape[1], units, num_layers=len(network.cells))
    head = torch.nn.Linear(units, network.head_kernel.shape[1])
    table = torch.nn.Embedding.from_pretrained(torch.tensor(network.table))

    def gates(array: np.ndarray) -> torch.Tensor:
        parts = np.split(array, len(order), axis=-1)
        return torch.tensor(np.ascontiguousarray(np.concatenate([parts[n] for n in order], axis=-1).T))

    with torch.no_grad():
        for n, cell in enumerate(network.cells):
            bias = cell.bias if cell.bias.ndim == 2 else np.stack([cell.bias, np.zeros_like(cell.bias)])
            for name, array in (("weight_ih", cell.kernel), ("weight_hh", cell.recurrent),
                                ("bias_ih", bias[0]), ("bias_hh", bias[1])):  # fmt: skip
                getattr(rnn, f"{name}_l{n}").copy_(gates(array))
        head.weight.copy_(torch.tensor(network.head_kernel.T))
        head.bias.copy_(torch.tensor(network.head_bias))
    index, state = torch.zeros(1, dtype=torch.long), [None]

    def step(token: int) -> np.ndarray:
        with torch.inference_mode():
            index[0] = token
            out, state[0] = rnn(table(index), state[0])
            return head(out)[0].numpy()  # type: ignore[no-any-return]

    return _stepped("PyTorch `nn.LSTM` (`GRU`, `RNN`), inference mode, 1 thread", step,
                    lambda: state.__setitem__(0, None), network.first)  # fmt: skip


def onnx_runtime_batch(network: Measured, rows: int, threads: int) -> Contestant:
    """A Run for a character of each row, and the rows' sampling in numpy, as a user would write it."""
    import onnxruntime

    session = _onnx_session(onnxruntime, network, rows, threads)
    names = [value.name for value in session.get_outputs()]
    feed = {value.name: np.zeros(value.shape, np.float32) for value in session.get_inputs()[1:]}
    state_names = list(feed)
    feed["id"] = np.full(rows, network.first, np.int64)

    def run(count: int) -> None:
        rng = np.random.default_rng(1)
        for _ in range(count // rows):
            logits, *state = session.run(names, feed)
            feed.update(zip(state_names, state, strict=True))
            scores = logits[0, 0]
            weights = np.exp((scores - scores.max(1, keepdims=True)) / TEMPERATURE)
            cumulated = weights.cumsum(1)
            feed["id"] = (cumulated > rng.random((rows, 1)) * cumulated[:, -1:]).argmax(1)

    return Contestant(f"ONNX Runtime, {rows} rows, {threads} threads", run)


def onnx_runtime(network: Measured) -> Contestant:
    """One Run a character: an id in, logits and the state out; the look-up is in the graph."""
    import onnxruntime

    session = _onnx_session(onnxruntime, network)
    names = [value.name for value in session.get_outputs()]
    fresh = {value.name: np.zeros(value.shape, np.float32) for value in session.get_inputs()[1:]}
    feed: dict[str, np.ndarray] = {"id": np.zeros(1, np.int64), **fresh}
    state_names = list(fresh)

    def step(token: int) -> np.ndarray:
        feed["id"][0] = token
        logits, *state = session.run(names, feed)
        feed.update(zip(state_names, state, strict=True))
        return logits[0, 0, 0]  # type: ignore[no-any-return]

    return _stepped("ONNX Runtime, 1 thread", step, lambda: feed.update(fresh), network.first)


def _onnx_session(onnxruntime: Any, network: Measured, rows: int = 1, threads: int = 1) -> Any:
    from onnx import TensorProto, checker, helper, numpy_helper

    # ONNX: LSTM i o f c, GRU z r h; a row a gate.
    order, operator = {"LSTM": ((0, 3, 1, 2), "LSTM"), "GRU": ((0, 1, 2), "GRU"), "SimpleRNN": ((0,), "RNN")}[
        network.kind
    ]
    constants, nodes, inputs, outputs = [], [], [], []

    def constant(name: str, array: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def gates(array: np.ndarray) -> np.ndarray:
        parts = np.split(array, len(order), axis=-1)
        return np.concatenate([parts[n] for n in order], axis=-1)

    # (1, V, I) looked up at (B,) ids: (1, B, I), a sequence of one for B rows
    nodes.append(helper.make_node("Gather", [constant("table", network.table[None]), "id"], ["x0"], axis=1))
    for n, cell in enumerate(network.cells):
        bias = cell.bias if cell.bias.ndim == 2 else np.stack([cell.bias, np.zeros_like(cell.bias)])
        weights = [
            constant(f"W{n}", gates(cell.kernel).T[None]),
            constant(f"R{n}", gates(cell.recurrent).T[None]),
            constant(f"B{n}", np.concatenate([gates(bias[0]), gates(bias[1])])[None]),
        ]
        states = [f"h{n}", f"c{n}"] if network.kind == "LSTM" else [f"h{n}"]
        for name in states:
            inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, rows, cell.units]))
            outputs.append(helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, [1, rows, cell.units]))
        reset_after = {"linear_before_reset": 1} if network.kind == "GRU" else {}
        nodes.append(helper.make_node(operator, [f"x{n}", *weights, "", *states],
                                      [f"y{n}", *(f"{name}_out" for name in states)],
                                      hidden_size=cell.units, **reset_after))  # fmt: skip
        # (1, directions 1, B, H) -> (1, B, H)
        nodes.append(helper.make_node("Squeeze", [f"y{n}", "one"], [f"x{n + 1}"]))
    constant("one", np.array([1]))
    last = f"x{len(network.cells)}"
    nodes.append(helper.make_node("MatMul", [last, constant("head", network.head_kernel[None])], ["scores"]))
    nodes.append(helper.make_node("Add", ["scores", constant("head_bias", network.head_bias)], ["raw"]))
    nodes.append(helper.make_node("Unsqueeze", ["raw", "zero"], ["logits"]))
    constant("zero", np.array([0]))
    size = network.head_kernel.shape[1]
    graph = helper.make_graph(
        nodes, "step", [helper.make_tensor_value_info("id", TensorProto.INT64, [rows]), *inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1, rows, size]), *outputs], constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
