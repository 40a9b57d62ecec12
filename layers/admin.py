"""The admin, derived from the registry: a model for every layer whose rows an official keeps.

What an official sees here is what `staff_rows` grants, what may be changed is `Policy.edit`;
private fields appear nowhere. Django's own permissions grant nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.contrib.auth.admin import UserAdmin  # registers User and Group, which we take away
from django.contrib.auth.models import Group, User
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import lazystr

from layers import geojson
from layers.base import Layer
from layers.permissions import NOTHING, Duty, keeps_portal, may_edit, staff_rows
from layers.provenance import Load, demo_layer_ids
from layers.registry import LAYERS, REFERENCE


class MapWidget(forms.Textarea):
    """A geometry as GeoJSON text, drawn on a map by the portal's own script."""

    class Media:
        css = {"all": ["vendor/ol/ol.css", "maps/admin_map.css"]}
        js = [
            forms.Script("vendor/ol/ol.js", defer=True),
            forms.Script("maps/admin_map.js", defer=True),
        ]

    def __init__(self, geometry_type: str) -> None:
        super().__init__(attrs={"data-geometry": geometry_type, "rows": 4})

    def format_value(self, value: Any) -> str | None:
        return value.json if isinstance(value, GEOSGeometry) else value


class GeoJSONField(forms.CharField):
    """GeoJSON text to a geometry of the model field's type."""

    def __init__(self, field: GeometryField, **more: Any) -> None:
        self.geometry_type = field.geom_type
        super().__init__(widget=MapWidget(self.geometry_type), **more)

    def prepare_value(self, value: Any) -> Any:
        return value.json if isinstance(value, GEOSGeometry) else value

    def clean(self, value: Any) -> GEOSGeometry | None:
        text = super().clean(value)
        try:
            return geojson.read(text, self.geometry_type) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = initial.json if isinstance(initial, GEOSGeometry) else initial
        return (before or "") != (data or "")


class LayerAdmin(admin.ModelAdmin):
    """One model of the catalog; `layers` are those that show its rows."""

    layers: tuple[Layer, ...] = ()
    titles: Mapping[str, str] = {}
    filters: tuple[str, ...] = ()
    columns: tuple[Any, ...] = ()
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        rows = NOTHING
        for layer in self.layers:
            rows |= staff_rows(layer, request.user)
        return super().get_queryset(request).filter(rows)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return any(staff_rows(layer, request.user) is not NOTHING for layer in self.layers)

    has_module_permission = has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return any(may_edit(layer, request.user) for layer in self.layers)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Where several layers share the model, a row alone does not say to which it belongs."""
        return len(self.layers) == 1 and self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """As after a file: what depends on the layer is settled, and its freshness moves on."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            for layer in self.layers:
                if not layer.rows().filter(pk=obj.pk).exists():
                    continue
                if layer.ingest and layer.ingest.after:
                    layer.ingest.after()
                Load.objects.create(
                    layer_id=layer.id,
                    source="Admin",
                    loaded_by=cast(User, request.user),
                    is_demo=layer.id in demo_layer_ids(),
                    report={"changed": form.changed_data, "row": obj.pk},
                )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters offered, by equality: a lookup in a URL must reach neither a geometry
        nor a regular expression."""
        offered = {f"{name}{how}" for name in self.filters for how in ("", "__exact")}
        return lookup in offered and "\x00" not in value

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        may_write = self.has_change_permission(request) or self.has_add_permission(request)
        return self.fields if may_write else self.columns

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return () if self.get_fields(request, obj) is self.fields else self.columns

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if isinstance(db_field, GeometryField):
            return GeoJSONField(db_field, label="Lokasi")
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in self.titles:
            field.label = self.titles[db_field.name]
        return field


class PortalAdmin(admin.ModelAdmin):
    """What only an administrator by duty keeps."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return keeps_portal(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return keeps_portal(request.user)

    has_change_permission = has_add_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


admin.site.unregister(Group)  # roles are duties
admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(PortalAdmin, UserAdmin):
    """Accounts without Django's own permissions, which grant nothing here. An account is closed,
    not deleted: its history stays."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Orang", {"fields": ("first_name", "last_name", "email")}),
        ("Akses", {"fields": ("is_active", "is_staff")}),
    )
    list_display = ("username", "first_name", "is_active", "last_login")
    list_filter = ("is_active",)
    filter_horizontal = ()


@admin.register(Duty)
class DutyAdmin(PortalAdmin):
    list_display = ("user", "role", "themes", "area_code", "puskesmas")
    list_filter = ("role",)
    raw_id_fields = ("user",)


@admin.register(Load)
class LoadAdmin(PortalAdmin):
    """History: read, never written by hand."""

    list_display = ("loaded_at", "layer_id", "source", "is_demo", "loaded_by")

    has_add_permission = has_change_permission = PortalAdmin.has_delete_permission


class ReferenceAdmin(PortalAdmin):
    """Rows that a ministry or the city may change. A row that ends is followed by a newer one: what
    was decided by it stays readable."""

    def get_list_display(self, request: HttpRequest) -> Any:
        return [field.name for field in self.opts.concrete_fields if not field.primary_key]


def _register(model: type[Model], layers: tuple[Layer, ...]) -> None:
    titles = {
        prop.path.split("__")[0]: lazystr(prop.title)
        for layer in layers
        for prop in layer.properties
    }
    shown = [
        name
        for name in dict.fromkeys((*titles, *(layer.geometry.split("__")[0] for layer in layers)))
        if _field(model, name)
    ]
    columns = [name for name in shown if not _is_geometry(_field(model, name))]
    relations = [name for name in columns if isinstance(_field(model, name), ForeignKey)]
    filters = tuple(name for name in columns if _field(model, name).choices)
    admin.site.register(
        model,
        type(
            f"{model.__name__}Admin",
            (LayerAdmin,),
            {
                "layers": layers,
                "titles": titles,
                "fields": [name for name in shown if _field(model, name).editable],
                "columns": tuple(_column(name, titles) for name in shown),
                "filters": filters,
                "list_display": [_column(name, titles) for name in columns[:6]] or ["__str__"],
                "list_filter": [(name, _filter(titles[name])) for name in filters],
                "raw_id_fields": relations,
                "list_select_related": relations or False,
            },
        ),
    )


def _column(name: str, titles: Mapping[str, Any]) -> Any:
    """A column, or a line of a form that is only read, under the property's own title."""

    @admin.display(description=titles.get(name, "Lokasi"), ordering=name)
    def column(row: Model) -> Any:
        said = getattr(row, f"get_{name}_display", None)
        value = said() if said else getattr(row, name)
        if isinstance(value, GEOSGeometry):
            return value.json
        return display_for_value(value, "-")

    return column


def _filter(title: Any) -> type[admin.ChoicesFieldListFilter]:
    """Django's filter of a field with choices, under the property's own title."""

    class Filter(admin.ChoicesFieldListFilter):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self.title = title

    return Filter


def _is_geometry(field: Any) -> bool:
    return isinstance(getattr(field, "output_field", field), GeometryField)


def _field(model: type[Model], name: str) -> Any:
    try:
        found: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if found.concrete else None


for _model in REFERENCE:
    admin.site.register(_model, ReferenceAdmin)
admin.site.site_header = admin.site.site_title = "Geo Portal Kota Kupang"
admin.site.index_title = "Data yang dikelola"
for _model in dict.fromkeys(layer.model for layer in LAYERS.values()):
    _register(_model, tuple(layer for layer in LAYERS.values() if layer.model is _model))
