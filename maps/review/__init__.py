"""The planner's workbench: the queue, and one file with everything that is done to it."""
