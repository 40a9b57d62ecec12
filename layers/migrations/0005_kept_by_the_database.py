"""What the database itself holds: pieces follow their zones, what is in force does not change, and
what was done stays as it was."""

from django.db import migrations

PIECES = """
CREATE FUNCTION layers_cut_zones() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM layers_zonepart USING fresh WHERE zone_id = fresh.id;
    END IF;
    INSERT INTO layers_zonepart (zone_id, plan_id, sub_zone_id, geom)
    SELECT fresh.id, fresh.plan_id, fresh.sub_zone_id, piece.geom
    FROM fresh, LATERAL ST_Subdivide(fresh.geom, 128) AS cut, LATERAL ST_Dump(cut) AS piece;
    RETURN NULL;
END $$;
CREATE TRIGGER cut_new AFTER INSERT ON layers_zone
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION layers_cut_zones();
CREATE TRIGGER cut_again AFTER UPDATE ON layers_zone
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION layers_cut_zones();

CREATE FUNCTION layers_cut_overlays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM layers_overlaypart USING fresh WHERE overlay_id = fresh.id;
    END IF;
    INSERT INTO layers_overlaypart (overlay_id, plan_id, geom)
    SELECT fresh.id, fresh.plan_id, piece.geom
    FROM fresh, LATERAL ST_Subdivide(fresh.geom, 128) AS cut, LATERAL ST_Dump(cut) AS piece;
    RETURN NULL;
END $$;
CREATE TRIGGER cut_new AFTER INSERT ON layers_overlayarea
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION layers_cut_overlays();
CREATE TRIGGER cut_again AFTER UPDATE ON layers_overlayarea
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION layers_cut_overlays();

INSERT INTO layers_zonepart (zone_id, plan_id, sub_zone_id, geom)
SELECT z.id, z.plan_id, z.sub_zone_id, piece.geom
FROM layers_zone z, LATERAL ST_Subdivide(z.geom, 128) AS cut, LATERAL ST_Dump(cut) AS piece;
"""

NO_PIECES = """
DROP TRIGGER cut_new ON layers_zone;
DROP TRIGGER cut_again ON layers_zone;
DROP TRIGGER cut_new ON layers_overlayarea;
DROP TRIGGER cut_again ON layers_overlayarea;
DROP FUNCTION layers_cut_zones();
DROP FUNCTION layers_cut_overlays();
"""

OF_A_PLAN = ("zone", "overlayarea", "mappedkind")
OF_RULES = ("activity", "usecondition", "userule", "intensity", "equivalent", "overlayrule")

FREEZE = """
CREATE FUNCTION layers_frozen_{parent}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    frozen text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT code INTO frozen FROM layers_{parent} WHERE id = OLD.{key} AND status <> 'draft';
    END IF;
    IF frozen IS NULL AND TG_OP <> 'DELETE' THEN
        SELECT code INTO frozen FROM layers_{parent} WHERE id = NEW.{key} AND status <> 'draft';
    END IF;
    IF frozen IS NOT NULL THEN
        RAISE EXCEPTION '% is or was in force: its rows do not change', frozen
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
FROZEN = """
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON layers_{table}
    FOR EACH ROW EXECUTE FUNCTION layers_frozen_{parent}();
"""

APPENDED = """
CREATE FUNCTION layers_only_appended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only appended', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER only_appended BEFORE UPDATE ON layers_act
    FOR EACH ROW EXECUTE FUNCTION layers_only_appended();
CREATE TRIGGER only_appended BEFORE UPDATE ON layers_check
    FOR EACH ROW EXECUTE FUNCTION layers_only_appended();
CREATE TRIGGER only_appended BEFORE UPDATE ON layers_decision
    FOR EACH ROW EXECUTE FUNCTION layers_only_appended();
CREATE TRIGGER only_appended BEFORE UPDATE ON layers_applicationmove
    FOR EACH ROW EXECUTE FUNCTION layers_only_appended();
CREATE TRIGGER stands_until_once BEFORE UPDATE ON layers_parcel FOR EACH ROW
    WHEN (OLD.stood_until IS NOT NULL OR OLD.geom IS DISTINCT FROM NEW.geom)
    EXECUTE FUNCTION layers_only_appended();
CREATE TRIGGER drawn_once BEFORE UPDATE ON layers_letter FOR EACH ROW
    WHEN (OLD.pdf <> '' OR OLD.content IS DISTINCT FROM NEW.content
          OR OLD.number IS DISTINCT FROM NEW.number OR OLD.code IS DISTINCT FROM NEW.code)
    EXECUTE FUNCTION layers_only_appended();
"""
UNAPPENDED = """
DROP TRIGGER only_appended ON layers_act;
DROP TRIGGER only_appended ON layers_check;
DROP TRIGGER only_appended ON layers_decision;
DROP TRIGGER only_appended ON layers_applicationmove;
DROP TRIGGER stands_until_once ON layers_parcel;
DROP TRIGGER drawn_once ON layers_letter;
DROP FUNCTION layers_only_appended();
"""


def frozen(tables: tuple[str, ...], parent: str, key: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        [FREEZE.format(parent=parent, key=key)]
        + [FROZEN.format(table=table, parent=parent) for table in tables],
        [f"DROP TRIGGER frozen ON layers_{table}" for table in tables]
        + [f"DROP FUNCTION layers_frozen_{parent}()"],
    )


class Migration(migrations.Migration):
    dependencies = [("layers", "0004_permit_review")]

    operations = [
        migrations.RunSQL(PIECES, NO_PIECES),
        frozen(OF_A_PLAN, "plan", "plan_id"),
        frozen(OF_RULES, "ruleset", "rule_set_id"),
        migrations.RunSQL(APPENDED, UNAPPENDED),
    ]
