"""The demo accounts: one for each role, with a password that only this installation knows."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User

from layers.catalog.puskesmas import Puskesmas
from layers.demo import fixtures
from layers.permissions import Duty, Role

# The mark of a demo account: an address that can receive nothing.
DOMAIN = "contoh.invalid"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread when typed on a phone


class NameTaken(Exception):
    """Somebody's own account has the name of a demo account."""


@dataclass(frozen=True)
class Account:
    """`sees` says in a sentence what the role gives; accounts that only sign rows cannot log in."""

    username: str
    name: str
    role: Role
    sees: str = ""
    themes: tuple[str, ...] = ()
    area_code: str = ""
    puskesmas: str = ""

    @property
    def logs_in(self) -> bool:
        return bool(self.sees)


ACCOUNTS = (
    Account(
        "petugas",
        "Petugas Lapangan",
        Role.OFFICER,
        "laporan sampah dan harga di seluruh kota, dengan keterangan pelapor; mengirim keduanya",
        themes=("trash", "markets"),
    ),
    Account(
        "petugas-kotalama",
        "Petugas Kota Lama",
        Role.OFFICER,
        "seperti petugas, tetapi keterangan laporan hanya di kecamatan Kota Lama",
        themes=("trash", "markets"),
        area_code="53.71.06",
    ),
    Account(
        "perencana",
        "Perencana Tata Ruang",
        Role.PLANNER,
        "semua permohonan ruang dengan pemohonnya, dan tinjauan lapangan",
    ),
    Account(
        "pejabat",
        "Pejabat Pemutus",
        Role.APPROVER,
        "semua permohonan ruang; memutus yang sudah direkomendasikan",
    ),
    Account(
        "gizi-oesapa",
        "Petugas Gizi Oesapa",
        Role.HEALTH,
        "balita dan pengukuran di wilayah kerja Puskesmas Oesapa; mengirim pengukuran",
        puskesmas="oesapa",
    ),
    Account(
        "gizi-sikumana",
        "Petugas Gizi Sikumana",
        Role.HEALTH,
        "balita dan pengukuran di wilayah kerja Puskesmas Sikumana; mengirim pengukuran",
        puskesmas="sikumana",
    ),
    Account(
        "data-opd",
        "Produsen Data",
        Role.PRODUCER,
        "mengunggah berkas batas wilayah, pasar, Puskesmas, dan rancangan tata ruang",
        themes=("boundaries", "markets", "puskesmas", "zoning"),
    ),
    Account(
        "walidata",
        "Walidata Kota",
        Role.WALIDATA,
        "prevalensi stunting sebelum dirilis; menerbitkan berkas yang diunggah",
    ),
    Account(
        "admin",
        "Administrator",
        Role.ADMINISTRATOR,
        "laman /admin/ dan semua laporan sampah; data anak tidak",
    ),
)


def _signing() -> Iterator[Account]:
    """Health officers of the other Puskesmas: they signed their measurements."""
    known = {account.puskesmas for account in ACCOUNTS}
    for row in fixtures.rows("puskesmas"):
        if row["code"] not in known:
            yield Account(
                f"gizi-{row['code']}",
                f"Petugas Gizi {row['name']}",
                Role.HEALTH,
                puskesmas=row["code"],
            )


def password() -> str:
    """Made once per installation and kept in a file that only its owner reads."""
    path = Path(settings.LOCAL_DIR) / "demo_password"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(
                "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
            )
    except FileExistsError:
        pass
    return path.read_text().strip()


def load() -> dict[str, int]:
    """Accounts and duties. An account of a demo loaded before is taken up again. Raises
    NameTaken where a name is somebody's own."""
    hashed = make_password(password())
    puskesmas = {centre.code: centre for centre in Puskesmas.objects.all()}
    for account in (*ACCOUNTS, *_signing()):
        user = User.objects.filter(username=account.username).first() or User(
            username=account.username, email=f"{account.username}@{DOMAIN}"
        )
        if not is_demo(user):
            raise NameTaken(account.username)
        user.first_name = account.name
        user.is_staff = account.role == Role.ADMINISTRATOR
        user.password = hashed if account.logs_in else make_password(None)
        user.save()
        Duty.objects.create(
            user=user,
            role=account.role,
            themes=list(account.themes),
            area_code=account.area_code,
            puskesmas=puskesmas.get(account.puskesmas),
        )
    return {}


def is_demo(user: User) -> bool:
    return user.email.endswith(f"@{DOMAIN}")


def user_ids() -> dict[str | None, Any]:
    """Primary keys of the demo accounts by username; None, a citizen, has none."""
    rows = User.objects.filter(email__endswith=f"@{DOMAIN}")
    return {None: None, **dict(rows.values_list("username", "pk"))}


def shown() -> list[tuple[Account, str]]:
    """Each account that can log in with its password; "" where it was changed since."""
    known = password()
    stored = dict(
        User.objects.filter(email__endswith=f"@{DOMAIN}").values_list("username", "password")
    )
    right = {hashed: check_password(known, hashed) for hashed in set(stored.values())}
    return [
        (account, known if right[stored[account.username]] else "")
        for account in ACCOUNTS
        if account.username in stored
    ]
