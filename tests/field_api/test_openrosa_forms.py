"""The XForms: held against pyxform, the reference generator, and, where Java is, ODK Validate."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pyxform.validators import odk_validate
from pyxform.xls2xform import convert

from field_api.openrosa.xforms import LANGUAGES, POINT, Version, code_lists, xform
from layers.base import Layer
from layers.forms import FormField
from layers.registry import LAYERS

NS = {
    "x": "http://www.w3.org/2002/xforms",
    "h": "http://www.w3.org/1999/xhtml",
    "jr": "{http://openrosa.org/javarosa}",
}
ALL = [
    pytest.param(layer, version, id=f"{layer.id}-{version.version}")
    for layer in LAYERS.values()
    if layer.accepts
    for version in layer.accepts.versions.values()
]
KINDS = {"text": "text", "uuid": "text", "integer": "integer", "decimal": "decimal",
         "date": "date", "photo": "image"}  # fmt: skip


def words(name: str, text: Any) -> dict[str, str]:
    return {f"{name}::{LANGUAGES['id']}": text.id, f"{name}::{LANGUAGES['en']}": text.en}


def row(question: FormField) -> dict[str, str]:
    """The question as a form designer would write it in a spreadsheet."""
    row = {"name": question.name, "type": KINDS.get(question.kind, ""),
           **words("label", question.title)}  # fmt: skip
    if question.required:
        row["required"] = "yes"
    if question.codes:
        row |= {"type": f"select_one_from_file {question.codes}.csv",
                "parameters": "value=code label=name",
                "appearance": "minimal autocomplete"}  # fmt: skip
    elif question.kind == "choice":
        row["type"] = f"select_one {question.name}"
    elif question.kind == "photo":
        row["parameters"] = "max-pixels=1600"
    elif question.kind == "text" and question.max_length > 255:
        row["appearance"] = "multiline"
    return row


def reference(layer: Layer, version: Version) -> ET.Element:
    """The same form by pyxform, which refuses what its rules do not allow."""
    assert layer.accepts is not None
    point = {"type": "geopoint", "name": POINT, f"label::{LANGUAGES['id']}": "Lokasi",
             f"label::{LANGUAGES['en']}": "Location",
             "parameters": "capture-accuracy=10 warning-accuracy=100"}  # fmt: skip
    if layer.accepts.point == "required":
        point["required"] = "yes"
    made = convert(
        {
            "survey": [point, *(row(question) for question in version.fields)],
            "choices": [
                {"list_name": question.name, "name": code, **words("label", text)}
                for question in version.fields
                for code, text in question.choices.items()
            ],
            "settings": [{"form_title": layer.accepts.title.id, "form_id": layer.id,
                          "version": version.version, "default_language": LANGUAGES["id"]}],
        },
        validate=False,
    )  # fmt: skip
    assert made.warnings == []
    return ET.fromstring(made.xform)


def ours(layer: Layer, version: Version) -> ET.Element:
    return ET.fromstring(xform(layer, version))


def spoken(form: ET.Element) -> dict[str, dict[str, str]]:
    """What is said under each id, by language."""
    return {
        translation.get("lang", ""): {
            text.get("id", ""): text.findtext("x:value", "", NS)
            for text in translation.findall("x:text", NS)
        }
        for translation in form.findall(".//x:itext/x:translation", NS)
    }


def said(form: ET.Element, reference: str) -> list[str]:
    """What `jr:itext('…')` says in each language."""
    key = reference.removeprefix("jr:itext('").removesuffix("')")
    return [texts[key] for texts in spoken(form).values()]


def choices(form: ET.Element, control: ET.Element) -> dict[str, list[str]]:
    """Codes and their names, however the form writes them."""
    inline = {
        item.findtext("x:value", "", NS): said(form, item.find("x:label", NS).get("ref", ""))
        for item in control.findall("x:item", NS)
    }
    itemset = control.find("x:itemset", NS)
    if itemset is None or itemset.find("x:value", NS).get("ref") == "code":
        return inline
    name = itemset.get("nodeset", "").split("'")[1]
    return {
        item.findtext("x:name", "", NS): said(form, item.findtext("x:itextId", "", NS))
        for item in form.findall(f".//x:instance[@id='{name}']/x:root/x:item", NS)
    }


def outline(form: ET.Element) -> dict[str, Any]:
    """What a client makes of the form, free of the ways in which it can be written."""
    data = form.find(".//x:model/x:instance", NS)[0]
    told = {f"{NS['jr']}requiredMsg", f"{NS['jr']}constraintMsg", "constraint"}
    return {
        "title": form.findtext(".//h:title", "", NS),
        "form": data.attrib,
        "questions": [child.tag for child in data if not child.tag.endswith("meta")],
        "files": {
            found.get("id"): found.get("src")
            for found in form.findall(".//x:model/x:instance[@src]", NS)
        },
        "binds": {
            bind.get("nodeset"): {k: v for k, v in bind.attrib.items() if k not in told}
            for bind in form.findall(".//x:bind", NS)
            if "/meta/" not in bind.get("nodeset", "")
        },
        "controls": [(control.tag, control.attrib) for control in form.find("h:body", NS)],
        "labels": [
            said(form, control.find("x:label", NS).get("ref", ""))
            for control in form.find("h:body", NS)
        ],
        "choices": [choices(form, control) for control in form.find("h:body", NS)],
        "itemsets": [
            (found.get("nodeset"), [child.get("ref") for child in found])
            for found in form.findall(".//x:itemset", NS)
            if found.find("x:value", NS).get("ref") == "code"
        ],
    }


@pytest.mark.parametrize(("layer", "version"), ALL)
def test_a_form_is_what_the_reference_generator_makes_of_it(layer: Layer, version: Version) -> None:
    assert outline(ours(layer, version)) == outline(reference(layer, version))


@pytest.mark.parametrize(("layer", "version"), ALL)
def test_odk_validate_accepts_each_form(layer: Layer, version: Version, tmp_path: Path) -> None:
    if not shutil.which("java"):
        pytest.skip("ODK Validate needs Java")
    file = tmp_path / "form.xml"
    file.write_bytes(xform(layer, version))
    assert odk_validate.check_xform(str(file)) == []


@pytest.mark.parametrize(("layer", "version"), ALL)
def test_everything_a_form_says_is_said_in_both_languages(layer: Layer, version: Version) -> None:
    form = ours(layer, version)
    indonesian, english = (spoken(form)[name] for name in LANGUAGES.values())
    assert indonesian.keys() == english.keys()
    assert all(indonesian.values())
    assert all(english.values())
    referred = {
        value.removeprefix("jr:itext('").removesuffix("')")
        for element in form.iter()
        for value in element.attrib.values()
        if value.startswith("jr:itext")
    }
    assert referred == set(indonesian)


@pytest.mark.parametrize(("layer", "version"), ALL)
def test_each_form_tells_when_and_by_which_device_it_was_filled_in(
    layer: Layer, version: Version
) -> None:
    form = ours(layer, version)
    meta = form.find(".//x:data/x:meta", NS)
    assert [child.tag.rpartition("}")[2] for child in meta] == [
        "instanceID", "timeStart", "timeEnd", "deviceID", "instanceName",
    ]  # fmt: skip
    preloads = {
        bind.get("nodeset"): (bind.get(f"{NS['jr']}preload"), bind.get(f"{NS['jr']}preloadParams"))
        for bind in form.findall(".//x:bind", NS)
        if bind.get(f"{NS['jr']}preload")
    }
    assert preloads == {
        "/data/meta/instanceID": ("uid", None),
        "/data/meta/timeStart": ("timestamp", "start"),
        "/data/meta/timeEnd": ("timestamp", "end"),
        "/data/meta/deviceID": ("property", "deviceid"),
    }


def test_bounds_are_told_before_and_after_an_answer_breaks_them() -> None:
    layer = LAYERS["price-readings"]
    form = ours(layer, layer.accepts)  # type: ignore[arg-type]
    bind = form.find(".//x:bind[@nodeset='/data/price']", NS)
    control = form.find(".//x:input[@ref='/data/price']", NS)
    assert bind.get("constraint") == ". >= 1 and . <= 10000000"
    assert said(form, bind.get(f"{NS['jr']}constraintMsg", "")) == [
        "Dari 1 sampai 10.000.000.", "From 1 to 10,000,000.",
    ]  # fmt: skip
    assert said(form, control.find("x:hint", NS).get("ref", ""))[0] == "Dari 1 sampai 10.000.000."


def test_a_decimal_allows_no_more_places_than_the_server_keeps() -> None:
    layer = LAYERS["measurements"]
    form = ours(layer, layer.accepts)  # type: ignore[arg-type]
    bind = form.find(".//x:bind[@nodeset='/data/weight_kg']", NS)
    assert bind.get("constraint") == (
        ". >= 0.5 and . <= 40 and regex(string(.), '^-?[0-9]+([.][0-9]{1,2})?$')"
    )
    assert said(form, bind.get(f"{NS['jr']}constraintMsg", ""))[0] == (
        "Dari 0,5 sampai 40, paling banyak dua angka di belakang koma."
    )


@pytest.mark.parametrize(("layer", "version"), ALL)
def test_every_code_list_of_a_question_is_one_of_the_form(layer: Layer, version: Version) -> None:
    assert layer.accepts is not None
    assert set(code_lists(version)) <= {codes.id for codes in layer.accepts.lists}
