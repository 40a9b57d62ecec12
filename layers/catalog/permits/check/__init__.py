"""The check: one rule engine, from areas to a verdict that can be recomputed."""
