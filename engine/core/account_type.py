"""The account as compiled strategy code sees it: an address with the verbs and views of verbs.py.

`Account` is one book; `Portfolio` is all books of a portfolio strategy, indexed by market.
"""

import inspect
import operator

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, overload_attribute, overload_method, register_model

from engine.core.jit import inner
from engine.core.memory import book_at, run_at, slot_at
from engine.core.placing import view
from engine.core.records import BOOK_SIZE
from engine.core.verbs import VERBS, VIEWS_OF_BOOK


class Account(types.Type):
    """Type one book of a strategy."""

    def __init__(self) -> None:
        """Name the type."""
        super().__init__(name="Account")


class Portfolio(types.Type):
    """Type all books of a portfolio strategy."""

    def __init__(self) -> None:
        """Name the type."""
        super().__init__(name="Portfolio")


class _Address(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, ir.IntType(64))


register_model(Account)(_Address)
register_model(Portfolio)(_Address)
ACCOUNT, PORTFOLIO = Account(), Portfolio()


def _same_bits(signature):
    def codegen(context, builder, _signature, args):
        return args[0]

    return signature, codegen


@intrinsic
def account_at(typingctx, address):
    """Turn a book's address into an account."""
    return _same_bits(ACCOUNT(types.int64))


@intrinsic
def portfolio_at(typingctx, address):
    """Turn a slot's address into a portfolio."""
    return _same_bits(PORTFOLIO(types.int64))


@intrinsic
def address_in(typingctx, account):
    """Return the address inside an account or a portfolio."""
    return _same_bits(types.int64(account))


@inner
def _first_book(address):
    slot = slot_at(address)
    return run_at(slot.run).books + slot.first_book * BOOK_SIZE


def _attribute(kind, name, read):
    overload_attribute(kind, name)(lambda account: read)


_attribute(Account, "address", lambda account: address_in(account))
_attribute(Account, "cash", lambda account: view(address_in(account), 0, 0))
_attribute(Account, "equity", lambda account: view(address_in(account), 1, 0))
_attribute(Account, "liquidation_price", lambda account: view(address_in(account), 3, 0))
_attribute(Account, "is_flat", lambda account: book_at(address_in(account)).position == 0.0)
_attribute(Account, "is_long", lambda account: book_at(address_in(account)).position > 0.0)
_attribute(Account, "is_short", lambda account: book_at(address_in(account)).position < 0.0)
_attribute(Portfolio, "cash", lambda account: view(_first_book(address_in(account)), 0, 0))
_attribute(Portfolio, "equity", lambda account: view(_first_book(address_in(account)), 1, 0))

_SOURCE = "def read(account):\n    return book_at(address_in(account)).{field}\n"
for _name, _field in VIEWS_OF_BOOK.items():
    _space = {"book_at": book_at, "address_in": address_in}
    exec(_SOURCE.format(field=_field), _space)
    _attribute(Account, _name, _space["read"])


def _method(name, verb):
    # numba wants the typing function to have the very signature of the verb.
    arguments = inspect.signature(verb)
    names = list(arguments.parameters)
    heads = [
        names[0],
        *(f"{n}=None" if arguments.parameters[n].default is not inspect._empty else n for n in names[1:]),
    ]
    space = {"verb": verb}
    exec(f"def typing({', '.join(heads)}):\n    return verb\n", space)
    overload_method(Account, name, strict=False)(space["typing"])


for _name, _verb in VERBS.items():
    _method(_name, _verb)


@overload(len)
def _portfolio_length(account):
    if isinstance(account, Portfolio):
        return lambda account: slot_at(address_in(account)).book_count
    return None


@overload(operator.getitem)
def _portfolio_item(account, market):
    if isinstance(account, Portfolio) and isinstance(market, types.Integer):

        def item(account, market):
            slot = slot_at(address_in(account))
            if market < 0 or market >= slot.book_count:
                raise IndexError("account: there is no market of this number")
            return account_at(run_at(slot.run).books + (slot.first_book + market) * BOOK_SIZE)

        return item
    return None
