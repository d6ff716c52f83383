"""What stands outside the dialects: the control endpoint, faults on demand, the truth and its audit."""
