"""What the way out keeps of its own."""
