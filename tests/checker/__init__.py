"""Proof that the checker of promises catches what it must, and lets a correct journal pass."""
