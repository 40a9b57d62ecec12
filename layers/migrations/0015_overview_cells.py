"""Cells are found by their key: they move to a table without an index of places."""

from django.db import migrations, models

import layers.mercator

COLUMNS = "level, facet, key, n, fid, kinds, properties, geom"


class Migration(migrations.Migration):
    dependencies = [("layers", "0014_one_spatial_index")]

    operations = [
        migrations.CreateModel(
            name="OverviewCell",
            fields=[
                ("level", models.IntegerField()),
                ("facet", models.TextField(default="")),
                ("key", models.BigIntegerField()),
                ("n", models.IntegerField()),
                ("fid", models.BigIntegerField(null=True)),
                ("kinds", models.JSONField(null=True)),
                ("properties", models.JSONField(default=dict)),
                ("geom", layers.mercator.MercatorField(spatial_index=False, srid=3857)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level",
                        "key",
                        "facet",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "verbose_name": "baris ikhtisar",
                "verbose_name_plural": "baris ikhtisar",
                "abstract": False,
            },
        ),
        migrations.RunSQL(
            [
                f"INSERT INTO layers_overviewcell ({COLUMNS}) SELECT {COLUMNS}"
                " FROM layers_overviewrow WHERE GeometryType(geom) = 'POINT'"
                " ORDER BY level, key, facet",
                "DELETE FROM layers_overviewrow WHERE GeometryType(geom) = 'POINT'",
            ],
            f"INSERT INTO layers_overviewrow ({COLUMNS}) SELECT {COLUMNS} FROM layers_overviewcell",
        ),
        migrations.RemoveField("overviewrow", "kinds"),
    ]
