from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LayersConfig(AppConfig):
    name = "layers"
    verbose_name = "Lapisan"

    def ready(self) -> None:
        from layers import checks  # noqa: F401 - registers the system checks
        from layers.tile_triggers import after_migrations, before_migrations

        pre_migrate.connect(before_migrations, sender=self)
        post_migrate.connect(after_migrations, sender=self)
