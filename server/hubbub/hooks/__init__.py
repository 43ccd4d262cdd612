"""Hooks: what other programs say into a room by one POST, and a room's entries sent to a URL.

Knows tokens of hooks, payloads, signatures, leases and addresses. Refuses to know routes (web) and rules
(domain): what a hook says is decided like what anybody says.
"""
