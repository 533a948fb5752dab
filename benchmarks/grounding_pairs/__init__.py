"""The independent judge of the grounding check: facts with right answers, and with answers that hold one planted error.

Families of wordings are written apart, each by another hand, and share facts and values alone. Whoever writes or tunes
the check may read those called `dev` and must not read those called `held_out`.
"""
