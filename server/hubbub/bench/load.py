"""What all people of one load process share.

Knows the plan, the clock and the report that is being written. Refuses to know people and rooms.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from hubbub.bench.allowance import Allowance
from hubbub.bench.orders import Plan, Report
from hubbub.bench.wire import Bounds, Hello, LoadCodec, codec_named
from hubbub.tokens import mint

TOKEN_SECONDS: Final = 6 * 3600
"""Of a person's token: longer than any run."""


def now_us() -> int:
    """Microseconds of the clock that all processes of this machine share."""
    return time.monotonic_ns() // 1000


@dataclass(slots=True)
class Load:
    """The plan, and what changes under it; `report` is that of the order under way."""

    plan: Plan
    codec: LoadCodec
    report: Report = field(default_factory=Report)
    _hello_by_number: dict[int, Hello] = field(default_factory=dict)
    _common_allowance: Allowance | None = None

    @classmethod
    def of(cls, plan: Plan) -> "Load":
        """The load of a plan, before anything has happened."""
        return cls(plan, codec_named(plan.codec))

    def hello(self, number: int) -> Hello:
        """As whom a person comes, and comes again."""
        if number not in self._hello_by_number:
            name = f"Load {number}"
            secret = self.plan.secret
            self._hello_by_number[number] = (
                Hello(1, name=name)
                if secret is None
                else Hello(1, token=mint(secret, f"bench:{number}", name, "person", {}, TOKEN_SECONDS))
            )
        return self._hello_by_number[number]

    def allowance(self, hello: Hello, bounds: Bounds | None, now: float) -> Allowance | None:
        """How fast somebody may publish, None for no limit; all who come with one token share it."""
        self.report.bounds = bounds
        if bounds is None or bounds.publish_per_s is None:
            return None
        if hello.token is None or hello.token != self.plan.token:
            return Allowance.of(bounds, now)
        self._common_allowance = self._common_allowance or Allowance.of(bounds, now)
        return self._common_allowance
