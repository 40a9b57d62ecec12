"""What a broken or a hostile client sends to OpenRosa: an answer in XML that says what is wrong,
never a 5xx, nothing lost that could be kept, nothing kept that was not whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from field_api.models import Attachment, Device, Submission
from field_api.openrosa import multipart as reader
from field_api.openrosa import submissions
from tests.factories import CENTRE
from tests.openrosa_client import multipart

pytestmark = pytest.mark.django_db
State = Submission.State
ORX = {"X-OpenRosa-Version": "1.0"}
WEB = Client()  # one for all: each of its own would look for the static files anew


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.SETTLE_IN_BACKGROUND = False


@pytest.fixture
def post(cast: Any) -> Callable[..., Any]:
    """Post a body as the officer's Collect; every answer must be an OpenRosaResponse."""
    _, token = Device.enrol(cast.officer, "Collect")

    def send(content_type: str, body: bytes, **headers: str) -> Any:
        response = WEB.post(
            f"/openrosa/key/{token}/submission",
            body,
            content_type=content_type,
            headers={**ORX, **headers},
        )
        assert response.status_code < 500
        assert response.status_code != 200
        message(response)
        return response

    return send


def message(response: Any) -> str:
    assert response["Content-Type"] == "text/xml; charset=utf-8"
    assert response["X-OpenRosa-Version"] == "1.0"
    assert response["X-OpenRosa-Accept-Content-Length"].isdigit()
    root = ET.fromstring(response.content)
    assert root.tag == "{http://openrosa.org/http/response}OpenRosaResponse"
    told = root.findtext("{http://openrosa.org/http/response}message")
    assert told
    return told


KNOWN = 'id="trash-reports" version="1"'


def xml(named: str = "", *, inside: str = "", head: str = "", root: str = KNOWN) -> bytes:
    named = named or f"uuid:{uuid4()}"
    return (
        f"{head}<data {root}>"
        f"<geometry>{CENTRE.y} {CENTRE.x} 3 4</geometry>"
        f"<category>overflow</category>{inside}"
        f"<meta><instanceID>{named}</instanceID>"
        "<timeStart>2026-11-20T12:05:00.000+08:00</timeStart></meta></data>"
    ).encode()


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
UNREADABLE = {
    "nothing": b"",
    "not XML": b"halo",
    "cut short": xml()[:-20],
    "JSON": b'{"instance_id": "x"}',
    "billion laughs": xml(head=LAUGHS, inside="<description>&c;</description>"),
    "external entity": xml(
        head='<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        inside="<description>&x;</description>",
    ),
    "parameter entity": xml(head='<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]>'),
    "external DTD": xml(head='<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd">'),
    "a DTD that does nothing": xml(head="<!DOCTYPE data>"),
    "undefined entity": xml(inside="<description>&nbsp;</description>"),
    "UTF-16": xml(head='<?xml version="1.0" encoding="UTF-16"?>').decode().encode("utf-16"),
    "UTF-16 by name only": xml(head='<?xml version="1.0" encoding="UTF-16"?>'),
    "UTF-7": xml(head='<?xml version="1.0" encoding="UTF-7"?>', inside="+ADw-note+AD4-"),
    "EBCDIC": xml().decode().encode("cp037"),
    "Latin 1": xml(inside="<description>\xe9</description>").decode().encode("latin-1"),
    "an unknown encoding": xml(head='<?xml version="1.0" encoding="x-kupang"?>'),
    "deep": xml(inside="<a>" * 5_000 + "</a>" * 5_000),
    "twenty-one levels": xml(inside="<a>" * 20 + "</a>" * 20),
    "wide": xml(inside="<a/>" * 20_000),
    "a NUL": xml(inside="<description>\x00</description>"),
    "two roots": xml() + xml(),
    "no instanceID": xml().replace(b"instanceID", b"otherID"),
    "an empty instanceID": xml(" "),
}


def test_xml_that_is_no_submission_is_answered_and_kept_once(post: Any) -> None:
    for name, body in UNREADABLE.items():
        for _ in range(2):
            assert post(*multipart(body, {})).status_code == 400, name
        kept = Submission.objects.get()
        assert (kept.state, kept.channel) == (State.REFUSED, Submission.Channel.OPENROSA), name
        text = body.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
        assert kept.payload == text, name
        kept.delete()


STRANGE = {
    "a question of another form": "<price>5</price>",
    "a question twice": "<category>burning</category>",
    "a group": "<group><description>x</description></group>",
    "a choice unknown": "<category>dunia</category>",
    "a path as a photo": "<photo>../../etc/passwd</photo>",
    "a point of letters": "<geometry>di sini</geometry>",
}


def test_what_no_question_asks_for_is_refused_with_a_reason_and_kept(post: Any) -> None:
    for name, inside in STRANGE.items():
        assert post(*multipart(xml(inside=inside), {})).status_code == 202, name
        kept = Submission.objects.get()
        assert (kept.state, bool(kept.reasons)) == (State.REFUSED, True), name
        kept.delete()


def test_an_xinclude_includes_nothing(post: Any) -> None:
    inside = (
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    )
    assert post(*multipart(xml(inside=inside), {})).status_code == 201
    assert "root:" not in Submission.objects.get().payload


POINTS = (
    *("NaN NaN 0 5", "1e999 0 0 5", "inf 1", "91 0 0 1", "1", "1 2 3 4 5", "-10 123 x 5"),
    *("-10.17 123.58 0 -5", "-10.17 123.58 0 1e9", "123.58 -10.17 0 5", "-10,17 123,58 0 5"),
)


def test_a_point_that_is_none_is_refused_with_a_reason(post: Any) -> None:
    for point in POINTS:
        given = f"<geometry>{point}</geometry>".encode()
        body = re.sub(rb"<geometry>.*</geometry>", given, xml())
        assert post(*multipart(body, {})).status_code == 202, point
    assert set(Submission.objects.values_list("state", flat=True)) == {State.REFUSED}


def test_a_form_that_is_named_by_its_namespace_or_not_at_all_is_not_found(post: Any) -> None:
    for root in ('xmlns="http://example.org/x"', "", 'id="\x7f"', f'id="{"x" * 5_000}"'):
        body = xml(root=root or "a=''")
        assert post(*multipart(body, {})).status_code == 404
    assert set(Submission.objects.values_list("state", flat=True)) == {State.UNPERMITTED}


def test_a_version_that_never_was_is_refused(post: Any) -> None:
    assert post(*multipart(xml(root='id="trash-reports" version="99"'), {})).status_code == 202
    assert post(*multipart(xml(root='id="trash-reports"'), {})).status_code == 202
    assert set(Submission.objects.values_list("state", flat=True)) == {State.REFUSED}


TYPE, WHOLE = multipart(
    xml(f"uuid:{uuid4()}", inside="<photo>a.jpg</photo>"), {"a.jpg": b"foto" * 9}
)
BOUNDARY = TYPE.rpartition("=")[2].encode()


def swapped(old: bytes, new: bytes) -> bytes:
    assert old in WHOLE
    return WHOLE.replace(old, new)


BROKEN = {
    "empty": (TYPE, b""),
    "no boundary": ("multipart/form-data", WHOLE),
    "another boundary": (f"{TYPE}x", WHOLE),
    "an endless boundary": (f"multipart/form-data; boundary={'x' * 9_000}", WHOLE),
    "not multipart": ("text/xml", xml()),
    "JSON": ("application/json", b"{}"),
    "a form of a browser": ("application/x-www-form-urlencoded", b"xml_submission_file=%3Cdata%3E"),
    "without its end": (TYPE, WHOLE.removesuffix(b"--" + BOUNDARY + b"--\r\n")),
    "cut in a photo": (TYPE, WHOLE[:-60]),
    "cut in the XML": (TYPE, WHOLE[:300]),
    "cut in a header": (TYPE, WHOLE[:40]),
    "no XML part": (TYPE, swapped(b'name="xml_submission_file"', b'name="berkas"')),
    "two XML parts": (TYPE, swapped(b'name="a.jpg"', b'name="xml_submission_file"')),
    "a part without a name": (TYPE, swapped(b'name="a.jpg"; ', b"")),
    "an empty name": (TYPE, swapped(b'name="a.jpg"', b'name=""')),
    "a part without headers": (TYPE, swapped(b"Content-Disposition", b"X-Else")),
    "bare line feeds": (TYPE, WHOLE.replace(b"\r\n", b"\n")),
    "base64": (TYPE, swapped(b"Content-Type: image/jpeg", b"Content-Transfer-Encoding: base64")),
    "an endless header": (TYPE, swapped(b"image/jpeg", b"i" * 9_000)),
    "an encoding nobody knows": (TYPE, swapped(b'name="a.jpg";', b"name*=x-kupang''a.jpg;")),
}  # fmt: skip


def test_a_broken_body_is_refused_whole(post: Any) -> None:
    for name, (content_type, body) in BROKEN.items():
        assert post(content_type, body).status_code == 400, name
    assert not Submission.objects.exists()
    assert not Attachment.objects.exists()


def test_what_is_too_large_is_told_so(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    big = xml(inside=f"<description>{'x' * 300_000}</description>")
    assert post(*multipart(big, {})).status_code == 413
    many = [(f"{number}.jpg", b"x") for number in range(40)]
    assert post(*multipart(xml(), many)).status_code == 413
    monkeypatch.setattr(reader, "MAX_BODY", 500)
    assert post(TYPE, WHOLE).status_code == 413
    assert not Submission.objects.exists()


def test_a_chunked_body_that_no_server_made_readable_asks_for_its_length(post: Any) -> None:
    assert post(TYPE, WHOLE, **{"Transfer-Encoding": "chunked"}).status_code == 411


def files(*listed: tuple[str, str, bytes]) -> tuple[str, bytes]:
    """A body with these (part name, file name, content) beside the XML, which names a.jpg."""
    content_type, body = multipart(xml(inside="<photo>a.jpg</photo>"), {})
    boundary = content_type.rpartition("=")[2]
    more = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        + (f'; filename="{file}"' if file else "")
        + f"\r\n\r\n{content.decode()}\r\n"
        for name, file, content in listed
    )
    return content_type, more.encode() + body


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (("a.jpg", "a.jpg", b"1"), ["a.jpg"]),
        (("a.jpg", "", b"1"), ["a.jpg"]),
        (("photo", "IMG_1.jpg", b"1"), ["a.jpg"]),
        (("berkas", "a.jpg", b"1"), ["a.jpg"]),
        (("lain.jpg", "lain.jpg", b"1"), ["lain.jpg"]),
        (("audit.csv", "audit.csv", b"1"), ["audit.csv"]),
        (("*isIncomplete*", "", b"yes"), []),
        (("a.jpg", "a.jpg", b""), []),
    ],
)
def test_a_file_is_kept_under_the_name_that_the_answer_gives_it(
    post: Any, sent: tuple[str, str, bytes], kept: Sequence[str]
) -> None:
    assert post(*files(sent)).status_code == 201
    assert list(Attachment.objects.values_list("name", flat=True)) == kept


def test_the_same_name_twice_and_the_same_file_twice_are_fine(post: Any) -> None:
    body = files(("a.jpg", "a.jpg", b"1"), ("a.jpg", "a.jpg", b"2"), ("a.jpg", "a.jpg", b"2"))
    assert post(*body).status_code == 201
    assert Attachment.objects.filter(state=Attachment.State.COMPLETE).count() == 2


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\\\a.jpg", "..", "x" * 300]
)
def test_a_path_in_a_file_name_is_refused_and_the_answers_are_kept(post: Any, name: str) -> None:
    response = post(*files((name, name, b"1")))
    assert response.status_code == 400
    assert Submission.objects.get().state == State.ACCEPTED
    assert not Attachment.objects.exists()


def test_a_file_too_large_is_told_so_and_the_answers_are_kept(post: Any, settings: Any) -> None:
    settings.ATTACHMENT_BYTES = 10
    assert post(*files(("a.jpg", "a.jpg", b"x" * 11))).status_code == 413
    assert Submission.objects.get().state == State.ACCEPTED


def test_a_full_disk_is_no_receipt(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("field_api.attachments.originals.write", full)
    _, token = Device.enrol(cast.officer, "Collect")
    content_type, body = files(("a.jpg", "a.jpg", b"1"))
    response = WEB.post(
        f"/openrosa/key/{token}/submission", body, content_type=content_type, headers=ORX
    )
    assert response.status_code == 503
    assert response["Retry-After"]
    assert message(response)


def test_a_database_out_of_reach_is_no_receipt(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("terminating connection")

    monkeypatch.setattr("field_api.openrosa.views.receive", away)
    _, token = Device.enrol(cast.officer, "Collect")
    response = WEB.post(f"/openrosa/key/{token}/submission", WHOLE, content_type=TYPE, headers=ORX)
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert message(response)


def test_nobody_unknown_comes_in(cast: Any) -> None:
    device, token = Device.enrol(cast.officer, "Collect")
    strangers = ["x", "0" * 64, token[:-1], token.upper()]
    for address in (
        "submission",
        "formList",
        "forms/trash-reports/1.xml",
        "forms/price-readings/1/manifest",
        "forms/price-readings/1/markets.csv",
    ):
        for key in strangers:
            response = WEB.get(f"/openrosa/key/{key}/{address}", headers=ORX)
            assert response.status_code == 401, address
            assert "digest" in message(response)
        response = WEB.get(f"/openrosa/{address}", headers=ORX)
        assert response.status_code == 401
        assert "Digest" not in response.get("WWW-Authenticate", "")
    device.token.delete()
    assert WEB.get(f"/openrosa/key/{token}/formList", headers=ORX).status_code == 401


def test_a_session_of_a_browser_is_no_device(cast: Any, browser_of: Any) -> None:
    browser = browser_of(cast.officer)
    assert browser.get("/openrosa/formList", headers=ORX).status_code == 401
    assert browser.post("/openrosa/submission", WHOLE, TYPE, headers=ORX).status_code == 401
    assert not Submission.objects.exists()


def test_a_token_may_come_in_its_header(cast: Any) -> None:
    _, token = Device.enrol(cast.officer, "Collect")
    headers = {**ORX, "Authorization": f"Token {token}"}
    response = WEB.get("/openrosa/formList", headers=headers)
    assert response.status_code == 200
    assert token not in response.content.decode()
    assert WEB.post("/openrosa/submission", WHOLE, TYPE, headers=headers).status_code == 201


def test_another_version_of_the_standard_is_rejected(cast: Any) -> None:
    _, token = Device.enrol(cast.officer, "Collect")
    for version in ("", "2.0", "1", "1.0.0", "satu"):
        headers = {"X-OpenRosa-Version": version} if version else {}
        for address in ("formList", "submission", "forms/price-readings/1/manifest"):
            response = WEB.get(f"/openrosa/key/{token}/{address}", headers=headers)
            assert response.status_code == 400
            assert "X-OpenRosa-Version" in message(response)


def test_what_is_not_there_is_told_in_xml(cast: Any) -> None:
    _, token = Device.enrol(cast.officer, "Collect")
    for address in (
        "",
        "x",
        "forms/trash-reports/2.xml",
        "forms/measurements/1.xml",
        "forms/trash-reports/1/children.csv",
        "forms/price-readings/1/children.csv",
        "forms/boundaries-city/1.xml",
        "forms/%00/1.xml",
    ):
        response = WEB.get(f"/openrosa/key/{token}/{address}", headers=ORX)
        assert response.status_code == 404, address
        message(response)
    for path in ("/openrosa/", "/openrosa/key/", "/openrosa/key/a%00b/formList"):
        assert WEB.get(path, headers=ORX).status_code == 404
    response = WEB.put(f"/openrosa/key/{token}/submission", b"", headers=ORX)
    assert response.status_code == 405
    message(response)


def test_a_phone_that_asks_too_often_is_told_when_to_come_back(cast: Any, settings: Any) -> None:
    settings.DEVICE_BURST, settings.DEVICE_REFILL = 1, 0.01
    _, token = Device.enrol(cast.officer, "Collect")
    WEB.get(f"/openrosa/key/{token}/formList", headers=ORX)
    response = WEB.get(f"/openrosa/key/{token}/formList", headers=ORX)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    message(response)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_mutation_of_a_body_is_anything_but_read_or_refused(data: Any) -> None:
    body = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        cut = data.draw(st.integers(0, 30))
        body[at : at + cut] = data.draw(st.binary(max_size=8))
    request = RequestFactory().post("/", bytes(body), content_type=TYPE)
    try:
        with reader.parts_of(request) as parts:
            found, others = reader.submission_in(parts)
            reading = submissions.read(found.open().read(), sender=1)
            names = [reading.file_name(part.name, part.filename) for part in others]
    except (APIException, submissions.Unreadable):
        return
    assert len(names) == len(others)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda t: xml(inside=t))))
def test_any_bytes_are_a_submission_or_unreadable(body: bytes) -> None:
    try:
        reading = submissions.read(body, sender=1)
    except submissions.Unreadable:
        return
    assert reading.key
