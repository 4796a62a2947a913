"""The ledger of changes: which of them is to blame for a fault, or that none is.

`fault` holds what is known of the fault, `departure` when each signal left its band, `shipment` which change went live
when and where, `diff` and `text` what a change does and what it shares with the fault, `otherwise` what speaks for no
change at all, `judge` adds it up and `spread` tells where it failed first and whom it reached.
"""
