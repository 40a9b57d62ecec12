"""The letter of a decision: what is written on it, frozen, and its map."""
