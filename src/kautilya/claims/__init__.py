"""Claims: what commentators assert as propositions over outcomes and record, and their judgement.

From the file to the verdict, in this order:

    file            claims.toml, its rows and its mistakes
    language        how a claim is written, read and checked
    vocabulary      the words that a scenario gives to claims; record: what is on record
    court           the stored run, and the runs beside it
    evaluate        a checked claim on runs, future by future
    assumptions     the figures behind each future, and which of them move a claim
    grounds         what in hand settles what a claim asserts, and whether anything does
    weighing        probabilities, weightings of the evidence, words of likelihood and confidence
    badges          what a verdict owes to the world and what to its makers
    verdict         holds, fails, cannot say, not identified
    flips           the smallest change that flips a verdict; where in the figures it turns
    judge           the one function behind the command, the page and Python

Beside them: rivals, other answers and the claims that tell the ways of the future apart; contradictions, claims that can hardly all be true; boxes, where a condition comes about.
"""
