"""20,000 random operations on two shops from four processes at once, on each database: no invariant is broken."""

import asyncio

import pytest

from benchmarks.commerce_soak import soak

pytestmark = pytest.mark.thorough


@pytest.mark.timeout(1_800)
def test_nothing_that_many_do_at_random_breaks_the_books(empty_database: str) -> None:
    found = asyncio.run(soak(empty_database, processes=4, operations=20_000, seed=20_261_129))
    assert found["violations"] == 0, "\n".join(found["first_violations"])
    assert found["operations"] >= 20_000 and found["committed"] * 3 >= found["operations"]
    # It went everywhere: every kind of refusal that guards money or stock was met.
    met = {outcome.removeprefix("refused: ") for outcome in found["outcomes"]}
    assert met >= {"foreign", "altered", "expired", "reused", "stale", "signature", "IdempotencyConflict"}
    assert met >= {"OrderNotFound", "item.stock", "payment.covered", "refund.held", "refund.method"}
    assert found["left"]["cases"] > 100 and found["audits"] > 1
