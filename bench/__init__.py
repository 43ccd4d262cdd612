"""The comparison: Hubbub beside what the kernel allows, and beside what a user would pick instead.

`python -m bench` from the root of the repository measures everything side by side in one run and
writes docs/benchmarks.md, docs/benchmarks.svg and bench/results.json. Linux, with a C compiler; for
Socket.IO also Node.js with npm.
"""
