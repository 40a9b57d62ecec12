from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("field_api", "0004_units")]

    operations = [
        # 0002 meant the column to have none, yet the one that it began with was made after that.
        migrations.RunSQL(
            "DROP INDEX IF EXISTS field_api_submission_withdrawn_by_id_ca84015c",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(model_name="submission", name="field_api_submission_order"),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("geom__isnull", False)),
                fields=["device", "-sequence"],
                name="field_api_submission_order",
            ),
        ),
    ]
