"""Checkpoints that are as large as the limits let them be, or say that they are larger: each must be refused within
2 s and 300 MB.

    python -m tests.fuzz.large
"""

import argparse
import io
import json
import random
import string
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from safetensors.numpy import save_file

from tests.archives import Archive, characters, entry, network
from tests.fuzz.checkpoints import workplace
from tests.fuzz.mutations import case
from tests.fuzz.opening import FILES, write_case
from tests.fuzz.sandbox import Work, outcomes

_TOKENS = 9
_UNITS = 6_900  # of a SimpleRNN: nearly as many weights as are read


def _recurrent_only(last: float, *, kind: str = "<f4", **settings: Any) -> tuple[Archive, bytes]:
    """A network of about as many weights as are read, all 0 but for the last one."""
    archive = network(_TOKENS, cell="SimpleRNN", units=_UNITS, scale=0.0)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, array in archive.arrays.items():
            if path.endswith("cell/vars/1"):
                whole = np.zeros(array.shape, kind)
                whole[-1, -1] = last
                file.create_dataset(path, data=whole, **settings)
            else:
                file[path] = array
    return archive, buffer.getvalue()


def _save(folder: Path, archive: Archive, weights: bytes, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(folder / FILES[0], "w", compression) as file:
        file.writestr("config.json", json.dumps(archive.config))
        file.writestr("model.weights.h5", weights)


def nan_in_the_last_weight(folder: Path) -> None:
    _save(folder, *_recurrent_only(np.nan))


def nan_in_the_last_double(folder: Path) -> None:
    _save(folder, *_recurrent_only(np.inf, kind="<f8"))


def nan_behind_compression(folder: Path) -> None:
    _save(folder, *_recurrent_only(np.nan, kind="<f8", compression="gzip", chunks=(100, 6_900)))


def nan_behind_two_compressions(folder: Path) -> None:
    made = _recurrent_only(np.nan, compression="gzip", compression_opts=1, chunks=(100, 6_900))
    _save(folder, *made, zipfile.ZIP_DEFLATED)


def a_vocabulary_of_another_size(folder: Path) -> None:
    _save(folder, *_recurrent_only(0.0))
    (folder / FILES[1]).write_text(json.dumps(characters("abc").to_json()), encoding="utf-8")


def an_embedding_that_unfolds(folder: Path) -> None:
    archive = network(_TOKENS, cell="LSTM", units=180, embedding=256)
    archive.layer("Embedding")["config"]["input_dim"] = 65_000
    archive.arrays["layers/embedding/vars/0"] = np.zeros((65_000, 256), np.float32)
    _save(folder, archive, archive.weights())


def a_model_in_hdf5_with_nan_at_its_end(folder: Path) -> None:
    archive, _ = _recurrent_only(np.nan)
    archive.arrays["layers/simple_rnn/cell/vars/1"][-1, -1] = np.nan
    (folder / FILES[0]).unlink()
    archive.save_h5(folder / "model.h5")


def a_configuration_in_hdf5_of_lists(folder: Path) -> None:
    (folder / FILES[0]).unlink()
    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs["model_config"] = "[" + "[]," * 600_000 + "[]]"


def many_attributes(folder: Path) -> None:
    """Lists of long strings in every group: as much as the headers can hold."""
    (folder / FILES[0]).unlink()
    archive = network(_TOKENS)
    archive.save_h5(folder / "model.h5")
    with h5py.File(folder / "model.h5", "r+") as file:
        for number in range(700):
            group = file.create_group(f"model_weights/group{number}")
            group.attrs["weight_names"] = np.array([b"x" * 60] * 1_000)
        for number in range(700):
            file.attrs[f"name{number}"] = "y" * 50_000


def tensors_with_nan_at_their_end(folder: Path) -> None:
    (folder / FILES[0]).unlink()
    recurrent = np.zeros((_UNITS, _UNITS), np.float32)
    recurrent[-1, -1] = np.nan
    tensors = {"r.weight_ih_l0": np.zeros((_UNITS, _TOKENS), np.float32), "r.weight_hh_l0": recurrent}
    tensors |= {"fc.weight": np.zeros((_TOKENS, _UNITS), np.float32), "fc.bias": np.zeros(_TOKENS, np.float32)}
    save_file(tensors, folder / "model.safetensors")


def a_header_of_a_million_tensors(folder: Path) -> None:
    (folder / FILES[0]).unlink()
    one = '"t%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    header = ("{" + ",".join(one % number for number in range(1_000_000)) + "}").encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)


def a_dense_layer_that_unfolds(folder: Path) -> None:
    archive = network(_TOKENS, cell="SimpleRNN", units=4, embedding=1)
    archive.layer("Embedding")["config"]["input_dim"] = 60_000
    archive.layers.insert(2, entry("Dense", "wide", units=60_000))
    archive.arrays["layers/embedding/vars/0"] = np.zeros((60_000, 1), np.float32)
    archive.arrays["layers/dense/vars/0"] = np.zeros((1, 60_000), np.float32)
    archive.arrays["layers/dense/vars/1"] = np.zeros(60_000, np.float32)
    _save(folder, archive, archive.weights())


def a_zip_bomb(folder: Path) -> None:
    archive = network(_TOKENS)
    with (
        zipfile.ZipFile(folder / FILES[0], "w", zipfile.ZIP_DEFLATED) as file,
        file.open("model.weights.h5", "w", force_zip64=True) as member,
    ):
        for _ in range(100):
            member.write(bytes(1_000_000))
    with zipfile.ZipFile(folder / FILES[0], "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps(archive.config))


def a_bomb_for_a_configuration(folder: Path) -> None:
    with zipfile.ZipFile(folder / FILES[0], "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b" " * 100_000_000)
        file.writestr("model.weights.h5", network(_TOKENS).weights())


def a_file_of_nothing(folder: Path) -> None:
    """Half a gigabyte that isn't there: the disk makes up zeros."""
    size = 500_000_000
    checksum = 0
    for _ in range(size // 1_000_000):
        checksum = zlib.crc32(bytes(1_000_000), checksum)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("config.json", json.dumps(network(_TOKENS).config))
        file.writestr("model.weights.h5", b"")
    content = bytearray(buffer.getvalue())
    local, central = content.rindex(b"PK\x03\x04"), content.rindex(b"PK\x01\x02")
    numbers = b"".join(number.to_bytes(4, "little") for number in (checksum, size, size))
    content[local + 14 : local + 26] = content[central + 16 : central + 28] = numbers
    end = content.index(b"PK\x05\x06")
    start = int.from_bytes(content[end + 16 : end + 20], "little")
    content[end + 16 : end + 20] = (start + size).to_bytes(4, "little")
    with (folder / FILES[0]).open("wb") as out:
        out.write(content[:start])
        out.seek(size, io.SEEK_CUR)
        out.write(content[start:])


def a_million_members(folder: Path) -> None:
    central = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"x"
    count = 60_000
    end = (
        b"PK\x05\x06" + bytes(4) + count.to_bytes(2, "little") * 2 + (17 * len(central) * count).to_bytes(4, "little")
    )
    (folder / FILES[0]).write_bytes(central * count * 17 + end + bytes(6))


def a_vocabulary_of_lists(folder: Path) -> None:
    (folder / FILES[1]).write_bytes(b"[" + b"[]," * 2_600_000 + b"[]]")


def a_vocabulary_of_few_lists_and_many_words(folder: Path) -> None:
    chance = random.Random(1)
    words = {"".join(chance.choices(string.ascii_letters, k=3)) for _ in range(140_000)}
    tokens = ["<pad>", *words, *(f"{word}{digit}" for word in words for digit in range(9))]
    content = json.dumps({"format": 1, "level": "word", "tokens": tokens}, separators=(",", ":")).encode()
    (folder / FILES[1]).write_bytes(content[:8_000_000])


def a_vocabulary_with_an_emoji(folder: Path) -> None:
    text = json.dumps({"format": 1, "level": "char", "tokens": ["<pad>", "😀" + "a" * 7_999_000]}, ensure_ascii=False)
    (folder / FILES[1]).write_text(text[:7_990_000], encoding="utf-8")


def a_configuration_of_lists(folder: Path) -> None:
    with zipfile.ZipFile(folder / FILES[0], "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b"[" + b"[]," * 600_000 + b"[]]")
        file.writestr("model.weights.h5", network(_TOKENS).weights())


def a_configuration_of_long_names(folder: Path) -> None:
    archive = network(_TOKENS)
    for layer in archive.layers:
        layer["config"]["name"] = layer["class_name"] = "A1" * 200_000
    _save(folder, archive, archive.weights())


def a_card_of_lists(folder: Path) -> None:
    (folder / FILES[2]).write_bytes(b"[" + b"{}," * 2_600_000 + b"{}]")


LARGE: tuple[Callable[[Path], None], ...] = (
    nan_in_the_last_weight, nan_in_the_last_double, nan_behind_compression, nan_behind_two_compressions,
    a_model_in_hdf5_with_nan_at_its_end, a_configuration_in_hdf5_of_lists, many_attributes,
    tensors_with_nan_at_their_end, a_header_of_a_million_tensors,
    a_vocabulary_of_another_size, an_embedding_that_unfolds, a_dense_layer_that_unfolds, a_zip_bomb,
    a_bomb_for_a_configuration,
    a_file_of_nothing,
    a_million_members, a_vocabulary_of_lists, a_vocabulary_of_few_lists_and_many_words, a_vocabulary_with_an_emoji,
    a_configuration_of_lists, a_configuration_of_long_names, a_card_of_lists,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="some of them  [default: all]")
    names = parser.parse_args().names
    cases = [made for made in LARGE if not names or made.__name__ in names]
    faults = 0
    with workplace(0) as work:
        folder = work.folder / "case"

        def prepare(number: int) -> str:
            write_case(case(0, -1), folder, work.outside / "file")
            for name, content in zip(FILES, _whole(), strict=True):
                (folder / name).write_bytes(content)
            cases[number](folder)
            return cases[number].__name__.replace("_", " ")

        for outcome in outcomes(Work(prepare, work.look, work.folder, work.outside), 0, 1, lambda: True):
            opened = outcome.opened and outcome.fault is None
            fault = outcome.fault or ("was opened" if opened else "")
            faults += bool(fault)
            figures = f"{outcome.seconds:5.2f} s {outcome.bytes / 1e6:6.0f} MB"
            print(f"{outcome.kind:45} {figures}  {fault or 'refused'}", flush=True)
            if outcome.number == len(cases) - 1:
                break
    return 1 if faults else 0


def _whole() -> tuple[bytes, bytes, bytes, bytes]:
    """The files of a checkpoint that opens."""
    archive = network(_TOKENS)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("config.json", json.dumps(archive.config))
        file.writestr("model.weights.h5", archive.weights())
    return buffer.getvalue(), json.dumps(characters("abcdefg").to_json()).encode(), b"{}", b'{"a": 1}'


if __name__ == "__main__":
    sys.exit(main())
