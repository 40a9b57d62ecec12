"""How a phone becomes a device: by a code that an administrator shows, once and soon, or from a
person's own session."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from field_api.errors import respond
from field_api.models import Device, Enrolment
from field_api.parsers import BoundedJSONParser
from field_api.throttles import FAILURES, SESSIONS, address
from layers.permissions import duties

CODE_LIFE = timedelta(minutes=15)


class CodeRefused(Exception):
    """Wrong, used, expired, or of a person who may enrol no device: nobody learns which."""


def invite(user: User, *, by: User) -> tuple[Enrolment, str]:
    """A code that enrols one device of this person. It can be read only now."""
    code = secrets.token_urlsafe(16)  # 128 bits
    enrolment = Enrolment.objects.create(
        user=user, by=by, code_sha256=_digest(code), expires_at=timezone.now() + CODE_LIFE
    )
    return enrolment, code


@transaction.atomic
def redeem(code: str, name: str) -> tuple[Device, str]:
    """The device that this code enrols, and its token. Of two phones with one code the second
    waits for the lock and then finds the code used."""
    now = timezone.now()
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(code_sha256=_digest(code), used_at=None, expires_at__gt=now)
        .first()
    )
    if enrolment is None or not may_carry(enrolment.user):
        raise CodeRefused
    device, token = Device.enrol(enrolment.user, name)
    enrolment.device, enrolment.used_at = device, now
    enrolment.save(update_fields=("device", "used_at"))
    return device, token


def may_carry(user: User) -> bool:
    """Whether a device of this person could do anything at all."""
    return bool(duties(user))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


class DeviceName(serializers.CharField):
    """What a person calls the phone: one line."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=100, **more)

    def to_internal_value(self, data: Any) -> str:
        name = " ".join(super().to_internal_value(data).split())
        if not name.isprintable():
            raise serializers.ValidationError("Nama memuat tanda yang tidak dapat dicetak.")
        return name


class EnrolSerializer(serializers.Serializer):
    code = serializers.CharField(
        max_length=100, allow_blank=True, required=False, help_text="Dari kode QR; sekali pakai"
    )
    name = DeviceName()


class CarrierSerializer(serializers.Serializer):
    username = serializers.CharField()
    name = serializers.CharField(source="get_full_name")


class DeviceSerializer(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = ("id", "name")


class EnrolledSerializer(serializers.Serializer):
    token = serializers.CharField(help_text="Hanya terbaca di jawaban ini")
    expires_at = serializers.DateTimeField(source="device.token.expiry")
    device = DeviceSerializer()
    user = CarrierSerializer(source="device.user")


class Devices(APIView):
    """The door for a new device. Only a request without a code is asked who it is: a phone that
    is enrolled anew may still send its old token, or lie beside somebody's open session."""

    permission_classes = (AllowAny,)
    parser_classes = (BoundedJSONParser,)
    throttle_classes = ()  # wrong codes are counted, and sessions, each below

    def perform_authentication(self, request: Request) -> None:
        pass

    @extend_schema(
        summary="Daftarkan gawai",
        description="Dengan kode dari kode QR, atau dengan sesi yang sedang masuk (dan CSRF).",
        request=EnrolSerializer,
        responses={
            201: EnrolledSerializer,
            **dict.fromkeys(
                (400, 401, 403, 406, 413, 415, 422, 429, 503),
                OpenApiResponse(description="problem+json"),
            ),
        },
    )
    def post(self, request: Request) -> Response:
        FAILURES.check(address(request))
        asked = EnrolSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if "code" not in asked.validated_data:
            return enrolled(*_by_session(request, asked.validated_data["name"]))
        try:
            return enrolled(*redeem(**asked.validated_data))
        except CodeRefused:
            FAILURES.count(address(request))
            return respond(
                422,
                "Kode ini salah, sudah dipakai, atau sudah lewat waktunya. Minta kode yang baru.",
                title="Kode tidak berlaku",
            )


def _by_session(request: Request, name: str) -> tuple[Device, str]:
    if not request.user.is_authenticated:
        raise NotAuthenticated("Kirim kode pendaftaran, atau masuk dahulu.")
    if request.auth is not None:
        raise PermissionDenied("Gawai tidak dapat mendaftarkan gawai lain; pakai kode QR.")
    user = request.user
    SESSIONS.count(str(user.pk))
    if not may_carry(user):
        raise PermissionDenied("Anda belum memegang tugas lapangan; hubungi administrator.")
    with transaction.atomic():
        return Device.enrol(user, name)


def enrolled(device: Device, token: str) -> Response:
    told = EnrolledSerializer({"device": device, "token": token}).data
    return Response(told, status=201, headers={"Cache-Control": "no-store"})
