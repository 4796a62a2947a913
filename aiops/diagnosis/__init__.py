"""Root causes of a recorded incident: recording -> case (columns) -> observations -> onset -> rank -> answer.

The ranking is that of the live pipeline (`aiops.correlate.cause`); only the way to what deviates differs: live has
findings of detectors that learnt for days, here the time before the onset is all the past there is.
"""
