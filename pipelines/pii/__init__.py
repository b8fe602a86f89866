"""Personal information as a tool of its own: what `malmoi pii` runs over files of any origin.

files      what is given, and what kind it is       blocks     files -> blocks of about 4 MB, in order
reading    block -> ids and text columns            pool       blocks -> results on every core, in order
scanning   rows -> spans as JSON lines              redacting  rows -> the same file without them
judging    gold sets -> figures and errors          showing    one document before and after, for officers

The reading process holds a few blocks a core and no more, so that memory does not grow with the input.
"""
