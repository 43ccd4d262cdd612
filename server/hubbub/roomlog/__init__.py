"""The log of rooms in Redis or Valkey: what is appended, read back and heard of."""
