"""Uploads that break off go on where they stopped; nothing acknowledged is lost, nobody's files are
another's."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from field_api.attachments import originals, pictures, settling
from field_api.attachments.check import faults
from field_api.attachments.uploads import Announced, NotTaken, append, begin, keep
from field_api.models import Attachment, Device, Submission
from field_api.receive import receive
from layers.photos import Photo, photos_of
from tests.field_api.test_pictures import HEIC, encoded
from tests.field_api.test_submit import problem
from tests.test_data_flow import answers, submission

URL = "/api/v1/attachments"
OCTETS = "application/offset+octet-stream"
State = Attachment.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path) -> Any:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


@pytest.fixture
def phone(cast: Any, phone_of: Any) -> Any:
    return phone_of(cast.officer)


def jpeg(colour: str = "red") -> bytes:
    return encoded(Image.new("RGB", (60, 40), colour), "JPEG")


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kind(path: str) -> str | None:
    with Image.open(path) as image:
        return image.format


def metadata(**said: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items())


def announce(
    phone: Any, content: bytes, of: Any = None, name: str = "foto.jpg", **headers: Any
) -> Any:
    said = metadata(instance_id=str(of or uuid4()), filename=name, sha256=sha(content))
    given = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": said}
    return phone.post(URL, headers=given | headers)


def patch(phone: Any, address: str, offset: int, piece: bytes, **headers: Any) -> Any:
    given = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)} | headers
    return phone.patch(address, piece, content_type=OCTETS, headers=given)


def offset_of(phone: Any, address: str) -> int:
    answer = phone.head(address, headers={"Tus-Resumable": "1.0.0"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return int(answer["Upload-Offset"])


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Any:
    """What happens after a commit happens at once."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def upload(committing: Any) -> Callable[..., Attachment]:
    def send(phone: Any, content: bytes, of: Any = None, name: str = "foto.jpg") -> Attachment:
        address = announce(phone, content, of, name)["Location"]
        with committing():
            assert patch(phone, address, 0, content).status_code == 204
        return Attachment.objects.get(pk=address.rsplit("/", 1)[1])

    return send


@pytest.fixture
def submit(committing: Any) -> Callable[..., dict[str, Any]]:
    def send(
        phone: Any, layer_id: str = "trash-reports", status: int = 201, **more: Any
    ) -> dict[str, Any]:
        values = answers(layer_id) | more.pop("values", {})
        sent = submission(layer_id, values, **more)
        with committing():
            answer = phone.post("/api/v1/submissions", sent, format="json")
        assert answer.status_code == status, answer.content
        return sent

    return send


def questions(of: Any) -> dict[str, str]:
    """The photos of the feature that this submission became: question -> SHA-256 sent."""
    made = Submission.objects.get(pk=of)
    photos = photos_of(made.layer_id, [made.feature_id])
    return {photo.question: photo.sha256 for photo in photos}


# -- in pieces


def test_a_file_arrives_in_pieces_and_is_what_was_sent(phone: Any) -> None:
    content = os.urandom(3000)
    answer = announce(phone, content)
    assert answer.status_code == 201
    assert answer["Upload-Offset"] == "0"
    assert answer["Tus-Resumable"] == "1.0.0"
    assert "Upload-Expires" in answer
    address = answer["Location"]
    for start in range(0, 3000, 1000):
        assert offset_of(phone, address) == start
        answer = patch(phone, address, start, content[start : start + 1000])
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(start + 1000))
    kept = Attachment.objects.get()
    assert kept.state == State.COMPLETE
    assert originals.path(kept.original).read_bytes() == content
    told = phone.get(address).json()
    assert (told["state"], told["offset"], told["size"]) == ("complete", 3000, 3000)
    assert told["reason"].startswith("Menunggu kiriman")


def test_the_same_file_is_announced_once_and_goes_on_where_it_stopped(phone: Any) -> None:
    content, of = os.urandom(100), uuid4()
    first = announce(phone, content, of)
    patch(phone, first["Location"], 0, content[:60])
    again = announce(phone, content, of)
    assert (again.status_code, again["Upload-Offset"]) == (200, "60")
    assert again["Location"] == first["Location"]
    assert Attachment.objects.count() == 1


def test_a_wrong_offset_is_told_the_right_one(phone: Any) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    patch(phone, address, 0, content[:60])
    for offset in (0, 59, 61, 100, 10**18):
        answer = patch(phone, address, offset, content[offset:] or b"x")
        problem(answer, 409)
        assert answer["Upload-Offset"] == "60"
    assert patch(phone, address, 60, content[60:]).status_code == 204


def test_what_is_complete_never_changes(phone: Any) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    patch(phone, address, 0, content)
    assert patch(phone, address, 100, b"").status_code == 204
    for offset, piece in ((100, b"x"), (0, os.urandom(100)), (50, b"x")):
        problem(patch(phone, address, offset, piece), 409)
    kept = Attachment.objects.get()
    assert originals.path(kept.original).read_bytes() == content
    for method in (phone.delete, phone.put):
        problem(method(address), 405)


def test_a_piece_that_changed_on_the_way_is_not_taken(phone: Any) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]

    def checksum(piece: bytes) -> dict[str, str]:
        digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        return {"Upload-Checksum": f"sha256 {digest}"}

    problem(patch(phone, address, 0, content[:50], **checksum(b"other")), 460)
    assert offset_of(phone, address) == 0
    assert patch(phone, address, 0, content[:50], **checksum(content[:50])).status_code == 204
    problem(patch(phone, address, 50, content[50:], **{"Upload-Checksum": "md5 xx"}), 400)
    problem(patch(phone, address, 50, content[50:], **{"Upload-Checksum": "sha256 ä"}), 400)
    assert patch(phone, address, 50, content[50:], **checksum(content[50:])).status_code == 204


def test_a_file_that_is_not_what_was_announced_begins_anew(phone: Any) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    patch(phone, address, 0, content[:50])
    answer = patch(phone, address, 50, os.urandom(50))
    assert "sha256" in problem(answer, 422)["detail"]
    assert answer["Upload-Offset"] == "0"
    assert Attachment.objects.get().state == State.PARTIAL
    assert patch(phone, address, 0, content).status_code == 204
    assert Attachment.objects.get().state == State.COMPLETE


def test_nothing_beyond_what_was_announced_is_taken(phone: Any) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    problem(patch(phone, address, 0, content + b"x"), 413)
    assert offset_of(phone, address) == 0


# -- what breaks


def test_bytes_that_a_crash_left_uncounted_are_written_over(phone: Any) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    patch(phone, address, 0, content[:40])
    kept = Attachment.objects.get()
    with originals.path(kept.original).open("ab") as file:
        file.write(b"written but never counted, and longer than what is still to come" * 9)
    assert patch(phone, address, 40, content[40:]).status_code == 204
    assert originals.path(kept.original).read_bytes() == content


def test_bytes_that_the_disk_lost_are_asked_for_again(phone: Any) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    patch(phone, address, 0, content[:60])
    os.truncate(originals.path(Attachment.objects.get().original), 20)
    answer = patch(phone, address, 60, content[60:])
    problem(answer, 409)
    assert answer["Upload-Offset"] == "20"
    assert patch(phone, address, 20, content[20:]).status_code == 204


def test_a_disk_that_cannot_be_written_is_a_503_and_nothing_is_counted(
    phone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left")))
        answer = patch(phone, address, 0, content)
    problem(answer, 503)
    assert answer["Retry-After"] == "60"
    assert offset_of(phone, address) == 0
    assert patch(phone, address, 0, content).status_code == 204


def test_bytes_are_on_the_disk_before_they_are_counted(
    phone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    flush = os.fsync

    def watched(file: int) -> None:
        counted.append(Attachment.objects.get().offset)
        flush(file)

    monkeypatch.setattr(os, "fsync", watched)
    content = os.urandom(100)
    address = announce(phone, content)["Location"]
    patch(phone, address, 0, content[:60])
    assert set(counted) == {0}
    counted.clear()
    patch(phone, address, 60, content[60:])
    assert set(counted) == {60}


def test_the_store_is_for_us_alone(phone: Any) -> None:
    old = os.umask(0)
    try:
        announced = announce(phone, b"x" * 10)["Location"]
        patch(phone, announced, 0, b"x" * 10)
    finally:
        os.umask(old)
    file = originals.path(Attachment.objects.get().original)
    assert file.stat().st_mode & 0o777 == 0o600
    for folder in (file.parent, file.parent.parent, Path(settings.MEDIA_ROOT)):
        assert folder.stat().st_mode & 0o777 == 0o700


# -- what is announced wrongly


@pytest.mark.parametrize(
    "name",
    [
        "../../x.jpg", "/etc/passwd", "C:\\x.jpg", "a\\b", "a\x00b", "a\nb.jpg", "", " ", ".", "..",
        "x" * 256, "\x7f",
    ],
)  # fmt: skip
def test_a_name_that_is_a_path_is_refused(phone: Any, name: str) -> None:
    body = problem(announce(phone, b"x", name=name), 400)
    assert "ama berkas" in body["errors"]["filename"]
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["IMG_001.JPG", "foto è 🚮.jpg", "x" * 255, "..jpg", "foto"])
def test_any_other_name_is_kept_as_it_was_sent_and_never_used_on_the_disk(
    phone: Any, name: str
) -> None:
    address = announce(phone, b"x", name=name)["Location"]
    assert phone.get(address).json()["name"] == name
    assert name not in Attachment.objects.get().original


@pytest.mark.parametrize(
    ("headers", "status", "field"),
    [
        ({"Upload-Length": ""}, 400, "Upload-Length"),
        ({"Upload-Length": "-1"}, 400, "Upload-Length"),
        ({"Upload-Length": "1e3"}, 400, "Upload-Length"),
        ({"Upload-Length": "٣"}, 400, "Upload-Length"),
        ({"Upload-Length": "0"}, 400, "Upload-Length"),
        ({"Upload-Length": "9" * 30}, 400, "Upload-Length"),
        ({"Upload-Length": str(25 * 1024**2 + 1)}, 413, None),
        ({"Upload-Metadata": ""}, 400, "instance_id"),
        ({"Upload-Metadata": "instance_id ***"}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": "filename /w=="}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": "a QQ==,a QQ=="}, 400, "Upload-Metadata"),
        ({"Upload-Metadata": metadata(instance_id="7", filename="x")}, 400, "instance_id"),
        ({"Upload-Metadata": metadata(instance_id=str(UUID(int=1)), filename="x", sha256="abc")},
         400, "sha256"),
        ({"Upload-Metadata": metadata(instance_id=str(UUID(int=1)), sha256="a" * 64)}, 400,
         "filename"),
        ({"Tus-Resumable": "0.2.2"}, 412, None),
    ],
)  # fmt: skip
def test_what_is_announced_wrongly_is_explained(
    phone: Any, headers: dict[str, str], status: int, field: str | None
) -> None:
    answer = announce(phone, b"x", **headers)
    body = problem(answer, status)
    assert field is None or field in body["errors"]
    assert answer["Tus-Resumable"] == "1.0.0"
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("headers", "kind", "status"),
    [
        ({"Upload-Offset": ""}, OCTETS, 400),
        ({"Upload-Offset": "x"}, OCTETS, 400),
        ({"Upload-Offset": "0"}, "image/jpeg", 415),
        ({"Upload-Offset": "0"}, "multipart/form-data; boundary=x", 415),
        ({"Upload-Offset": "0", "Tus-Resumable": "2.0.0"}, OCTETS, 412),
    ],
)
def test_a_piece_that_is_sent_wrongly_is_explained(
    phone: Any, headers: dict[str, str], kind: str, status: int
) -> None:
    address = announce(phone, b"xyz")["Location"]
    problem(phone.patch(address, b"xyz", content_type=kind, headers=headers), status)
    assert offset_of(phone, address) == 0


def test_options_says_what_is_offered(phone: Any) -> None:
    answer = phone.options(URL)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert set(answer["Tus-Extension"].split(",")) == {"creation", "checksum", "expiration"}
    assert answer["Tus-Max-Size"] == str(settings.ATTACHMENT_BYTES)


def test_there_is_an_end_to_the_files_of_a_submission_and_of_a_person(
    phone: Any, settings: Any
) -> None:
    of = uuid4()
    settings.ATTACHMENTS_PER_SUBMISSION = 3
    for number in range(3):
        assert announce(phone, b"x" * 10, of, f"{number}.jpg").status_code == 201
    assert "paling banyak 3" in problem(announce(phone, b"x", of, "4.jpg"), 422)["detail"]
    assert announce(phone, b"x" * 10, of, "1.jpg").status_code == 200
    settings.ATTACHMENT_PENDING_BYTES = 40
    alone = announce(phone, b"x" * 30)["Location"]
    assert announce(phone, b"x" * 20).status_code == 201, "what is only announced takes no room"
    patch(phone, alone, 0, b"x" * 30)
    answer = announce(phone, b"x" * 11)
    problem(answer, 429)
    assert int(answer["Retry-After"]) > 0
    assert announce(phone, b"x" * 10).status_code == 201
    settings.ATTACHMENTS_BEGUN = 5
    problem(announce(phone, b"x"), 429)


# -- whose


def test_nobody_reaches_the_files_of_another(cast: Any, phone: Any, phone_of: Any) -> None:
    content = os.urandom(50)
    address = announce(phone, content)["Location"]
    patch(phone, address, 0, content)
    other = phone_of(cast.west_officer)
    unknown = f"{URL}/{uuid4()}"
    for path in (address, f"{address}/original"):
        seen = problem(other.get(path), 404)
        assert seen == problem(other.get(unknown + path.removeprefix(address)), 404)
    assert other.head(address).status_code == 404
    problem(patch(other, address, 0, b"x"), 404)
    own = phone.get(f"{address}/original")
    assert b"".join(own.streaming_content) == content
    assert own["Content-Disposition"] == 'attachment; filename="foto.jpg"'
    assert own["X-Content-Type-Options"] == "nosniff"


def test_without_a_token_nothing_is_taken(cast: Any, phone: Any) -> None:
    from rest_framework.test import APIClient

    address = announce(phone, b"x")["Location"]
    stranger = APIClient()
    problem(announce(stranger, b"x"), 401)
    problem(patch(stranger, address, 0, b"x"), 401)
    problem(stranger.get(address), 401)


def test_the_file_of_one_person_never_joins_the_submission_of_another(
    cast: Any, phone: Any, phone_of: Any, upload: Any, submit: Any
) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    other = phone_of(cast.west_officer)
    foreign = upload(other, jpeg("blue"), sent["instance_id"])
    assert not Photo.objects.exists()
    assert other.get(f"{URL}/{foreign.pk}").json()["reason"].startswith("Menunggu kiriman")
    mine = upload(phone, jpeg("red"), sent["instance_id"])
    assert questions(sent["instance_id"]) == {"photo": mine.sha256}


# -- what becomes of it


@pytest.mark.parametrize("first", ["photo", "submission"])
def test_it_comes_before_or_after_its_submission(
    phone: Any, upload: Any, submit: Any, first: str
) -> None:
    of = str(uuid4())
    if first == "photo":
        upload(phone, jpeg(), of)
        submit(phone, instance_id=of, values={"photo": "foto.jpg"})
    else:
        submit(phone, instance_id=of, values={"photo": "foto.jpg"})
        upload(phone, jpeg(), of)
    (photo,) = Photo.objects.all()
    assert (photo.layer_id, photo.question) == ("trash-reports", "photo")
    assert photo.feature_id == Submission.objects.get().feature_id
    assert photo.sha256 == sha(jpeg())
    assert kind(photo.image.path) == kind(photo.thumbnail.path) == "JPEG"
    told = phone.get(f"{URL}/{Attachment.objects.get().pk}").json()
    assert (told["state"], told["reason"]) == ("shown", "")
    assert not list(faults(hashes=True, older_than=0))


def test_a_heic_is_shown_as_jpeg(phone: Any, upload: Any, submit: Any) -> None:
    sent = submit(phone, values={"photo": "IMG_1.HEIC"})
    upload(phone, HEIC.read_bytes(), sent["instance_id"], "IMG_1.HEIC")
    assert kind(Photo.objects.get().image.path) == "JPEG"


def test_the_same_bytes_under_two_names_answer_two_questions(
    phone: Any, upload: Any, submit: Any
) -> None:
    sent = submit(phone, values={"photo": "a.jpg", "photo_2": "b.jpg"})
    for name in ("a.jpg", "b.jpg"):
        upload(phone, jpeg(), sent["instance_id"], name)
    assert questions(sent["instance_id"]) == {"photo": sha(jpeg()), "photo_2": sha(jpeg())}


def test_the_same_name_twice_with_other_bytes_answers_two_questions(
    phone: Any, upload: Any, submit: Any
) -> None:
    sent = submit(phone, values={"photo": "image.jpg", "photo_2": "image.jpg"})
    for colour in ("red", "blue"):
        upload(phone, jpeg(colour), sent["instance_id"], "image.jpg")
    assert questions(sent["instance_id"]) == {
        "photo": sha(jpeg("red")), "photo_2": sha(jpeg("blue"))
    }  # fmt: skip


def test_the_same_name_in_two_submissions_is_two_photos(
    phone: Any, upload: Any, submit: Any
) -> None:
    for colour in ("red", "blue"):
        sent = submit(phone, values={"photo": "image.jpg"})
        upload(phone, jpeg(colour), sent["instance_id"], "image.jpg")
        assert questions(sent["instance_id"]) == {"photo": sha(jpeg(colour))}


def test_what_is_no_picture_is_refused_with_a_reason_and_kept(
    phone: Any, upload: Any, submit: Any
) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    sent = submit(phone, values={"photo": "foto.jpg"})
    refused = upload(phone, svg, sent["instance_id"])
    told = phone.get(f"{URL}/{refused.pk}").json()
    assert told["state"] == "refused"
    assert "bukan foto JPEG" in told["reason"]
    assert originals.path(refused.original).read_bytes() == svg
    assert not Photo.objects.exists()


def test_a_file_that_the_submission_does_not_name_is_kept_and_told(
    phone: Any, upload: Any, submit: Any
) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    stray = upload(phone, jpeg(), sent["instance_id"], "lain.jpg")
    told = phone.get(f"{URL}/{stray.pk}").json()
    assert (told["state"], told["reason"]) == ("complete", settling.NOT_NAMED)


def test_a_failure_of_the_machine_leaves_it_for_later(
    phone: Any, upload: Any, submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    with monkeypatch.context() as busy:
        busy.setattr(pictures, "SECONDS", 0)
        waiting = upload(phone, jpeg(), sent["instance_id"])
    told = phone.get(f"{URL}/{waiting.pk}").json()
    assert (told["state"], told["reason"]) == ("complete", "Sedang disiapkan untuk ditampilkan.")
    call_command("settle_attachments")
    assert questions(sent["instance_id"]) == {"photo": sha(jpeg())}


def test_settling_again_changes_nothing(phone: Any, upload: Any, submit: Any) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    upload(phone, jpeg(), sent["instance_id"])
    before = list(Photo.objects.values())
    for _ in range(2):
        settling.settle([UUID(sent["instance_id"])])
        assert settling.settle_left() == 0
    assert list(Photo.objects.values()) == before


def test_a_crash_after_drawing_leaves_files_that_the_check_finds_and_mends(
    phone: Any, upload: Any, submit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    with monkeypatch.context() as crash:
        crash.setattr(settling, "_write", lambda *_: (_ for _ in ()).throw(SystemExit))
        crash.setattr(settling, "discard_files", list)
        with pytest.raises(SystemExit):
            upload(phone, jpeg(), sent["instance_id"])
    with pytest.raises(CommandError, match="2 faults"):
        call_command("check_files", older_than=0)
    call_command("check_files", older_than=0, mend=True)
    call_command("settle_attachments")
    call_command("check_files", older_than=0, hashes=True)
    assert questions(sent["instance_id"]) == {"photo": sha(jpeg())}


# -- revisions and withdrawals


def test_a_revision_keeps_changes_and_takes_away_photos(
    phone: Any, upload: Any, submit: Any, committing: Any
) -> None:
    first = submit(phone, values={"photo": "a.jpg", "photo_2": "b.jpg"})
    of = first["instance_id"]
    upload(phone, jpeg("red"), of, "a.jpg")
    upload(phone, jpeg("blue"), of, "b.jpg")
    assert set(questions(of)) == {"photo", "photo_2"}
    again = submit(phone, revises=of, values={"photo": "a.jpg", "photo_2": "c.jpg"})
    assert questions(of) == {"photo": sha(jpeg("red"))}, "b.jpg is no longer of the record"
    upload(phone, jpeg("green"), again["instance_id"], "c.jpg")
    assert questions(of) == {"photo": sha(jpeg("red")), "photo_2": sha(jpeg("green"))}
    gone = Attachment.objects.get(name="b.jpg")
    assert (gone.state, gone.reason) == (State.COMPLETE, settling.NOT_NAMED)
    assert originals.path(gone.original).exists()
    assert not list(faults(older_than=0))


def test_what_is_withdrawn_is_shown_no_longer(
    phone: Any, upload: Any, submit: Any, committing: Any
) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    kept = upload(phone, jpeg(), sent["instance_id"])
    with committing():
        assert phone.delete(f"/api/v1/submissions/{sent['instance_id']}").status_code == 200
    assert not Photo.objects.exists()
    told = phone.get(f"{URL}/{kept.pk}").json()
    assert (told["state"], told["reason"]) == ("complete", settling.WITHDRAWN)
    assert not list(faults(older_than=0))


def test_a_refused_submission_that_the_office_corrects_keeps_its_photo(
    cast: Any, phone: Any, upload: Any, submit: Any, committing: Any
) -> None:
    sent = submit(phone, status=422, values={"photo": "foto.jpg", "category": "emas"})
    upload(phone, jpeg(), sent["instance_id"])
    assert not Photo.objects.exists()
    mended = sent | {
        "instance_id": str(uuid4()), "revises": sent["instance_id"],
        "values": {"category": "scattered", "photo": "foto.jpg"},
    }  # fmt: skip
    with committing():
        office = Submission.Channel.OFFICE
        receipt = receive(mended, by=cast.administrator, device=None, channel=office)
    assert receipt.submission.state == "accepted", receipt.submission.reasons
    assert questions(mended["instance_id"]) == {"photo": sha(jpeg())}


# -- retention


def test_originals_go_when_their_time_has_passed_and_their_hash_stays(
    phone: Any, upload: Any, submit: Any
) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    shown = upload(phone, jpeg(), sent["instance_id"])
    alone = upload(phone, jpeg("blue"))
    file = originals.path(shown.original)
    call_command("erase_originals")
    assert file.exists()
    Attachment.objects.update(erase_on=timezone.localdate())
    for _ in range(2):
        call_command("erase_originals")
        assert not file.exists()
    kept = Attachment.objects.get(pk=shown.pk)
    assert (kept.original, kept.sha256, kept.state) == ("", sha(jpeg()), State.SHOWN)
    problem(phone.get(f"{URL}/{shown.pk}/original"), 410)
    assert originals.path(alone.original).exists(), "nobody has looked at it yet"
    assert offset_of(phone, f"{URL}/{shown.pk}") == shown.size
    assert questions(sent["instance_id"])
    assert not list(faults(older_than=0))


def test_an_upload_that_nobody_finished_is_forgotten_and_may_begin_anew(phone: Any) -> None:
    content, of = os.urandom(50), uuid4()
    address = announce(phone, content, of)["Location"]
    patch(phone, address, 0, content[:20])
    begun = Attachment.objects.get()
    call_command("erase_originals")
    assert offset_of(phone, address) == 20
    Attachment.objects.update(created_at=timezone.now() - timedelta(days=31))
    call_command("erase_originals")
    assert phone.head(address).status_code == 404
    with pytest.raises(NotTaken) as late:
        append(begun, 20, content[20:])
    assert late.value.status == 404
    assert announce(phone, content, of).status_code == 201
    assert not list(originals.names())


def test_the_check_finds_what_is_missing_and_what_has_changed(
    phone: Any, upload: Any, submit: Any
) -> None:
    sent = submit(phone, values={"photo": "foto.jpg"})
    kept = upload(phone, jpeg(), sent["instance_id"])
    assert not list(faults(hashes=True, older_than=0))
    file = originals.path(kept.original)
    file.write_bytes(b"x" * kept.size)
    assert ["changed" in fault.what for fault in faults(hashes=True)] == [True]
    file.unlink()
    problem(phone.get(f"{URL}/{kept.pk}/original"), 404)
    Path(Photo.objects.get().thumbnail.path).unlink()
    assert len(list(faults())) == 2


# -- a whole file at once, as a form post brings it


def test_a_whole_file_is_kept_at_once_and_only_once(cast: Any, tmp_path: Path) -> None:
    of, content = uuid4(), os.urandom(1_200_000)
    file = tmp_path / "teil"
    file.write_bytes(content)
    for _ in range(2):
        with file.open("rb") as opened:
            kept = keep(opened, name="a.jpg", instance_id=of, by=cast.officer, device=None)
        assert kept.state == State.COMPLETE
    assert Attachment.objects.count() == 1
    assert originals.path(kept.original).read_bytes() == content
    with file.open("rb") as opened, pytest.raises(NotTaken):
        keep(opened, name="../a.jpg", instance_id=of, by=cast.officer, device=None)


# -- at once, and over a real connection


def started(cast: Any, content: bytes) -> tuple[str, str, Attachment]:
    _, token = Device.enrol(cast.officer, "Ponsel")
    announced = Announced(instance_id=uuid4(), name="a.jpg", sha256=sha(content), size=len(content))
    attachment, _ = begin(announced, by=cast.officer, device=None)
    return f"{URL}/{attachment.pk}", token, attachment


def send_raw(live: Any, address: str, token: str, offset: int, length: int, body: bytes) -> Any:
    raw = socket.create_connection((live.thread.host, live.thread.port))
    head = (
        f"PATCH {address} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {token}\r\n"
        f"Content-Type: {OCTETS}\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n\r\n"
    )
    raw.sendall(head.encode() + body)
    return raw


@pytest.mark.django_db(transaction=True)
def test_what_came_before_a_connection_broke_is_kept(cast: Any, live_server: Any) -> None:
    content = os.urandom(700_000)
    address, token, _ = started(cast, content)
    raw = send_raw(live_server, address, token, 0, len(content), content[:300_000])
    raw.shutdown(socket.SHUT_WR)
    assert b"204" in raw.recv(2000).split(b"\r\n")[0]
    raw.close()
    assert Attachment.objects.get().offset == 300_000
    connection = HTTPConnection(live_server.thread.host, live_server.thread.port)
    given = {"Authorization": f"Token {token}", "Content-Type": OCTETS, "Upload-Offset": "300000"}
    connection.request("PATCH", address, content[300_000:], given)
    assert connection.getresponse().status == 204
    connection.close()
    kept = Attachment.objects.get()
    assert kept.state == State.COMPLETE
    assert originals.path(kept.original).read_bytes() == content


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_at_once_one_goes_on_and_the_other_is_told(
    cast: Any, live_server: Any
) -> None:
    content = os.urandom(2_000_000)
    address, token, _ = started(cast, content)
    answers: list[int] = []

    def send() -> None:
        connection = HTTPConnection(live_server.thread.host, live_server.thread.port)
        headers = {"Authorization": f"Token {token}", "Content-Type": OCTETS, "Upload-Offset": "0"}
        connection.request("PATCH", address, content, headers)
        answers.append(connection.getresponse().status)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 409, 409, 409]
    kept = Attachment.objects.get()
    assert originals.path(kept.original).read_bytes() == content


@pytest.mark.django_db(transaction=True)
def test_the_same_file_announced_by_many_at_once_is_one(cast: Any) -> None:
    announced = Announced(instance_id=uuid4(), name="a.jpg", sha256="a" * 64, size=5)
    made: list[Any] = []

    def announce_it() -> None:
        made.append(begin(announced, by=cast.officer, device=None)[0].pk)
        from django.db import connection

        connection.close()

    threads = [threading.Thread(target=announce_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
