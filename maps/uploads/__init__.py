"""The office side of files: handed in, checked, published."""
