"""Real data in: the rows of a vector file become rows of a layer, all in one transaction.

A row that cannot be stored is refused with its reason and never stops the rest. What the file does
not say (a column it lacks, an empty cell) stays as it is in the layer.

`load` asks, in this order: `vector_file` for the rows, `repair` for geometries that can be stored,
`arrivals` for values that can, `coverage` for gaps and overlaps, `upsert` to write; `report` tells.
"""
