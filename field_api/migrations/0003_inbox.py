from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("field_api", "0002_intake")]

    operations = [
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                fields=["layer_id", "received_at", "instance_id"],
                name="field_api_submission_inbox",
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                condition=models.Q(("state__in", ("refused", "unpermitted", "withdrawn"))),
                fields=["received_at", "instance_id"],
                name="field_api_submission_rejected",
            ),
        ),
    ]
