"""Multipart bodies, read strictly: what is cut short or has no name is an error, never a part less.

The body lies in a temporary file, so that a photo is never whole in memory.
"""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError

from field_api.errors import LengthRequired, TooLarge
from field_api.openrosa.responses import MAX_BODY

XML_PART = "xml_submission_file"
MAX_XML = 256 * 1024
MAX_PARTS = 30
MAX_HEADERS = 8 * 1024
PATIENCE = 5  # times `MAX_BODY` are read to their end before the refusal
_READ_SIZE = 256 * 1024
_BOUNDARY = re.compile(r"[\x20-\x7e]{1,200}", re.ASCII)


class Broken(ParseError):
    default_detail = "Isi multipart rusak atau terputus; kirim lagi."


class Stretch(io.RawIOBase):
    """A part's content as a stream of its own."""

    def __init__(self, body: mmap.mmap, start: int, end: int) -> None:
        self._body, self._start, self._at, self._end = body, start, start, end

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        whence_at = {io.SEEK_SET: self._start, io.SEEK_CUR: self._at, io.SEEK_END: self._end}
        self._at = max(self._start, min(self._end, whence_at[whence] + offset))
        return self.tell()

    def tell(self) -> int:
        return self._at - self._start

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        size = min(len(view), self._end - self._at)
        view[:size] = self._body[self._at : self._at + size]
        self._at += size
        return size


@dataclass(frozen=True)
class Part:
    """One part: its name, the file name it gives if it is a file, and where its content lies."""

    name: str
    filename: str | None
    body: mmap.mmap
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    def open(self) -> Stretch:
        return Stretch(self.body, self.start, self.end)


@contextmanager
def parts_of(request: HttpRequest) -> Iterator[list[Part]]:
    """The parts of the request's body. Raises what is to be answered: 400, 411 or 413."""
    boundary = _boundary(request.headers.get("Content-Type", ""))
    with TemporaryFile() as file:
        _spool(request, file)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
            yield list(_parts(body, boundary))


def _boundary(content_type: str) -> bytes:
    kind, parameters = parse_header_parameters(content_type)
    boundary = parameters.get("boundary", "")
    if not kind.startswith("multipart/") or not _BOUNDARY.fullmatch(boundary):
        raise ParseError("Kirim sebagai multipart/form-data dengan bagian xml_submission_file.")
    return boundary.encode("ascii")


def _spool(request: HttpRequest, file: io.IOBase | object) -> None:
    given = request.headers.get("Content-Length", "")
    if not given or "Transfer-Encoding" in request.headers:
        raise LengthRequired
    length = int(given) if given.isascii() and given.isdecimal() else 0
    if length > MAX_BODY:
        _pass_over(request, length)
        raise TooLarge(f"Isi paling besar {MAX_BODY // 1_000_000} MB; kirim foto satu per satu.")
    arrived = 0
    try:
        while piece := request.read(_READ_SIZE):
            file.write(piece)  # type: ignore[union-attr]
            arrived += len(piece)
    except UnreadablePostError as error:
        raise Broken from error
    if not arrived or arrived != length:
        raise Broken
    file.flush()  # type: ignore[union-attr]


def _pass_over(request: HttpRequest, length: int) -> None:
    """A client that is still sending does not hear that it sends too much."""
    for _ in range(0, min(length, PATIENCE * MAX_BODY), _READ_SIZE):
        if not request.read(_READ_SIZE):
            return


def _parts(body: mmap.mmap, boundary: bytes) -> Iterator[Part]:
    delimiter = b"\r\n--" + boundary
    at = 0 if body[: len(delimiter) - 2] == delimiter[2:] else body.find(delimiter) + 2
    if at == 1:
        raise Broken
    at += len(delimiter) - 2
    for _ in range(MAX_PARTS + 1):
        if body[at : at + 2] == b"--":
            return
        line = body.find(b"\r\n", at, at + 100)  # after white space that a gateway may have put
        if line < 0 or body[at:line].strip(b" \t"):
            raise Broken
        start = body.find(b"\r\n\r\n", line, line + MAX_HEADERS) + 4
        end = body.find(delimiter, max(start - 2, line))
        if start == 3 or end < 0:
            raise Broken
        yield _part(body, body[line:start], start, max(start, end))
        at = end + len(delimiter)
    raise TooLarge(f"Paling banyak {MAX_PARTS} bagian dalam satu kiriman.")


def _part(body: mmap.mmap, headers: bytes, start: int, end: int) -> Part:
    given: dict[str, str] = {}
    for line in headers.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        given[name.strip().lower()] = value.strip()
    if given.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise ParseError("Kirim berkas apa adanya, tanpa base64.")
    try:
        _, told = parse_header_parameters(given.get("content-disposition", ""))
    except ValueError as error:
        raise Broken from error
    if not told.get("name"):
        raise ParseError("Setiap bagian harus bernama.")
    return Part(told["name"], told.get("filename"), body, start, end)


def submission_in(parts: list[Part]) -> tuple[Part, list[Part]]:
    """The one XML part, and the others."""
    xml = [part for part in parts if part.name == XML_PART]
    if len(xml) != 1:
        raise ParseError(f"Sertakan tepat satu bagian {XML_PART}.")
    if xml[0].size > MAX_XML:
        raise TooLarge(f"XML paling besar {MAX_XML // 1024} KiB.")
    return xml[0], [part for part in parts if part.name != XML_PART]
