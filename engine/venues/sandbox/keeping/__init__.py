"""What lets the exchange outlive its process: its inputs in a file, and their repetition. Must not know orders."""
