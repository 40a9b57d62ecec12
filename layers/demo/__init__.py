"""The demo city: real names and points of Kota Kupang, and an invented life around them.

`city.load` builds it from `fixtures/` and a fixed seed; nothing here is a fact about a person.
"""
