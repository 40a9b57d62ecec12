"""Metadata as Satu Data portals harvest it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from django.test import Client

from layers.permissions import POLICIES
from layers.registry import LAYERS
from maps.answers import FILES

pytestmark = pytest.mark.django_db
PUBLIC = {layer.id for layer in LAYERS.values() if POLICIES[layer.policy].public}

TEXT = {"type": "string", "minLength": 1}
ADDRESS = {"type": "string", "pattern": "^https?://"}
# What DCAT-US 1.1 demands (https://resources.data.gov/resources/dcat-us/), field by field.
DATASET = {
    "type": "object",
    "required": [
        "@type", "title", "description", "keyword", "modified", "publisher", "contactPoint",
        "identifier", "accessLevel", "distribution",
    ],
    "properties": {
        "@type": {"const": "dcat:Dataset"},
        "title": TEXT,
        "description": TEXT,
        "keyword": {"type": "array", "items": TEXT, "minItems": 1},
        "modified": {"type": "string", "pattern": r"^(\d{4}-\d\d-\d\dT.+|R/P.+)$"},
        "issued": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT"},
        "publisher": {"type": "object", "required": ["name"], "properties": {"name": TEXT}},
        "contactPoint": {
            "type": "object",
            "required": ["fn", "hasEmail"],
            "properties": {"fn": TEXT, "hasEmail": {"type": "string", "pattern": "^mailto:.+@"}},
        },
        "identifier": ADDRESS,
        "accessLevel": {"enum": ["public", "restricted public", "non-public"]},
        "license": ADDRESS,
        "landingPage": ADDRESS,
        "spatial": {"type": "string", "pattern": r"^(-?[\d.]+,){3}-?[\d.]+$"},
        "temporal": {"type": "string", "pattern": "^.+/.+$"},
        "accrualPeriodicity": {"type": "string", "pattern": r"^R/P\d+[DWMY]$"},
        "distribution": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["@type", "title"],
                "properties": {
                    "@type": {"const": "dcat:Distribution"},
                    "downloadURL": ADDRESS,
                    "accessURL": ADDRESS,
                    "mediaType": {"type": "string", "pattern": "^[a-z]+/[a-z0-9.+-]+$"},
                },
                "oneOf": [{"required": ["downloadURL", "mediaType"]}, {"required": ["accessURL"]}],
            },
        },
    },
}  # fmt: skip
CATALOGUE = {
    "type": "object",
    "required": ["conformsTo", "dataset"],
    "properties": {
        "conformsTo": {"const": "https://project-open-data.cio.gov/v1.1/schema"},
        "dataset": {"type": "array", "items": DATASET},
    },
}


def harvested() -> dict[str, dict[str, Any]]:
    found = Client().get("/data.json").json()["dataset"]
    return {one["identifier"].rsplit("/", 1)[1]: one for one in found}


def linked() -> dict[str, dict[str, Any]]:
    found = Client().get("/ogc/dcat").json()["dcat:dataset"]
    return {one["dct:identifier"]: one for one in found}


def test_data_json_is_what_a_harvester_accepts(cast: Any, settings: Any) -> None:
    settings.DATA_CONTACT = "walidata@contoh.example"
    jsonschema.validate(Client().get("/data.json").json(), CATALOGUE)


def test_both_catalogues_list_the_public_layers_and_no_other(cast: Any) -> None:
    assert set(harvested()) == set(linked()) == PUBLIC


@pytest.mark.parametrize("address", ["/data.json", "/ogc/dcat"])
def test_whoever_asks_reads_the_same(cast: Any, browser_of: Any, address: str) -> None:
    told = Client().get(address)
    assert told["Cache-Control"] == "public, max-age=300"
    assert browser_of(cast.planner).get(address).json() == told.json()


def test_a_dataset_has_both_languages_its_office_and_its_rhythm(cast: Any) -> None:
    one, layer = linked()["latest-prices"], LAYERS["latest-prices"]
    assert one["dct:title"] == [
        {"@language": "id", "@value": layer.title.id},
        {"@language": "en", "@value": layer.title.en},
    ]
    assert one["dct:publisher"]["foaf:name"] == layer.owner
    assert one["dct:accrualPeriodicity"]["@id"].endswith("/DAILY")
    assert linked()["zones"]["dct:accrualPeriodicity"]["@id"].endswith("/QUINQUENNIAL")
    assert harvested()["latest-prices"]["accrualPeriodicity"] == "R/P1D"


def test_every_download_that_is_named_is_there(cast: Any) -> None:
    for one in harvested()["markets"]["distribution"]:
        address = one.get("downloadURL") or one["accessURL"]
        answer = Client().head(address)
        assert answer.status_code == 200, address
        if media := one.get("mediaType"):
            assert answer["Content-Type"].split(";")[0] == media
    names = [one["downloadURL"] for one in harvested()["markets"]["distribution"][: len(FILES)]]
    assert len(set(names)) == len(FILES)


def test_what_is_not_released_is_not_in_the_dates(cast: Any) -> None:
    assert harvested()["stunting-prevalence"]["temporal"].startswith("2026-08-01")
    assert "2026-11" not in harvested()["stunting-prevalence"]["temporal"]
