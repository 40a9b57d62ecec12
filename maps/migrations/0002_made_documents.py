from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("maps", "0001_shared_map")]

    operations = []
