"""What the venue bears: a loss beyond what answered for the position (its insurance fund takes it).

Fills are at the market, always; what they lose beyond an isolated margin, or beyond all that is on a cross balance, is
paid back as a payment of its own, so that the ledger shows both.
"""

from engine.core import codes
from engine.core.jit import inner
from engine.core.lending import pay
from engine.core.margin import any_crosses, is_contract, wallet_of
from engine.core.memory import book_of, market_of

NOISE = 1e-12  # of what a fill moved: less than that is binary noise and no loss


@inner
def lost_by_force(run, book, loss):
    """Add to what forced fills have lost of the book at this timestamp: what a cross balance lacks is shared by it."""
    if book.forced_k != run.k:
        book.forced_k, book.forced_loss = run.k, 0.0
    book.forced_loss += max(0.0, loss)


@inner
def relieve_isolated(run, book, market, margin, was, quantity, realised, fee):
    """After a fill that took from an isolated position: the venue bears what it lost beyond the margin that it freed.

    margin, was: before the fill.
    """
    now = book.position
    if was == 0.0 or (was * now > 0.0 and abs(now) >= abs(was)):
        return
    freed, closing = margin, min(quantity, abs(was))
    if was * now > 0.0:
        freed -= book.margin
    own_fee = fee * closing / quantity if quantity > 0.0 else 0.0
    lacking = own_fee - realised - freed
    if lacking > NOISE * (abs(realised) + own_fee):
        pay(run, book, market, codes.BORNE, 0.0, was, book.price, lacking)


@inner
def relieve_cross(run, book, market):
    """After a fill that closed the last position on a cross balance: the venue bears what it lacks.

    Coins that are held besides are no margin, and stay.
    Shared among the positions that it took at this timestamp by what each lost, or all to the one just closed.
    """
    index = market.quote_balance
    lacking = -wallet_of(run, index)
    if lacking <= NOISE * (abs(book.realised) + book.fees) or any_crosses(run, index):
        return
    total = 0.0
    for i in range(run.book_count):
        other = book_of(run, i)
        its = market_of(run, other.market)
        if its.quote_balance == index and its.isolated == 0 and other.forced_k == run.k:
            total += other.forced_loss
    if total <= 0.0:
        pay(run, book, market, codes.BORNE, 0.0, 0.0, book.price, lacking)
        return
    for i in range(run.book_count):
        other = book_of(run, i)
        its = market_of(run, other.market)
        if its.quote_balance == index and its.isolated == 0 and other.forced_k == run.k and other.forced_loss > 0.0:
            pay(run, other, its, codes.BORNE, 0.0, 0.0, other.price, lacking * other.forced_loss / total)


@inner
def relieve(run, book, market, margin, was, quantity, realised, fee):
    """Let the venue bear what a fill lost beyond what answers for it."""
    if market.isolated != 0:
        relieve_isolated(run, book, market, margin, was, quantity, realised, fee)
    elif book.position == 0.0 and (is_contract(market) or was < 0.0):
        relieve_cross(run, book, market)
