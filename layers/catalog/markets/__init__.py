"""Market prices (Monitoring Inflasi Harga Pasar): markets, commodities and readings."""

from layers.catalog.markets import places, prices  # noqa: F401
