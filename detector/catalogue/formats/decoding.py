"""Bytes of an uploaded table to text: UTF-8 or UTF-16, and nothing guessed."""

import codecs
import io
from typing import BinaryIO, TextIO

from detector.errors import InvalidInput

_CHUNK_BYTES = 1 << 20
_SAVE_AS_CSV = "Export the sheet as CSV (UTF-8) and upload that."
_SIGNATURES = {
    b"PK\x03\x04": "a ZIP or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip file",
}


class Unclosed(io.RawIOBase):
    """Reads a file that somebody else closes, from its beginning."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        file.seek(0)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]
        """Fill the buffer as far as one read of the file goes."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def encoding_of(head: bytes) -> str:
    """Name the codec of a table from its first bytes.

    Raises:
        InvalidInput: a byte order mark of UTF-32, or the signature of another kind
            of file.
    """
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            raise InvalidInput(f"The file is {kind}, no table.", remedy=_SAVE_AS_CSV)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise InvalidInput("The file is in UTF-32.", remedy="Save it as UTF-8.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def open_text(file: BinaryIO) -> TextIO:
    """Open a table as text, line ends as they are; `file` itself stays open.

    The whole file is decoded once beforehand: a file in another encoding is refused
    before the first row of it is taken in, not in the middle.

    Raises:
        InvalidInput: the bytes are in no encoding that we read.
    """
    file.seek(0)
    encoding = encoding_of(file.read(4))
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    num_lines = 1
    try:
        while chunk := file.read(_CHUNK_BYTES):
            decoder.decode(chunk)
            num_lines += chunk.count(b"\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        num_lines += error.object[: error.start].count(b"\n")
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise InvalidInput(
            f"Line {num_lines} of the file is not valid {name}: {error.reason}.",
            remedy="The file is probably in Windows-1252 or another national encoding. "
            "Save it as UTF-8; in Excel: Save as, CSV UTF-8.",
        ) from None
    return io.TextIOWrapper(
        io.BufferedReader(Unclosed(file), _CHUNK_BYTES), encoding=encoding, newline=""
    )
