"""The database's connections are few: none is held while something slow goes on."""

from django.db import connection


def let_go() -> None:
    """Give this thread's connection back; the next query takes one again. Within a transaction it
    is needed, and stays."""
    if not connection.in_atomic_block:
        connection.close()
