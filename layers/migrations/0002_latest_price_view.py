from django.db import migrations

# One index probe a market and item (see layers_price_series), not a sort of all readings.
VIEW = """
CREATE VIEW layers_latestprice AS
SELECT market.id * 100000 + commodity.id AS id,
       market.id AS market_id,
       commodity.id AS commodity_id,
       newest.price,
       newest.observed_at,
       round(100.0 * (newest.price - before.price) / before.price, 1)::float8 AS week_change
FROM layers_market AS market
CROSS JOIN layers_commodity AS commodity
CROSS JOIN LATERAL (
    SELECT price, observed_at FROM layers_pricereading
    WHERE market_id = market.id AND commodity_id = commodity.id
      -- a phone's clock that runs ahead must not set the price of the days to come
      AND observed_at <= now() + interval '1 day'
    ORDER BY observed_at DESC LIMIT 1
) AS newest
LEFT JOIN LATERAL (
    SELECT price FROM layers_pricereading
    WHERE market_id = market.id AND commodity_id = commodity.id
      AND observed_at <= newest.observed_at - interval '7 days'
    ORDER BY observed_at DESC LIMIT 1
) AS before ON true
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0001_initial")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW layers_latestprice")]
