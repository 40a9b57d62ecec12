"""Devices in the admin: who carries which phone, a new one, and the end of a lost one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from knox import admin as _knox  # noqa: F401 - registers AuthToken before we take it away
from knox.models import AuthToken

from field_api import qr
from field_api.devices import CODE_LIFE, CodeRefused, invite, redeem
from field_api.models import Device, Enrolment
from layers.permissions import Duty, duties, keeps_portal

admin.site.unregister(AuthToken)  # a token belongs to a device, and is seen once, by its officer


class ReadOnlyAdmin(admin.ModelAdmin):
    """For administrators by duty, who change nothing here but by an action."""

    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return keeps_portal(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return keeps_portal(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return False  # no filters are offered: a lookup in the address would reach the hashes


def named(user: User) -> str:
    name = user.get_full_name()
    return f"{name} ({user.username})" if name else user.username


class Person(forms.ModelChoiceField):
    def label_from_instance(self, person: Model) -> str:
        return named(cast(User, person))


class EnrolmentForm(forms.Form):
    """For whom, and by which app."""

    user = Person(
        queryset=User.objects.filter(
            Exists(Duty.objects.filter(user=OuterRef("pk"))), is_active=True
        ).order_by("first_name", "username"),
        label="Petugas",
        empty_label="Pilih orang",
        help_text="Hanya akun aktif yang memegang tugas.",
    )
    app = forms.ChoiceField(
        label="Aplikasi",
        choices=[("field", "Aplikasi petugas"), ("collect", "ODK Collect")],
        initial="field",
        widget=forms.RadioSelect,
    )

    def clean_user(self) -> User:
        """Whoever holds a code may read what its person may: an administrator reads no child."""
        person: User = self.cleaned_data["user"]
        if any(duty.puskesmas_id for duty in duties(person)):
            raise forms.ValidationError(
                "Petugas ini memegang data anak dan mendaftarkan ponselnya sendiri: di /field/, "
                "setelah masuk dengan akunnya, dengan «Saya sudah masuk: daftarkan»."
            )
        return person


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ("called", "officer", "enrolled_on", "last_seen", "expires", "open")
    list_select_related = ("user", "token")
    search_fields = ("name", "user__username", "user__first_name", "user__last_name")
    search_help_text = "Cari nama gawai atau petugas"
    ordering = ("-enrolled_at",)
    fields = list_display
    actions = ("revoke",)

    @admin.display(description="gawai", ordering="name")
    def called(self, device: Device) -> str:
        return device.name

    @admin.display(description="petugas", ordering="user__username")
    def officer(self, device: Device) -> str:
        return named(device.user)

    @admin.display(description="didaftarkan", ordering="enrolled_at")
    def enrolled_on(self, device: Device) -> datetime:
        return device.enrolled_at

    @admin.display(description="terakhir terlihat", ordering="seen_at", empty_value="belum pernah")
    def last_seen(self, device: Device) -> datetime | None:
        return device.seen_at

    @admin.display(description="berlaku sampai", ordering="token__expiry", empty_value="dicabut")
    def expires(self, device: Device) -> datetime | None:
        return device.token and cast(datetime, device.token.expiry)

    @admin.display(description="dapat mengirim", boolean=True)
    def open(self, device: Device) -> bool:
        expires = self.expires(device)
        return bool(expires and expires > timezone.now() and device.user.is_active)

    @admin.action(description="Cabut akses gawai terpilih")
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        revoked = list(devices.filter(token__isnull=False))
        AuthToken.objects.filter(device__in=revoked).delete()
        for device in revoked:
            self.log_change(request, device, "Akses dicabut.")
        self.message_user(
            request, f"Akses {len(revoked)} gawai dicabut; kirimannya tetap.", messages.SUCCESS
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return keeps_portal(request.user)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A device is added by its own phone: here is what the phone must read."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else None
        form = EnrolmentForm(sent, initial={"user": request.GET.get("user")})
        shown = _shown(request, form) if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Daftarkan gawai",
            "form": form,
            "shown": shown,
        }
        return TemplateResponse(request, "field_api/enrolment.html", context)


def _shown(request: HttpRequest, form: EnrolmentForm) -> dict[str, Any] | None:
    """The QR code for this person, made now and never again."""
    user: User = form.cleaned_data["user"]
    enrolment, code = invite(user, by=cast(User, request.user))
    if form.cleaned_data["app"] == "field":
        address = request.build_absolute_uri(f"/field/#enrol={code}")
        return {"picture": qr.picture(address), "address": address, "until": enrolment.expires_at}
    try:
        device, token = redeem(code, "ODK Collect")
    except CodeRefused:  # the account was closed since the form was read
        form.add_error("user", "Akun ini baru saja ditutup.")
        return None
    address = request.build_absolute_uri(f"/openrosa/key/{token}")
    settings = qr.collect_settings(address, "Kota Kupang")
    return {"picture": qr.picture(settings), "address": address, "device": device}


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    """History: who let whom enrol what."""

    list_display = ("officer", "administrator", "made_at", "state", "enrolled")
    list_select_related = ("user", "by", "device")
    search_fields = ("user__username", "by__username")
    search_help_text = "Cari petugas atau administrator"
    ordering = ("-expires_at",)
    fields = list_display
    actions = ("end",)

    @admin.display(description="petugas", ordering="user__username")
    def officer(self, enrolment: Enrolment) -> str:
        return named(enrolment.user)

    @admin.display(description="oleh", ordering="by__username")
    def administrator(self, enrolment: Enrolment) -> str:
        return named(enrolment.by)

    @admin.display(description="gawai")
    def enrolled(self, enrolment: Enrolment) -> str | None:
        return enrolment.device.name if enrolment.device else None

    @admin.display(description="dibuat", ordering="expires_at")
    def made_at(self, enrolment: Enrolment) -> datetime:
        return enrolment.expires_at - CODE_LIFE

    @admin.display(description="keadaan")
    def state(self, enrolment: Enrolment) -> str:
        if enrolment.used_at:
            return "Terpakai"
        return "Menunggu" if enrolment.expires_at > timezone.now() else "Kedaluwarsa"

    @admin.action(description="Batalkan kode terpilih yang masih menunggu")
    def end(self, request: HttpRequest, enrolments: QuerySet[Enrolment]) -> None:
        waiting = enrolments.filter(used_at=None, expires_at__gt=Now())
        self.message_user(request, f"{waiting.update(expires_at=Now())} kode dibatalkan.")
