"""The simulated shop: a source and an action, registered by entry point, and the terminal view of `aiops demo`.

Everything in it takes the same road as `aiops run`; what it knows about its faults, it never tells the agent.
"""
