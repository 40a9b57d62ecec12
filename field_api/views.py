"""The addresses of the field API."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from field_api.errors import LengthRequired, respond
from field_api.forms import forms_for
from field_api.models import Device, Submission
from field_api.parsers import BoundedJSONParser, Unreadable
from field_api.receive import Receipt, receive, receive_unreadable
from field_api.serializers import EnvelopeSerializer, SubmissionSerializer

PROBLEM = OpenApiResponse(
    description="problem+json (RFC 9457): apa yang salah dan cara memperbaikinya"
)


class NewestFirst(CursorPagination):
    page_size = 100
    ordering = ("-received_at", "instance_id")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError, DataError) as error:
            raise NotFound("Penunjuk halaman ini tidak sah; mulai dari awal.") from error

    def get_paginated_response(self, data: Any) -> Response:
        links = [
            {"rel": rel, "href": href}
            for rel, href in (
                ("next", self.get_next_link()),
                ("prev", self.get_previous_link()),
            )
            if href
        ]
        return Response({**data, "links": links})

    def get_paginated_response_schema(self, schema: Any) -> Any:
        return schema


class Strict(APIView):
    """Refuses query parameters that an address does not know: a misspelt filter would show all."""

    parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.parameters if request.method == "GET" else ()
        if unknown := set(request.query_params) - set(known):
            told = f"Parameter ini tidak dikenal. Yang dikenal: {', '.join(known) or 'tidak ada'}."
            raise ValidationError(dict.fromkeys(unknown, told))


class Submissions(Strict, ListAPIView[Submission]):
    """What this person's devices sent, newest first, and the door for the next one."""

    parser_classes = (BoundedJSONParser,)
    serializer_class = SubmissionSerializer
    pagination_class = NewestFirst
    filter_backends = (DjangoFilterBackend,)
    filterset_fields = ("state",)
    parameters = ("state", NewestFirst.cursor_query_param)

    def get_queryset(self) -> Any:
        return Submission.objects.filter(user=cast(User, self.request.user))

    @extend_schema(
        summary="Kirim satu catatan lapangan",
        request=EnvelopeSerializer,
        responses={
            201: SubmissionSerializer,
            200: OpenApiResponse(SubmissionSerializer, description="Sudah pernah diterima"),
            202: OpenApiResponse(SubmissionSerializer, description="Disimpan, dinilai kemudian"),
            **dict.fromkeys((400, 401, 404, 409, 411, 413, 415, 422), PROBLEM),
        },
    )
    def post(self, request: Request) -> Response:
        assert isinstance(request.user, User)  # IsAuthenticated
        return answer(_receive(request, request.user, getattr(request.auth, "device", None)))


def _receive(request: Request, by: User, device: Device | None) -> Receipt:
    try:
        length = request.headers.get("Content-Length")
        if not length or "Transfer-Encoding" in request.headers:
            raise LengthRequired  # WSGI would give an empty body, and we would keep nothing
        if length == "0":
            raise ParseError("Isi kosong.")
        item: Any = request.data  # the parser lets objects through only
    except Unreadable as error:
        return receive_unreadable(error.text, str(error.detail), by=by, device=device)
    return receive(item, by=by, device=device)


def answer(receipt: Receipt) -> Response:
    """The answer to a receipt; the same receipt always gets the same one, but for 201 and 200."""
    submission = receipt.submission
    if receipt.conflict:
        return respond(
            409,
            "UUID ini milik kiriman lain; buat UUID baru. Kiriman yang lama tidak berubah.",
        )
    if submission.state in (Submission.State.REFUSED, Submission.State.UNPERMITTED):
        return respond(
            404 if submission.state == Submission.State.UNPERMITTED else 422,
            "Kiriman disimpan dengan alasannya. Perbaiki, lalu kirim dengan UUID baru.",
            instance_id=str(submission.instance_id),
            state=submission.state,
            reasons=submission.reasons,
        )
    status = 201 if receipt.created else 200
    if submission.state == Submission.State.RECEIVED:
        status = 202
    return Response(SubmissionSerializer(submission).data, status=status)


class OneSubmission(Strict, RetrieveAPIView[Submission]):
    """One of one's own submissions. Somebody else's is not found."""

    serializer_class = SubmissionSerializer

    def get_object(self) -> Submission:
        key: UUID = self.kwargs["instance_id"]
        found = Submission.objects.filter(user=cast(User, self.request.user), pk=key).first()
        if found is None:
            raise NotFound("Tidak ada kiriman Anda dengan UUID ini.")
        return found


class Forms(Strict):
    """The forms that this person may submit, each with the JSON Schema of its `values`."""

    @extend_schema(responses={200: {"type": "array", "items": {"type": "object"}}})
    def get(self, request: Request) -> Response:
        return Response(forms_for(request.user))


class Schema(SpectacularAPIView):
    permission_classes = (AllowAny,)


class Docs(SpectacularSwaggerSplitView):
    """The definition as a page. Its script is a file of its own, as our security policy asks."""

    permission_classes = (AllowAny,)
    url_name = "api-schema"
    template_name = "field_api/docs.html"


@extend_schema(exclude=True)
class Missing(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request, rest: str = "") -> Response:
        raise NotFound("Tidak ada alamat ini. Lihat /api/docs/.")

    post = put = patch = delete = get
