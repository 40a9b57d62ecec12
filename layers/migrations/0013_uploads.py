from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("layers", "0012_tile_changes")]

    operations = []
