from django.db import migrations, models
from django.db.models.manager import Manager


class Migration(migrations.Migration):
    dependencies = [("maps", "0001_shared_map")]

    operations = [
        migrations.CreateModel(
            name="MadeDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("period", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=8)),
                ("state", models.CharField(max_length=64)),
                ("path", models.CharField(max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                ("bytes", models.PositiveIntegerField(default=0)),
                ("made_at", models.DateTimeField(null=True)),
                ("looked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "dokumen yang dibuat",
                "verbose_name_plural": "dokumen yang dibuat",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "period", "language"), name="maps_made_document_once"
                    )
                ],
            },
            managers=[("kept", Manager())],
        ),
    ]
