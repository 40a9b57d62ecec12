"""`python -m tests.drill`, which `make drill` calls: what the intake promises, under fire.

It ends with 1 if an acknowledged submission is lost, anything is there twice or by half, or
anything did not arrive in the end.
"""

from __future__ import annotations

import argparse
import sys

from geo_portal.localdb import exit_on_signals
from tests.drill.run import FULL, SHORT, Plan, drill


def asked() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__)
    parser.add_argument("--short", action="store_true", help="some seconds, as the test suite does")
    parser.add_argument("--seed", type=int, default=1, help="of items, weather and strikes")
    parser.add_argument("--phones", type=int)
    parser.add_argument("--submissions", type=int, help="at least so many")
    parser.add_argument("--worker-kills", type=int)
    parser.add_argument("--database-kills", type=int)
    parser.add_argument("--minutes", type=float, help="the longest that it may strike")
    given = vars(parser.parse_args())
    plan = SHORT if given.pop("short") else FULL
    return plan.but(**{name: value for name, value in given.items() if value is not None})


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["burst"]:
        from tests.drill import burst

        with exit_on_signals():
            sys.exit(burst.main(sys.argv[2:]))
    try:
        with exit_on_signals():
            verdict = drill(asked(), say)
    except KeyboardInterrupt:
        sys.exit("Stopped: nothing of the drill is left, and it proves nothing.")
    say(verdict.told())
    sys.exit(0 if verdict.clean else 1)
