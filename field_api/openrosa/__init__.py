"""OpenRosa 1.0: ODK Collect as a ready Android client of the same ledger."""
