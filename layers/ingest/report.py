"""What became of a file's rows: kept with the load, shown to whoever loaded it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layers.ingest.coverage import Coverage, Flaws
from layers.ingest.repair import Repair

SHOWN = 10  # rows of a kind in the text
KEPT = 200  # rows of a kind in the JSON that is stored


@dataclass(frozen=True)
class Refusal:
    """A row that was not written. `row` counts from 1; `reasons`: field -> sentence."""

    row: int
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class Repaired:
    row: int
    key: str
    repair: Repair


@dataclass
class Report:
    """`kept` counts rows of the layer that the file does not hold and that stayed."""

    layer: str
    file: str
    sha256: str
    driver: str
    crs: str
    columns: Mapping[str, str]
    constants: Mapping[str, str]
    rows: int
    complete: bool
    dry_run: bool
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    kept: int = 0
    invented_left: bool = False
    repaired: list[Repaired] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    coverage: Coverage | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return self.inserted + self.updated + self.removed

    def as_json(self, most: int | None = KEPT) -> dict[str, Any]:
        """Lists are cut at `most` (None: nowhere); the counts beside them are whole."""
        plain = {
            name: value
            for name, value in vars(self).items()
            if name not in ("repaired", "refused", "coverage")
        }
        return plain | {
            "repaired": _cut(
                [
                    {"row": one.row, "key": one.key, **vars(one.repair)}
                    for one in self.repaired[:most]
                ],
                len(self.repaired),
            ),
            "refused": _cut([vars(one) for one in self.refused[:most]], len(self.refused)),
            "coverage": self.coverage
            and {
                "gaps": self.coverage.gaps.as_json(most),
                "overlaps": self.coverage.overlaps.as_json(most),
            },
        }

    def lines(self) -> Iterator[str]:
        """For a terminal."""
        total = sum(self.seconds.values())
        yield (
            f"{self.layer} <- {self.file} ({self.driver}, {self.crs}): {self.rows} rows in "
            f"{total:.1f} s, {self.rows / max(total, 0.001):.0f} rows/s"
        )
        if self.dry_run:
            yield "  dry run: nothing was written."
        given = {**self.columns, **{name: repr(value) for name, value in self.constants.items()}}
        yield "  fields: " + ", ".join(f"{name}={value}" for name, value in given.items())
        yield (
            f"  inserted {self.inserted}, updated {self.updated}, unchanged {self.unchanged}, "
            f"removed {self.removed}, refused {len(self.refused)}, repaired {len(self.repaired)}"
        )
        yield from self._repairs()
        yield from self._refusals()
        if self.coverage:
            yield from _flaws("gaps", self.coverage.gaps)
            yield from _flaws("overlaps", self.coverage.overlaps)
        yield from self._left()
        yield "  time: " + ", ".join(f"{stage} {s:.2f} s" for stage, s in self.seconds.items())

    def _repairs(self) -> Iterator[str]:
        for one in self.repaired[:SHOWN]:
            was, now = one.repair.area_before, one.repair.area_after
            yield (
                f"  repaired row {one.row} ({one.key}): {one.repair.problem}, "
                f"area {was:.2f} -> {now:.2f} m2 ({now - was:+.2f})"
            )
        yield from _more("repaired", len(self.repaired))

    def _refusals(self) -> Iterator[str]:
        for one in self.refused[:SHOWN]:
            yield f"  refused row {one.row}: {sentence(one.reasons)}"
        yield from _more("refused", len(self.refused))

    def _left(self) -> Iterator[str]:
        if self.kept:
            held = self.complete and self.refused
            why = "; nothing is removed while rows are refused" if held else ""
            yield f"  {self.kept} rows of the layer are not in this file and stayed{why}."
        if self.invented_left:
            yield (
                "  The layer held the invented demo city, and rows that this file does not replace "
                "are left: the banner stays. Remove them with --complete, or say --all-real."
            )


def sentence(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


def _cut(rows: Sequence[Any], count: int) -> dict[str, Any]:
    return {"count": count, "rows": list(rows)}


def _more(what: str, count: int) -> Iterator[str]:
    if count > SHOWN:
        yield f"  … and {count - SHOWN} more {what}: see --report."


def _flaws(what: str, flaws: Flaws) -> Iterator[str]:
    yield f"  {what}: {len(flaws.places)}, {flaws.area_m2:,.0f} m2 ({flaws.area_m2 / 1e6:.3f} km2)"
    for place in flaws.places[:3]:
        between = f" between {' and '.join(place.between)}" if place.between else ""
        yield f"    {place.area_m2:,.1f} m2 at {place.lon}, {place.lat}{between}"
