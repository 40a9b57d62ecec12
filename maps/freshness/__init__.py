"""How fresh each layer is, for everybody to see."""
