"""Model files that can't be used are refused in one line that names the file and what is wrong with it."""

import io
import json
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn_engine import CheckpointError
from charrnn_engine.checkpoints.model_files import read_network
from charrnn_engine.network.model import Network
from tests.archives import Archive, call_of, entry, network

SIZE = 9
Change = Callable[[Archive], Any]


def refusal(path: Path) -> str:
    """The message with which a file is refused, after the file's name."""
    with pytest.raises(CheckpointError) as caught:
        read_network(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert len(message) < len(str(path)) + 300
    return message.removeprefix(f"{path}: ")


def read_or_refused(path: Path) -> Network | None:
    """The network of a file, or None where it was refused in one line."""
    try:
        return read_network(path)[0]
    except CheckpointError as error:
        message = str(error)
    assert len(message.splitlines()) == 1
    return None


def refusal_of(archive: Archive, tmp_path: Path) -> str:
    return refusal(archive.save(tmp_path / "model.keras"))


def insert(layer: dict[str, Any], at: int = -1) -> Change:
    """Puts a layer into the chain, before the head unless said otherwise."""
    return lambda archive: archive.layers.insert(at, layer)


def setting(kind: str, **settings: Any) -> Change:
    return lambda archive: archive.layer(kind)["config"].update(settings)


def test_the_archive_that_the_other_tests_damage_opens(tmp_path: Path) -> None:
    archive = network(SIZE)
    _, parameters = read_network(archive.save(tmp_path / "model.keras"))
    assert parameters == sum(array.size for array in archive.arrays.values())


@pytest.mark.parametrize(
    "kind",
    ["Lambda", "RNN", "Conv1D", "ConvLSTM1D", "MultiHeadAttention", "TorchModuleWrapper", "TFSMLayer", "Add", "ReLU"],
)  # fmt: skip
def test_an_unknown_layer_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    archive = network(SIZE)
    archive.layers.insert(-1, entry(kind, "odd"))
    message = refusal_of(archive, tmp_path)
    assert repr(kind) in message
    assert "'odd'" in message


def test_a_custom_class_is_refused_by_name_even_under_the_name_of_a_known_one(tmp_path: Path) -> None:
    archive = network(SIZE)
    archive.layer("LSTM")["registered_name"] = "mine>Sparkling"
    assert "'mine>Sparkling'" in refusal_of(archive, tmp_path)
    archive.layer("LSTM").update(registered_name=None, module="os")
    assert "custom class 'LSTM'" in refusal_of(archive, tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (setting("LSTM", return_state=True), "return_state=True"),
        (setting("LSTM", go_backwards=True), "go_backwards=True"),
        (setting("LSTM", activation="swish"), "activation='swish'"),
        (setting("LSTM", recurrent_activation=None), "recurrent_activation=None"),
        (setting("LSTM", activation={"class_name": "function", "config": "evil"}), "activation={"),
        (setting("LSTM", units=0), "units=0"),
        (setting("LSTM", units="16"), "units='16'"),
        (setting("LSTM", units=True), "units=True"),
        (setting("LSTM", units=10**9), "units=1000000000"),
        (setting("LSTM", units=None), "units=None"),
        (setting("LSTM", units=17), "the shape"),
        (setting("Dense", activation="relu"), "activation 'relu'"),
        (setting("Dense", units=SIZE + 1), "the shape"),
        (setting("InputLayer", batch_shape=None), "shape None"),
        (setting("InputLayer", batch_shape=[None, None, 3, 4]), r"shape \[None, None, 3, 4\]"),
        (setting("InputLayer", batch_shape=[None, None, None]), "width=None"),
        (setting("InputLayer", batch_shape=[None, None]), "before any Embedding or one-hot"),
        (setting("Dense", dtype={"config": {"quantization_mode": "int8"}}), "quantized"),
        (insert(entry("Dense", "again", units=4), 99), "'again'.*where it can't run"),
        (insert(entry("Dense", "first", units=4), 1), "weights 'layers/dense/vars/0' have the shape"),
        (insert(entry("Reshape", "shape", target_shape=[3, 3]), 1), "'shape' changes the shape"),
        (insert(entry("Flatten", "flat")), "'flat' changes the shape"),
        (insert(entry("BatchNormalization", "norm", axis=1)), "'norm' normalises over an axis other"),
        (insert(entry("LayerNormalization", "norm", epsilon="x")), "'norm' has epsilon='x'"),
        (insert(entry("Bidirectional", "both", layer=entry("LSTM", "inner"))), "'both' is Bidirectional"),
        (insert(entry("Embedding", "late", input_dim=4, output_dim=4)), "'late'.*where it can't run"),
        (insert(entry("Activation", "act", activation="softmax")), "'act'.*where it can't run"),
        (insert(entry("Activation", "act", activation="tanh"), 99), "'act'.*where it can't run"),
        (insert(entry("Activation", "act", activation=["tanh"])), "activation=\\['tanh'\\]"),
        (insert(entry("Softmax", "twice"), 99), "'twice'.*where it can't run"),
        (insert(entry("LSTM", "after", units=4, return_sequences=True), 99), "'after'.*where it can't run"),
        (insert(entry("TimeDistributed", "each", layer=entry("Lambda", "inner"))), "'each' wraps something other"),
        (insert(entry("TimeDistributed", "each")), "'each' wraps something other"),
        (lambda archive: archive.layers.pop(), "a Dense head"),
        (lambda archive: archive.layers.pop(2), "the network needs \\(9, 9\\)"),
        (lambda archive: archive.layers.clear(), "at least one recurrent layer"),
        (lambda archive: archive.layers.extend([entry("Dropout", "d")] * 100), "104 layers; at most 64"),
        (lambda archive: archive.layers.append("LSTM"), "lists no layers"),
        (lambda archive: archive.layers.append({"class_name": "LSTM"}), "without class_name or config"),
        (lambda archive: archive.config.update(class_name="GPT"), "it is a 'GPT'"),
        (lambda archive: archive.config.update(config=None), "Sequential or functional"),
        (lambda archive: archive.config.update(config={}), "lists no layers"),
        (setting("LSTM", name="\x1b[2J\nevil" * 40, units=0), r"\\x1b\[2J\\nevil.*…"),
    ],
)  # fmt: skip
def test_an_unsupported_network_is_refused_with_the_reason(tmp_path: Path, change: Change, named: str) -> None:
    archive = network(SIZE)
    change(archive)
    with pytest.raises(CheckpointError, match=named):
        read_network(archive.save(tmp_path / "model.keras"))
    refusal(tmp_path / "model.keras")


def test_a_deeply_nested_config_is_refused(tmp_path: Path) -> None:
    archive = network(SIZE)
    archive.layer("LSTM")["config"]["units"] = "here"
    for depth in (500, 900, 940, 980, 2_000, 50_000):
        config = json.dumps(archive.config).replace('"here"', "[" * depth + "]" * depth)
        refusal(zipped(tmp_path / "model.keras", [("config.json", config.encode()), ("model.weights.h5", WEIGHTS)]))


def test_a_mask_operation_without_a_name_is_refused(tmp_path: Path) -> None:
    archive = network(SIZE)
    archive.layers.insert(1, {**entry("NotEqual", "odd"), "class_name": ["NotEqual"], "module": "keras.src.ops.x"})
    assert "without class_name" in refusal_of(archive, tmp_path)


def test_gru_and_simple_rnn_are_checked_like_lstm(tmp_path: Path) -> None:
    for cell, settings in (("GRU", {"go_backwards": True}), ("SimpleRNN", {"activation": "swish"})):
        archive = network(SIZE, cell=cell)
        archive.layer(cell)["config"].update(settings)
        assert next(iter(settings)) in refusal_of(archive, tmp_path)


def two_outputs(archive: Archive) -> None:
    ends = archive.config["config"]
    ends["output_layers"] = [ends["output_layers"], ends["output_layers"]]


def two_inputs(archive: Archive) -> None:
    archive.layer("LSTM")["inbound_nodes"] = [call_of("masking", "input")]


def a_branch(archive: Archive) -> None:
    archive.layers.append({**entry("Dropout", "aside"), "name": "aside", "inbound_nodes": [call_of("masking")]})


def a_loop(archive: Archive) -> None:
    archive.layer("Masking")["inbound_nodes"] = [call_of("cell_0")]


def a_shared_layer(archive: Archive) -> None:
    archive.layer("LSTM")["inbound_nodes"] *= 2


def a_missing_layer(archive: Archive) -> None:
    archive.layer("LSTM")["inbound_nodes"] = [call_of("gone")]


def nonsense_nodes(archive: Archive) -> None:
    archive.layer("LSTM")["inbound_nodes"] = [{"args": [{"config": {"keras_history": 7}}]}]


def test_a_functional_chain_is_the_same_network_as_a_sequential_one(tmp_path: Path) -> None:
    sequential, _ = read_network(network(SIZE).save(tmp_path / "sequential.keras"))
    functional, _ = read_network(network(SIZE).make_functional().save(tmp_path / "functional.keras"))
    np.testing.assert_array_equal(sequential.inputs, functional.inputs)
    np.testing.assert_array_equal(sequential.head.kernel, functional.head.kernel)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (two_outputs, "more than one input or output"),
        (two_inputs, "exactly one input"),
        (a_branch, "'aside' lies off the path"),
        (a_loop, "single chain"),
        (a_shared_layer, "more than once"),
        (a_missing_layer, "single chain"),
        (nonsense_nodes, "single chain"),
    ],
)
def test_a_functional_model_that_branches_is_refused(tmp_path: Path, change: Change, named: str) -> None:
    archive = network(SIZE).make_functional()
    change(archive)
    assert named in refusal_of(archive, tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_weights_that_are_not_finite_in_float32_are_refused(tmp_path: Path, value: float) -> None:
    archive = network(SIZE)
    archive.arrays["layers/lstm/cell/vars/1"] = np.full((16, 64), value, np.float64)
    assert refusal_of(archive, tmp_path) == "its weights 'layers/lstm/cell/vars/1' hold NaN or infinity"


@pytest.mark.parametrize("kind", ["<f2", "<f8"])
def test_weights_of_other_float_sizes_are_read(tmp_path: Path, kind: str) -> None:
    archive = network(SIZE)
    archive.arrays = {path: array.astype(kind) for path, array in archive.arrays.items()}
    read_network(archive.save(tmp_path / "model.keras"))


@pytest.mark.parametrize("kind", ["<i4", "<c8", "S4", ">f4"])
def test_weights_that_are_not_floats_are_refused(tmp_path: Path, kind: str) -> None:
    archive = network(SIZE)
    archive.arrays["layers/dense/vars/1"] = np.zeros(SIZE, kind)
    assert "float16, 32 or 64 is expected" in refusal_of(archive, tmp_path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    archive = network(SIZE)
    del archive.arrays["layers/dense/vars/1"]
    assert refusal_of(archive, tmp_path) == "its weights 'layers/dense/vars/1' are missing"


def with_hdf5(tmp_path: Path, change: Callable[[h5py.File], Any]) -> str:
    """The refusal of an archive whose weights file was changed."""
    archive = network(SIZE)
    buffer = io.BytesIO(archive.weights())
    with h5py.File(buffer, "r+") as file:
        del file["layers/dense/vars/0"]
        change(file)
    return refusal(archive.save(tmp_path / "model.keras", weights=buffer.getvalue()))


def test_links_out_of_the_weights_file_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["weights"] = np.zeros((16, SIZE), np.float32)

    def put(link: Any) -> Callable[[h5py.File], None]:
        return lambda file: file["layers/dense/vars"].__setitem__("0", link)

    for link in (h5py.ExternalLink(str(secret), "weights"), h5py.SoftLink("/layers/lstm/cell/vars/0")):
        assert "are a link" in with_hdf5(tmp_path, put(link))


def test_data_kept_outside_the_weights_file_is_not_read(tmp_path: Path) -> None:
    raw = tmp_path / "raw.bin"
    raw.write_bytes(bytes(16 * SIZE * 4))

    def external(file: h5py.File) -> None:
        file.create_dataset("layers/dense/vars/0", (16, SIZE), "<f4", external=[(str(raw), 0, 16 * SIZE * 4)])

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((16, SIZE), "<f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "weights", (16, SIZE))
        file.create_virtual_dataset("layers/dense/vars/0", layout)

    for change in (external, virtual):
        assert "outside the file" in with_hdf5(tmp_path, change)


def test_an_array_that_was_never_written_is_missing(tmp_path: Path) -> None:
    message = with_hdf5(tmp_path, lambda file: file.create_dataset("layers/dense/vars/0", (16, SIZE), "<f4"))
    assert "are missing" in message


def test_a_group_where_an_array_belongs_is_refused(tmp_path: Path) -> None:
    assert "are no array" in with_hdf5(tmp_path, lambda file: file.create_group("layers/dense/vars/0"))
    assert "are missing" in with_hdf5(
        tmp_path, lambda file: file["layers"].pop("dense") and file.create_dataset("layers/dense", data=[1.0])
    )


def test_an_array_compressed_by_an_unknown_filter_is_refused(tmp_path: Path) -> None:
    message = with_hdf5(
        tmp_path,
        lambda file: file.create_dataset("layers/dense/vars/0", data=np.zeros((16, SIZE), "<f4"), compression="lzf"),
    )
    assert "unknown filter" in message


def test_a_small_file_that_declares_huge_arrays_costs_no_memory(tmp_path: Path) -> None:
    units = 40_000
    archive = network(SIZE)
    archive.layer("LSTM")["config"]["units"] = units
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("layers/lstm/cell/vars/0", data=np.zeros((SIZE, 4 * units), "<f4"), compression="gzip")
        file.create_dataset(
            "layers/lstm/cell/vars/1", (units, 4 * units), "<f4", compression="gzip", chunks=(1, 1000)
        )
    archive.save(tmp_path / "model.keras", weights=buffer.getvalue())
    tracemalloc.start()
    try:
        assert "more than 48 million weights" in refusal(tmp_path / "model.keras")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_missing_chunk_is_refused(tmp_path: Path) -> None:
    def partly(file: h5py.File) -> None:
        made = file.create_dataset("layers/dense/vars/0", (16, SIZE), "<f4", chunks=(4, SIZE))
        made[:8] = 1.0

    assert "chunks are missing" in with_hdf5(tmp_path, partly)


def test_a_chunk_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    def bomb(file: h5py.File) -> None:
        made = file.create_dataset("layers/dense/vars/0", (16, SIZE), "<f4", chunks=(16, SIZE), compression="gzip")
        made.id.write_direct_chunk((0, 0), zlib.compress(bytes(50_000_000)))

    tracemalloc.start()
    try:
        message = with_hdf5(tmp_path, bomb)
        assert "577 bytes where 576 belong" in message or "a chunk of" in message
        assert tracemalloc.get_traced_memory()[1] < 60_000_000  # of which the test itself takes 50
    finally:
        tracemalloc.stop()


def test_a_circular_list_of_free_space_does_no_harm(tmp_path: Path) -> None:
    # libhdf5 1.14 and 2.0 walk it for ever when they open the group; here nobody looks at free space.
    archive = network(SIZE)
    ends = b"lstm\0\0\0\0dense\0\0\0" + (1).to_bytes(8, "little")
    assert WEIGHTS.count(ends) == 1
    read_network(
        archive.save(tmp_path / "model.keras", weights=WEIGHTS.replace(ends, ends[:-8] + b"\x18" + bytes(7)))
    )


@pytest.mark.parametrize("signature", [b"TREE", b"SNOD", b"HEAP"])
def test_a_circular_structure_is_refused(tmp_path: Path, signature: bytes) -> None:
    """Every address in the file in turn is made to point to the structure that holds it, or to one above."""
    targets = [at for at in range(len(WEIGHTS)) if WEIGHTS.startswith(signature, at)][:2]
    addresses = [
        at
        for at in range(0, len(WEIGHTS) - 7, 8)
        if 0 < int.from_bytes(WEIGHTS[at : at + 8], "little") < len(WEIGHTS) and at > 0
    ]
    for at, target in zip(addresses, cycle(targets), strict=False):
        weights = WEIGHTS[:at] + target.to_bytes(8, "little") + WEIGHTS[at + 8 :]
        read_or_refused(WHOLE.save(tmp_path / "model.keras", weights=weights))


def test_a_wide_one_hot_input_takes_no_more_memory_than_its_kernel(tmp_path: Path) -> None:
    archive = network(20_000, units=4)
    archive.save(tmp_path / "model.keras")
    tracemalloc.start()
    try:
        read_network(tmp_path / "model.keras")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000  # its square alone would be 1,600 MB
    finally:
        tracemalloc.stop()


def test_an_embedding_whose_table_would_be_too_large_is_refused(tmp_path: Path) -> None:
    archive = network(SIZE, cell="SimpleRNN", units=2_000, embedding=1)
    archive.layer("Embedding")["config"]["input_dim"] = 60_000
    archive.arrays["layers/embedding/vars/0"] = np.zeros((60_000, 1), np.float32)
    assert "too large" in refusal_of(archive, tmp_path)


def zipped(path: Path, members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


CONFIG = json.dumps(network(SIZE).config).encode()
WEIGHTS = network(SIZE).weights()


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([], "it holds no config.json"),
        ([("config.json", CONFIG)], "it holds no model.weights.h5"),
        ([("model.weights.h5", WEIGHTS)], "it holds no config.json"),
        ([("config.json", CONFIG), ("model.weights.h5", b"")], "not a readable HDF5 file"),
        ([("config.json", CONFIG), ("model.weights.h5", WEIGHTS[: len(WEIGHTS) // 2])], "HDF5"),
        ([("config.json", b"{"), ("model.weights.h5", WEIGHTS)], "not readable JSON"),
        ([("config.json", b"\xff\xfe{}"), ("model.weights.h5", WEIGHTS)], "not readable JSON"),
        ([("config.json", b"[]"), ("model.weights.h5", WEIGHTS)], "not a JSON object"),
        ([("config.json", b"[" * 100_000), ("model.weights.h5", WEIGHTS)], "not readable JSON"),
        ([("config.json", b" " * 60_000_000), ("model.weights.h5", WEIGHTS)], "config.json is larger than 2 MB"),
    ],
)
def test_an_archive_with_missing_or_damaged_members_is_refused(
    tmp_path: Path, members: list[tuple[str, bytes]], reason: str
) -> None:
    assert reason in refusal(zipped(tmp_path / "model.keras", members))


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_member_that_occurs_twice_is_refused(tmp_path: Path, name: str) -> None:
    members = [("config.json", CONFIG), ("model.weights.h5", WEIGHTS), (name, b"{}")]
    assert f"more than one {name}" in refusal(zipped(tmp_path / "model.keras", members))


def test_a_zip_bomb_is_refused_without_unpacking_it(tmp_path: Path) -> None:
    bomb = [("config.json", CONFIG), ("model.weights.h5", bytes(66_000_000))]
    path = zipped(tmp_path / "model.keras", bomb)
    tracemalloc.start()
    try:
        assert "larger than 64 MB" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"hello", bytes(1000), b"PK\x03\x04" + bytes(100)])
def test_a_file_that_isnt_a_zip_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    assert "not a readable .keras archive" in refusal(path)


def test_weights_without_their_model_are_refused_with_the_way_out(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "model.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.zeros(3)
    assert "save the whole with model.save" in refusal(tmp_path / "model.weights.h5")


def test_a_missing_file_and_a_folder_are_named_as_such(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.keras") == "there is no such file"
    assert "folder" in refusal(tmp_path)


WHOLE = network(SIZE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = WHOLE.save(tmp_path_factory.mktemp("damage") / "model.keras")
    return path.with_name("damaged.keras"), path.read_bytes()


def test_a_file_cut_at_every_64th_of_its_length_is_refused(whole: tuple[Path, bytes]) -> None:
    path, content = whole
    for part in range(64):
        path.write_bytes(content[: len(content) * part // 64])
        refusal(path)


def test_weights_cut_at_every_64th_of_their_length_are_refused(tmp_path: Path) -> None:
    for part in range(64):
        refusal(WHOLE.save(tmp_path / "model.keras", weights=WEIGHTS[: len(WEIGHTS) * part // 64]))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(tmp_path: Path, method: int) -> None:
    # LZMA says itself how much memory unpacking takes: up to 4 GB.
    path = zipped(tmp_path / "model.keras", [("config.json", CONFIG), ("model.weights.h5", WEIGHTS)], method)
    assert "packed in a way that isn't read" in refusal(path)


def test_a_very_long_table_of_contents_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as file:
        file.writestr("config.json", CONFIG)
        file.writestr("model.weights.h5", WEIGHTS)
        for number in range(8_000):
            file.writestr(f"assets/{number:060}", b"")
    assert "more members than Keras writes" in refusal(tmp_path / "model.keras")


def test_members_with_paths_out_of_the_folder_are_not_unpacked(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    outside = [("../../evil.json", b"1"), ("/tmp/evil.json", b"1"), ("..\\evil", b"1")]
    read_network(zipped(folder / "model.keras", [*outside, ("config.json", CONFIG), ("model.weights.h5", WEIGHTS)]))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["model.keras"]


def test_the_checksum_of_a_stored_member_is_checked(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "model.keras", [("config.json", CONFIG), ("model.weights.h5", WEIGHTS)], zipfile.ZIP_STORED
    )
    content = path.read_bytes()
    at = content.index(WEIGHTS) + len(WEIGHTS) - 1
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    assert "bad checksum of model.weights.h5" in refusal(path)


def test_an_error_that_quotes_the_archive_is_shortened(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "model.keras", [("config.json", CONFIG), ("model.weights.h5", WEIGHTS)], zipfile.ZIP_STORED
    )
    content = path.read_bytes()
    at = content.index(b"config.json") - 4  # the length of the name in the local header
    path.write_bytes(content[:at] + b"\xff\x7f" + content[at + 2 :])
    refusal(path)


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_is_refused(whole: tuple[Path, bytes], share: float) -> None:
    path, content = whole
    path.write_bytes(content[: int(share * len(content))])
    refusal(path)


@given(share=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_one_damaged_byte_is_refused_or_harmless(whole: tuple[Path, bytes], share: float, byte: int) -> None:
    path, content = whole
    at = int(share * len(content))
    path.write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
    read_or_refused(path)


@given(at=st.integers(0, len(WEIGHTS) - 1), garbage=st.binary(min_size=1, max_size=8))
def test_damaged_weights_with_a_right_checksum_are_refused_or_finite(
    whole: tuple[Path, bytes], at: int, garbage: bytes
) -> None:
    path, _ = whole
    WHOLE.save(path, weights=(WEIGHTS[:at] + garbage + WEIGHTS[at + len(garbage) :]))
    net = read_or_refused(path)
    assert net is None or np.isfinite(net.inputs).all()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a JSON tree."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, value in items for place in [(*path, key), *_places(value, (*path, key))]]


@given(data=st.data(), functional=st.booleans())
def test_any_value_anywhere_in_a_config_is_refused_or_harmless(
    whole: tuple[Path, bytes], data: st.DataObject, functional: bool
) -> None:
    path, _ = whole
    archive = network(SIZE)
    if functional:
        archive.make_functional()
    *way, last = data.draw(st.sampled_from(_places(archive.config)))
    node: Any = archive.config
    for key in way:
        node = node[key]
    node[last] = data.draw(_JSON)
    archive.save(path)
    read_or_refused(path)


def test_an_archive_of_keras_2_has_its_weights_under_another_name(tmp_path: Path) -> None:
    archive = network(SIZE)
    expected, _ = read_network(archive.save(tmp_path / "model.keras"))
    older = "_layer_checkpoint_dependencies"
    archive.arrays = {path.replace("layers", older, 1): array for path, array in archive.arrays.items()}
    found, _ = read_network(archive.save(tmp_path / "model.keras"))
    np.testing.assert_array_equal(found.head.kernel, expected.head.kernel)
