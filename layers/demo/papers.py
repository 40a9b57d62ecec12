"""Papers for the invented files: a valid PDF of one page that says that it is an example."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def paper(*lines: str) -> bytes:
    """A page of A4 with these lines (Latin letters)."""
    shown = " ".join(f"({_escaped(line)}) ' " for line in ("DOKUMEN CONTOH", *lines))
    text = f"BT /F1 16 Tf 24 TL 72 770 Td {shown}ET".encode("latin-1")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    size = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + end % (size, len(out))


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def saved(name: str, content: bytes) -> str:
    """The files have names of their own for ever, so that a second load overwrites them."""
    default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))
