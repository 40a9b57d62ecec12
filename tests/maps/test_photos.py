"""A photo is seen by those who see its feature whole, and by nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.templatetags.static import static
from django.test import override_settings

from layers.permissions import staff_rows
from layers.photos import Photo, keep_file
from layers.registry import LAYERS
from tests.conftest import CAST
from tests.field_api.test_pictures import encoded, scene
from tests.test_data_flow import ACCEPTING

pytestmark = pytest.mark.django_db
LARGE, SMALL = encoded(scene(200, 150), "JPEG"), encoded(scene(32, 24), "JPEG")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path) -> Any:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


def photo_of(layer_id: str, feature_id: int, question: str = "photo") -> Photo:
    return Photo.objects.create(
        layer_id=layer_id,
        feature_id=feature_id,
        question=question,
        sha256="a" * 64,
        image=keep_file(LARGE),
        thumbnail=keep_file(SMALL),
    )


def address(photo: Photo, *, tail: str = "", **other: Any) -> str:
    said = {"layer": photo.layer_id, "fid": photo.feature_id, "key": photo.pk} | other
    return "/ogc/collections/{layer}/items/{fid}/photos/{key}".format(**said) + tail


def status(answer: Any) -> int:
    answer.getvalue()  # the client closes what is read to its end
    return answer.status_code


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("layer_id", ACCEPTING)
def test_the_role_matrix_holds_for_every_photo(
    cast: Any, browser_of: Any, layer_id: str, who: str
) -> None:
    layer, user = LAYERS[layer_id], getattr(cast, who)
    whole = set(layer.rows().filter(staff_rows(layer, user)).values_list("pk", flat=True))
    visible = set(layer.visible_to(user).values_list("pk", flat=True))
    client = browser_of(user)
    for row in layer.rows():
        photo = photo_of(layer_id, row.pk)
        for tail, content in (("", LARGE), ("/thumbnail", SMALL)):
            answer = client.get(address(photo, tail=tail))
            if row.pk in whole:
                assert b"".join(answer.streaming_content) == content
                assert answer["Content-Type"] == "image/jpeg"
                assert answer["X-Content-Type-Options"] == "nosniff"
                assert answer["Cache-Control"] == "private, no-store"
            else:
                unknown = client.get(address(photo, tail=tail, key=10**9))
                assert answer.status_code == unknown.status_code == 404
                told = answer.json()["detail"].replace(f"foto bernomor {photo.pk} ", "")
                assert told == unknown.json()["detail"].replace("foto bernomor 1000000000 ", "")
        if row.pk in visible:
            item = json.loads(client.get(f"/ogc/collections/{layer_id}/items/{row.pk}").content)
            listed = [said["href"] for said in item.get("photos", [])]
            wanted = [f"http://testserver{address(photo)}"] if row.pk in whole else []
            assert listed == wanted


def test_the_town_has_photos_to_hide_and_to_show(cast: Any) -> None:
    layer = LAYERS["trash-reports"]
    whole = layer.rows().filter(staff_rows(layer, cast.west_officer))
    assert 0 < whole.count() < layer.rows().count()


def test_a_photo_is_found_under_its_own_feature_only(cast: Any, browser_of: Any) -> None:
    town, client = cast.town, browser_of(cast.officer)
    photo = photo_of("trash-reports", town.report.pk)
    assert status(client.get(address(photo))) == 200
    for other in (
        {"fid": town.other_report.pk}, {"layer": "trash-cleanings"}, {"layer": "nothing"},
        {"fid": 10**30}, {"key": 10**30}, {"key": photo.pk + 1},
    ):  # fmt: skip
        answer = client.get(address(photo, **other))
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"


def test_an_item_says_what_its_photos_answer(cast: Any, browser_of: Any) -> None:
    photo = photo_of("trash-reports", cast.town.report.pk)
    item = browser_of(cast.officer).get(
        f"/ogc/collections/trash-reports/items/{cast.town.report.pk}"
    ).json()  # fmt: skip
    (said,) = item["photos"]
    assert (said["question"], said["title"]) == ("photo", "Foto")
    assert said["thumbnail"] == f"http://testserver{address(photo, tail='/thumbnail')}"


def test_a_photo_only_can_be_read(cast: Any, browser_of: Any) -> None:
    photo, client = photo_of("trash-reports", cast.town.report.pk), browser_of(cast.officer)
    for method in (client.post, client.put, client.delete):
        assert method(address(photo)).status_code == 405
    assert client.get(address(photo) + "?size=9999").status_code == 400
    assert status(client.head(address(photo))) == 200


def test_a_photo_whose_file_is_lost_is_not_found(cast: Any, browser_of: Any) -> None:
    photo = photo_of("trash-reports", cast.town.report.pk)
    default_storage.delete(str(photo.image))
    assert browser_of(cast.officer).get(address(photo)).status_code == 404


def test_a_photo_that_left_the_database_is_gone_at_once(cast: Any, browser_of: Any) -> None:
    photo, client = photo_of("trash-reports", cast.town.report.pk), browser_of(cast.officer)
    where = address(photo)
    assert status(client.get(where)) == 200
    photo.delete()
    assert client.get(where).status_code == 404


def test_no_address_serves_the_folder_itself(cast: Any, browser_of: Any) -> None:
    client = browser_of(cast.administrator)
    photo = photo_of("trash-reports", cast.town.report.pk)
    default_storage.save("originals/ab/abcd", ContentFile(b"x"))
    for where in (f"/media/{photo.image}", f"/{photo.image}", f"{static('')}{photo.image}",
                  "/media/originals/ab/abcd"):  # fmt: skip
        assert client.get(where).status_code == 404
