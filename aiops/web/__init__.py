"""Pages and API: what people and other programs see of a running daemon.

It holds no state and decides nothing: everything is asked of a `Backend`, every deed is a `Command` the daemon's
own thread carries out. Pages and charts are rendered here, on the server; one small script of ours swaps what
changed. Nothing is loaded from anywhere else.
"""
