from django.core.management.base import BaseCommand

from geo_portal import static_files


class Command(BaseCommand):
    help = "Pack scripts and styles with Brotli and gzip, once; what is packed already stays."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        self.stdout.write(f"{static_files.pack()} files packed")
