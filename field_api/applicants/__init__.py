"""What applicants send: an application with its parcel and papers, and what they answer later.

`gate` bounds how much and how often, `outlines` reads a parcel however it is sent, `forms` and
`intake` make an application of it, `standing` tells in an applicant's words where it is.
"""
