"""Running numbers; and a decision follows what another person recommended, whoever writes it."""

from django.db import migrations, models

FOLLOWS = """
CREATE FUNCTION layers_decision_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM layers_recommendation AS proposal
        WHERE proposal.id = NEW.recommendation_id
          AND proposal.application_id = NEW.application_id
          AND proposal.by_id = NEW.recommended_by_id
          AND proposal.outcome = NEW.outcome
          AND proposal.challenged_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the decision does not follow its recommendation'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER follows BEFORE INSERT ON layers_decision
    FOR EACH ROW EXECUTE FUNCTION layers_decision_follows();
CREATE TRIGGER challenged_once BEFORE UPDATE ON layers_recommendation FOR EACH ROW
    WHEN (OLD.challenged_at IS NOT NULL
          OR OLD.application_id IS DISTINCT FROM NEW.application_id
          OR OLD.basis_id IS DISTINCT FROM NEW.basis_id
          OR OLD.outcome IS DISTINCT FROM NEW.outcome
          OR OLD.reason IS DISTINCT FROM NEW.reason
          OR OLD.conditions IS DISTINCT FROM NEW.conditions
          OR OLD.approved IS DISTINCT FROM NEW.approved
          OR OLD.refused_part IS DISTINCT FROM NEW.refused_part
          OR OLD.at IS DISTINCT FROM NEW.at
          OR OLD.by_id IS DISTINCT FROM NEW.by_id)
    EXECUTE FUNCTION layers_only_appended();
"""
FOLLOWS_NOT = """
DROP TRIGGER challenged_once ON layers_recommendation;
DROP TRIGGER follows ON layers_decision;
DROP FUNCTION layers_decision_follows();
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0006_plan_versions")]

    operations = [
        migrations.CreateModel(
            name="RunningNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("series", models.CharField(max_length=20)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name": "nomor urut",
                "verbose_name_plural": "nomor urut",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("series", "year"), name="layers_runningnumber_one_of_a_year"
                    )
                ],
            },
        ),
        migrations.RunSQL(FOLLOWS, FOLLOWS_NOT),
    ]
