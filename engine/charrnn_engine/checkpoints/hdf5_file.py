"""Finds arrays in an HDF5 file by their path: where they lie, of which shape and type. Reads no array itself.

Written for files that nobody vouches for, instead of libhdf5, which can loop for ever over a damaged one: every
address and length is checked, every structure read counts against a limit, and only what Keras and h5py write is
known, so that there is nothing to follow out of the file. The format: HDF5 File Format Specification Version 3.0,
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

SIGNATURE = b"\x89HDF\r\n\x1a\n"
STEPS_AT_MOST = 100_000
"""Structures that may be looked at in one file: a few hundred are needed for a network."""

BYTES_AT_MOST = 32_000_000
"""That these structures may have together."""

_UNDEFINED = 0xFFFF_FFFF_FFFF_FFFF
_LARGEST_BLOCK = 1_000_000  # of a header or a heap of names
_DIMENSIONS_AT_MOST = 8

# Messages of an object's header.
_DATASPACE, _LINK_INFO, _DATATYPE, _LINK, _EXTERNAL, _LAYOUT = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08
_FILTERS, _CONTINUED, _SYMBOL_TABLE = 0x0B, 0x10, 0x11
_SHARED = 0x02  # the flag of a message that stands elsewhere

# Little-endian IEEE floats: class and version apart, all 19 bytes of their datatype messages.
_FLOATS = {
    bytes.fromhex("200f00" "02000000" "00001000" "0a05000a" "0f000000"): "<f2",
    bytes.fromhex("201f00" "04000000" "00002000" "17080017" "7f000000"): "<f4",
    bytes.fromhex("203f00" "08000000" "00004000" "340b0034" "ff030000"): "<f8",
}  # fmt: skip


class Damaged(Exception):
    """The file isn't laid out as HDF5 is; the message is for whoever knows the format."""


class Unread(Exception):
    """Sound for all that is known, but of a kind that isn't read."""


@dataclass(frozen=True)
class Filter:
    """A step that chunks went through when they were written: 1 is deflate, 2 shuffle, 3 Fletcher's checksum."""

    id: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Chunk:
    """A piece of an array: where its first element belongs, and its bytes. Bit n of `skipped` spares filter n."""

    offset: tuple[int, ...]
    address: int
    size: int
    skipped: int


@dataclass(frozen=True)
class Dataset:
    """An array as its header describes it. `dtype` is None for anything but a float; `address` None where nothing
    was ever written. With `chunk_shape` the address is that of the tree of chunks.
    """

    shape: tuple[int, ...]
    dtype: str | None
    address: int | None
    size: int
    chunk_shape: tuple[int, ...] | None = None
    filters: tuple[Filter, ...] = ()
    outside: bool = False


@dataclass(frozen=True)
class _Header:
    """The messages of an object: type, flags and content."""

    messages: tuple[tuple[int, int, bytes], ...] = field(repr=False)

    def all(self, kind: int) -> list[bytes]:
        found = [(flags, content) for number, flags, content in self.messages if number == kind]
        if any(flags & _SHARED for flags, _ in found):
            raise Unread("a type that stands apart")
        return [content for _, content in found]

    def one(self, kind: int) -> bytes | None:
        found = self.all(kind)
        if len(found) > 1:
            raise Damaged(f"two messages of kind {kind:#x}")
        return found[0] if found else None


class HDF5File:
    """`file` holds the whole of it from its beginning; `size` bytes count.

    All methods raise Damaged or Unread for what can't be read.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._steps = self._bytes = 0
        self._groups: dict[int, dict[bytes, int | None]] = {}
        self._root = self._superblock()

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the file, all of them."""
        self._step()
        self._bytes += size
        if self._bytes > BYTES_AT_MOST:
            raise Damaged("larger structures than a network needs")
        if address < 0 or size < 0 or address + size > self._size:
            raise Damaged(f"{size} bytes at {address} of {self._size}")
        self._file.seek(address)
        content = self._file.read(size)
        if len(content) != size:
            raise Damaged(f"it ends within the {size} bytes at {address}")
        return content

    def dataset(self, path: str) -> Dataset | None:
        """The array at a path of names, or None where a name on the way isn't there or is no group.

        Raises Unread for a link that leads on to another name, and for a group where the array belongs.
        """
        address = self._root
        for name in path.split("/"):
            members = self._members(address)
            if name.encode() not in members:
                return None
            found = members[name.encode()]
            if found is None:
                raise Unread("a link")
            address = found
        return self._described(self._header(address))

    def chunks(self, dataset: Dataset) -> Iterator[Chunk]:
        """The chunks of an array, in no certain order."""
        assert dataset.chunk_shape is not None
        assert dataset.address is not None
        yield from self._chunks(dataset.address, len(dataset.shape), None)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > STEPS_AT_MOST:
            raise Damaged("more structures than a network needs")

    def _superblock(self) -> int:
        """The address of the root group's header."""
        start = self.read(0, min(self._size, 96))
        if not start.startswith(SIGNATURE) or len(start) < 48:
            raise Damaged("it doesn't begin as HDF5 does")
        version = start[8]
        if version in (0, 1):
            sizes, base_at, end_at, root_at = start[13:15], 24 + 4 * version, 40 + 4 * version, 64 + 4 * version
        elif version in (2, 3):
            sizes, base_at, end_at, root_at = start[9:11], 12, 28, 36
        else:
            raise Unread(f"version {version} of the format")
        if sizes != b"\x08\x08" or len(start) < root_at + 8:
            raise Unread("addresses of another size")
        if _u64(start, base_at) != 0:
            raise Unread("addresses that count from elsewhere")
        if _u64(start, end_at) > self._size:
            raise Damaged(f"it is cut short: {self._size} bytes are left of {_u64(start, end_at)}")
        return _u64(start, root_at)

    # -- objects -----------------------------------------------------------------------------------------------------

    def _header(self, address: int) -> _Header:
        start = self.read(address, 16)
        if start.startswith(b"OHDR"):
            return _Header(tuple(self._messages(address)))
        version, count, size = start[0], _u16(start, 2), _u32(start, 8)
        if version != 1:
            raise Damaged(f"no object at {address}")
        return _Header(tuple(self._old_messages(address + 16, size, count)))

    def _old_messages(self, address: int, size: int, count: int) -> Iterator[tuple[int, int, bytes]]:
        blocks = [(address, size)]
        while blocks:
            block = self._block(*blocks.pop(0))
            at = 0
            while at + 8 <= len(block) and count > 0:
                kind, length, flags = struct.unpack_from("<HHB", block, at)
                yield from self._message(kind, flags, block[at + 8 : at + 8 + length], length, blocks)
                at += 8 + length
                count -= 1

    def _messages(self, address: int) -> Iterator[tuple[int, int, bytes]]:
        """Those of a header of version 2."""
        version, flags = self.read(address + 4, 2)
        if version != 2:
            raise Damaged(f"no object at {address}")
        at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(self.read(at, width), "little")
        blocks, lead = [(at + width, size)], 6 if flags & 4 else 4
        first = True
        while blocks:
            block = self._block(*blocks.pop(0))
            if not first:
                if block[:4] != b"OCHK":
                    raise Damaged("a header goes on where none does")
                block = block[4:-4]  # without the name in front and the checksum behind
            first = False
            at = 0
            while at + lead <= len(block):
                kind, length, message_flags = struct.unpack_from("<BHB", block, at)
                yield from self._message(kind, message_flags, block[at + lead : at + lead + length], length, blocks)
                at += lead + length

    def _block(self, address: int, size: int) -> bytes:
        if size > _LARGEST_BLOCK:
            raise Damaged(f"a header of {size} bytes")
        return self.read(address, size)

    def _message(
        self, kind: int, flags: int, content: bytes, length: int, blocks: list[tuple[int, int]]
    ) -> Iterator[tuple[int, int, bytes]]:
        self._step()
        if len(content) != length:
            raise Damaged("a message that ends beyond its header")
        if kind == _CONTINUED:
            blocks.append((_u64(content, 0), _u64(content, 8)))
        else:
            yield kind, flags, content

    def _members(self, address: int) -> dict[bytes, int | None]:
        """What a group holds: addresses by name, None for a link that leads to another name or file."""
        if address not in self._groups:
            group = self._header(address)
            table = group.one(_SYMBOL_TABLE)
            if table is not None:
                self._groups[address] = dict(self._symbols(_u64(table, 0), _u64(table, 8)))
            else:
                self._groups[address] = dict(map(_link, group.all(_LINK)))
                info = group.one(_LINK_INFO)
                if info is not None and _u64(info, 10 if info[1:2] and info[1] & 1 else 2) != _UNDEFINED:
                    raise Unread("a group of many members, written with libver='latest'")
        return self._groups[address]

    def _symbols(self, tree: int, heap: int) -> Iterator[tuple[bytes, int | None]]:
        start = self.read(heap, 32)
        if not start.startswith(b"HEAP"):
            raise Damaged(f"no heap at {heap}")
        names = self._block(_u64(start, 24), _u64(start, 8))
        for node in self._leaves(tree, 0, None):
            count = _u16(self.read(node, 8), 6)
            entries = self.read(node, 8 + 40 * count)
            if not entries.startswith(b"SNOD"):
                raise Damaged(f"no symbols at {node}")
            for at in range(8, len(entries), 40):
                self._step()
                begins = _u64(entries, at)
                ends = names.find(b"\0", begins)
                if ends < 0:
                    raise Damaged("a name without an end")
                is_link = _u32(entries, at + 16) == 2
                yield names[begins:ends], None if is_link else _u64(entries, at + 8)

    def _leaves(self, address: int, kind: int, level: int | None) -> Iterator[int]:
        """The addresses that the leaves of a tree of version 1 over names hold."""
        count, found_level, body = self._node(address, kind, level, 8)
        for n in range(count):
            child = _u64(body, 16 * n + 8)
            if found_level:
                yield from self._leaves(child, kind, found_level - 1)
            else:
                yield child

    def _node(self, address: int, kind: int, level: int | None, key: int) -> tuple[int, int, bytes]:
        """Children, level and body of a node. Levels must fall, so that no tree contains itself."""
        start = self.read(address, 24)
        if not start.startswith(b"TREE") or start[4] != kind or start[5] > 8 or level not in (None, start[5]):
            raise Damaged(f"no node of a tree at {address}")
        count = _u16(start, 6)
        return count, start[5], self.read(address + 24, count * (key + 8) + key)

    def _chunks(self, address: int, rank: int, level: int | None) -> Iterator[Chunk]:
        key = 8 + 8 * (rank + 1)
        count, found_level, body = self._node(address, 1, level, key)
        for at in range(0, count * (key + 8), key + 8):
            self._step()
            size, skipped = struct.unpack_from("<II", body, at)
            offset = struct.unpack_from(f"<{rank}Q", body, at + 8)
            child = _u64(body, at + key)
            if found_level:
                yield from self._chunks(child, rank, found_level - 1)
            else:
                yield Chunk(offset, child, size, skipped)

    def _described(self, header: _Header) -> Dataset:
        space, kind, layout = (header.one(number) for number in (_DATASPACE, _DATATYPE, _LAYOUT))
        if space is None or kind is None or layout is None:
            raise Unread("no array")
        shape, dtype = _shape(space), _FLOATS.get(kind[1:20]) if kind[:1] and kind[0] & 15 == 1 else None
        filters = header.one(_FILTERS)
        address, size, chunk_shape = _place(layout, len(shape))
        return Dataset(
            shape, dtype, address, size, chunk_shape, () if filters is None else _filters(filters),
            bool(header.all(_EXTERNAL)),
        )  # fmt: skip


def _u16(content: bytes, at: int) -> int:
    return _number(content, at, 2)


def _u32(content: bytes, at: int) -> int:
    return _number(content, at, 4)


def _u64(content: bytes, at: int) -> int:
    return _number(content, at, 8)


def _number(content: bytes, at: int, size: int) -> int:
    piece = content[at : at + size]
    if len(piece) != size:
        raise Damaged("a structure that ends too early")
    return int.from_bytes(piece, "little")


def _link(message: bytes) -> tuple[bytes, int | None]:
    """Name and address of a link message; only hard links have one."""
    if len(message) < 2 or message[0] != 1:
        raise Damaged("a link of an unknown version")
    flags, at = message[1], 2
    kind = 0
    if flags & 8:
        kind, at = _number(message, at, 1), at + 1
    at += (8 if flags & 4 else 0) + (1 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    length = _number(message, at, width)
    name = message[at + width : at + width + length]
    return name, None if kind else _u64(message, at + width + length)


def _shape(space: bytes) -> tuple[int, ...]:
    version, rank = _number(space, 0, 1), _number(space, 1, 1)
    if version not in (1, 2) or rank > _DIMENSIONS_AT_MOST or (version == 2 and _number(space, 3, 1) == 2):
        raise Unread("a shape of another kind")
    at = 8 if version == 1 else 4
    return tuple(_u64(space, at + 8 * n) for n in range(rank))


def _place(layout: bytes, rank: int) -> tuple[int | None, int, tuple[int, ...] | None]:
    """Address, size and, where it is cut in chunks, their shape."""
    version, kind = _number(layout, 0, 1), _number(layout, 1, 1)
    if version not in (3, 4):
        raise Unread(f"a layout of version {version}")
    if kind == 1:
        address, size = _u64(layout, 2), _u64(layout, 10)
        return (None if address == _UNDEFINED else address), size, None
    if kind == 2 and version == 3:
        if _number(layout, 2, 1) != rank + 1:
            raise Damaged("chunks of another rank than their array")
        address = _u64(layout, 3)
        return (
            None if address == _UNDEFINED else address,
            _u32(layout, 11 + 4 * rank),
            tuple(_u32(layout, 11 + 4 * n) for n in range(rank)),
        )
    raise Unread("outside the file" if kind == 3 else "a layout that Keras doesn't write")


def _filters(message: bytes) -> tuple[Filter, ...]:
    version, count = _number(message, 0, 1), _number(message, 1, 1)
    if version not in (1, 2) or count > 32:
        raise Unread("filters of another version")
    at, found = 8 if version == 1 else 2, []
    for _ in range(count):
        number = _u16(message, at)
        named = version == 1 or number >= 256
        length = _u16(message, at + 2) if named else 0
        at += 4 if named else 2
        values = _u16(message, at + 2)
        at += 4 + (length + 7 & ~7 if version == 1 else length)
        found.append(Filter(number, tuple(_u32(message, at + 4 * n) for n in range(values))))
        at += 4 * values + (4 if version == 1 and values % 2 else 0)
    return tuple(found)
