"""What the city holds, one file (or folder) a theme. Importing this package declares every
layer.
"""

from importlib import import_module
from pkgutil import iter_modules

for theme in iter_modules(__path__):
    import_module(f"{__name__}.{theme.name}")
