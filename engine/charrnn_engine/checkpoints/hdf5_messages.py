"""Parses the messages in an HDF5 object's header: links, attributes, and what describes an array. Reads no file.

The format: HDF5 File Format Specification Version 3.0, IV.A.2,
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from dataclasses import dataclass
from math import prod

from charrnn_engine.checkpoints.hdf5_blocks import Damaged, Unread, address_at, number, u8, u16, u32, u64

_DIMENSIONS_AT_MOST = 8
_STRINGS_AT_MOST = 10_000  # of one attribute

# Little-endian IEEE floats: all of their datatype message but class and version.
_FLOATS = {
    bytes.fromhex("200f00" "02000000" "00001000" "0a05000a" "0f000000"): "<f2",
    bytes.fromhex("201f00" "04000000" "00002000" "17080017" "7f000000"): "<f4",
    bytes.fromhex("203f00" "08000000" "00004000" "340b0034" "ff030000"): "<f8",
}  # fmt: skip
_FLOAT_CLASS, _STRING_CLASS, _VARIABLE_CLASS = 1, 3, 9


@dataclass(frozen=True)
class Filter:
    """A step that chunks went through when they were written: 1 is deflate, 2 shuffle, 3 Fletcher's checksum."""

    id: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Chunk:
    """A piece of an array: the place of its first element, and its bytes. Bit n of `skipped` leaves out filter n."""

    offset: tuple[int, ...]
    address: int
    size: int
    skipped: int


@dataclass(frozen=True)
class Dataset:
    """An array as its header describes it. `dtype` is None for anything but a float; `address` is None if nothing
    was ever written. If `chunk_shape` is given, the address is that of the tree of chunks.
    """

    shape: tuple[int, ...]
    dtype: str | None
    address: int | None
    size: int
    chunk_shape: tuple[int, ...] | None = None
    filters: tuple[Filter, ...] = ()
    outside: bool = False


@dataclass(frozen=True)
class Attribute:
    """An attribute of strings. `places` are (size, address, index) in the global heap for strings of variable length,
    else None, with the strings themselves in `strings`.
    """

    name: str
    scalar: bool
    strings: list[bytes]
    places: list[tuple[int, int, int]] | None = None


def link(message: bytes) -> tuple[bytes, int | None]:
    """Name and address of a link; only hard links have an address."""
    if len(message) < 2 or message[0] != 1:
        raise Damaged("a link of an unknown version")
    flags, at = message[1], 2
    kind = 0
    if flags & 8:
        kind, at = u8(message, at), at + 1
    at += (8 if flags & 4 else 0) + (1 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    length = number(message, at, width)
    name = message[at + width : at + width + length]
    return name, None if kind else u64(message, at + width + length)


def float_type(message: bytes) -> str | None:
    """numpy's name of a float type, or None for any other type."""
    return _FLOATS.get(message[1:20]) if message[:1] and message[0] & 15 == _FLOAT_CLASS else None


def shape(space: bytes) -> tuple[int, ...]:
    version, rank = u8(space, 0), u8(space, 1)
    if version not in (1, 2) or rank > _DIMENSIONS_AT_MOST or (version == 2 and u8(space, 3) == 2):
        raise Unread("a shape of another kind")
    at = 8 if version == 1 else 4
    return tuple(u64(space, at + 8 * n) for n in range(rank))


def place(layout: bytes, rank: int) -> tuple[int | None, int, tuple[int, ...] | None]:
    """Address, size and, if the array is cut into chunks, their shape."""
    version, kind = u8(layout, 0), u8(layout, 1)
    if version not in (3, 4):
        raise Unread(f"a layout of version {version}")
    if kind == 1:
        return address_at(layout, 2), u64(layout, 10), None
    if kind == 2 and version == 3:
        if u8(layout, 2) != rank + 1:
            raise Damaged("chunks of another rank than their array")
        chunk_shape = tuple(u32(layout, 11 + 4 * n) for n in range(rank))
        return address_at(layout, 3), u32(layout, 11 + 4 * rank), chunk_shape
    raise Unread("outside the file" if kind == 3 else "a layout that Keras doesn't write")


def filters(message: bytes) -> tuple[Filter, ...]:
    version, count = u8(message, 0), u8(message, 1)
    if version not in (1, 2) or count > 32:
        raise Unread("filters of another version")
    at, found = 8 if version == 1 else 2, []
    for _ in range(count):
        identifier = u16(message, at)
        has_name = version == 1 or identifier >= 256
        length = u16(message, at + 2) if has_name else 0
        at += 4 if has_name else 2
        values = u16(message, at + 2)
        at += 4 + (length + 7 & ~7 if version == 1 else length)
        found.append(Filter(identifier, tuple(u32(message, at + 4 * n) for n in range(values))))
        at += 4 * values + (4 if version == 1 and values % 2 else 0)
    return tuple(found)


def attribute(message: bytes) -> Attribute | None:
    """An attribute, or None if it holds anything but strings."""
    version, sizes = u8(message, 0), [u16(message, at) for at in (2, 4, 6)]
    if version not in (1, 2, 3) or (version > 1 and u8(message, 1)):
        raise Unread("an attribute of another version")
    at, parts = 9 if version == 3 else 8, []
    for size in sizes:
        parts.append(message[at : at + size])
        at += size + 7 & ~7 if version == 1 else size
    name, kind, space = parts
    dimensions, data = shape(space), message[at:]
    count = prod(dimensions)
    if count > _STRINGS_AT_MOST:
        raise Unread("an attribute of very many values")
    title, scalar = name.split(b"\0")[0].decode("utf-8", "replace"), not dimensions
    type_class, width = u8(kind, 0) & 15, u32(kind, 4)
    if type_class == _STRING_CLASS and len(data) >= count * width:
        strings = [data[n * width : (n + 1) * width].split(b"\0")[0] for n in range(count)]
        return Attribute(title, scalar, strings)
    if type_class == _VARIABLE_CLASS and u8(kind, 1) & 15 == 1:
        places = [(u32(data, 16 * n), u64(data, 16 * n + 4), u32(data, 16 * n + 12)) for n in range(count)]
        return Attribute(title, scalar, [], places)
    return Attribute(title, scalar, []) if not count else None
