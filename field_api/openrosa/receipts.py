"""What a receipt of the ledger is in the words of OpenRosa."""

from __future__ import annotations

from django.http import HttpResponse

from field_api.models import Submission
from field_api.openrosa.responses import answer
from field_api.receive import Receipt

State = Submission.State


def told(receipt: Receipt, *, files: int) -> HttpResponse:
    """201 and 202 only where all of this request is kept: the phone may then forget it.

    A refused submission is kept, with its files, and goes on at the office; the standard's 202 says
    just that: "we got and saved your data, but may not have fully processed it. You should not try
    to resubmit". The reasons are in the message.
    """
    submission = receipt.submission
    if receipt.conflict:
        return answer(409, "UUID ini milik kiriman lain. Kiriman yang lama tidak berubah.")
    if submission.state == State.WITHDRAWN:
        return answer(410, "Kiriman ini sudah ditarik kembali dan tidak diterima lagi.")
    if submission.state == State.UNPERMITTED:
        why = " ".join(submission.reasons.values())
        return answer(404, f"{why} Kiriman disimpan untuk diperiksa kantor.")
    with_files = f" beserta {files} berkas" if files else ""
    if submission.state == State.REFUSED:
        why = "; ".join(f"{name}: {reason}" for name, reason in submission.reasons.items())
        return answer(
            202,
            f"Tersimpan{with_files}, tetapi belum dapat diterima. {why} Kantor akan memeriksanya.",
            nature="submit_refused",
        )
    if submission.state == State.RECEIVED:
        return answer(202, f"Tersimpan{with_files}; dinilai sebentar lagi.")
    conflicts = ", ".join(submission.conflicts)
    if conflicts:
        return answer(
            201,
            f"Diterima{with_files}, tetapi isian ini sudah diubah orang lain dan tidak ditimpa: "
            f"{conflicts}.",
            nature="submit_conflict",
        )
    return answer(201, f"Diterima{with_files}.")
