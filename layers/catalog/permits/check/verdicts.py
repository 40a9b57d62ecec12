"""Which verdict counts where there are several, and how verdicts and measures are told."""

from __future__ import annotations

from collections.abc import Iterable

from layers.base import Text, named
from layers.catalog.zoning.rules import Verdict
from layers.figures import grouped

UNKNOWN = "?"  # cannot be said
# Nobody may build on what cannot be said, and a prohibition is one whatever else is unknown.
ORDER = (
    *(Verdict.PERMITTED, Verdict.LIMITED, Verdict.CONDITIONAL, Verdict.LIMITED_CONDITIONAL),
    UNKNOWN,
    Verdict.NOT_PERMITTED,
)
NAMES = {
    **named(
        Verdict,
        PERMITTED="Permitted",
        LIMITED="Limited",
        CONDITIONAL="Conditional",
        LIMITED_CONDITIONAL="Limited and conditional",
        NOT_PERMITTED="Not permitted",
    ),
    UNKNOWN: Text("Tidak dapat dipastikan", "Cannot be said"),
}
# Within a sentence.
TOLD = {
    Verdict.PERMITTED: "diizinkan",
    Verdict.LIMITED: "diizinkan terbatas",
    Verdict.CONDITIONAL: "diizinkan bersyarat",
    Verdict.LIMITED_CONDITIONAL: "diizinkan terbatas dan bersyarat",
    UNKNOWN: "tidak dapat dipastikan",
    Verdict.NOT_PERMITTED: "tidak diizinkan",
}


def strictest(verdicts: Iterable[str]) -> str:
    """The last of `ORDER`; of none, UNKNOWN."""
    return str(max(verdicts, key=ORDER.index, default=UNKNOWN))


def square_metres(value: float) -> str:
    return f"{grouped(value, 2)} m²"


def extent(m2: float, percent: float) -> str:
    return f"{square_metres(m2)}, {grouped(percent, 2)} %"
