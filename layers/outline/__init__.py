"""A parcel comes in: the outline that an applicant asks for, pasted, typed or sent as a file.

`coordinates` reads and writes tables of corners (`sheet` finds its lines and rings, `notations` its
numbers, `projections` where they are), `files` reads what a surveyor sends, `fitness` says what is
wrong with an outline and where, `snapping` lays it onto its neighbours. Nothing is repaired unseen:
what would change is given back to be shown and accepted.
"""
