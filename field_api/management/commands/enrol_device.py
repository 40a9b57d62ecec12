from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rest_framework.exceptions import ValidationError

from field_api.devices import DeviceName
from field_api.models import Device


class Command(BaseCommand):
    help = "Enrol a phone for an officer and print its token, which cannot be read again later."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("name", help="what the officer calls the phone")

    @transaction.atomic
    def handle(self, *, username: str, name: str, **options: Any) -> None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account named {username!r}.")
        try:
            name = DeviceName().run_validation(name)
        except ValidationError as error:
            raise CommandError(
                f"A name is one line of at most 100 characters: {name!r}."
            ) from error
        _, token = Device.enrol(user, name)
        self.stdout.write(token)
