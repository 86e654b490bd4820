"""Reads numbers and blocks of bytes of an HDF5 file within limits: every read is counted. Knows no structure."""

from typing import BinaryIO

STEPS_AT_MOST = 100_000
"""Structures that may be looked at in one file; a network needs a few hundred."""

BYTES_AT_MOST = 32_000_000
"""Total size of these structures."""

UNDEFINED = 0xFFFF_FFFF_FFFF_FFFF
_LARGEST_BLOCK = 4_000_000  # of a header, a heap of names or a heap of strings


class Damaged(Exception):
    """The file isn't laid out as HDF5 is; the message is for someone who knows the format."""


class Unread(Exception):
    """Sound as far as is known, but of a kind that isn't read."""


class Blocks:
    """`file` starts with the HDF5 file, which is `size` bytes long. All methods raise Damaged."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size
        self._steps = self._bytes = 0

    def count_step(self) -> None:
        self._steps += 1
        if self._steps > STEPS_AT_MOST:
            raise Damaged("more structures than a network needs")

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes at `address`, all of them."""
        self.count_step()
        self._bytes += size
        if size > _LARGEST_BLOCK or self._bytes > BYTES_AT_MOST:
            raise Damaged("larger structures than a network needs")
        if address < 0 or size < 0 or address + size > self.size:
            raise Damaged(f"{size} bytes at {address} of {self.size}")
        self.file.seek(address)
        content = self.file.read(size)
        if len(content) != size:
            raise Damaged(f"it ends within the {size} bytes at {address}")
        return content


def u8(content: bytes, at: int) -> int:
    return number(content, at, 1)


def u16(content: bytes, at: int) -> int:
    return number(content, at, 2)


def u32(content: bytes, at: int) -> int:
    return number(content, at, 4)


def u64(content: bytes, at: int) -> int:
    return number(content, at, 8)


def number(content: bytes, at: int, size: int) -> int:
    """A little-endian number of `size` bytes."""
    piece = content[at : at + size]
    if len(piece) != size:
        raise Damaged("a structure that ends too early")
    return int.from_bytes(piece, "little")


def address_at(content: bytes, at: int) -> int | None:
    """An address, or None where it is undefined."""
    address = u64(content, at)
    return None if address == UNDEFINED else address
