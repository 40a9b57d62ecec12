"""The only way in from phones, citizens and other systems."""
