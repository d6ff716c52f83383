"""Flat memory: an address becomes a record, bytes are copied, a function is called through its address."""

from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic

from engine.codecache import bounds_checked
from engine.core.jit import inlined
from engine.core.records import (
    BALANCE,
    BALANCE_SIZE,
    BOOK,
    BOOK_SIZE,
    CANDLE,
    EVENT,
    EVENT_SIZE,
    FILL,
    FILL_SIZE,
    GAUGE,
    GAUGE_SIZE,
    MARKET,
    MARKET_SIZE,
    ORDER,
    ORDER_SIZE,
    PAYMENT,
    PAYMENT_SIZE,
    RUN,
    SLOT,
    SLOT_SIZE,
    STAMP,
    STAMP_SIZE,
    TIER,
    TIER_SIZE,
    TRACK,
    TRACK_SIZE,
)

BOUNDS = bounds_checked()


def _caller(parameters):
    """Make an intrinsic that calls int64 function(parameters) at an address; letters as in jit.c_function."""
    numba_types = [types.int64 if letter == "i" else types.float64 for letter in parameters]
    llvm_types = [ir.IntType(64) if letter == "i" else ir.DoubleType() for letter in parameters]

    def codegen(context, builder, signature, args):
        pointer = ir.PointerType(ir.FunctionType(ir.IntType(64), llvm_types))
        return builder.call(builder.inttoptr(args[0], pointer), list(args[1:]))

    return types.int64(types.int64, *numba_types), codegen


@intrinsic
def call(typingctx, function, a, b, c, d):
    """Call int64 function(a, b, c, d), all addresses or whole numbers; 0 means well."""
    return _caller("iiii")


@intrinsic
def call_fill(typingctx, function, book, slot, maker, quantity, price, planned):
    """Call int64 function(book, slot, maker, quantity, price, planned)."""
    return _caller("iiifff")


@intrinsic
def call_rule(typingctx, function, book, side, kind, reduce_only, reason, size_mode, quantity, price, stop_loss):
    """Call int64 function(book, side, kind, reduce_only, reason, size_mode, quantity, price, stop_loss)."""
    return _caller("iiiiiifff")


@intrinsic
def call_leg(typingctx, function, book, b, c, x, y):
    """Call int64 function(book, b, c, x, y): three whole numbers, two floats."""
    return _caller("iiiff")


@intrinsic
def copy_bytes(typingctx, to, source, count):
    """Copy bytes between addresses; assigning nested records would take numba minutes to compile."""

    def codegen(context, builder, signature, args):
        pointer = cgutils.voidptr_t
        cgutils.raw_memcpy(builder, builder.inttoptr(args[0], pointer), builder.inttoptr(args[1], pointer), args[2], 1)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


@intrinsic
def move_bytes(typingctx, to, source, count):
    """Copy bytes between addresses whose ranges may overlap."""

    def codegen(context, builder, signature, args):
        pointer = cgutils.voidptr_t
        cgutils.raw_memmove(builder, builder.inttoptr(args[0], pointer), builder.inttoptr(args[1], pointer), args[2], 1)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


@intrinsic
def bits_of(typingctx, value):
    """Return the 64 bits of a float as an unsigned integer."""

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(64))

    return types.uint64(types.float64), codegen


def record_reader(dtype):
    """Make an intrinsic that reads an address as a record of this type: a pointer, no array around it."""
    record = from_dtype(dtype)

    @intrinsic
    def at(typingctx, address):
        def codegen(context, builder, signature, args):
            return builder.inttoptr(args[0], context.get_value_type(record))

        return record(types.int64), codegen

    return at


run_at = record_reader(RUN)
slot_at = record_reader(SLOT)
book_at = record_reader(BOOK)
candle_at = record_reader(CANDLE)
gauge_at = record_reader(GAUGE)
market_at, _balance, _order, _fill, _event = (record_reader(dtype) for dtype in (MARKET, BALANCE, ORDER, FILL, EVENT))
_tier, _stamp, _payment, _track = (record_reader(dtype) for dtype in (TIER, STAMP, PAYMENT, TRACK))


@intrinsic
def store_float(typingctx, address, value):
    """Store a float64 at an address."""

    def codegen(context, builder, signature, args):
        builder.store(args[1], builder.inttoptr(args[0], ir.PointerType(ir.DoubleType())))
        return context.get_dummy_value()

    return types.void(types.int64, types.float64), codegen


@intrinsic
def mark_byte(typingctx, address):
    """Set the byte at an address to 1; returns 1 if it was 0 before, else 0."""

    def codegen(context, builder, signature, args):
        place = builder.inttoptr(args[0], ir.PointerType(ir.IntType(8)))
        was = builder.load(place)
        builder.store(ir.Constant(ir.IntType(8), 1), place)
        return builder.zext(builder.icmp_unsigned("==", was, ir.Constant(ir.IntType(8), 0)), ir.IntType(64))

    return types.int64(types.int64), codegen


@inlined
def _inside(index, count):
    # The tests compile the core with this check in it; a user's core is the same without.
    if BOUNDS and (index < 0 or index >= count):
        raise IndexError("the core reached outside of one of its tables")


@inlined
def slot_of(run, index):
    _inside(index, run.slot_count)
    return slot_at(run.slots + index * SLOT_SIZE)


@inlined
def book_of(run, index):
    _inside(index, run.book_count)
    return book_at(run.books + index * BOOK_SIZE)


@inlined
def track_of(run, index):
    _inside(index, run.book_count)
    return _track(run.tracks + index * TRACK_SIZE)


@inlined
def balance_of(run, index):
    _inside(index, run.balance_count)
    return _balance(run.balances + index * BALANCE_SIZE)


@inlined
def market_of(run, index):
    _inside(index, run.market_count)
    return market_at(run.markets + index * MARKET_SIZE)


@inlined
def order_of(book, index):
    _inside(index, book.capacity)
    return _order(book.orders + index * ORDER_SIZE)


@inlined
def fill_of(run, index):
    _inside(index, run.fill_room)
    return _fill(run.fills + index * FILL_SIZE)


@inlined
def event_of(run, index):
    _inside(index, run.event_room)
    return _event(run.events + index * EVENT_SIZE)


@inlined
def payment_of(run, index):
    _inside(index, run.payment_room)
    return _payment(run.payments + index * PAYMENT_SIZE)


@inlined
def tier_of(market, index):
    _inside(index, market.tier_count)
    return _tier(market.tiers + index * TIER_SIZE)


@inlined
def stamp_of(market, index):
    _inside(index, market.funding_count)
    return _stamp(market.funding + index * STAMP_SIZE)


@inlined
def gauge_of(run, market):
    """Return the market's gauge for an order given now: from the close of candle k on, it is that of candle k + 1."""
    index = run.k + run.phase
    _inside(index, run.candle_count + 1)
    return gauge_at(market.gauge + index * GAUGE_SIZE)


@inlined
def address_of(book):
    return run_at(book.run).books + book.index * BOOK_SIZE
