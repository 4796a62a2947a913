"""Speed and memory beside the usual libraries: peer and us in turns, in one run, on process CPU time; ratios count."""
