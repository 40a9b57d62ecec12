"""An OpenRosa client, written from the text of the standard (docs.getodk.org/openrosa) and of the
XForms specification, knowing nothing of our server but its address. Readable as documentation.
"""

from __future__ import annotations

import hashlib
import http.client
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlencode, urlsplit
from uuid import uuid4
from xml.etree import ElementTree as ET

XFORMS = "{http://www.w3.org/2002/xforms}"
LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
RESPONSE = "{http://openrosa.org/http/response}"
WITHOUT_HEADER = 10_000_000  # what the text recommends where a server names no size


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """What the person is to be shown. Every answer to a POST has this envelope."""
        root = ET.fromstring(self.body)
        assert root.tag == f"{RESPONSE}OpenRosaResponse", self.body
        return root.findtext(f"{RESPONSE}message") or ""


@dataclass
class Blank:
    """A form as it was downloaded, with its code lists."""

    form_id: str
    version: str
    xml: bytes
    media: dict[str, bytes] = field(default_factory=dict)

    def filled(
        self, answers: Mapping[str, str], *, replaces: str = "", seen: str = ""
    ) -> tuple[str, bytes]:
        """A submission: a copy of the form's own instance with its answers, and its instanceID."""
        instance = ET.fromstring(self.xml).find(f".//{XFORMS}model/{XFORMS}instance")
        assert instance is not None
        root = instance[0]
        meta = root.find(f"{XFORMS}meta")
        assert meta is not None
        for name, text in answers.items():
            node = root.find(f"{XFORMS}{name}")
            assert node is not None, f"the form does not ask for {name}"
            node.text = text
        named = f"uuid:{uuid4()}"
        moment = seen or datetime.now(UTC).isoformat(timespec="milliseconds")
        known = {"instanceID": named, "timeStart": moment, "timeEnd": moment, "deviceID": "uji:1"}
        for name, text in known.items():
            node = meta.find(f"{XFORMS}{name}")
            if node is not None:
                node.text = text
        if replaces:
            ET.SubElement(meta, f"{XFORMS}deprecatedID").text = replaces
        return named, ET.tostring(root, encoding="utf-8", xml_declaration=True)


class Client:
    """A phone with a server's address, as ODK Collect has it in its settings."""

    def __init__(self, server: str, *, language: str = "id") -> None:
        self.server = server.rstrip("/")
        self.language = language

    def forms(self, **asked: str) -> list[dict[str, str]]:
        """What the server offers: one dict for each <xform>."""
        query = f"?{urlencode({'deviceID': 'uji:1', **asked})}"
        answer = self.get(f"{self.server}/formList{query}")
        root = ET.fromstring(answer.body)
        assert root.tag == f"{LIST}xforms"
        return [_texts(row) for row in root.findall(f"{LIST}xform")]

    def download(self, listed: Mapping[str, str]) -> Blank:
        """The form and every file of its manifest, each held against its hash."""
        xml = self.get(listed["downloadUrl"]).body
        assert _md5(xml) == listed["hash"]
        blank = Blank(listed["formID"], listed["version"], xml)
        if "manifestUrl" in listed:
            root = ET.fromstring(self.get(listed["manifestUrl"]).body)
            assert root.tag == f"{MANIFEST}manifest"
            for row in map(_texts, root.findall(f"{MANIFEST}mediaFile")):
                content = self.get(row["downloadUrl"]).body
                assert _md5(content) == row["hash"]
                blank.media[row["filename"]] = content
        return blank

    def submit(self, xml: bytes, files: Mapping[str, bytes] | None = None) -> list[Answer]:
        """Ask with HEAD, then post, split where the server wants smaller posts. Each answer but
        201 and 202 ends it: nothing may then be thought to have arrived."""
        address, most = self.negotiate()
        answers = []
        for group in split(xml, files or {}, most):
            answers.append(self.post(address, xml, group))
            if answers[-1].status not in (201, 202):
                break
        return answers

    def negotiate(self) -> tuple[str, int]:
        """Where to post, and how much at once. Only 204 with the standard's header is a server;
        anything else may be the login page of a Wi-Fi network."""
        address = f"{self.server}/submission"
        answer = self.request("HEAD", address)
        assert answer.status == 204, answer.status
        assert answer.headers.get("x-openrosa-version") == "1.0"
        assert not answer.body
        moved = answer.headers.get("location", address)
        assert urlsplit(moved).netloc == urlsplit(address).netloc
        return moved, int(answer.headers.get("x-openrosa-accept-content-length", WITHOUT_HEADER))

    def post(self, address: str, xml: bytes, files: Mapping[str, bytes]) -> Answer:
        content_type, body = multipart(xml, files)
        return self.request("POST", address, body, {"Content-Type": content_type})

    def get(self, address: str) -> Answer:
        answer = self.request("GET", address)
        assert answer.status == 200, (answer.status, answer.body)
        assert answer.headers.get("x-openrosa-version") == "1.0"
        return answer

    def request(
        self, method: str, address: str, body: bytes = b"", more: Mapping[str, str] | None = None
    ) -> Answer:
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {
            "X-OpenRosa-Version": "1.0",
            "Date": format_datetime(datetime.now(UTC), usegmt=True),
            "Accept-Language": self.language,
            **(more or {}),
        }
        try:
            connection.request(method, target, body or None, headers)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())
        finally:
            connection.close()


def split(xml: bytes, files: Mapping[str, bytes], most: int) -> Iterator[dict[str, bytes]]:
    """Groups of files so that each post, the XML again in each, stays below `most`; a file that
    is larger alone travels alone."""
    group: dict[str, bytes] = {}
    for name, content in files.items():
        size = len(xml) + sum(map(len, group.values())) + len(content)
        if group and size > most:
            yield group
            group = {}
        group[name] = content
    yield group


def multipart(
    xml: bytes, files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]
) -> tuple[str, bytes]:
    """The envelope: one XML part, and a part for each file, named as the answer in the XML."""
    boundary = uuid4().hex
    listed = files.items() if isinstance(files, Mapping) else files
    parts = [("xml_submission_file", "submission.xml", "text/xml", xml)]
    parts += [(name, name, "image/jpeg", content) for name, content in listed]
    body = b"".join(
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(file)}"\r\n'
        f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, file, kind, content in parts
    )
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def _quoted(name: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", name)


def _texts(element: ET.Element) -> dict[str, str]:
    return {child.tag.rpartition("}")[2]: child.text or "" for child in element}


def _md5(content: bytes) -> str:
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
