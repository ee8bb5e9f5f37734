"""One frame taken apart for people: every layer with its fields and the bytes they stand in. Pure.

Not for hot paths, and no judge: the decoder (`packet`) says which layers there are, the analyzer (`dpi`) what
a flow speaks. Here one frame is written out as its bytes stand, without what came before it.
"""
