import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Who moved a file and what was written to whom does not change any more.
APPENDED = """
CREATE TRIGGER only_appended BEFORE UPDATE ON layers_uploadmove
    FOR EACH ROW EXECUTE FUNCTION layers_only_appended();
CREATE TRIGGER only_appended BEFORE UPDATE ON layers_reminder
    FOR EACH ROW EXECUTE FUNCTION layers_only_appended();
"""
UNAPPENDED = """
DROP TRIGGER only_appended ON layers_uploadmove;
DROP TRIGGER only_appended ON layers_reminder;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0012_tile_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Office",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="nama")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="surel")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="telepon")),
                (
                    "contact",
                    models.CharField(blank=True, max_length=100, verbose_name="narahubung"),
                ),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="sumber")),
            ],
            options={
                "verbose_name": "perangkat daerah",
                "verbose_name_plural": "perangkat daerah",
                "ordering": ("name",),
            },
        ),
        migrations.AlterField(
            model_name="duty",
            name="role",
            field=models.CharField(
                choices=[
                    ("officer", "Petugas lapangan"),
                    ("planner", "Perencana tata ruang"),
                    ("approver", "Pejabat pemutus"),
                    ("health", "Petugas gizi Puskesmas"),
                    ("producer", "Produsen data"),
                    ("walidata", "Walidata"),
                    ("administrator", "Administrator"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="FreshnessDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("layer_id", models.CharField(max_length=60)),
                ("day", models.DateField()),
            ],
            options={
                "verbose_name": "hari pembaruan",
                "verbose_name_plural": "hari pembaruan",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("layer_id", "day"), name="layers_freshnessday_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("layer_id", models.CharField(max_length=60)),
                ("office", models.CharField(max_length=120)),
                ("email", models.EmailField(max_length=254)),
                ("due", models.DateField()),
                ("week", models.PositiveIntegerField()),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "pengingat",
                "verbose_name_plural": "pengingat",
                "ordering": ("-sent_at", "-pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("layer_id", "due", "week"), name="layers_reminder_once_a_week"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("layer_id", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                ("file", models.CharField(max_length=200)),
                ("bytes", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Diterima"),
                            ("failed", "Perlu diperbaiki"),
                            ("checked", "Sudah diperiksa"),
                            ("submitted", "Menunggu walidata"),
                            ("returned", "Dikembalikan"),
                            ("published", "Terbit"),
                            ("undone", "Terbitan dibatalkan"),
                            ("withdrawn", "Ditarik"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                ("options", models.JSONField(default=dict)),
                ("columns", models.JSONField(default=list)),
                ("report", models.JSONField(null=True)),
                ("trouble", models.TextField(blank=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("changes", models.CharField(blank=True, max_length=200)),
                ("snapshot", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "load",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="upload",
                        to="layers.load",
                    ),
                ),
            ],
            options={
                "verbose_name": "berkas unggahan",
                "verbose_name_plural": "berkas unggahan",
                "ordering": ("-at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="UploadMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_status", models.CharField(blank=True, max_length=30)),
                ("to_status", models.CharField(max_length=30)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="moves",
                        to="layers.upload",
                    ),
                ),
            ],
            options={
                "verbose_name": "riwayat unggahan",
                "verbose_name_plural": "riwayat unggahan",
                "ordering": ("at", "pk"),
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("status__in", ["checked", "failed", "received", "returned", "submitted"])
                ),
                fields=("layer_id", "sha256"),
                name="layers_upload_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("load__isnull", False), ("status__in", ["published", "undone"])),
                    models.Q(
                        models.Q(("status__in", ["published", "undone"]), _negated=True),
                        ("load__isnull", True),
                        ("snapshot", ""),
                    ),
                    _connector="OR",
                ),
                name="layers_upload_published_with_load",
            ),
        ),
        migrations.RunSQL(APPENDED, UNAPPENDED),
    ]
