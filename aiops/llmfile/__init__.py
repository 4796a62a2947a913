"""`aiops llm`: the text signals of recorded LLM calls, a line of output for each line that is a call.

`read` takes an `llm.ndjson` apart in batches, `dialect` reads spans (`printed`) and requests of others (`logged`) with
the code that reads them live, `judge` reads the texts of a batch and prices its calls, `loop` follows its
conversations, `summary` adds up what a table shows, `trail` lists calls of tools. Memory is that of a batch and of the
conversations remembered, whatever the size of the file.
"""
