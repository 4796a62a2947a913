"""`aiops drift`: windows of a table against a reference of it.

table  ->  column, vector  ->  reference (bins, once) and tally (counts, a window)  ->  evidence, quality, performance,
fairness  ->  judge, verdict  ->  report, page          job: the files' way through them

Everything after `tally` works on counts, which add up: consecutive windows are pooled by adding, and a window costs
one pass of counting however long the reference is.
"""
