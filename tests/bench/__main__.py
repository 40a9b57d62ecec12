"""`make bench`: what is measured is named in `MEASURED`; each prints ratios to a rival of the same
run, and a target that is missed ends it with 1. `python -m tests.bench intake` runs one; further
arguments are its own."""

from __future__ import annotations

import sys

from tests.bench import first_view, growth, intake, items, loading, permits, tiles
from tests.bench.rivals import Lacking

MEASURED = {
    "intake": intake.main,
    "permits": permits.main,
    "tiles": tiles.main,
    "growth": growth.main,
    "items": items.main,
    "loading": loading.main,
    "first_view": first_view.main,
}


def run(name: str, options: list[str]) -> list[str]:
    """Which targets were missed; a rival that is not installed is one of them."""
    print(f"\n== {name}", flush=True)  # noqa: T201
    try:
        return MEASURED[name](options)
    except Lacking as lacking:
        return [f"{name}: {lacking}"]


if __name__ == "__main__":
    asked, *options = sys.argv[1:] or [""]
    if asked and asked not in MEASURED:
        sys.exit(f"Known: {', '.join(MEASURED)}.")
    missed = [target for name in ([asked] if asked else MEASURED) for target in run(name, options)]
    for target in missed:
        print(f"MISSED {target}")  # noqa: T201
    sys.exit(1 if missed else 0)
