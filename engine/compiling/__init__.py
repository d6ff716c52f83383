"""Makes a strategy's step methods native, or runs them interpreted over the same core with identical results."""

from engine.compiling.interpreted import Interpreted
from engine.compiling.native import Native, compile_steps, program_digest
from engine.compiling.program import Program
from engine.compiling.source import read_program

__all__ = ["Interpreted", "Native", "Program", "compile_steps", "program_digest", "read_program"]
