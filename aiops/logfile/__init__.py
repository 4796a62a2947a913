"""`aiops logs`: the templates of a log file, learnt by the miner that the daemon runs on live lines.

header  ->  parse  ->  write          job: the file's way through them
"""
