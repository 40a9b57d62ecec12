"""Tiles find their rows by the geometry in degrees, whose index there is anyway."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0013_uploads"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="application",
            name="layers_application_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="application",
            name="layers_application_shown_3857",
        ),
        migrations.RemoveIndex(
            model_name="area",
            name="layers_area_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="child",
            name="layers_child_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="market",
            name="layers_market_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="overlayarea",
            name="layers_overlayarea_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="puskesmas",
            name="layers_puskesmas_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="sitevisit",
            name="layers_sitevisit_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="trashcleaning",
            name="layers_trashcleaning_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="trashreport",
            name="layers_trashreport_geom_3857",
        ),
        migrations.RemoveIndex(
            model_name="zone",
            name="layers_zone_geom_3857",
        ),
    ]
