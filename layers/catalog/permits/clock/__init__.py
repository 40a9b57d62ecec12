"""The clock of an application: the rows it rests on, and how a file stands in time."""
