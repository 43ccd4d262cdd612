"""The wire: typed frames, their two encodings and the session of one connection; no I/O, no clock."""
