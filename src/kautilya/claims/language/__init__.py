"""The language of claims, to be read in this order.

grammar.lark   how a claim is written
syntax         the tree of a claim, the parser that makes it, and errors at a column
forms          the words that may be called, as they are taught
meaning        what a checked part is: operations, types, units; the scope of a check
quantities     calls: from a quantity to cells of an outcome or rows of the record
checker        numbers, comparisons, conditions; `checked` is the way in
"""
