"""The way of an application: one table of steps, what each asks first and leaves behind."""
