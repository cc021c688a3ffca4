"""A bucket per caller that fills again."""

from __future__ import annotations

from tlcore.serving.rate_limit import RateLimit


def test_a_burst_then_a_rate_for_each_asker() -> None:
    now = [100.0]
    limit = RateLimit(3, 2, clock=lambda: now[0])
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limit.wait("b") == 0
    now[0] += 0.5
    assert limit.wait("a") == 0 and limit.wait("a") == 0.5
    now[0] += 60
    assert limit.wait("a", 99) == 0, "more than a bucket passes when the bucket is full"
    assert limit.wait("a") > 40
