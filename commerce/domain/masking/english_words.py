"""Given names that everybody knows, words with a capital that are no names, and brands that look like persons."""

from __future__ import annotations

from typing import Final

GIVEN_NAMES: Final = tuple(
    """
    James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark
    Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason Jeffrey Ryan Jacob Gary
    Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond
    Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah Ethan Jeremy Walter Christian
    Keith Roger Terry Austin Sean Gerald Carl Harold Dylan Arthur Lawrence Jesse Bryan Billy Bruce Gabriel Joe Logan
    Alan Juan Albert Willie Elijah Wayne Randy Vincent Mason Roy Ralph Bobby Russell Philip Eugene Lucas Liam Oliver
    Leo Oscar Harry Charlie Simon Martin Ian Graham Nigel Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica
    Sarah Karen Lisa Nancy Betty Sandra Margaret Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah
    Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy Kathleen Angela Shirley Emma Brenda Pamela Nicole Anna Samantha
    Katherine Christine Debra Rachel Carolyn Janet Maria Olivia Heather Helen Catherine Diane Julie Victoria Joyce
    Lauren Kelly Christina Ruth Joan Virginia Judith Evelyn Hannah Andrea Megan Cheryl Jacqueline Madison Teresa
    Abigail Sophia Sofia Martha Sara Gloria Janice Kathryn Ann Isabella Judy Charlotte Julia Grace Alice Jean Denise
    Frances Danielle Marilyn Natalie Beverly Diana Brittany Theresa Kayla Alexis Doris Lori Tiffany Mia Ava Chloe Lucy
    Ella Zoe Claire Priya Raj Arjun Anil Sanjay Deepak Ravi Aisha Fatima Omar Ahmed Mohammed Muhammad Ali Hassan Yusuf
    Ibrahim Chen Wei Mei Ling Hiroshi Yuki Kenji Carlos Miguel Luis Diego Pablo Ana Elena Ivan Dmitri Olga Natasha
    Sergei Pierre Jacques Marie Sophie Hans Klaus Ingrid Giulia Marco Luca Francesca Nina Sven Lars Yara Noor Kofi
    Amara Lei Aarav Daiki Isabel Harper Anya Chidi Ngozi
    """.split()
)

NO_NAMES: Final = tuple(
    """
    I A An The My Your Our This That It Is Was Are And Or But Not No Yes Please To Of On In At For From With By As So
    If When What Where Who Which How Why Can Could Would Should Will Do Does Did Have Has Had You We They He She Very
    Really Just Also Still Order Orders Customer Service Support Team Phone Email Address Number Name Size Color Colour
    Red Blue Black White Green Large Small Medium New Great Good Bad Urgent Sorry Hello Hi Hey Dear Thanks Thank Kefu
    Street Road Avenue Refund Return Invoice Delivery Shipping Gift Card Prime Plus Member Wrong Correct Correctly
    Different Missing Spelled Misspelled Changed Monday Tuesday Wednesday Thursday Friday Saturday Sunday January
    February March April June July August September October November December USA UK China English Chinese Here There
    Speaking Calling About Regarding Because Since Now Then Item Product Parcel Package Broken Damaged Unacceptable
    Ridiculous Amazing Pro Max Mini Air Ultra Looking Writing Trying Useless Hers His Theirs Ours Everyone Misspelt
    Spelt Overnight Old Ex Alone Fine Ok Okay Right Me Myself Mine Someone Unknown Optional Below Above Ready Available
    Up Off Out Back Same Too Again Only Blank Empty Way Interested Afraid Glad Happy Sure Using Wondering Waiting
    Asking Contacting Buying
    """.split()
)

# After a title or a given name.
GOODS: Final = tuple(
    """
    Dior Martens Coffee Meyer's Pepper Sixty Muscle Clean Jart Oetker Dre Bean Potato Porter Spade Klein Hilfiger Kors
    Lauren Jacobs McCartney Choo Burch McQueen Boss Wolfskin Daniel's Daniels Mara Factor Arden Lauder Tilbury Kay
    Westwood Secret Secrets Jordan Balance Deere Lewis Lobb Sassoon Wellington Potter Kitty Bear Gold Silver Cross
    """.split()
)
