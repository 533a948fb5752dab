"""Personal data in free text, replaced by a mark of its kind before the text is stored or leaves.

Found: e-mail addresses, telephones of all countries, identity and bank-card numbers, names of persons and postal addresses in
Chinese and English, however they are written: in full-width signs, with spaces, over lines. Of a customer who is known, what
their account says of them too. Order and tracking numbers, prices, sizes, dates and names of goods stay.
"""

from commerce.domain.masking.masking import mask_known, mask_personal_data, mask_turn

__all__ = ["mask_known", "mask_personal_data", "mask_turn"]
