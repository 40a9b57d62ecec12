"""The one way of a file into a layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from django.db import transaction
from django.db.models import Model
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from layers.base import Ingest, Layer, User
from layers.ingest import coverage, repair, table_file, upsert, vector_file
from layers.ingest.arrivals import Arrival, arrivals
from layers.ingest.report import Report, sentence
from layers.ingest.vector_file import Limits, Progress, VectorFile, VectorTable
from layers.provenance import Load, demo_layer_ids

_EPSG = re.compile(r"(?:epsg:)?(\d{4,6})", re.IGNORECASE)


class LoadError(Exception):
    """Nothing was written; the message is one sentence that says what to do. `report` tells of the
    rows where it came so far; `code` and `names` are for those who say it in their own words."""

    def __init__(
        self,
        message: str,
        report: Report | None = None,
        *,
        code: str,
        names: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.report, self.code, self.names = report, code, tuple(names)


@dataclass(frozen=True)
class Options:
    """`columns`: name of the layer -> column of the file ("" for none). `constants`: name -> value
    for every row. `crs` overrides what the file says. `from_layer` picks one of several in a file.
    `complete`: the file is the whole truth for its group. `all_real`: what the layer holds beyond
    the file is no invention of the demo city either."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    crs: str = ""
    from_layer: str = ""
    complete: bool = False
    all_real: bool = False
    dry_run: bool = False


def load(layer: Layer, path: Path, options: Options, progress: Progress) -> Report:
    """Write the rows of a file into a layer and report. Raises LoadError."""
    seconds: dict[str, float] = {}
    with timed(seconds, "read"):
        file = read(path, options, progress)
    return load_rows(layer, file, options, progress, seconds=seconds)


def load_rows(
    layer: Layer,
    file: VectorFile,
    options: Options,
    progress: Progress,
    *,
    seconds: dict[str, float],
    by: User | None = None,
) -> Report:
    """The same of a file that was read. Raises LoadError."""
    ingest = layer.ingest
    if ingest is None:
        told = f"The layer {layer.id!r} takes no files: it declares no `ingest`."
        raise LoadError(told, code="no-ingest")
    crs = crs_of(file, options.crs)
    report = begun(layer, file, crs, options, seconds, rows=len(file.cells))
    with timed(seconds, "repair"):
        fitted = _fit(layer, file, crs)
    with transaction.atomic():
        with timed(seconds, "check"):
            arrived = list(arrivals(layer, ingest, file, fitted, report, progress))
        if ingest.coverage and arrived:
            with timed(seconds, "coverage"):
                report.coverage = _survey(arrived)
        with timed(seconds, "write"):
            missing = upsert.write(layer, ingest, arrived, report, progress)
            _stop_where_all_refused(report)
            _count(missing, ingest, arrived, options, report)
        if ingest.after and report.changed:
            with timed(seconds, "after"):
                ingest.after()
        record(layer, options, report, by)
        transaction.set_rollback(options.dry_run)
    return report


def begun(
    layer: Layer,
    file: VectorFile | VectorTable,
    crs: CRS,
    options: Options,
    seconds: dict[str, float],
    rows: int = 0,
) -> Report:
    """What can be told before a row is looked at. Raises LoadError."""
    ingest: Ingest = layer.ingest  # type: ignore[assignment]
    return Report(
        layer=layer.id,
        file=file.name,
        sha256=file.sha256,
        driver=file.driver,
        crs=crs.to_string() if crs.to_epsg() else crs.name,
        columns=match(file, ingest, options),
        constants=options.constants,
        rows=rows,
        complete=options.complete,
        dry_run=options.dry_run,
        seconds=seconds,
    )


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = perf_counter()
    yield
    seconds[stage] = round(perf_counter() - started, 3)


def read(
    path: Path, options: Options, progress: Progress, limits: Limits | None = None
) -> VectorFile:
    """The rows of a vector file, or of a table with coordinates. Raises LoadError."""
    try:
        if path.suffix.lower() in table_file.ENDINGS:
            file = table_file.read(path)
        else:
            file = vector_file.read(path, progress, layer=options.from_layer, limits=limits)
    except vector_file.Unreadable as error:
        raise LoadError(str(error), code=error.code, names=error.layers) from error
    except table_file.Unreadable as error:
        raise LoadError(str(error), code="table") from error
    if not file.cells:
        raise LoadError(f"{file.name} holds no rows.", code="empty")
    return file


def crs_of(file: VectorFile | VectorTable, told: str) -> CRS:
    """The coordinate system of the file. Only a code may be told: a definition can name files."""
    try:
        if told:
            code = _EPSG.fullmatch(told.strip())
            if code is None:
                raise LoadError(
                    f"--crs {told} is no EPSG code: write for example EPSG:32751.", code="crs"
                )
            return CRS.from_epsg(int(code[1]))
        if file.crs:
            return CRS.from_user_input(file.crs)
    except CRSError as error:
        raise LoadError(
            f"PROJ does not know the coordinate system {told or f'of {file.name}'}: "
            "say another with --crs, for example --crs EPSG:32751.",
            code="crs",
        ) from error
    if file.driver.startswith("GeoJSON"):
        return repair.STORED
    raise LoadError(
        f"{file.name} does not say its coordinate system: say it with --crs, for example "
        "--crs EPSG:32751.",
        code="crs-unsaid",
    )


def match(file: VectorFile | VectorTable, ingest: Ingest, options: Options) -> dict[str, str]:
    """Name of the layer -> column of the file. Raises LoadError where a required one has none."""
    named = {**options.columns, **options.constants}
    if unknown := sorted(set(named) - set(ingest.fields)):
        raise LoadError(
            f"The layer has no field {', '.join(unknown)}; it has {', '.join(ingest.fields)}.",
            code="field",
            names=unknown,
        )
    found = {column.lower(): column for column in reversed(file.columns)}
    listed = f"its columns are {', '.join(file.columns) or 'none'}"
    columns = {}
    for name, usual in ingest.fields.items():
        if name in options.constants:
            continue
        told = options.columns.get(name)
        wanted = usual if told is None else (told,)
        there = [found[one.lower()] for one in wanted if one.lower() in found]
        if there:
            # KML has its own "Name", mostly empty, beside the column that the author made.
            columns[name] = next(filter(file.says, there), there[0])
        elif told:
            raise LoadError(
                f"{file.name} has no column {told}; {listed}.", code="column", names=[told]
            )
    required = ingest.required or ingest.key
    lacking = [name for name in required if name not in (columns | dict(options.constants))]
    if lacking:
        raise LoadError(
            f"{file.name} has no column for {', '.join(lacking)}; {listed}: say which one it is "
            f"with --field {lacking[0]}=COLUMN.",
            code="lacking",
            names=lacking,
        )
    return columns


def _fit(layer: Layer, file: VectorFile, crs: CRS) -> list[repair.Fitted]:
    try:
        return repair.fit(file.shapes, crs, layer.geometry_field)
    except (CRSError, ProjError) as error:
        raise LoadError(
            f"{crs.name} does not lead to longitude and latitude: say the coordinate system of "
            f"{file.name} with --crs, for example --crs EPSG:32751.",
            code="crs",
        ) from error


def _survey(arrived: Sequence[Arrival]) -> coverage.Coverage:
    return coverage.survey(
        np.array([one.shape for one in arrived], dtype=object), [one.name for one in arrived]
    )


def _stop_where_all_refused(report: Report) -> None:
    if len(report.refused) == report.rows:
        raise LoadError(
            f"Nothing was written, for all {report.rows} rows of {report.file} are refused; the "
            f"first because {sentence(report.refused[0].reasons)}",
            report,
            code="refused",
        )


def _count(
    missing: Sequence[Model],
    ingest: Ingest,
    arrived: Sequence[Arrival],
    options: Options,
    report: Report,
) -> None:
    """What the layer holds and the file does not: kept, or removed within the file's group."""
    # What a refused row was to replace must not go with the rest.
    if options.complete and not report.refused:
        try:
            report.removed = upsert.remove(ingest, arrived, missing)
        except upsert.StillNeeded as error:
            raise LoadError(
                f"Nothing was written: records of {error} need rows that {report.file} does not "
                "hold; load it without --complete.",
                report,
                code="needed",
                names=[str(error)],
            ) from error
    report.kept = len(missing) - report.removed


def record(layer: Layer, options: Options, report: Report, by: User | None) -> None:
    """Where the layer's rows came from; invented ones among them keep the banner up."""
    was_invented = layer.id in demo_layer_ids()
    report.invented_left = was_invented and report.kept > 0 and not options.all_real
    Load.objects.create(
        layer_id=layer.id,
        source=report.file,
        sha256=report.sha256,
        is_demo=report.invented_left,
        loaded_by=by if by and by.is_authenticated else None,
        report=report.as_json(),
    )
