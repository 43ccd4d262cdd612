"""The checker of promises: journals of many clients in, sentences about broken promises out.

It works offline and from the records alone; it refuses to know servers, stores or time of day.
"""

from tests.support.checker.verdict import check

__all__ = ["check"]
