"""Where records come from: one source a file, each after the contract in `source.py`; nothing is decoded here."""
