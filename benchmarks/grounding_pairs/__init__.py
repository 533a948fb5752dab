"""The independent judge of the grounding check: facts with right answers, and with answers that hold one planted error.

Three families of wordings, `dev`, `dev_b` and `held_out`, are written apart and share facts and values alone. Whoever
writes or tunes the check may read the first two and must not read the third.
"""
