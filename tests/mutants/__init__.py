"""Which small mistakes would no test see? ``python -m tests.mutants --modules mmpc/v1``.

Each mutant is the package with one change (``operators``), in a copy of the project (``trial``);
the tests in which the changed function runs (``covering``, ``selection``) run in forks of one
process (``runner``) until one fails. A mutant that no test kills is a test that is missing, or a
change that changes nothing: those are explained, one by one, in ``explained.csv``. The table
``results/mutants.csv`` keeps the last run of each module; ``--again`` tries what it has left.
"""
