"""A plan and rules that are or were in force keep their own row too: evidence quotes it."""

from django.db import migrations

KEPT = {
    "plan": ("code", "title", "regulation", "valid_from", "vocabulary_id"),
    "ruleset": (
        *("code", "title", "source", "valid_from", "vocabulary_id"),
        *("sliver_m2", "sliver_share"),
    ),
}


def kept(table: str) -> migrations.RunSQL:
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in KEPT[table])
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION layers_kept_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is or was in force: it does not change', OLD.code
                USING ERRCODE = 'check_violation';
        END $$;
        CREATE TRIGGER kept BEFORE UPDATE ON layers_{table} FOR EACH ROW
            WHEN (OLD.status <> 'draft' AND ({changed}))
            EXECUTE FUNCTION layers_kept_{table}();
        """,
        f"DROP TRIGGER kept ON layers_{table}; DROP FUNCTION layers_kept_{table}();",
    )


class Migration(migrations.Migration):
    dependencies = [("layers", "0008_legal_basis")]

    operations = [kept("plan"), kept("ruleset")]
