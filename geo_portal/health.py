"""What an operator's probe asks: is the process alive, and can it do its work?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse


def alive(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 where the database answers, has PostGIS and is migrated; else 503 with what is
    missing.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT PostGIS_Lib_Version()")
            (postgis,) = cursor.fetchone()
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return _unready("database")
    if waiting:
        return _unready("migrations")
    return JsonResponse({"status": "ok", "postgis": postgis})


def _unready(missing: str) -> JsonResponse:
    response = JsonResponse({"status": "unready", "missing": missing}, status=503)
    response["Retry-After"] = "5"
    return response
