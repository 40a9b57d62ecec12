"""The addresses of the field API."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from field_api.envelope import moment
from field_api.errors import LengthRequired, TooLarge, respond
from field_api.forms import form_for, forms_for
from field_api.models import Submission
from field_api.parsers import BatchParser, BoundedJSONParser, Unreadable
from field_api.receive import Receipt, receive_all, receive_unreadable
from field_api.renderers import QuickJSONRenderer
from field_api.revisions import withdraw
from field_api.serializers import (
    BATCH,
    ITEM,
    MAX_ITEMS,
    RESULTS,
    TAKEN,
    SubmissionSerializer,
    result,
    shown,
)
from field_api.sync import Cursor, changes, fingerprint
from layers.base import Refused

DEVICE_TIME = OpenApiParameter(
    "Device-Time",
    str,
    OpenApiParameter.HEADER,
    description="The device's clock at sending (RFC 3339): times of a wrong clock are put right.",
)
PROBLEM = OpenApiResponse(
    description="problem+json (RFC 9457): apa yang salah dan cara memperbaikinya"
)


def problems(*more: int) -> dict[int, OpenApiResponse]:
    """What every address may answer, and what this one may besides."""
    return dict.fromkeys(sorted({401, 406, 429, 503, *more}), PROBLEM)


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

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        """What a person's phone is told is kept by no cache."""
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.parameters if request.method == "GET" else ()
        if unknown := set(request.query_params) - set(known):
            told = f"Parameter ini tidak dikenal. Yang dikenal: {', '.join(known) or 'tidak ada'}."
            raise ValidationError(dict.fromkeys(unknown, told))


@extend_schema_view(
    get=extend_schema(responses={200: SubmissionSerializer(many=True), **problems(400, 404)})
)
class Submissions(Strict, ListAPIView[Submission]):
    """What this person's devices sent, newest first, and the door for the next one."""

    queryset = Submission.objects.none()
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
        parameters=[DEVICE_TIME],
        request={"application/json": ITEM},
        responses={
            201: SubmissionSerializer,
            200: OpenApiResponse(SubmissionSerializer, description="Sudah pernah diterima"),
            202: OpenApiResponse(SubmissionSerializer, description="Disimpan, dinilai kemudian"),
            **problems(400, 403, 404, 409, 410, 411, 413, 415, 422),
        },
    )
    def post(self, request: Request) -> Response:
        try:
            item = _body(request)
        except Unreadable as error:
            return answer(keep_unreadable(request, error))
        (receipt,) = receive_all([item], **_sender(request))
        return answer(receipt)


class Batch(Strict):
    """Up to 1,000 submissions, each with its own answer: one that is wrong holds up no other."""

    parser_classes = (BatchParser,)
    renderer_classes = (QuickJSONRenderer,)

    @extend_schema(
        summary="Kirim banyak catatan lapangan sekaligus",
        parameters=[DEVICE_TIME],
        request={"application/json": BATCH},
        responses={
            200: OpenApiResponse(RESULTS, description="Satu hasil untuk tiap kiriman"),
            **problems(400, 403, 411, 413, 415, 422),
        },
    )
    def post(self, request: Request) -> Response:
        try:
            body = _body(request)
        except Unreadable as error:
            return answer(keep_unreadable(request, error))
        items = body.get("submissions")
        if not isinstance(items, list) or not items:
            raise ValidationError({"submissions": "Sertakan daftar kiriman."})
        if len(items) > MAX_ITEMS:
            raise TooLarge(f"Paling banyak {MAX_ITEMS} kiriman sekali kirim.")
        receipts = receive_all(items, **_sender(request))
        return Response({"results": [result(receipt) for receipt in receipts]})


def _body(request: Request) -> Any:
    """The JSON object of a request; its parser lets nothing else through."""
    if "Transfer-Encoding" in request.headers:
        raise LengthRequired  # this server does not put pieces together, and would lose them
    if request.headers.get("Content-Length", "0") in ("", "0"):
        raise ParseError("Isi kosong.")
    return request.data


def _sender(request: Request) -> dict[str, Any]:
    """Who sends, with which device and how far its clock is behind ours."""
    assert isinstance(request.user, User)  # IsAuthenticated
    told = moment(request.headers.get("Device-Time"))
    skew = (timezone.now() - told).total_seconds() if told else None
    device = getattr(request.auth, "device", None)
    return {"by": request.user, "device": device, "clock_skew": skew}


def keep_unreadable(request: Request, error: Unreadable) -> Receipt:
    sender = _sender(request)
    return receive_unreadable(
        error.text, str(error.detail), by=sender["by"], device=sender["device"]
    )


def answer(receipt: Receipt) -> Response:
    """The answer to a receipt; the same receipt always gets the same one, but for 201 and 200."""
    submission = receipt.submission
    if receipt.conflict:
        return respond(409, TAKEN)
    if submission.state == Submission.State.WITHDRAWN:
        return respond(
            410,
            "Kiriman ini sudah ditarik kembali dan tidak diterima lagi.",
            instance_id=str(submission.instance_id),
            withdrawn_at=submission.withdrawn_at,
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
    return Response(shown(submission), status=status)


@extend_schema_view(get=extend_schema(responses={200: SubmissionSerializer, **problems(400, 404)}))
class OneSubmission(Strict, RetrieveAPIView[Submission]):
    """One of one's own submissions. Somebody else's is not found."""

    serializer_class = SubmissionSerializer

    def get_object(self) -> Submission:
        key: UUID = self.kwargs["instance_id"]
        found = Submission.objects.filter(user=cast(User, self.request.user), pk=key).first()
        if found is None:
            raise NotFound("Tidak ada kiriman Anda dengan UUID ini.")
        return found

    @extend_schema(
        summary="Tarik kembali satu catatan",
        responses={200: SubmissionSerializer, **problems(403, 404, 409)},
    )
    def delete(self, request: Request, instance_id: UUID) -> Response:
        submission = self.get_object()
        try:
            withdrawn = withdraw(submission, by=cast(User, request.user))
        except Refused as refusal:
            told = "Catatan ini sudah ditindaklanjuti dan tidak dapat ditarik kembali."
            return respond(409, told, title="Tidak dapat ditarik", reasons=refusal.reasons)
        return Response(shown(withdrawn))


class Forms(Strict):
    """The forms that this person may submit, each with the JSON Schema of its `values`."""

    @extend_schema(
        operation_id="forms_list",
        responses={200: {"type": "array", "items": {"type": "object"}}, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        return Response(forms_for(request.user))


class OneForm(Strict):
    """One version of a form: the present one, or one that old phones still send."""

    @extend_schema(responses={200: {"type": "object"}, **problems(400, 404)})
    def get(self, request: Request, form: str, version: str) -> Response:
        found = form_for(request.user, form, version)
        if found is None:
            raise NotFound("Tidak ada formulir atau versi ini bagi Anda.")
        return Response(found)


class Sync(Strict):
    """Forms, code lists, assignments and one's own items, as far as they changed since a cursor."""

    parameters = ("since",)

    @extend_schema(
        summary="Sinkronkan ke ponsel",
        parameters=[OpenApiParameter("since", str, description="The cursor of the last answer.")],
        responses={200: {"type": "object"}, 304: None, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        since = request.query_params.get("since", "")
        try:
            cursor = Cursor.read(since) if since else Cursor()
        except ValueError as error:
            told = "Penunjuk ini tidak sah; sinkronkan dari awal, tanpa since."
            raise ValidationError({"since": told}) from error
        news = changes(cast(User, request.user), cursor)
        tag = f'W/"{fingerprint({**news, "cursor": ""})}"'
        if tag in request.headers.get("If-None-Match", ""):
            response = Response(status=304)
        else:
            response = Response(news)
        response["ETag"] = tag
        return response


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
