"""Reads members of an untrusted zip archive: within limits, against their checksum, never onto the disk. Knows
nothing of what they hold.
"""

import io
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from charrnn_engine.checkpoints.files import open_regular
from charrnn_engine.errors import CheckpointError

MAX_DIRECTORY_BYTES = 500_000
"""Of the table of contents: Keras writes three members and, where there are any, assets."""

_END, _END64, _LOCAL = b"PK\x05\x06", b"PK\x06\x07", b"PK\x03\x04"
_END_BYTES = 22
_COMMENT_AT_MOST = 65_535
_ENCRYPTED = 0x41
_BLOCK = 1 << 20


class FilePart(io.RawIOBase):
    """A part of a file, as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size, self._at = file, start, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        self._file.seek(self._start + self._at)
        content = self._file.read(left if size < 0 else min(size, left))
        self._at += len(content)
        return content


class ZipMembers:
    """`with ZipMembers(path) as archive:`. Raises CheckpointError if it isn't a zip archive."""

    def __init__(self, path: Path) -> None:
        self._file = open_regular(path)
        try:
            _check_directory(self._file)
            self._archive = zipfile.ZipFile(self._file)
        except BaseException as error:
            self._file.close()
            raise _refusal(error) from None

    def __enter__(self) -> "ZipMembers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        self._file.close()

    @property
    def names(self) -> list[str]:
        return [info.filename for info in self._archive.infolist()]

    def read(self, name: str, limit: int) -> bytes:
        """A member's content. Raises CheckpointError unless there is exactly one, of at most `limit` bytes."""
        info = self._info(name)
        try:
            with self._archive.open(info) as member:
                content = member.read(limit + 1)  # what the zip declares is not trusted
                if len(content) <= limit:
                    return content
        except Exception as error:
            raise _refusal(error) from None
        raise CheckpointError(f"its {name} is larger than {limit // 1_000_000} MB")

    def open(self, name: str, limit: int, packed_limit: int) -> tuple[BinaryIO, int]:
        """A member as a file, and its size. One that is stored as it is may have `limit` bytes and is read from the
        disk; a packed one may have `packed_limit` bytes and is read from memory. Raises what `read` raises.
        """
        info = self._info(name)
        if info.compress_type != zipfile.ZIP_STORED:
            content = self.read(name, packed_limit)
            return io.BytesIO(content), len(content)
        size = info.file_size
        if size > limit:
            raise CheckpointError(f"its {name} is larger than {limit // 1_000_000} MB")
        try:
            self._file.seek(info.header_offset)
            header = self._file.read(30)
            lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
            if header[:4] != _LOCAL or info.compress_size != size or info.flag_bits & _ENCRYPTED:
                raise zipfile.BadZipFile(f"{name} isn't where it should be")
            part = FilePart(self._file, info.header_offset + 30 + lengths, size)
            checksum = 0
            while block := part.read(_BLOCK):
                checksum, size = zlib.crc32(block, checksum), size - len(block)
            if size or checksum != info.CRC:
                raise zipfile.BadZipFile(f"bad checksum of {name}")
        except Exception as error:
            raise _refusal(error) from None
        return part, info.file_size  # type: ignore[return-value]

    def _info(self, name: str) -> zipfile.ZipInfo:
        found = [info for info in self._archive.infolist() if info.filename == name]
        if len(found) != 1:
            hint = "; was it written by Keras 3?" if not found else ""
            raise CheckpointError(f"it holds {'more than one' if found else 'no'} {name}{hint}")
        if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CheckpointError(f"its {name} is packed in a way that isn't read; Keras stores it as it is")
        return found[0]


def _refusal(error: BaseException) -> BaseException:
    """A CheckpointError for an error of zipfile or zlib, which raise anything that damage can lead to."""
    if isinstance(error, CheckpointError) or not isinstance(error, Exception):
        return error
    if isinstance(error, OSError) and error.strerror:
        return CheckpointError(f"it can't be read ({error.strerror})")
    said = " ".join(str(error).split()) or type(error).__name__
    brief = "".join(character if character.isprintable() else "?" for character in said[:120])
    return CheckpointError(f"it is not a readable .keras archive ({brief})")


def _check_directory(file: BinaryIO) -> None:
    """Refuses a table of contents that would take long to read, because zipfile reads all of it at once."""
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - _END_BYTES - _COMMENT_AT_MOST)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    at = len(tail) - _END_BYTES
    if at < 0 or tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
        at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        return  # zipfile says what is wrong
    if tail[max(0, at - 20) : at].startswith(_END64) or int.from_bytes(tail[at + 12 : at + 16], "little") > (
        MAX_DIRECTORY_BYTES
    ):
        raise CheckpointError("it holds more members than Keras writes")
