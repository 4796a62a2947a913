"""`aiops score`: surprise per row of tables, strictly online, one configuration for every file.

table  ->  score  ->  write, plot          job: one file's way through them
"""
