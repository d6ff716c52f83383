"""The formulae that a market costs and bites by, as plain functions of numbers.

Owns funding, liquidation, borrowing, sizing and impact, unrounded. Must not know markets, accounts, candles or files.
What is not defined is NaN; an argument out of its range is a ConfigError. The notation is the same throughout: side +1
long, -1 short; quantity in base and never negative; rates are fractions, of the interval that is named.
"""
