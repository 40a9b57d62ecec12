import django.contrib.postgres.fields
from django.db import migrations, models


def stamp(apps, schema_editor):
    """What came before the column: as from where its sender serves today. Of who sent for a
    Puskesmas and serves none any more nobody can tell: 0 is none that anybody serves."""
    submissions = apps.get_model("field_api", "Submission").objects
    served = {}
    duties = apps.get_model("layers", "Duty").objects.filter(puskesmas__isnull=False)
    for user, unit in duties.order_by("user", "puskesmas").values_list("user", "puskesmas"):
        if unit not in served.setdefault(user, []):
            served[user].append(unit)
    measured = submissions.filter(layer_id="measurements").order_by("user")
    for user in measured.values_list("user", flat=True).distinct():
        served.setdefault(user, [0])
    for user, units in served.items():
        submissions.filter(user=user).update(units=units)


class Migration(migrations.Migration):
    dependencies = [("field_api", "0003_inbox"), ("layers", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="units",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), null=True, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("units__isnull", False)),
                fields=["user"],
                name="field_api_submission_units",
            ),
        ),
        migrations.RunPython(stamp, migrations.RunPython.noop),
    ]
