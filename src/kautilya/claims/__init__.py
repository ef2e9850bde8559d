"""Claims: what commentators assert as propositions over outcomes and record, and their judgement.

    from kautilya.claims.language import parse
    from kautilya.claims.vocabulary import vocabulary
    from kautilya.claims.checking import checked
    from kautilya.claims.evaluate import evaluate
"""
