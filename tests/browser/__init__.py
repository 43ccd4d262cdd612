"""The page at `/`, driven in a real Chromium against a real server."""
