import django.contrib.gis.db.models.fields
import django.db.models.functions.datetime
from django.db import migrations, models

import layers.functions


class Migration(migrations.Migration):
    dependencies = [("layers", "0011_overviews")]

    operations = [
        migrations.CreateModel(
            name="TileChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("layer_id", models.CharField(max_length=60)),
                (
                    "area",
                    django.contrib.gis.db.models.fields.GeometryField(
                        null=True, spatial_index=False, srid=3857
                    ),
                ),
                (
                    "transaction",
                    models.BigIntegerField(db_default=layers.functions.TransactionId()),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("swept", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "perubahan petak",
                "verbose_name_plural": "perubahan petak",
                "indexes": [
                    models.Index(
                        fields=["layer_id", "transaction"], name="layers_tilechange_unseen"
                    ),
                    models.Index(
                        condition=models.Q(("swept", None)),
                        fields=["id"],
                        name="layers_tilechange_waiting",
                    ),
                    models.Index(fields=["swept"], name="layers_tilechange_swept"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TileVersion",
            fields=[
                ("layer_id", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("version", models.BigIntegerField()),
                (
                    "changed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "verbose_name": "edisi petak",
                "verbose_name_plural": "edisi petak",
            },
        ),
    ]
