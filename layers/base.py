"""The layer contract: one frozen declaration from which items, tiles, legend, form and tests come.

A theme in `layers/catalog` declares `Layer(...)` beside its model. Geometry is stored in EPSG:4326
(lon, lat); every ORM path here may follow foreign keys (`"kelurahan__geom"`), so that a layer never
copies a geometry that another one owns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Account
from django.contrib.gis.db.models import GeometryField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import GeneratedField, Model, Q, QuerySet, TextChoices
from django.utils.translation import get_language

from layers.mercator import SUFFIX

if TYPE_CHECKING:
    from layers.forms import Form

User = Account | AnonymousUser


@dataclass(frozen=True)
class Text:
    """A phrase in the portal's two languages; `str()` gives the one that is active."""

    id: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "id").startswith("en") else self.id


def named(choices: type[TextChoices], **english: str) -> dict[str, Text]:
    """The names of coded values: Indonesian from the choices, English by member name."""
    return {member.value: Text(str(member.label), english[member.name]) for member in choices}


def coded(value: Any) -> str:
    """A value as its code in `Property.values` and `StyleClass.value`: booleans as JSON and tiles
    write them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Format(StrEnum):
    """How a value is written for people; the data itself is never formatted."""

    TEXT = "text"
    NUMBER = "number"
    RUPIAH = "rupiah"
    PERCENT = "percent"
    AREA = "area"  # square metres
    DATE = "date"
    MONTH = "month"
    DATETIME = "datetime"
    YES_NO = "yes-no"
    FLAG = "flag"  # worth saying only where it holds


@dataclass(frozen=True)
class Theme:
    """What belongs together: a file or folder of the catalog, a heading in lists, a limit of a
    duty. Lists follow `rank`, then the order of the catalog."""

    id: str
    title: Text
    rank: int = 100


@dataclass(frozen=True)
class Property:
    """One property of a feature.

    `source` is its ORM path (its name where empty); `values` names coded values for people;
    `tile` puts it into the vector tile as well; `filter` lets a URL ask for one value of it.
    """

    name: str
    title: Text
    source: str = ""
    format: Format = Format.TEXT
    values: Mapping[str, Text] = field(default_factory=dict)
    tile: bool = False
    filter: bool = False

    @property
    def path(self) -> str:
        return self.source or self.name


@dataclass(frozen=True)
class StyleClass:
    """A line of the legend. `value` is a category, the lower bound of a step, or None for no
    value.
    """

    value: str | float | None
    colour: str
    title: Text
    pattern: Literal["", "hatch", "hollow"] = ""


@dataclass(frozen=True)
class Style:
    """How a layer is drawn, as data: the browser map, the documents and the legend all read
    this.
    """

    kind: Literal["fill", "line", "circle"]
    colour: str = "#2563eb"
    by: str = ""  # the property that decides the class
    scale: Literal["category", "step"] = "category"
    classes: tuple[StyleClass, ...] = ()
    label: str = ""  # the property written on the map
    radius: float = 5.0  # pixels, circles only
    opacity: float = 0.75

    def class_of(self, value: Any) -> StyleClass | None:
        """The line of the legend that a value belongs to: its own, or the last step it reaches."""
        if self.scale == "step" and value is not None:
            reached = [
                one
                for one in self.classes
                if isinstance(one.value, int | float) and one.value <= value
            ]
            return reached[-1] if reached else None
        asked = None if value is None else coded(value)
        return next((one for one in self.classes if one.value == asked), None)

    def colour_of(self, value: Any) -> str:
        found = self.class_of(value)
        return found.colour if found else self.colour


class Refused(Exception):
    """A submission that cannot become a feature. `reasons`: field name -> sentence for its
    sender.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
        self.reasons = dict(reasons)


Build = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Ingest:
    """How rows of a vector file become rows of the model.

    `key` are the model fields that identify a row, so that a second load updates. `fields` maps
    each model field (or name that `build` understands) to the column names met in real files,
    compared without regard to case; a file without a column for one of `required` (the key where
    empty) is refused whole. `build()` is called once a load and gives the function that turns what
    a row says, and its geometry (shapely, EPSG:4326) under "shape", into model field values, or
    raises `Refused`; what it writes besides, it writes atomically. `after()` runs once, in the same
    transaction, when rows changed. `coverage` asks for a report of gaps and overlaps. `group` are
    the fields that the rows of one file share (the plan of a zone): a load with --complete removes
    what the file no longer holds of its group, and with them their rows of the models `derived`,
    which the database makes of them. `beside` are models that `build` and `after` write as well and
    cannot make again: they go back with the rows where a load is taken back.
    """

    key: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...] = ()
    build: Callable[[], Build] | None = None
    after: Callable[[], None] | None = None
    coverage: bool = False
    group: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Layer:
    """One geographic layer of the city. See DESIGN "The layer contract".

    `public` + `staff` + `private` must cover every field of the model (a system check holds it).
    `published` are the rows that the public may see under a public policy. `fixed` are the field
    values that all rows of the layer share, where layers share a model. `area` and `unit` are the
    ORM paths to the kelurahan and to the Puskesmas by which a duty may be limited. `time` is the
    path of when a row is true, `updated` of when it last changed where that is another (freshness).
    `facet` is the property of which a map shows one value at a time (a commodity, a month).
    `edition` says that the rows change together, by a load or a release, and seldom: such a layer's
    tiles are addressed by version and cached for good; those of others are asked for anew.
    `overview` says what stands for the rows where a tile would hold too many of them: "grid" counts
    points in cells, "areas" counts rows by `area`, "coverage" draws shapes that meet more roughly.
    `search` are the properties by which a person looks for a row, the first its name.
    """

    id: str
    theme: Theme
    title: Text
    description: Text
    model: type[Model]
    owner: str
    update_every: timedelta
    policy: str
    public: tuple[Property, ...]
    staff: tuple[Property, ...] = ()
    private: tuple[str, ...] = ()
    geometry: str = "geom"
    time: str = ""
    updated: str = ""
    published: Q = field(default_factory=Q)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    area: str = ""
    unit: str = ""
    facet: str = ""
    edition: bool = False
    overview: Literal["", "grid", "areas", "coverage"] = ""
    search: tuple[str, ...] = ()
    minzoom: int = 0
    maxzoom: int = 22
    style: Style = field(default_factory=lambda: Style(kind="circle"))
    on_map: bool = True
    shown: bool = False  # switched on when the map opens
    accepts: Form | None = None
    ingest: Ingest | None = None

    @property
    def properties(self) -> tuple[Property, ...]:
        return self.public + self.staff

    @property
    def mercator(self) -> str:
        """The ORM path to the stored twin of the geometry in EPSG:3857, for tiles."""
        return f"{self.geometry}{SUFFIX}"

    @property
    def geometry_field(self) -> GeometryField:
        """The model field at the end of the `geometry` path."""
        found: GeometryField = self.field_at(self.geometry)
        return found

    def field_at(self, path: str) -> Any:
        """The model field at the end of an ORM path, and of a generated one what it gives. Raises
        FieldDoesNotExist."""
        model: Any = self.model
        for step in path.split("__"):
            if model is None:
                raise FieldDoesNotExist(path)
            found = model._meta.get_field(step)
            model = found.related_model
        return found.output_field if isinstance(found, GeneratedField) else found

    def rows(self) -> QuerySet[Model]:
        """Every row of the layer, whoever asks: for the layer's own theme and for commands."""
        return self.model._default_manager.filter(**self.fixed)

    def visible_to(self, user: User) -> QuerySet[Model]:
        """The rows that this person may see: the one question every reader asks."""
        from layers.permissions import visible_rows

        return self.rows().filter(visible_rows(self, user))
