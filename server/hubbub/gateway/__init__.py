"""Live connections of one node: who is where, what they send, and what they are sent."""
