"""Kills, stalls and lost tails under load, judged by the checker of promises."""
