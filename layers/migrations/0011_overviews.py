from django.contrib.postgres.indexes import GistIndex
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import layers.mercator


class Migration(migrations.Migration):
    dependencies = [("layers", "0010_mercator")]

    operations = [
        BtreeGistExtension(),  # an index of level and place in one
        migrations.CreateModel(
            name="Overview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("layer_id", models.CharField(max_length=60, unique=True)),
                ("raw_from", models.PositiveSmallIntegerField(default=0)),
                ("built_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "ikhtisar lapisan",
                "verbose_name_plural": "ikhtisar lapisan",
            },
        ),
        migrations.CreateModel(
            name="OverviewRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.IntegerField()),
                ("facet", models.TextField(default="")),
                ("key", models.BigIntegerField()),
                ("n", models.IntegerField()),
                ("fid", models.BigIntegerField(null=True)),
                ("kinds", models.JSONField(null=True)),
                ("properties", models.JSONField(default=dict)),
                ("geom", layers.mercator.MercatorField(spatial_index=False, srid=3857)),
            ],
            options={
                "verbose_name": "baris ikhtisar",
                "verbose_name_plural": "baris ikhtisar",
                "indexes": [
                    GistIndex(fields=["level", "facet", "geom"], name="layers_overviewrow_where")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("level", "facet", "key"), name="layers_overviewrow_once"
                    )
                ],
            },
        ),
    ]
