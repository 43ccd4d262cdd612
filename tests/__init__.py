"""Hubbub's tests: each one is a sentence about what the server promises."""
