"""What a drill asks of the portal from inside, in one process each time:

`python -m tests.drill.town settle N` turns an empty database into the town that a drill is about,
and tells as JSON who may send (the tokens are said only here) and what there is to send about.
`python -m tests.drill.town tidy` is the city's nightly round: what a crash left undone is done.
"""

from __future__ import annotations

import json
import os
import sys
from io import StringIO
from typing import Any

import django


def settle(officers: int) -> dict[str, Any]:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from layers.catalog.markets.places import Commodity
    from layers.permissions import Duty, Role
    from tests import factories

    call_command("migrate", verbosity=0)
    told: dict[str, Any] = {"phones": []}
    for number in range(officers):
        officer = User.objects.create(username=f"petugas-{number}")
        Duty.objects.create(user=officer, role=Role.OFFICER)
        printed = StringIO()
        call_command("enrol_device", officer.username, f"Ponsel {number}", stdout=printed)
        told["phones"].append(printed.getvalue().strip())
    town = factories.town(by=officer)
    Commodity.objects.bulk_create(
        Commodity(code=f"uji-{n}", name=f"Barang uji {n}", group="Uji", unit="kg")
        for n in range(20)
    )
    told["market"] = town.market.code
    told["commodities"] = list(Commodity.objects.values_list("code", flat=True))
    told["centre"] = list(factories.CENTRE.coords)
    told["tables"] = tables()
    return told


def tables() -> dict[str, str]:
    """Where the features of each form lie, by the registry."""
    from layers.registry import LAYERS

    return {
        layer.id: layer.model._meta.db_table
        for layer in LAYERS.values()
        if layer.accepts and any(one.name == "instance_id" for one in layer.model._meta.fields)
    }


def tidy() -> dict[str, Any]:
    from django.core.management import call_command

    printed = StringIO()
    call_command("judge_submissions", stdout=printed)
    call_command("settle_attachments", stdout=printed)
    call_command("check_files", mend=True, older_than=0, stdout=printed)
    return {"told": printed.getvalue().splitlines()}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "geo_portal.settings"
    django.setup()
    match sys.argv[1:]:
        case ["settle", officers]:
            told = settle(int(officers))
        case _:
            told = tidy()
    sys.stdout.write(json.dumps(told))
