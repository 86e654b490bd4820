"""Reads the header of an object in an HDF5 file, of version 1 or 2, as a list of messages. Knows nothing of what the
messages hold, except those that continue the header elsewhere.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from charrnn_engine.checkpoints.hdf5_blocks import Blocks, Damaged, Unread, u16, u32, u64

# Messages of an object's header.
DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL, LAYOUT = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08
FILTERS, ATTRIBUTE, _CONTINUED, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x0B, 0x0C, 0x10, 0x11, 0x15
_SHARED = 0x02  # the flag of a message that is stored elsewhere


@dataclass(frozen=True)
class Header:
    """The messages of an object: type, flags and content."""

    messages: tuple[tuple[int, int, bytes], ...] = field(repr=False)

    def all(self, kind: int) -> list[bytes]:
        found = [(flags, content) for number, flags, content in self.messages if number == kind]
        if any(flags & _SHARED for flags, _ in found):
            raise Unread("of a type that is stored apart")
        return [content for _, content in found]

    def one(self, kind: int) -> bytes | None:
        found = self.all(kind)
        if len(found) > 1:
            raise Damaged(f"two messages of kind {kind:#x}")
        return found[0] if found else None


def read_header(blocks: Blocks, address: int) -> Header:
    """The header at an address. Raises Damaged."""
    start = blocks.read(address, 16)
    if start.startswith(b"OHDR"):
        return Header(tuple(_messages(blocks, address)))
    version, count, size = start[0], u16(start, 2), u32(start, 8)
    if version != 1:
        raise Damaged(f"no object at {address}")
    return Header(tuple(_old_messages(blocks, address + 16, size, count)))


def _old_messages(blocks: Blocks, address: int, size: int, count: int) -> Iterator[tuple[int, int, bytes]]:
    """The messages of a header of version 1."""
    parts = [(address, size)]
    while parts:
        block = blocks.read(*parts.pop(0))
        at = 0
        while at + 8 <= len(block) and count > 0:
            kind, length, flags = struct.unpack_from("<HHB", block, at)
            yield from _message(blocks, kind, flags, block[at + 8 : at + 8 + length], length, parts)
            at += 8 + length
            count -= 1


def _messages(blocks: Blocks, address: int) -> Iterator[tuple[int, int, bytes]]:
    """The messages of a header of version 2."""
    version, flags = blocks.read(address + 4, 2)
    if version != 2:
        raise Damaged(f"no object at {address}")
    at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(blocks.read(at, width), "little")
    parts, lead = [(at + width, size)], 6 if flags & 4 else 4
    first = True
    while parts:
        block = blocks.read(*parts.pop(0))
        if not first:
            if block[:4] != b"OCHK":
                raise Damaged("a header that continues where none does")
            block = block[4:-4]  # without the signature and the checksum
        first = False
        at = 0
        while at + lead <= len(block):
            kind, length, message_flags = struct.unpack_from("<BHB", block, at)
            yield from _message(blocks, kind, message_flags, block[at + lead : at + lead + length], length, parts)
            at += lead + length


def _message(
    blocks: Blocks, kind: int, flags: int, content: bytes, length: int, parts: list[tuple[int, int]]
) -> Iterator[tuple[int, int, bytes]]:
    blocks.count_step()
    if len(content) != length:
        raise Damaged("a message that ends beyond its header")
    if kind == _CONTINUED:
        parts.append((u64(content, 0), u64(content, 8)))
    else:
        yield kind, flags, content
