"""Finds the objects of an HDF5 file by their path: arrays, with their place, shape and type, and attributes of
strings. Reads no array itself.

Written for untrusted files, instead of libhdf5, which can loop for ever over a damaged one: every
address and length is checked, every structure read counts against a limit, and only what Keras and h5py write is
known, so that nothing leads out of the file. `pyfive` in a child process was weighed against it when attributes came
in: it would bring a dependency, 0.2 s for the process at each opening and limits of time and memory that only some
systems have, and it spares about 60 lines: Keras writes neither the dense attributes nor the newer indexes of
chunks that would have made this reader grow.

The format: HDF5 File Format Specification Version 3.0,
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from charrnn_engine.checkpoints import hdf5_messages as messages
from charrnn_engine.checkpoints.hdf5_blocks import Blocks, Damaged, Unread, address_at, u16, u32, u64
from charrnn_engine.checkpoints.hdf5_headers import (
    ATTRIBUTE,
    ATTRIBUTE_INFO,
    DATASPACE,
    DATATYPE,
    EXTERNAL,
    FILTERS,
    LAYOUT,
    LINK,
    LINK_INFO,
    SYMBOL_TABLE,
    Header,
    read_header,
)
from charrnn_engine.checkpoints.hdf5_messages import Attribute, Chunk, Dataset

SIGNATURE = b"\x89HDF\r\n\x1a\n"


class HDF5File:
    """`file` starts with the HDF5 file, which is `size` bytes long.

    All methods raise Damaged or Unread for what can't be read.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._blocks = Blocks(file, size)
        self._groups: dict[int, dict[bytes, int | None]] = {}
        self._heaps: dict[int, dict[int, bytes]] = {}
        self._root = self._superblock()

    def dataset(self, path: str) -> Dataset | None:
        """The array at a path of names, or None if a name on the way doesn't exist or isn't a group.

        Raises Unread for a link that leads to another name, and for a group where the array belongs.
        """
        address = self._address(path)
        return None if address is None else self._described(read_header(self._blocks, address))

    def attributes(self, path: str) -> dict[str, str | list[str]] | None:
        """The attributes of strings of the object at a path ("" is the root), or None if there is no such object.

        Scalars are a str, others a list. Raises Unread for a link, and for attributes kept in a heap of their own.
        """
        address = self._address(path)
        if address is None:
            return None
        header = read_header(self._blocks, address)
        info = header.one(ATTRIBUTE_INFO)
        if info is not None and address_at(info, 4 if info[1:2] and info[1] & 1 else 2) is not None:
            raise Unread("described in a heap of its own, as libver='latest' does")
        found = {}
        for message in header.all(ATTRIBUTE):
            self._blocks.count_step()
            attribute = messages.attribute(message)
            if attribute is not None:
                strings = self._strings(attribute)
                found[attribute.name] = strings[0] if attribute.scalar and strings else strings
        return found

    def chunks(self, dataset: Dataset) -> Iterator[Chunk]:
        """The chunks of an array, in no particular order."""
        assert dataset.chunk_shape is not None
        assert dataset.address is not None
        yield from self._chunks(dataset.address, len(dataset.shape), None)

    def _superblock(self) -> int:
        """The address of the root group's header."""
        start = self._blocks.read(0, min(self._blocks.size, 96))
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
        if u64(start, base_at) != 0:
            raise Unread("addresses that count from elsewhere")
        if u64(start, end_at) > self._blocks.size:
            raise Damaged(f"it is cut short: {self._blocks.size} bytes are left of {u64(start, end_at)}")
        return u64(start, root_at)

    def _described(self, header: Header) -> Dataset:
        space, kind, layout = (header.one(number) for number in (DATASPACE, DATATYPE, LAYOUT))
        if space is None or kind is None or layout is None:
            raise Unread("no array")
        shape, filters = messages.shape(space), header.one(FILTERS)
        address, size, chunk_shape = messages.place(layout, len(shape))
        steps = () if filters is None else messages.filters(filters)
        outside = bool(header.all(EXTERNAL))
        return Dataset(shape, messages.float_type(kind), address, size, chunk_shape, steps, outside)

    # -- groups and trees --------------------------------------------------------------------------------------------

    def _address(self, path: str) -> int | None:
        """Where the header of the object at a path is. Raises Unread for a link that leads to another name."""
        address = self._root
        for name in path.split("/") if path else ():
            members = self._members(address)
            if name.encode() not in members:
                return None
            found = members[name.encode()]
            if found is None:
                raise Unread("a link")
            address = found
        return address

    def _members(self, address: int) -> dict[bytes, int | None]:
        """What a group holds: addresses by name, None for a link that leads to another name or file."""
        if address not in self._groups:
            group = read_header(self._blocks, address)
            table = group.one(SYMBOL_TABLE)
            if table is not None:
                self._groups[address] = dict(self._symbols(u64(table, 0), u64(table, 8)))
            else:
                self._groups[address] = dict(map(messages.link, group.all(LINK)))
                info = group.one(LINK_INFO)
                if info is not None and address_at(info, 10 if info[1:2] and info[1] & 1 else 2) is not None:
                    raise Unread("in a group of many members, written with libver='latest'")
        return self._groups[address]

    def _symbols(self, tree: int, heap: int) -> Iterator[tuple[bytes, int | None]]:
        start = self._blocks.read(heap, 32)
        if not start.startswith(b"HEAP"):
            raise Damaged(f"no heap at {heap}")
        names = self._blocks.read(u64(start, 24), u64(start, 8))
        for node in self._leaves(tree, None):
            count = u16(self._blocks.read(node, 8), 6)
            entries = self._blocks.read(node, 8 + 40 * count)
            if not entries.startswith(b"SNOD"):
                raise Damaged(f"no symbols at {node}")
            for at in range(8, len(entries), 40):
                self._blocks.count_step()
                begins = u64(entries, at)
                ends = names.find(b"\0", begins)
                if ends < 0:
                    raise Damaged("a name without an end")
                is_link = u32(entries, at + 16) == 2
                yield names[begins:ends], None if is_link else u64(entries, at + 8)

    def _leaves(self, address: int, level: int | None) -> Iterator[int]:
        """The addresses that the leaves of a tree of names hold (version 1)."""
        count, found_level, body = self._node(address, 0, level, 8)
        for n in range(count):
            child = u64(body, 16 * n + 8)
            if found_level:
                yield from self._leaves(child, found_level - 1)
            else:
                yield child

    def _chunks(self, address: int, rank: int, level: int | None) -> Iterator[Chunk]:
        key = 8 + 8 * (rank + 1)
        count, found_level, body = self._node(address, 1, level, key)
        for at in range(0, count * (key + 8), key + 8):
            self._blocks.count_step()
            size, skipped = struct.unpack_from("<II", body, at)
            offset = struct.unpack_from(f"<{rank}Q", body, at + 8)
            child = u64(body, at + key)
            if found_level:
                yield from self._chunks(child, rank, found_level - 1)
            else:
                yield Chunk(offset, child, size, skipped)

    def _node(self, address: int, kind: int, level: int | None, key: int) -> tuple[int, int, bytes]:
        """Children, level and body of a node. Levels must fall, so that no tree contains itself."""
        start = self._blocks.read(address, 24)
        if not start.startswith(b"TREE") or start[4] != kind or start[5] > 8 or level not in (None, start[5]):
            raise Damaged(f"no node of a tree at {address}")
        count = u16(start, 6)
        return count, start[5], self._blocks.read(address + 24, count * (key + 8) + key)

    # -- strings -----------------------------------------------------------------------------------------------------

    def _strings(self, attribute: Attribute) -> list[str]:
        found = attribute.strings
        if attribute.places is not None:
            found = [self._from_heap(*place) if place[0] else b"" for place in attribute.places]
        try:
            return [string.decode("utf-8") for string in found]
        except UnicodeDecodeError:
            raise Damaged("a string that isn't UTF-8") from None

    def _from_heap(self, size: int, address: int, index: int) -> bytes:
        if address not in self._heaps:
            self._heaps[address] = self._heap(address)
        string = self._heaps[address].get(index, b"")
        if len(string) < size:
            raise Damaged("a string that isn't there")
        return string[:size]

    def _heap(self, address: int) -> dict[int, bytes]:
        """The objects of a collection of the global heap, by their index."""
        start = self._blocks.read(address, 16)
        if not start.startswith(b"GCOL"):
            raise Damaged(f"no strings at {address}")
        content, at, found = self._blocks.read(address, u64(start, 8)), 16, {}
        while at + 16 <= len(content) and u16(content, at):  # index 0 is the free space at the end
            self._blocks.count_step()
            index, size = u16(content, at), u64(content, at + 8)
            found[index] = content[at + 16 : at + 16 + size]
            at += 16 + (size + 7 & ~7)
        return found
