"""The regulations that letters cite."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("layers", "0007_two_people")]

    operations = [
        migrations.CreateModel(
            name="LegalBasis",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.TextField()),
                ("rank", models.PositiveSmallIntegerField(default=100)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("source", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name": "dasar hukum",
                "verbose_name_plural": "dasar hukum",
                "ordering": ("rank", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__isnull", True))
                        | models.Q(("valid_until__gt", models.F("valid_from"))),
                        name="layers_legalbasis_valid_period",
                    )
                ],
            },
        ),
    ]
