"""The project's .local: what this machine keeps and no one commits.

The local database, uploads, the secret key, collected static files.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def make_local_folder(folder: Path) -> None:
    """Others may pass through it, for the database server may be another user."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)


def secret_key(folder: Path) -> str:
    """A key made once per checkout: no installation ever shares a known one."""
    make_local_folder(folder)
    path = folder / "secret_key"
    if not path.exists():
        # Written aside and linked when whole: two processes may begin at the same moment.
        with NamedTemporaryFile("w", dir=folder) as file, suppress(FileExistsError):
            file.write(secrets.token_urlsafe(64))
            file.flush()
            os.link(file.name, path)
    return path.read_text()
