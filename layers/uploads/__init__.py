"""What an office hands in as a file, on its way to being published by somebody else.

Each file is kept first (`arrivals`), then tried out in a transaction that is rolled back (`check`),
and only what that showed is published (`publication`), in one transaction that can be taken back as
long as nobody touched its rows. `records` holds the states, `changes` what differs.
"""
