from django.apps import AppConfig


class FieldApiConfig(AppConfig):
    name = "field_api"
    verbose_name = "Kiriman lapangan"
