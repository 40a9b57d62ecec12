"""A layer as a file: the same rows and properties that a person gets as items, in the formats that
spreadsheets, GIS and notebooks read. Each writer takes a `Table` and knows nothing of HTTP."""
