"""`hubbub bench`: a load on a Hubbub, what it withstood, and whether every promise was kept meanwhile.

Knows people as the server sees them: WebSockets that speak docs/protocol.md. Refuses to know options,
colours and tables: the command line has those.
"""
