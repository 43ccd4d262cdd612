"""What is true of rooms: no I/O, no clock, no event loop, no logging."""
