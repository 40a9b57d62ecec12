"""What lies in the invented files: who applies, papers, what was asked and answered, pauses, and
the acts that tell of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import shapely
from django.utils import timezone
from shapely.affinity import scale

from layers.catalog.permits.acts import Act
from layers.catalog.permits.applicants import Applicant
from layers.catalog.permits.applications import Application
from layers.catalog.permits.clock.limits import Pause
from layers.catalog.permits.consultations import Consultation, Consultee
from layers.catalog.permits.documents import Document
from layers.catalog.permits.parcels import Parcel
from layers.catalog.permits.requests import Request
from layers.catalog.permits.workflow.steps import STEPS
from layers.demo import papers
from layers.demo.journeys import Step
from layers.demo.people import DOMAIN
from layers.demo.permit_rules import calendar, limits
from layers.demo.seed import identity, stream
from layers.demo.sizes import BATCH
from layers.geometry import to_geos, to_shapely

S = Application.Status
Users = Mapping[str | None, Any]
STEP_OF = {(origin.value, step.to.value): step.id for step in STEPS for origin in step.origins}
DUE = timedelta(days=14)  # given to an applicant
ASKED = {
    Request.Kind.DOCUMENT: "Unggah bukti penguasaan tanah yang lengkap dan terbaca.",
    Request.Kind.CORRECTION: "Samakan luas pada formulir dengan gambar bidang.",
}
NEW_LINE = "Tarik batas ke dalam patok yang terukur."
OFFERED = "Geser batas supaya tidak menutup jalan setapak."
HELD = "Menunggu hasil ukur ulang kantor pertanahan."
RESUMED = "Hasil ukur ulang sudah diterima."
OTHERS = ("dlhk", "dishub")  # offices asked now and then
AMENDED = "Sediakan jalan masuk yang bebas dari parkir."
PAPERS = {Document.Kind.IDENTITY: "Identitas pemohon", Document.Kind.LAND_TITLE: "Bukti tanah"}


@dataclass
class File:
    """An application with its steps, and the acts that were told of so far. In a `whole` one lies
    everything that others hold now and then."""

    row: Application
    steps: Sequence[Step]
    company: bool
    whole: bool = False
    acts: list[Act] = field(default_factory=list)

    def chance(self, of: str) -> Random:
        """A stream of its own for each file and matter."""
        return stream(f"permit-files/{of}/{self.row.number}")

    def often(self, of: str, share: float) -> bool:
        """Whether it is among the `share` of the files that hold such a thing."""
        return self.whole or self.chance(of).random() < share

    def arrivals(self, status: S) -> Iterator[tuple[Step, Step | None]]:
        """Each arrival in a status, with what came after it."""
        for step, after in zip(self.steps, [*self.steps[1:], None], strict=True):
            if step.status == status:
                yield step, after

    def first(self, status: S) -> tuple[Step, Step | None] | None:
        return next(self.arrivals(status), None)

    def tell(self, kind: str, at: datetime, by: Any, why: str = "", **what: Any) -> None:
        act = Act(application=self.row, kind=kind, at=at, by_id=by, why=why, what=what)
        self.acts.append(act)


def load(files: Sequence[File], users: Users) -> None:
    planner = users["perencana"]
    offices = dict(Consultee.objects.values_list("code", "pk"))
    papers_kept = [row for file in files for row in _papers(file, planner)]
    for model, rows in (
        (Applicant, [_applicant(file) for file in files]),
        (Parcel, [row for file in files for row in _red_lines(file)]),
        (Request, [row for file in files for row in _requests(file, planner)]),
        (Consultation, [row for file in files for row in _consultations(file, planner, offices)]),
        (Pause, [row for file in files for row in _pauses(file, planner)]),
        (Document, papers_kept),
    ):
        model._default_manager.bulk_create(rows, batch_size=BATCH)  # type: ignore[arg-type]
    for paper in papers_kept:
        paper.added_at = paper.application.submitted_at
    Document.objects.bulk_update(papers_kept, ["added_at"])
    for file in files:
        _tell_steps(file, users)


def keep_acts(files: Sequence[File]) -> None:
    """In the order in which everything happened."""
    acts = sorted((act for file in files for act in file.acts), key=lambda act: act.at)
    Act.objects.bulk_create(acts, batch_size=BATCH)


def _applicant(file: File) -> Applicant:
    """Numbers that nobody has: no NIK is of the month 00, and no NIB begins with four noughts."""
    random = file.chance("applicant")
    district, birth = random.randint(1, 6), random.randint(1, 28)
    year, running = random.randint(55, 99), random.randint(1, 9999)
    nib = f"0000{random.randint(0, 10**9 - 1):09}"
    return Applicant(
        application=file.row,
        kind=Applicant.Kind.COMPANY if file.company else Applicant.Kind.PERSON,
        nik=f"5371{district:02}{birth:02}00{year}{running:04}",
        nib=nib if file.company else "",
        email=f"pemohon-{file.row.number.lower()}@{DOMAIN}",
        address=f"Jalan Contoh {random.randint(1, 120)}",
    )


# -- the red line


def _moved_line(file: File) -> tuple[Step, Step] | None:
    """The return on which the red line was moved, where it was."""
    for step, after in file.arrivals(S.RETURNED):
        if after and after.status == S.COMPLETENESS:
            return (step, after) if file.often("red-line", 0.35) else None
    return None


def _red_lines(file: File) -> Iterator[Parcel]:
    row, moved = file.row, _moved_line(file)
    first = Parcel(application=row, revision=1, geom=row.geom, stood_from=row.submitted_at)
    first.notation = file.chance("notation").choice(("drawn", "drawn", "utm", "dms", "zip"))
    if moved is None:
        yield first
        return
    agreed_at = moved[1].at - timedelta(minutes=20)
    first.geom, first.stood_until = _scaled(row, 1.05), agreed_at
    yield first
    why = f"Disetujui pemohon: {NEW_LINE}"
    yield Parcel(application=row, revision=2, geom=row.geom, stood_from=agreed_at,
                 notation="red-line", reason=why)  # fmt: skip
    file.tell("redraw", agreed_at, None, why, revision=2)


def _scaled(row: Application, factor: float) -> Any:
    whole = to_shapely(row.geom)
    return to_geos(shapely.transform(scale(whole, factor, factor), lambda xy: xy.round(7)))


# -- what was asked, and of whom


def _requests(file: File, planner: Any) -> Iterator[Request]:
    moved = _moved_line(file)
    for step, after in file.arrivals(S.RETURNED):
        came_back = after is not None and after.status == S.COMPLETENESS
        kind = file.chance("request").choice(list(ASKED))
        asked = _request(file, kind, ASKED[kind], step.at - timedelta(minutes=10), planner)
        yield (
            _answered(file, asked, after.at - timedelta(minutes=30))
            if came_back and after
            else asked
        )
        if moved and moved[0] is step:
            line = _request(file, Request.Kind.RED_LINE, NEW_LINE, asked.asked_at, planner)
            line.proposed, line.agreed = file.row.geom, True
            yield _answered(file, line, moved[1].at - timedelta(minutes=20))
    step = file.steps[-1]
    if step.status == S.ASSESSMENT and file.chance("offer").random() < 0.15:
        at = step.at + timedelta(minutes=50)
        line = _request(file, Request.Kind.RED_LINE, OFFERED, at, planner)
        line.proposed = _scaled(file.row, 0.94)
        yield line


def _request(file: File, kind: str, text: str, at: datetime, planner: Any) -> Request:
    file.tell("request", at, planner, text, of=kind)
    due = timezone.localdate(at + DUE)
    return Request(application=file.row, kind=kind, text=text, due_on=due, asked_at=at,
                   asked_by_id=planner)  # fmt: skip


def _answered(file: File, asked: Request, at: datetime) -> Request:
    asked.state, asked.answered_at = Request.State.ANSWERED, at
    asked.answer = "Setuju." if asked.agreed else "Sudah diperbaiki dan diunggah."
    file.tell("request-answered", at, None, asked.answer, of=asked.kind, agreed=asked.agreed)
    return asked


def _consultations(file: File, planner: Any, offices: Mapping[str, int]) -> Iterator[Consultation]:
    asked = [(arrival, "kantor-pertanahan", "Mohon pertimbangan teknis pertanahan.")
             for arrival in file.arrivals(S.LAND_CONSIDERATION)]  # fmt: skip
    random, assessed = file.chance("office"), file.first(S.ASSESSMENT)
    if assessed and random.random() < 0.3:
        asked.append((assessed, random.choice(OTHERS), "Mohon pendapat atas rencana kegiatan."))
    for (step, after), office, question in asked:
        at = step.at + timedelta(minutes=25)
        due = calendar().after(timezone.localdate(at), limits().get(step.status, 5))
        row = Consultation(
            application=file.row, consultee_id=offices[office], question=question, asked_at=at,
            asked_by_id=planner, due_on=due,
        )  # fmt: skip
        file.tell("consult", at, planner, question, consultee=office)
        if after and after.status not in (S.WITHDRAWN, S.LAPSED):
            _heard(file, row, office, after.at - timedelta(minutes=12), planner, random)
        yield row


def _heard(
    file: File, row: Consultation, office: str, at: datetime, planner: Any, random: Random
) -> None:
    amended = office in OTHERS and random.random() < 0.4
    row.answer = Consultation.Answer.AMENDMENTS if amended else Consultation.Answer.AGREES
    row.note, row.answered_on = AMENDED if amended else "", timezone.localdate(at)
    row.reference = f"{random.randint(10, 900)}/{office.upper()}/{at.year}"
    row.entered_by_id = planner
    file.tell("consult-answered", at, planner, row.note, consultee=office, answer=row.answer)


def _pauses(file: File, planner: Any) -> Iterator[Pause]:
    assessed = file.first(S.ASSESSMENT)
    if not assessed or file.chance("pause").random() > 0.1:
        return
    step, after = assessed
    row = Pause(application=file.row, since=step.at + timedelta(hours=1), reason=HELD,
                by_id=planner)  # fmt: skip
    file.tell("pause", row.since, planner, HELD)
    if after:
        row.until, row.resumed_by_id = after.at - timedelta(hours=2), planner
        row.resumed_why = RESUMED
        file.tell("resume", row.until, planner, RESUMED)
    yield row


# -- papers


def _papers(file: File, planner: Any) -> Iterator[Document]:
    if not file.often("papers", 0.12):
        return
    by = None if file.row.channel == Application.Channel.APPLICANT else planner
    for kind, title in PAPERS.items():
        content = papers.paper(title, file.row.number, "Isi karangan.")
        name = f"permits/contoh-{identity('paper', file.row.number, kind)}"
        digest = hashlib.sha256(content).hexdigest()
        file.tell("document", file.row.submitted_at, by, of=kind, sha256=digest)
        yield Document(
            application=file.row, kind=kind, title=title, file=papers.saved(name, content),
            media_type="application/pdf", size=len(content), sha256=digest, by_id=by,
        )  # fmt: skip


# -- acts


def _tell_steps(file: File, users: Users) -> None:
    first, *_ = file.steps
    row, counter = file.row, Application.Channel.COUNTER
    by = users["perencana"] if row.channel == counter else None
    file.tell("register", first.at, by, number=row.number, channel=row.channel)
    for before, step in zip(file.steps, file.steps[1:], strict=False):
        kind = STEP_OF[before.status, step.status]
        file.tell(kind, step.at, users[step.by], step.reason)
