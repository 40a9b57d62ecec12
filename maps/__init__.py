"""The only way out to people and GIS clients: tiles, features, pages, documents."""
