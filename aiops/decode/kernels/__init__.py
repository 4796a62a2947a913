"""The compiled loops over untrusted bytes; the one room inside `decode` that every format may use.

Every kernel takes arrays and bounds, checks each bound before it reads, allocates nothing that the input
could size, and answers "not mine" for whatever is unusual: the format's slow path then decides. Raw label
bytes are compared by a hash keyed per process (`key`), so nobody can choose colliding labels; no result
depends on the key. Kernels are compiled once per machine (`cache=True`) with explicit signatures.
"""
