"""Devices in the admin: who carries which phone, and the end of a lost one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from knox import admin as _knox  # noqa: F401 - registers AuthToken before we take it away
from knox.models import AuthToken

from field_api.models import Device
from layers.permissions import keeps_portal

admin.site.unregister(AuthToken)  # a token belongs to a device, and is seen once, by its officer


@admin.register(Device)
class DeviceAdmin(admin.ModelAdmin):
    list_display = ("name", "user", "enrolled_at", "open")
    search_fields = ("name", "user__username")
    actions = ("revoke",)

    @admin.display(description="dapat mengirim", boolean=True)
    def open(self, device: Device) -> bool:
        return device.token_id is not None

    @admin.action(description="Cabut akses gawai terpilih")
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        AuthToken.objects.filter(device__in=devices).delete()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return keeps_portal(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Enrolling shows a token, which no list may do: `manage.py enrol_device`."""
        return False

    has_change_permission = has_delete_permission = has_add_permission
