"""The office's inbox: what was handed in, what became of it, and the way to put it right."""
