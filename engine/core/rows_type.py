"""The rows of all markets at one timestamp as compiled strategy code sees them: `candles[m]`, `ind[m]`, `len(...)`.

An address and a count. A numpy array would do the same, but its reference count is kept at every call that it is passed
to: some ten nanoseconds a candle, more than all the rest of a quiet one.
"""

import operator

from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from engine.core.memory import record_reader


class Rows(types.Type):
    """Type the rows of one record type."""

    def __init__(self, record) -> None:
        """Name the type after its record."""
        self.record = record
        super().__init__(name=f"Rows({record})")


class _Model(models.StructModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, [("address", types.int64), ("count", types.int64)])


register_model(Rows)(_Model)


def rows_reader(dtype):
    """Make an intrinsic that turns an address and a count into rows of this type."""
    kind = Rows(from_dtype(dtype))

    @intrinsic
    def at(typingctx, address, count):
        def codegen(context, builder, signature, args):
            made = cgutils.create_struct_proxy(kind)(context, builder)
            made.address, made.count = args
            return made._getvalue()

        return kind(types.int64, types.int64), codegen

    return at


def _member(name):
    @intrinsic
    def member(typingctx, rows):
        def codegen(context, builder, signature, args):
            return getattr(cgutils.create_struct_proxy(signature.args[0])(context, builder, value=args[0]), name)

        return types.int64(rows), codegen

    return member


_address, _count = _member("address"), _member("count")


@overload(len)
def _length(rows):
    if isinstance(rows, Rows):
        return lambda rows: _count(rows)
    return None


@overload(operator.getitem)
def _item(rows, market):
    if not (isinstance(rows, Rows) and isinstance(market, types.Integer)):
        return None
    read, size = record_reader(rows.record.dtype), rows.record.size

    def item(rows, market):
        at = market if market >= 0 else market + _count(rows)
        if at < 0 or at >= _count(rows):
            raise IndexError("there is no market of this number")
        return read(_address(rows) + at * size)

    return item
