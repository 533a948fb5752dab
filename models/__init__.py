"""What a model is: where its weights come from, how it is loaded, trained, asked and evaluated.

No Ray and no HTTP here. Heavy libraries are imported inside the functions that need them, so that importing
any module of this package stays cheap.
"""
