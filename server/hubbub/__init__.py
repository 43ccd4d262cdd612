"""Hubbub: a chat server in which every room is one ordered log.

Knows nothing but its own version; what a caller needs is imported from the modules below.
"""

__version__ = "0.1.0"
