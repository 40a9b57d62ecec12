"""The core: what the city knows, as geographic layers, with its rules. It knows no HTTP and no
HTML.
"""
