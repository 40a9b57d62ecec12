"""A form as an XForm, in the portal's two languages (getodk.github.io/xforms-spec)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from xml.etree import ElementTree as ET

from layers.base import Layer, Text
from layers.forms import Earlier, Form, FormField

Version = Form | Earlier

LANGUAGES = {"id": "Bahasa Indonesia (id)", "en": "English (en)"}
POINT = "geometry"  # the question where the officer stands; the other names are the form's own
GOOD_FIX, POOR_FIX = 10, 100  # metres: taken at once, and warned of
PHOTO_PIXELS = 1600  # the longer side: sharp on a page, half a megabyte on the way
LONG_TEXT = 255

_NAMESPACES = {
    "xmlns": "http://www.w3.org/2002/xforms",
    "xmlns:h": "http://www.w3.org/1999/xhtml",
    "xmlns:jr": "http://openrosa.org/javarosa",
    "xmlns:orx": "http://openrosa.org/xforms",
    "xmlns:odk": "http://www.opendatakit.org/xforms",
    "xmlns:xsd": "http://www.w3.org/2001/XMLSchema",
}
_TYPES = {"integer": "int", "decimal": "decimal", "date": "date", "photo": "binary"}
_META: Mapping[str, Mapping[str, str]] = {
    "instanceID": {"type": "string", "readonly": "true()", "jr:preload": "uid"},
    "timeStart": {"type": "dateTime", "jr:preload": "timestamp", "jr:preloadParams": "start"},
    "timeEnd": {"type": "dateTime", "jr:preload": "timestamp", "jr:preloadParams": "end"},
    "deviceID": {"type": "string", "jr:preload": "property", "jr:preloadParams": "deviceid"},
}
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_REQUIRED = Text("Isian ini wajib diisi.", "This question must be answered.")


def code_lists(version: Version) -> list[str]:
    """The ids of the code lists that the questions of this version draw on."""
    return list(dict.fromkeys(q.codes for q in version.fields if q.codes))


def xform(layer: Layer, version: Version) -> bytes:
    """The XForm of this version of the form that the layer accepts."""
    assert layer.accepts is not None
    return _Writer(layer, layer.accepts, version).document()


class _Writer:
    def __init__(self, layer: Layer, form: Form, version: Version) -> None:
        self.form, self.version = form, version
        self.html = ET.Element("h:html", _NAMESPACES)
        head = ET.SubElement(self.html, "h:head")
        ET.SubElement(head, "h:title").text = form.title.id
        self.model = ET.SubElement(head, "model", {"odk:xforms-version": "1.0.0"})
        itext = ET.SubElement(self.model, "itext")
        self.words = {
            code: ET.SubElement(itext, "translation", {"lang": name})
            for code, name in LANGUAGES.items()
        }
        self.words["id"].set("default", "true()")
        instance = ET.SubElement(self.model, "instance")
        self.data = ET.SubElement(instance, "data", {"id": layer.id, "version": version.version})
        self.body = ET.SubElement(self.html, "h:body")

    def document(self) -> bytes:
        for name in code_lists(self.version):
            source = {"id": name, "src": f"jr://file-csv/{name}.csv"}
            ET.SubElement(self.model, "instance", source)
        self._point()
        for question in self.version.fields:
            self._question(question)
        meta = ET.SubElement(self.data, "meta")
        for name, bind in {**_META, **_instance_name(self.version)}.items():
            ET.SubElement(meta, name)
            ET.SubElement(self.model, "bind", {"nodeset": f"/data/meta/{name}", **bind})
        return bytes(ET.tostring(self.html, encoding="utf-8", xml_declaration=True))

    def _point(self) -> None:
        limits = {
            "accuracyThreshold": str(GOOD_FIX),
            "unacceptableAccuracyThreshold": str(POOR_FIX),
        }
        bind = {"type": "geopoint"} | self._required(POINT, self.form.point == "required")
        title = Text("Lokasi", "Location")
        hint = Text(
            f"Tunggu di tempat terbuka sampai ketelitian {GOOD_FIX} m atau lebih baik.",
            f"Wait in the open until the accuracy is {GOOD_FIX} m or better.",
        )
        self._ask("input", POINT, title, bind, limits, hint)

    def _question(self, question: FormField) -> None:
        bind = {"type": _TYPES.get(question.kind, "string") if not question.codes else "string"}
        bind |= self._required(question.name, question.required)
        rule = _rule(question)
        if rule:
            constraint, told = rule
            bind["constraint"] = constraint
            bind["jr:constraintMsg"] = self._say(f"/data/{question.name}:jr:constraintMsg", told)
        if question.kind == "photo":
            bind["orx:max-pixels"] = str(PHOTO_PIXELS)
        tag, look = _control(question)
        control = self._ask(tag, question.name, question.title, bind, look, _hint(question))
        if question.codes:
            rows = f"instance('{question.codes}')/root/item"
            items = ET.SubElement(control, "itemset", {"nodeset": rows})
            ET.SubElement(items, "value", {"ref": "code"})
            ET.SubElement(items, "label", {"ref": "name"})
            return
        for code, text in question.choices.items():
            item = ET.SubElement(control, "item")
            spoken = self._say(f"/data/{question.name}/{code}:label", text)
            ET.SubElement(item, "label", {"ref": spoken})
            ET.SubElement(item, "value").text = code

    def _ask(
        self,
        tag: str,
        name: str,
        title: Text,
        bind: Mapping[str, str],
        look: Mapping[str, str],
        hint: Text | None,
    ) -> ET.Element:
        path = f"/data/{name}"
        ET.SubElement(self.data, name)
        ET.SubElement(self.model, "bind", {"nodeset": path, **bind})
        control = ET.SubElement(self.body, tag, {"ref": path, **look})
        ET.SubElement(control, "label", {"ref": self._say(f"{path}:label", title)})
        if hint:
            ET.SubElement(control, "hint", {"ref": self._say(f"{path}:hint", hint)})
        return control

    def _required(self, name: str, required: bool) -> dict[str, str]:
        if not required:
            return {}
        told = self._say(f"/data/{name}:jr:requiredMsg", _REQUIRED)
        return {"required": "true()", "jr:requiredMsg": told}

    def _say(self, key: str, text: Text) -> str:
        for code, translation in self.words.items():
            spoken = ET.SubElement(translation, "text", {"id": key})
            ET.SubElement(spoken, "value").text = getattr(text, code)
        return f"jr:itext('{key}')"


def _instance_name(version: Version) -> dict[str, dict[str, str]]:
    """What Collect lists a filled-in form as: the names of what was chosen."""
    chosen = [
        f"instance('{question.codes}')/root/item[code = /data/{question.name}]/name"
        if question.codes
        else f"jr:choice-name(/data/{question.name}, '/data/{question.name}')"
        for question in version.fields
        if question.codes or question.kind == "choice"
    ]
    if not chosen:
        return {}
    together = ", ' · ', ".join(chosen)
    return {"instanceName": {"type": "string", "calculate": f"concat({together}, '')"}}


def _control(question: FormField) -> tuple[str, dict[str, str]]:
    if question.codes:
        return "select1", {"appearance": "minimal autocomplete"}  # a list with a search field
    if question.kind == "choice":
        return "select1", {}
    if question.kind == "photo":
        return "upload", {"mediatype": "image/*"}
    if question.kind == "text" and question.max_length > LONG_TEXT:
        return "input", {"appearance": "multiline"}
    return "input", {}


def _rule(question: FormField) -> tuple[str, Text] | None:
    """What an answer must meet, as XPath, and what is said where it does not."""
    if question.codes:
        return None
    match question.kind:
        case "integer" | "decimal":
            return _number_rule(question)
        case "text":
            most = question.max_length
            told = Text(f"Paling panjang {most} huruf.", f"At most {most} characters.")
            return f"string-length(.) <= {most}", told
        case "uuid":
            return f"regex(., '^{_UUID}$')", Text("Tulis kode UUID.", "Write a UUID.")
    return None


def _number_rule(question: FormField) -> tuple[str, Text] | None:
    rules = []
    if question.minimum is not None:
        rules.append(f". >= {question.minimum}")
    if question.maximum is not None:
        rules.append(f". <= {question.maximum}")
    told = _bounds(question)
    if question.kind == "decimal":
        rules.append(r"regex(string(.), '^-?[0-9]+([.][0-9]{1,2})?$')")
        told = Text(
            f"{told.id}, paling banyak dua angka di belakang koma".lstrip(", "),
            f"{told.en}, at most two decimals".lstrip(", "),
        )
    return (" and ".join(rules), Text(f"{told.id}.", f"{told.en}.")) if rules else None


def _bounds(question: FormField) -> Text:
    least, most = question.minimum, question.maximum
    if least is not None and most is not None:
        return Text(f"Dari {_id(least)} sampai {_id(most)}", f"From {_en(least)} to {_en(most)}")
    if least is not None:
        return Text(f"Paling kecil {_id(least)}", f"At least {_en(least)}")
    if most is not None:
        return Text(f"Paling besar {_id(most)}", f"At most {_en(most)}")
    return Text("", "")


def _hint(question: FormField) -> Text | None:
    if question.codes:
        return Text("Cari dengan nama.", "Search by name.")
    if question.kind == "photo":
        return Text("Foto yang terang, tanpa wajah orang.", "A clear photo, without faces.")
    if question.kind in ("integer", "decimal"):
        hint = _bounds(question)
        return Text(f"{hint.id}.", f"{hint.en}.") if hint.id else None
    return None


def _en(number: int | Decimal) -> str:
    return f"{number:,}"


def _id(number: int | Decimal) -> str:
    return _en(number).translate(str.maketrans(",.", ".,"))
