from django.db import migrations, models
from django.db.models.manager import Manager


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SharedMap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=22, unique=True)),
                ("fragment", models.CharField(max_length=4096)),
                ("language", models.CharField(max_length=8)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "peta yang dibagikan",
                "verbose_name_plural": "peta yang dibagikan",
            },
            managers=[("kept", Manager())],
        ),
    ]
