"""What the way out keeps of its own."""

from django.db import models


class SharedMap(models.Model):
    """A short address that leads to one view of the public map."""

    code = models.CharField(max_length=22, unique=True)
    fragment = models.CharField(max_length=4096)
    language = models.CharField(max_length=8)
    created_at = models.DateTimeField(auto_now_add=True)

    kept = models.Manager()

    class Meta:
        verbose_name = "peta yang dibagikan"
        verbose_name_plural = "peta yang dibagikan"

    def __str__(self) -> str:
        return self.code


class MadeDocument(models.Model):
    """A document of a period in a language as it was made last, for everybody: what only officials
    may read is never kept. `state` is the hash of all that is told in it; `looked_at` when that was
    held against the data last. `path` lies in MEDIA_ROOT ("" until it is made)."""

    name = models.CharField(max_length=40)
    period = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)

    kept = models.Manager()

    class Meta:
        verbose_name = "dokumen yang dibuat"
        verbose_name_plural = "dokumen yang dibuat"
        constraints = [
            models.UniqueConstraint(
                fields=("name", "period", "language"), name="maps_made_document_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.period} · {self.language}"
