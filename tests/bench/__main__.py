"""`make bench`: what is measured is named in `MEASURED`; each prints ratios to a rival of the same
run, and a target that is missed ends it with 1. `python -m tests.bench intake` runs one; further
arguments are its own."""

from __future__ import annotations

import sys

from tests.bench import intake, permits

MEASURED = {"intake": intake.main, "permits": permits.main}

if __name__ == "__main__":
    asked, *options = sys.argv[1:] or [*MEASURED]
    if asked not in MEASURED:
        sys.exit(f"Known: {', '.join(MEASURED)}.")
    missed = MEASURED[asked](options)
    for target in missed:
        print(f"MISSED {target}")  # noqa: T201
    sys.exit(1 if missed else 0)
