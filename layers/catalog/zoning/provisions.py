"""The kinds of special provisions (ketentuan khusus), and for which of them a plan was mapped."""

from __future__ import annotations

from django.db import models, transaction

from layers.base import Refused
from layers.catalog.zoning.versions import Plan, Standing
from layers.registry import reference

# The field names that RDTR files have, and what they stand for. They become rows once, and the rows
# are what counts from then on.
MET_IN_FILES = (
    ("KKOP", "kkop_1 kkop", "Kawasan keselamatan operasi penerbangan"),
    ("LP2B", "lp2b_2 lp2b", "Lahan pertanian pangan berkelanjutan"),
    ("KRB", "krb_03 krb", "Kawasan rawan bencana"),
    ("TOD", "tod_04 tod", "Kawasan berorientasi transit"),
    ("TEB", "teb_05 teb", "Tempat evakuasi bencana"),
    ("PUSLIT", "puslit", "Pusat penelitian"),
    ("CAGBUD", "cagbud", "Cagar budaya"),
    ("RESAIR", "resair", "Kawasan resapan air"),
    ("KSMPDN", "ksmpdn", "Kawasan sempadan"),
    ("HANKAM", "hankam", "Pertahanan dan keamanan"),
    ("KKARST", "kkarst", "Kawasan karst"),
    ("PTBGMB", "ptbgmb", "Pertambangan mineral dan batubara"),
    ("MGRSAT", "mgrsat", "Migrasi satwa"),
    ("RDBUMI", "rdbumi", "Ruang dalam bumi"),
    ("TPZ", "tpz_00 tpz", "Teknik pengaturan zonasi"),
)
NAMES_SOURCE = "Nama kolom pada berkas RDTR; cocokkan dengan Permen ATR/BPN 14/2021"


@reference
class OverlayKind(models.Model):
    """A kind of provision. `columns` are the field names that RDTR files have for it."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=150)
    columns = models.CharField(max_length=200, blank=True)
    rank = models.PositiveSmallIntegerField(default=100)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "jenis ketentuan khusus"
        verbose_name_plural = "jenis ketentuan khusus"
        ordering = ("rank", "code")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MappedKind(models.Model):
    """A kind that was mapped for a plan, whether or not anything of it was found in the city.
    `of_zones`: its areas are made of the columns of the zones."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="mapped_kinds")
    kind = models.ForeignKey(OverlayKind, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200)
    of_zones = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = "ketentuan khusus yang dipetakan"
        verbose_name_plural = "ketentuan khusus yang dipetakan"
        constraints = [
            models.UniqueConstraint(fields=("plan", "kind"), name="layers_mappedkind_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.kind_id}"


def know_kinds() -> None:
    """The kinds that files may have become rows, so that those nobody mapped can be named too."""
    known = set(OverlayKind.objects.values_list("code", flat=True))
    OverlayKind.objects.bulk_create(
        (
            OverlayKind(code=code, name=name, columns=columns, rank=rank, source=NAMES_SOURCE)
            for rank, (code, columns, name) in enumerate(MET_IN_FILES)
            if code not in known
        ),
        ignore_conflicts=True,
    )


def kind_named(code: str) -> OverlayKind:
    """The kind of a code, however it is written. Raises Refused."""
    know_kinds()
    kind = OverlayKind.objects.filter(code__iexact=code).first()
    if kind is None:
        known = ", ".join(OverlayKind.objects.values_list("code", flat=True))
        raise Refused({"kind": f"Tidak ada jenis ketentuan khusus «{code}»; yang ada: {known}."})
    return kind


@transaction.atomic
def declare_mapped(*, plan: Plan, kind: str, source: str) -> None:
    """A kind was mapped for a draft, even where nothing of it was found. Raises Refused."""
    if plan.status != Standing.DRAFT:
        raise Refused({"plan": f"Rencana {plan.code} tidak berubah lagi: buat versi baru."})
    if not source.strip():
        raise Refused({"source": "Sebutkan sumber petanya."})
    MappedKind.objects.get_or_create(
        plan=plan, kind=kind_named(kind), defaults={"source": source.strip()[:200]}
    )
