from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("layers", "0011_overviews")]

    operations = []
